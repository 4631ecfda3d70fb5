//! Standing groups match as the bare evaluator does: for random rule groups over all real content and over strange content, with
//! groups coming, going and settling in between, `matching` is `scan`.

#[path = "support/rules.rs"]
mod rules;
#[path = "support/strange.rs"]
mod strange;
mod support;

use penstock_dsl::check::check;
use penstock_dsl::expr::{Group, Interval, Owner, Predicate, PropertyRef, Subject, Test, TimePoint};
use penstock_dsl::registry::{ContentType, PropId};
use penstock_engine::content::document::{Document, ExtValue, Localized, Text, Values};
use penstock_engine::matcher::evaluate::holds;
use penstock_engine::matcher::groups::{GroupId, GroupProbe, Groups, Target};
use std::collections::BTreeSet;
use std::ops::Bound;
use support::{NOW_MS, Random, item, real_lines};

/// What was taken in: the mirror that both ways are held against.
struct Taken {
    id: GroupId,
    content_type: ContentType,
    rules: Vec<(bool, Predicate)>,
    target: Target,
}

impl Taken {
    fn matches(&self, document: &Document) -> bool {
        self.content_type == document.content_type
            && self.rules.iter().all(|(negated, predicate)| holds(predicate, document, NOW_MS) != *negated)
    }
}

/// Standing groups beside their mirror.
#[derive(Default)]
struct Side {
    groups: Groups,
    /// A rule of every group that is filled in.
    common: Option<Predicate>,
    taken: Vec<Taken>,
    probe: GroupProbe,
    matched: usize,
}

impl Side {
    fn insert(&mut self, content_type: ContentType, rules: Vec<(bool, Predicate)>, target: Target) -> GroupId {
        let asked: Vec<(bool, &Predicate)> = rules.iter().map(|(negated, predicate)| (*negated, predicate)).collect();
        let id = self.groups.insert(content_type, &asked, target);
        self.taken.push(Taken { id, content_type, rules, target });
        id
    }

    /// Takes in the groups of random rule sets, a target each, until `count` stand.
    fn fill(&mut self, random: &mut Random, documents: &[&Document], count: usize) {
        let options = rules::options();
        while self.taken.len() < count {
            let Some(expr) = check(&rules::rule_set(random, documents), &options).expr else { continue };
            let target = random.below(count) as Target;
            for block in &expr.blocks {
                for group in &block.groups {
                    let mut rules = rules_of(group);
                    if random.chance(20) {
                        rules.iter_mut().for_each(|(negated, _)| *negated = true);
                    }
                    rules.extend(self.common.iter().map(|predicate| (false, predicate.clone())));
                    self.insert(block.content_type, rules, target);
                }
            }
        }
    }

    fn take_back(&mut self, random: &mut Random, count: usize) {
        for _ in 0..count.min(self.taken.len()) {
            let taken = self.taken.swap_remove(random.below(self.taken.len()));
            self.groups.remove(taken.id);
        }
    }

    fn agrees(&mut self, document: &Document) {
        let matches = self.taken.iter().filter(|taken| taken.matches(document));
        let expected: BTreeSet<Target> = matches.map(|taken| taken.target).collect();
        let expected: Vec<Target> = expected.into_iter().collect();
        assert_eq!(self.groups.scan(document), expected, "{document:?}");
        let found = self.groups.matching(document, &mut self.probe);
        self.matched += found.len();
        if found != expected {
            let wrong = |target: &&Target| found.contains(target) != expected.contains(target);
            let target = expected.iter().chain(found).find(wrong).unwrap();
            let groups = self.taken.iter().filter(|taken| taken.target == *target);
            let rules: Vec<_> = groups.map(|taken| (taken.content_type, &taken.rules)).collect();
            panic!("{}: {rules:?}\n{document:?}", if found.contains(target) { "matching only" } else { "scan only" });
        }
    }

    fn empties(mut self, random: &mut Random) {
        assert_eq!(self.groups.len(), self.taken.len());
        self.take_back(random, usize::MAX);
        assert_eq!((self.groups.is_empty(), self.groups.questions(), self.groups.bytes()), (true, 0, 0));
    }
}

