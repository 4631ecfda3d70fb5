//! PostgreSQL as a peer: the rules as rows, each group joined on the clause of it that the fewest items pass.
//!
//! It gets the groups and the items of the other peer, so that both answer the same question. A clause is a list of keys, which
//! an item has one of, or a range of numbers. Ways in are an index on keys, and one on boxes for ranges of every property
//! together; all clauses of a candidate are then tested. Items come one at a time, as they do from merchants; the time is what
//! its client waits for.

use crate::US;
use crate::a_tree_peer::{attribute, settled};
use crate::cluster::{Cluster, binaries};
use crate::rule_sets::Rules;
use anyhow::{Context as _, Result, ensure};
use penstock_dsl::expr::{Interval, Predicate, Test, TimePoint};
use penstock_dsl::registry::ContentType;
use penstock_engine::content::document::{Document, Values};
use penstock_engine::matcher::evaluate::holds;
use postgres::Client;
use std::ops::Bound;
use std::time::{Duration, Instant};

/// How long it is given for each number of groups.
const SEARCH_FOR: Duration = Duration::from_secs(5);
/// Items that tell which clause the fewest pass.
const SAMPLE: usize = 1_000;

const TABLES: &str = "
    CREATE TABLE entry_key (key text NOT NULL, group_id int NOT NULL);
    CREATE TABLE entry_range (place box NOT NULL, group_id int NOT NULL);
    CREATE TABLE clause (group_id int NOT NULL, keys text[], attribute int, range numrange);";
const INDEXES: &str = "
    CREATE INDEX ON entry_key (key);
    CREATE INDEX ON entry_range USING gist (place);
    CREATE INDEX ON clause (group_id);
    ANALYZE;";
const MATCHING: &str = "
    WITH candidate AS (
        SELECT group_id FROM entry_key WHERE key = ANY ($1)
        UNION
        SELECT e.group_id FROM unnest($2::int[], $3::float8[]) AS n (attribute, value)
            JOIN entry_range e ON e.place @> point(n.attribute, n.value)
    )
    SELECT group_id FROM candidate WHERE NOT EXISTS (
        SELECT 1 FROM clause l WHERE l.group_id = candidate.group_id AND NOT CASE
            WHEN l.keys IS NOT NULL THEN l.keys && $1
            ELSE EXISTS (
                SELECT 1 FROM unnest($2::int[], $4::text[]) AS n (attribute, value)
                WHERE n.attribute = l.attribute AND l.range @> n.value::numeric)
        END
    ) ORDER BY group_id";

/// Measures it on these groups. Nothing where PostgreSQL is not installed.
pub fn measure(expressed: &[(String, Rules)], documents: &[&Document], sets: usize) -> Result<()> {
    let Some(bin) = binaries() else {
        println!("postgres: not installed, left out");
        return Ok(());
    };
    let cluster = Cluster::start(&bin)?;
    let mut client = cluster.connect()?;
    let sample = &documents[..documents.len().min(SAMPLE)];
    put(&mut client, expressed, sample)?;
    let (groups, mut probe) = settled(expressed, documents);
    let matching = client.prepare(MATCHING)?;
    let (mut theirs, mut items) = (Duration::ZERO, 0);
    for document in documents {
        let expected = groups.matching(document, &mut probe);
        let Event { keys, attributes, numbers, exact } = Event::of(document);
        let begun = Instant::now();
        let rows = client.query(&matching, &[&keys, &attributes, &numbers, &exact])?;
        theirs += begun.elapsed();
        let found: Vec<u32> = rows.iter().map(|row| row.get::<_, i32>(0) as u32).collect();
        ensure!(found == expected, "answers differ: {found:?} and {expected:?}: {document:?}");
        items += 1;
        if theirs > SEARCH_FOR {
            break;
        }
    }
    // By the same clock as the other: that of the processor ticks too seldom for so short a time.
    let begun = Instant::now();
    documents[..items].iter().for_each(|document| _ = groups.matching(document, &mut probe));
    let ours = begun.elapsed();
    let [theirs, ours] = [theirs, ours].map(|took| took.as_secs_f64() * US / items as f64);
    println!(
        "postgres: the same {} groups of {sets} rule sets; {theirs:.0} us an item, on {items} items, all answers equal; here \
         {ours:.1} us; ratio {:.0}",
        expressed.len(),
        theirs / ours,
    );
    Ok(())
}

