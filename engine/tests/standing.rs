//! Standing questions answer as the bare evaluator does: for random rules over all real content and over strange content,
//! with questions coming and going in between, `passing` is `scan`.

#[path = "support/rules.rs"]
mod rules;
#[path = "support/strange.rs"]
mod strange;
mod support;

use penstock_dsl::check::check;
use penstock_dsl::expr::{
    Fuzzy, FuzzyWord, Interval, MoneyRange, Owner, Predicate, PropertyRef, Subject, Test, TimePoint,
};
use penstock_dsl::limits::DURATION_MS_MAX;
use penstock_dsl::registry::{ContentType, Currency, PropId};
use penstock_engine::content::document::{Document, ExtValue, Localized, Money, PriceRange, Text, Values};
use penstock_engine::matcher::evaluate::holds;
use penstock_engine::matcher::standing::{ENTRIES_MAX, Evaluated, Probe, QuestionId, Standing};
use rust_decimal::Decimal;
use std::ops::Bound;
use support::{NOW_MS, Random, item, real_lines};

/// Questions that stand at once; more for a longer hunt.
fn standing_questions() -> usize {
    std::env::var("PENSTOCK_QUESTIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(400)
}

/// Standing questions with what was taken in, to be taken back.
#[derive(Default)]
struct Asked {
    standing: Standing,
    taken_in: Vec<(QuestionId, Option<ContentType>)>,
    probe: Probe,
    passed: usize,
}

impl Asked {
    /// Takes in the predicates of random rule sets until `count` stand.
    fn fill(&mut self, random: &mut Random, documents: &[&Document], count: usize) {
        let options = rules::options();
        while self.taken_in.len() < count {
            let text = rules::rule_set(random, documents);
            let Some(expr) = check(&text, &options).expr else { continue };
            for block in &expr.blocks {
                for rule in block.groups.iter().flat_map(|group| &group.rules) {
                    // As in the fold, what is asked of merchants is asked of MERCHANT items too.
                    for content_type in [block.content_type, ContentType::Merchant] {
                        self.take_in(&rule.predicate, content_type, random.below(10) > 0);
                    }
                }
            }
        }
    }

    /// Some questions are asked, but not entered.
    fn take_in(&mut self, predicate: &Predicate, content_type: ContentType, entered: bool) {
        let id = self.standing.insert(predicate);
        if entered {
            self.standing.enter(id, content_type);
        }
        self.taken_in.push((id, entered.then_some(content_type)));
    }

    fn take_back(&mut self, random: &mut Random, count: usize) {
        for _ in 0..count.min(self.taken_in.len()) {
            let (id, content_type) = self.taken_in.swap_remove(random.below(self.taken_in.len()));
            if content_type.is_some() {
                self.standing.leave(id);
            }
            self.standing.remove(id);
        }
    }

    fn agrees(&mut self, document: &Document, now_ms: i64) {
        let expected = self.standing.scan(document, now_ms);
        let mut found = self.standing.passing(document, now_ms, &mut self.probe).to_vec();
        found.sort_unstable();
        self.passed += found.len();
        if found != expected {
            let wrong = |id: &&QuestionId| found.contains(id) != expected.contains(id);
            let id = expected.iter().chain(&found).find(wrong).unwrap();
            let (side, predicate) = (found.contains(id), self.standing.predicate(*id));
            panic!("{}: {predicate:?}\n{document:?}", if side { "passing only" } else { "scan only" });
        }
        // Some or all, each twice.
        let some = self.taken_in.iter().step_by(1 + self.taken_in.len() / 100);
        for (id, _) in some.clone().chain(some) {
            let predicate = self.standing.predicate(*id).unwrap();
            let passes = self.standing.passes(*id, document, now_ms, &mut self.probe);
            assert_eq!(passes, holds(&predicate, document, now_ms), "{predicate:?}\n{document:?}");
        }
    }

    /// With every question but one gone, no structure is left.
    fn empties(mut self, random: &mut Random) {
        self.take_in(&Predicate::All, ContentType::Store, true);
        let (last, _) = self.taken_in.pop().unwrap();
        self.take_back(random, usize::MAX);
        assert_eq!((self.standing.len(), self.standing.properties(), self.standing.always_asked()), (1, 0, 1));
        assert!(!self.standing.is_empty());
        self.standing.leave(last);
        self.standing.remove(last);
        assert_eq!((self.standing.len(), self.standing.always_asked()), (0, 0));
    }
}

#[test]
fn passing_is_scan_on_real_content() {
    let mut random = Random(3);
    for (name, lines) in real_lines() {
        let documents: Vec<Document> = lines.iter().filter_map(|line| item(&name, line).document).collect();
        let all: Vec<&Document> = documents.iter().collect();
        let mut asked = Asked::default();
        let count = standing_questions();
        asked.fill(&mut random, &all, count);
        for (n, document) in documents.iter().enumerate() {
            if n % (documents.len() / 8 + 1) == 0 {
                asked.take_back(&mut random, count / 3);
                asked.fill(&mut random, &all, count);
                asked.standing.settle(count / 2);
            }
            asked.agrees(document, NOW_MS);
        }
        assert!(asked.passed > documents.len(), "{name}: hardly anything passed");
        asked.empties(&mut random);
    }
}

#[test]
fn passing_is_scan_on_strange_content() {
    let mut random = Random(4);
    let items: Vec<_> = (0..1200).map(|id| strange::item(&mut random, id, 1)).collect();
    let documents: Vec<&Document> = items.iter().filter_map(|item| item.document.as_ref()).collect();
    let mut asked = Asked::default();
    for (n, document) in documents.iter().enumerate() {
        if n % 40 == 0 {
            asked.take_back(&mut random, 300);
            asked.fill(&mut random, &documents, 600);
            asked.standing.settle(200);
        }
        asked.agrees(document, NOW_MS);
    }
    asked.empties(&mut random);
}

fn of(property: PropertyRef, locale: Option<&str>, test: Test) -> Predicate {
    let subject = Subject { of: Owner::Item, property, locale: locale.map(str::to_owned) };
    Predicate::Test { subject, test }
}

fn declared(name: &str) -> PropId {
    PropId::from_name(name).unwrap()
}

fn ext(test: Test) -> Predicate {
    of(PropertyRef::Ext("k".into()), None, test)
}

fn text(text: &str) -> Text {
    Text { raw: text.into(), folded: text.into() }
}

fn document(declared: Vec<(PropId, Values)>, ext: Vec<ExtValue>) -> Document {
    let ext = vec![("k".into(), vec![Localized { locale: None, value: ext }])];
    Document { content_type: ContentType::Store, declared, ext }
}

/// Tests that the language does not let through, or hardly ever; the structures must not read them otherwise than the
/// evaluator does.
#[test]
fn passing_is_scan_at_the_edges() {
    let word = |text: &str, distance| FuzzyWord { text: text.into(), distance, prefix: true };
    let fuzzy = |words: Vec<FuzzyWord>, runs: &[&str]| {
        Test::Fuzzy(Fuzzy { words, runs: runs.iter().map(|run| run.to_string()).collect() })
    };
    let strings = |list: &[&str]| list.iter().map(|text| text.to_string()).collect::<Vec<_>>();
    let hkd = Currency::from_code("HKD").unwrap();
    let (five, one) = (Decimal::from(5), Decimal::ONE);
    let backwards = Interval { low: Bound::Included(five), high: Bound::Excluded(one) };
    let ranges = |amounts: &Interval<Decimal>| vec![MoneyRange { currency: hkd, amounts: amounts.clone() }];
    let times = [
        (Bound::Included(TimePoint::FromNow(0)), Bound::Excluded(TimePoint::FromNow(1))),
        (Bound::Excluded(TimePoint::FromNow(i64::MAX)), Bound::Unbounded),
        (Bound::Excluded(TimePoint::FromNow(DURATION_MS_MAX)), Bound::Unbounded),
        (Bound::Included(TimePoint::FromNow(DURATION_MS_MAX)), Bound::Unbounded),
        (Bound::Unbounded, Bound::Excluded(TimePoint::FromNow(-DURATION_MS_MAX))),
        (Bound::Included(TimePoint::FromNow(-5)), Bound::Included(TimePoint::At(i64::MAX))),
        (Bound::Included(TimePoint::At(i64::MIN)), Bound::Excluded(TimePoint::FromNow(5))),
        (Bound::Unbounded, Bound::Unbounded),
    ];
    let mut predicates = vec![
        Predicate::All,
        of(PropertyRef::TagAlgo("scene".into()), None, Test::IsSet),
        of(PropertyRef::TagCustom("scene".into()), None, Test::TextIn(strings(&["a"]))),
        of(PropertyRef::Declared(declared("priceRange")), None, Test::PriceOverlaps(ranges(&backwards))),
        of(PropertyRef::Declared(declared("priceRange")), None, Test::PriceWithin(ranges(&backwards))),
        of(PropertyRef::Declared(declared("priceRange")), Some("en"), Test::PriceOverlaps(ranges(&backwards))),
        of(PropertyRef::Declared(declared("city")), None, Test::KeywordAll(vec![])),
        of(PropertyRef::Declared(declared("city")), None, Test::KeywordIn(vec![])),
        of(PropertyRef::Declared(declared("city")), None, Test::TextIn(strings(&["a"]))),
    ];
    let tests = vec![
        Test::IsSet,
        Test::Contains(String::new()),
        Test::TextAll(vec![]),
        Test::TextIn(vec![]),
        Test::TextIn((0..=ENTRIES_MAX).map(|n| format!("{n:06}")).collect()),
        Test::KeywordIn(strings(&["abc"])),
        Test::Number(backwards.clone()),
        Test::Number(Interval { low: Bound::Unbounded, high: Bound::Unbounded }),
        Test::Number(Interval { low: Bound::Excluded("4.99999".parse().unwrap()), high: Bound::Unbounded }),
        Test::Money(ranges(&backwards)),
        Test::Money(vec![]),
        Test::Bool(true),
        fuzzy(vec![], &[]),
        fuzzy(vec![], &[""]),
        fuzzy(vec![word("", 1)], &[]),
        fuzzy(vec![word("", 0)], &["bc"]),
        fuzzy(vec![word(&"a".repeat(80), 2)], &[]),
        fuzzy(vec![word(&"a".repeat(80), 2), word("abd", 1)], &[]),
        fuzzy(vec![word("abd", 1), word("ab", 2)], &["b", "c"]),
        fuzzy(vec![word("abcdef", 5)], &[]),
    ];
    predicates.extend(tests.into_iter().map(ext));
    predicates.extend(times.map(|(low, high)| ext(Test::Time(Interval { low, high }))));

    let money = ExtValue::Money(Money { amount: five, currency: hkd });
    let number = |n: &str| ExtValue::Number { number: n.parse().ok(), text: text(n) };
    let texts = ["abc", "a", "000007", &"a".repeat(79)].map(|t| ExtValue::Text { text: text(t), number: None });
    let range = PriceRange { currency: hkd, low: Decimal::ZERO, high: Decimal::TEN };
    let city = Values::Keywords(vec![Localized { locale: None, value: vec!["a".into()] }]);
    let mut documents = vec![
        document(vec![(declared("city"), city), (declared("priceRange"), Values::PriceRange(range))], vec![]),
        document(vec![], vec![money, ExtValue::Bool(true)]),
    ];
    documents.extend(texts.map(|value| document(vec![], vec![value])));
    let numbers = ["5", "4.99999", "4.999991", "9223372036854775807", "-9223372036854775808", "1600000000000"];
    documents.extend(numbers.map(|n| document(vec![], vec![number(n)])));

    let mut asked = Asked::default();
    for predicate in &predicates {
        asked.take_in(predicate, ContentType::Store, true);
    }
    assert_eq!(asked.standing.len(), predicates.len());
    for now_ms in [NOW_MS, 0, i64::MAX, i64::MIN, i64::MAX - DURATION_MS_MAX, 1_600_000_000_000, 1_600_000_000_001] {
        documents.iter().for_each(|document| asked.agrees(document, now_ms));
    }
    assert!(asked.passed > 100);
    asked.empties(&mut Random(5));
}

#[test]
fn equal_predicates_are_one_question_until_the_last_goes() {
    let mut standing = Standing::default();
    let predicate = ext(Test::Contains("abc".into()));
    let id = standing.insert(&predicate);
    assert_eq!((standing.insert(&predicate), standing.properties()), (id, 0));
    standing.enter(id, ContentType::Store);
    standing.enter(id, ContentType::Store);
    standing.enter(id, ContentType::Benefit);
    let other = standing.insert(&ext(Test::Contains("abd".into())));
    standing.enter(other, ContentType::Store);
    let store = document(vec![], vec![ExtValue::Text { text: text("xabcx"), number: None }]);
    let mut probe = Probe::default();
    let benefit = Document { content_type: ContentType::Benefit, ..store.clone() };
    let merchant = Document { content_type: ContentType::Merchant, ..store.clone() };
    for _ in 0..2 {
        standing.leave(id);
        assert_eq!(standing.passing(&store, NOW_MS, &mut probe), [id]);
        assert_eq!(standing.passing(&benefit, NOW_MS, &mut probe), [id]);
        assert_eq!(standing.passing(&merchant, NOW_MS, &mut probe), []);
    }
    standing.leave(id);
    // Once more than it was entered: nothing happens.
    standing.leave(id);
    assert_eq!(standing.passing(&store, NOW_MS, &mut probe), []);
    assert!(standing.passes(id, &store, NOW_MS, &mut probe));
    standing.remove(id);
    assert_eq!(standing.len(), 2);
    standing.remove(id);
    assert_eq!((standing.len(), standing.cost(id)), (1, None));
    standing.leave(other);
    standing.remove(other);
    assert!(standing.is_empty());
}

#[test]
fn a_question_that_came_before_any_item_settles_on_a_rare_way_in() {
    let mut standing = Standing::default();
    let words = |words: &[&str]| {
        let words = words.iter().map(|w| FuzzyWord { text: w.to_string(), distance: 0, prefix: false }).collect();
        ext(Test::Fuzzy(Fuzzy { words, runs: vec![] }))
    };
    let id = standing.insert(&words(&["restaurant", "jade"]));
    standing.enter(id, ContentType::Store);
    let mut probe = Probe::default();
    let ask = |standing: &Standing, said: &str, probe: &mut Probe| {
        let store = document(vec![], vec![ExtValue::Text { text: text(said), number: None }]);
        standing.passing(&store, NOW_MS, probe).len()
    };
    let passed: usize = (0..100).map(|n| ask(&standing, &format!("restaurant {n} deja"), &mut probe)).sum();
    let before = probe.evaluated();
    assert_eq!((passed, before.entered, before.in_vain), (0, 100, 100));
    assert_eq!((standing.settle(10), standing.settle(10)), (1, 0));
    let passed: usize = (0..100).map(|n| ask(&standing, &format!("restaurant {n} deja"), &mut probe)).sum();
    assert_eq!((passed, probe.evaluated()), (0, before));
    assert_eq!(ask(&standing, "jade restaurant", &mut probe), 1);
    assert_eq!(probe.evaluated(), Evaluated { entered: 101, ..before });
}

#[test]
fn hostile_texts_take_time_in_proportion() {
    let mut standing = Standing::default();
    for n in 0..200 {
        let word = FuzzyWord { text: format!("aaaaaaaa{n}"), distance: 2, prefix: true };
        let fuzzy = Test::Fuzzy(Fuzzy { words: vec![word], runs: vec![] });
        for test in [Test::Contains(format!("{}b{n}", "a".repeat(800))), fuzzy] {
            let id = standing.insert(&ext(test));
            standing.enter(id, ContentType::Store);
        }
    }
    let long = ["a".repeat(1 << 18), "ab ".repeat(1 << 16), "aaaaaaab ".repeat(1 << 14)];
    let mut probe = Probe::default();
    let begun = std::time::Instant::now();
    for said in long {
        let store = document(vec![], vec![ExtValue::Text { text: text(&said), number: None }]);
        standing.passing(&store, NOW_MS, &mut probe);
    }
    // Generous, for an unoptimised build on a busy machine.
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}
