//! The crate `a-tree` as a peer: the same groups and items, as far as it can express them.
//!
//! It has comparisons and lists, but no words, substrings, prices by currency or locales. So both sides take in only the groups
//! of nothing but positive rules on keywords, whole texts, numbers and days, and are given only the items with at most one value
//! of each number and day. It gets a tree for each content type, so that it need not test the type.

use crate::postgres_peer;
use crate::rule_sets::{RuleSets, Rules, Shape};
use crate::support::load::SEED;
use crate::support::setting;
use crate::support::stats::on_cpu;
use crate::{US, WRITTEN_ABOUT, document};
use a_tree::{ATree, AttributeDefinition, Event};
use anyhow::{Result, anyhow, ensure};
use penstock_dsl::expr::{Interval, Predicate, PropertyRef, Subject, Test, TimePoint};
use penstock_dsl::registry::ContentType;
use penstock_engine::content::document::{Document, Values};
use penstock_engine::matcher::groups::{GroupProbe, Groups};
use penstock_server::generate::Generator;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::time::Duration;

/// How long each tree is given to answer.
const SEARCH_FOR: Duration = Duration::from_secs(3);

/// Measures all on the groups that a-tree can express, of so many rule sets.
pub fn measure(generator: &Generator, documents: &[Document]) -> Result<()> {
    let most: usize = setting("PENSTOCK_BENCH_RULE_SETS", 100_000);
    let (mut writer, mut about, mut sets, mut expressed) =
        (RuleSets::new(Shape::Mixed, SEED), WRITTEN_ABOUT, 0, vec![]);
    let mut next = || loop {
        about += 1;
        if let Ok(Some(document)) = document(generator, about) {
            return document;
        }
    };
    let single: Vec<&Document> = documents.iter().filter(|document| is_single(document)).collect();
    for size in [10_000, 100_000].into_iter().filter(|size| *size <= most) {
        while sets < size {
            let groups = writer.draw(&mut next);
            expressed.extend(groups.into_iter().filter_map(|group| Some((expression(&group)?, group))));
            sets += 1;
        }
        compare(&expressed, &single, size)?;
        postgres_peer::measure(&expressed, &single, size)?;
    }
    Ok(())
}

fn compare(expressed: &[(String, Rules)], documents: &[&Document], sets: usize) -> Result<()> {
    let begun = on_cpu();
    let mut trees: BTreeMap<ContentType, ATree<u32>> = BTreeMap::new();
    for (group, (text, (content_type, _))) in (0..).zip(expressed) {
        let tree = match trees.entry(*content_type) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(new) => new.insert(tree(expressed)?),
        };
        tree.insert(&group, text).map_err(|error| anyhow!("{text}: {error}"))?;
    }
    let inserted = on_cpu().saturating_sub(begun);
    let (groups, mut probe) = settled(expressed, documents);
    let (mut theirs, mut ours, mut items) = (Duration::ZERO, Duration::ZERO, 0u32);
    for document in documents {
        let begun = on_cpu();
        let expected = groups.matching(document, &mut probe);
        ours += on_cpu().saturating_sub(begun);
        if let Some(tree) = trees.get(&document.content_type) {
            let event = event(tree, document).map_err(|error| anyhow!("{error}"))?;
            let begun = on_cpu();
            let found = tree.search(&event).map_err(|error| anyhow!("{error}"))?;
            theirs += on_cpu().saturating_sub(begun);
            let mut found: Vec<u32> = found.matches().iter().map(|group| **group).collect();
            found.sort_unstable();
            let differs = found.iter().find(|group| !expected.contains(group));
            let differs = differs.or_else(|| expected.iter().find(|group| !found.contains(group)));
            let differs = differs.map(|group| &expressed[*group as usize].0);
            ensure!(found == expected, "answers differ about {differs:?}: {document:?}");
        }
        items += 1;
        if theirs > SEARCH_FOR {
            break;
        }
    }
    let [theirs, ours] = [theirs, ours].map(|took| took.as_secs_f64() * US / f64::from(items));
    println!(
        "a-tree: of {sets} rule sets the {} groups that it can express, inserted in {:.1} us each; {theirs:.0} us an item, on \
         {items} items, all answers equal; here {ours:.1} us; ratio {:.0}",
        expressed.len(),
        inserted.as_secs_f64() * US / expressed.len() as f64,
        theirs / ours,
    );
    Ok(())
}

/// The groups as Penstock has them once these items have come by.
pub fn settled(expressed: &[(String, Rules)], documents: &[&Document]) -> (Groups, GroupProbe) {
    let (mut groups, mut probe) = (Groups::default(), GroupProbe::default());
    for (group, (_, (content_type, rules))) in (0..).zip(expressed) {
        let rules: Vec<_> = rules.iter().map(|(negated, predicate)| (*negated, predicate)).collect();
        groups.insert(*content_type, &rules, group);
    }
    documents.iter().for_each(|document| _ = groups.matching(document, &mut probe));
    groups.settle(usize::MAX);
    (groups, probe)
}