/// The rules that read the document alone; others are nobody's who asks here.
fn rules_of(group: &Group) -> Vec<(bool, Predicate)> {
    let alone = |predicate: &Predicate| match predicate {
        Predicate::All => true,
        Predicate::Test { subject, test } => {
            let now = |end: &Bound<TimePoint>| {
                matches!(end, Bound::Included(TimePoint::FromNow(_)) | Bound::Excluded(TimePoint::FromNow(_)))
            };
            let relative = matches!(test, Test::Time(interval) if now(&interval.low) || now(&interval.high));
            let tag = matches!(subject.property, PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_));
            subject.of == Owner::Item && !relative && !tag
        }
    };
    let rules = group.rules.iter().filter(|rule| alone(&rule.predicate));
    rules.map(|rule| (rule.negated, rule.predicate.clone())).collect()
}

/// Documents passing by while groups come, go and settle.
fn histories(random: &mut Random, documents: &[&Document], standing: usize) -> usize {
    histories_of(Side::default(), random, documents, standing)
}

fn histories_of(mut side: Side, random: &mut Random, documents: &[&Document], standing: usize) -> usize {
    for (n, document) in documents.iter().enumerate() {
        if n % (standing / 8 + 1) == 0 {
            side.take_back(random, standing / 4);
            side.fill(random, documents, standing);
        }
        if n % standing == standing / 2 {
            side.groups.settle(standing);
        }
        side.agrees(document);
    }
    let matched = side.matched;
    side.empties(random);
    matched
}

#[test]
fn matching_is_scan_on_real_content() {
    let mut random = Random(11);
    for (name, lines) in real_lines() {
        let documents: Vec<Document> = lines.iter().filter_map(|line| item(&name, line).document).collect();
        let all: Vec<&Document> = documents.iter().collect();
        assert!(histories(&mut random, &all, 200) > documents.len(), "{name}: hardly anything matched");
    }
}

#[test]
fn matching_is_scan_on_strange_content() {
    let mut random = Random(12);
    let items: Vec<_> = (0..2500).map(|id| strange::item(&mut random, id, 1)).collect();
    let documents: Vec<&Document> = items.iter().filter_map(|item| item.document.as_ref()).collect();
    histories(&mut random, &documents, 300);
}

/// Few items and many small histories: every one ends with nothing in memory.
#[test]
fn matching_is_scan_in_short_histories() {
    let mut random = Random(13);
    for _ in 0..2000 {
        let items: Vec<_> = (0..12).map(|id| strange::item(&mut random, id, 1)).collect();
        let documents: Vec<&Document> = items.iter().filter_map(|item| item.document.as_ref()).collect();
        histories(&mut random, &documents, 10);
    }
}

/// All groups ask for one city, as one item in three has it: it is the way in of a crowd.
#[test]
fn matching_is_scan_in_a_crowd() {
    let mut random = Random(14);
    let items: Vec<_> = (0..500).map(|id| strange::item(&mut random, id, 1)).collect();
    let mut documents: Vec<Document> = items.into_iter().filter_map(|item| item.document).collect();
    let city = PropId::from_name("city").unwrap();
    for (n, document) in documents.iter_mut().enumerate() {
        document.declared.retain(|(id, _)| *id != city);
        let at = document.declared.partition_point(|(id, _)| *id < city);
        let value = if n % 3 == 0 { "hot" } else { "cold" };
        let values = Values::Keywords(vec![Localized { locale: None, value: vec![value.into()] }]);
        document.declared.insert(at, (city, values));
    }
    let documents: Vec<&Document> = documents.iter().collect();
    let side = Side { common: Some(keyword("city", &["hot"])), ..Side::default() };
    assert!(histories_of(side, &mut random, &documents, 1500) > documents.len());
}

/// Of the groups that one category makes candidates only those are looked at of which a range may hold.
#[test]
fn of_a_crowd_few_are_looked_at() {
    let mut side = Side::default();
    let number = |n: i64| {
        let interval = Interval { low: Bound::Included(n.into()), high: Bound::Included((n + 5).into()) };
        ext(Test::Number(interval))
    };
    for n in 0..5000 {
        side.insert(ContentType::Store, vec![(false, keyword("city", &["hot"])), (false, number(n))], n as Target);
    }
    let documents: Vec<Document> =
        (0..200).map(|n| store(if n % 20 == 0 { "hot" } else { "cold" }, &n.to_string())).collect();
    let numbered: Vec<Document> = documents.into_iter().map(numbered).collect();
    side.groups.settle(usize::MAX);
    for round in 0..2 {
        let before = side.probe.work();
        numbered.iter().for_each(|document| side.agrees(document));
        let work = side.probe.work();
        assert!(work.matched - before.matched > 50);
        let (candidates, matched) = (work.candidates - before.candidates, work.matched - before.matched);
        // The first round makes known how rare questions are.
        assert!(round == 0 || candidates <= 2 * matched, "{candidates} candidates, {matched} matches");
        side.groups.settle(usize::MAX);
    }
    side.empties(&mut Random(15));
}