fn put(client: &mut Client, expressed: &[(String, Rules)], sample: &[&Document]) -> Result<()> {
    client.batch_execute(TABLES)?;
    let mut transaction = client.transaction()?;
    let entry_key = transaction.prepare("INSERT INTO entry_key VALUES ($1, $2)")?;
    let entry_range = transaction
        .prepare("INSERT INTO entry_range VALUES (box(point($1, $2::float8), point($1, $3::float8)), $4)")?;
    let clause = transaction.prepare("INSERT INTO clause VALUES ($1, $2, $3, $4::text::numrange)")?;
    for (group, (_, (content_type, rules))) in (0i32..).zip(expressed) {
        let passing = |predicate: &Predicate| {
            sample.iter().filter(|d| d.content_type == *content_type && holds(predicate, d, 0)).count()
        };
        let rarest = rules.iter().map(|(_, predicate)| predicate).min_by_key(|predicate| passing(predicate));
        for (_, predicate) in rules {
            let is_entry = rarest.is_some_and(|rarest| std::ptr::eq(rarest, predicate));
            match Clause::of(*content_type, predicate).context("a clause that can be expressed")? {
                Clause::Keys(keys) => {
                    transaction.execute(&clause, &[&group, &keys, &None::<i32>, &None::<String>])?;
                    for key in keys.iter().filter(|_| is_entry) {
                        transaction.execute(&entry_key, &[key, &group])?;
                    }
                }
                Clause::Range { attribute, low, high, exact } => {
                    transaction.execute(&clause, &[&group, &None::<Vec<String>>, &attribute, &exact])?;
                    if is_entry {
                        transaction.execute(&entry_range, &[&f64::from(attribute), &low, &high, &group])?;
                    }
                }
            }
        }
    }
    transaction.commit()?;
    client.batch_execute(INDEXES)?;
    Ok(())
}

enum Clause {
    Keys(Vec<String>),
    /// Between two ends, at which it may be wider than it is exactly.
    Range {
        attribute: i32,
        low: f64,
        high: f64,
        exact: String,
    },
}

impl Clause {
    fn of(content_type: ContentType, predicate: &Predicate) -> Option<Clause> {
        let (_, id) = attribute(predicate)?;
        let Predicate::Test { test, .. } = predicate else { return None };
        match test {
            Test::KeywordIn(values) | Test::TextIn(values) => {
                Some(Clause::Keys(values.iter().map(|value| key(content_type, id, value)).collect()))
            }
            Test::Number(interval) => Clause::range(content_type, id, interval, |number| Some(number.to_string())),
            Test::Time(interval) => Clause::range(content_type, id, interval, |point| match point {
                TimePoint::At(ms) => Some(ms.to_string()),
                TimePoint::FromNow(_) => None,
            }),
            _ => None,
        }
    }

    fn range<T>(
        content_type: ContentType,
        id: u16,
        interval: &Interval<T>,
        text: impl Fn(&T) -> Option<String>,
    ) -> Option<Clause> {
        let end = |bound: &Bound<T>| match bound {
            Bound::Included(end) | Bound::Excluded(end) => text(end),
            Bound::Unbounded => Some(String::new()),
        };
        let (low, high) = (end(&interval.low)?, end(&interval.high)?);
        let number = |text: &str, unbounded: f64| text.parse().unwrap_or(unbounded);
        let open = if matches!(interval.low, Bound::Included(_)) { '[' } else { '(' };
        let close = if matches!(interval.high, Bound::Included(_)) { ']' } else { ')' };
        Some(Clause::Range {
            attribute: numbered(content_type, id),
            low: number(&low, f64::NEG_INFINITY),
            high: number(&high, f64::INFINITY),
            exact: format!("{open}{low},{high}{close}"),
        })
    }
}

/// What an item has, as parameters of the query.
#[derive(Default)]
struct Event {
    keys: Vec<String>,
    attributes: Vec<i32>,
    numbers: Vec<f64>,
    exact: Vec<String>,
}

impl Event {
    fn of(document: &Document) -> Event {
        let mut event = Event::default();
        for (id, values) in &document.declared {
            let key = |value: &str| key(document.content_type, id.0, value);
            let number = match values {
                Values::Keywords(lists) => {
                    event.keys.extend(lists.iter().flat_map(|list| &list.value).map(|value| key(value)));
                    None
                }
                Values::Texts(texts) => {
                    event.keys.extend(texts.iter().map(|text| key(&text.value.folded)));
                    None
                }
                Values::Numbers(numbers) => numbers.first().map(|number| number.value.to_string()),
                Values::Times(times) => times.first().map(|time| time.value.to_string()),
                Values::Presence(_) | Values::Money(_) | Values::PriceRange(_) => None,
            };
            if let Some(exact) = number {
                event.attributes.push(numbered(document.content_type, id.0));
                event.numbers.push(exact.parse().unwrap_or(f64::NAN));
                event.exact.push(exact);
            }
        }
        event
    }
}

/// A value of a property of a content type.
fn key(content_type: ContentType, id: u16, value: &str) -> String {
    format!("{}={value}", numbered(content_type, id))
}

/// A property of a content type.
fn numbered(content_type: ContentType, id: u16) -> i32 {
    content_type.index() as i32 * 100_000 + i32::from(id)
}