fn tree(expressed: &[(String, Rules)]) -> Result<ATree<u32>> {
    let predicates = expressed.iter().flat_map(|(_, (_, rules))| rules);
    let mut attributes: BTreeMap<String, AttributeDefinition> = BTreeMap::new();
    for (kind, id) in predicates.filter_map(|(_, predicate)| attribute(predicate)) {
        let name = format!("{kind}{id}");
        let definition = match kind {
            'n' => AttributeDefinition::float(&name),
            'd' => AttributeDefinition::integer(&name),
            _ => AttributeDefinition::string_list(&name),
        };
        attributes.insert(name, definition);
    }
    let attributes: Vec<_> = attributes.into_values().collect();
    ATree::new(&attributes).map_err(|error| anyhow!("{error}"))
}

/// Attributes are named by what they are (keywords, texts, numbers, days) and the property's number.
pub fn attribute(predicate: &Predicate) -> Option<(char, u16)> {
    let Predicate::Test { subject: Subject { property: PropertyRef::Declared(id), locale: None, .. }, test } =
        predicate
    else {
        return None;
    };
    let kind = match test {
        // Its `all of` asks for no others beside those: another question.
        Test::KeywordIn(_) => 'k',
        Test::TextIn(_) => 't',
        Test::Number(_) => 'n',
        Test::Time(_) => 'd',
        _ => return None,
    };
    Some((kind, id.0))
}

/// A group as text; `None` where a-tree cannot express it.
fn expression((_, rules): &Rules) -> Option<String> {
    let clauses: Option<Vec<String>> = rules.iter().map(|(negated, rule)| clause(rule).filter(|_| !negated)).collect();
    clauses.map(|clauses| clauses.join(" and "))
}

fn clause(predicate: &Predicate) -> Option<String> {
    let (kind, id) = attribute(predicate)?;
    let name = format!("{kind}{id}");
    let Predicate::Test { test, .. } = predicate else { return None };
    match test {
        Test::KeywordIn(values) | Test::TextIn(values) => Some(format!("{name} one of [{}]", quoted(values)?)),
        Test::Number(interval) => comparisons(&name, interval, |number| {
            let text = number.to_string();
            // It tells numbers of this kind by their point.
            Some(if text.contains('.') { text } else { text + ".0" })
        }),
        Test::Time(interval) => comparisons(&name, interval, |point| match point {
            TimePoint::At(ms) => Some(ms.to_string()),
            TimePoint::FromNow(_) => None,
        }),
        _ => None,
    }
}

fn quoted(values: &[String]) -> Option<String> {
    let plain = values.iter().all(|value| !value.contains(['"', '\'', '\\']));
    plain.then(|| values.iter().map(|value| format!("\"{value}\"")).collect::<Vec<_>>().join(", "))
}

fn comparisons<T>(name: &str, interval: &Interval<T>, text: impl Fn(&T) -> Option<String>) -> Option<String> {
    let mut clauses = Vec::new();
    for (bound, inclusive, exclusive) in [(&interval.low, ">=", ">"), (&interval.high, "<=", "<")] {
        match bound {
            Bound::Included(end) => clauses.push(format!("{name} {inclusive} {}", text(end)?)),
            Bound::Excluded(end) => clauses.push(format!("{name} {exclusive} {}", text(end)?)),
            Bound::Unbounded => {}
        }
    }
    (!clauses.is_empty()).then(|| clauses.join(" and "))
}

/// Whether an item has one value at most of what a-tree takes one of.
fn is_single(document: &Document) -> bool {
    document.declared.iter().all(|(_, values)| match values {
        Values::Keywords(lists) => lists.len() == 1,
        Values::Numbers(numbers) => numbers.len() == 1,
        Values::Times(times) => times.len() == 1,
        _ => true,
    })
}

/// An item as an event. Attributes that no rule is about are none of the tree's, and left out.
fn event(tree: &ATree<u32>, document: &Document) -> Result<Event> {
    let mut event = tree.make_event();
    for (id, values) in &document.declared {
        // An error says that no rule is about it.
        let _ = match values {
            Values::Keywords(lists) => {
                let values: Vec<&str> = lists.iter().flat_map(|list| &list.value).map(|value| &**value).collect();
                event.with_string_list(&format!("k{}", id.0), &values)
            }
            Values::Texts(texts) => {
                let values: Vec<&str> = texts.iter().map(|text| &*text.value.folded).collect();
                event.with_string_list(&format!("t{}", id.0), &values)
            }
            Values::Numbers(numbers) => {
                let number: Decimal = numbers[0].value;
                event.with_float(&format!("n{}", id.0), number.mantissa() as i64, number.scale())
            }
            Values::Times(times) => event.with_integer(&format!("d{}", id.0), times[0].value),
            Values::Presence(_) | Values::Money(_) | Values::PriceRange(_) => Ok(()),
        };
    }
    event.build().map_err(|error| anyhow!("{error}"))
}