/// With what it says read as a number too.
fn numbered(mut document: Document) -> Document {
    for value in document.ext.iter_mut().flat_map(|(_, lists)| lists).flat_map(|list| &mut list.value) {
        if let ExtValue::Text { text, number } = value {
            *number = text.raw.parse().ok();
        }
    }
    document
}

fn keyword(name: &str, values: &[&str]) -> Predicate {
    let property = PropertyRef::Declared(PropId::from_name(name).unwrap());
    let subject = Subject { of: Owner::Item, property, locale: None };
    Predicate::Test { subject, test: Test::KeywordIn(values.iter().map(|value| value.to_string()).collect()) }
}

fn ext(test: Test) -> Predicate {
    let subject = Subject { of: Owner::Item, property: PropertyRef::Ext("k".into()), locale: None };
    Predicate::Test { subject, test }
}

fn store(city: &str, said: &str) -> Document {
    let city = Values::Keywords(vec![Localized { locale: None, value: vec![city.into()] }]);
    let said = ExtValue::Text { text: Text { raw: said.into(), folded: said.into() }, number: None };
    Document {
        content_type: ContentType::Store,
        declared: vec![(PropId::from_name("city").unwrap(), city)],
        ext: vec![("k".into(), vec![Localized { locale: None, value: vec![said] }])],
    }
}

#[test]
fn a_target_is_told_once_and_in_order_whichever_of_its_groups_match() {
    let mut side = Side::default();
    side.insert(ContentType::Store, vec![(false, keyword("city", &["a"]))], 7);
    side.insert(ContentType::Store, vec![(false, ext(Test::IsSet))], 7);
    side.insert(ContentType::Store, vec![(true, keyword("city", &["b"]))], 3);
    side.insert(ContentType::Benefit, vec![], 1);
    side.insert(ContentType::Store, vec![(false, Predicate::All), (true, keyword("city", &["a"]))], 2);
    for city in ["a", "b", "c"] {
        side.agrees(&store(city, "x"));
    }
    assert_eq!(side.groups.matching(&store("a", "x"), &mut side.probe), [3, 7]);
    assert_eq!(side.groups.matching(&store("c", "x"), &mut side.probe), [2, 3, 7]);
}

#[test]
fn ids_of_removed_groups_come_back_smallest_first() {
    let mut groups = Groups::default();
    let insert = |groups: &mut Groups| groups.insert(ContentType::Store, &[], 0).0;
    assert_eq!([0; 4].map(|_| insert(&mut groups)), [0, 1, 2, 3]);
    [2, 0].into_iter().for_each(|id| groups.remove(GroupId(id)));
    // Once more than it was taken in: nothing happens.
    groups.remove(GroupId(2));
    assert_eq!([0; 3].map(|_| insert(&mut groups)), [0, 2, 4]);
    assert_eq!(groups.len(), 5);
}

#[test]
fn a_group_that_every_item_has_to_be_asked_says_so() {
    let mut side = Side::default();
    let by_city = side.insert(ContentType::Store, vec![(false, keyword("city", &["a"])), (true, ext(Test::IsSet))], 0);
    let by_none = side.insert(ContentType::Store, vec![(true, keyword("city", &["a"]))], 1);
    for city in ["a", "b", "c", "d"] {
        side.agrees(&store(city, "x"));
    }
    let [by_city, by_none] = [by_city, by_none].map(|id| side.groups.cost(id).unwrap());
    assert_eq!((by_city.looked_at, by_city.in_vain, by_city.always), (1, 1, false));
    assert_eq!((by_none.looked_at, by_none.in_vain, by_none.always), (4, 1, true));
    assert_eq!(side.groups.cost(GroupId(9)), None);
}
