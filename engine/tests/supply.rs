//! Every supply set equals a from-scratch evaluation of its rules at every record: random rule sets, random histories of all
//! five triggers, restarts in between.

#[path = "support/rules.rs"]
mod rules;
#[path = "support/strange.rs"]
mod strange;
mod support;

use penstock_dsl::check::check;
use penstock_dsl::expr::{Expr, PropertyRef};
use penstock_dsl::registry::ContentType;
use penstock_engine::checkpoint::{self, Body};
use penstock_engine::command::*;
use penstock_engine::content::document::Document;
use penstock_engine::content::eligibility::FieldSet;
use penstock_engine::content::item::Item;
use penstock_engine::fold::{Deferred, Frame, Snapshot, State};
use penstock_engine::log::frame::Header;
use penstock_engine::matcher::evaluate::{Facts, Tag, Tagged, matches};
use penstock_engine::preview;
use penstock_engine::supply::change::{Change, JournalId, Stream};
use penstock_engine::supply::funnel::Steps;
use penstock_engine::supply::tags::{TagKind, TagName};
use penstock_engine::supply::wallet::{Onboarding, RiskDecision};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use support::Random;

/// When histories begin: about when strange items' times are.
const START_MS: i64 = 1_600_000_000_000;
const RATES_OF: &str = "2020-09-12";
const HOUR_MS: i64 = 3_600_000;
const IDS: usize = 14;
const WALLETS: &[&str] = &["alipayhk", "gcash"];

type Key = (ContentType, String);
/// A version and what it brought, by what it is about.
type Written<K, V> = BTreeMap<K, (i64, V)>;

/// What everything was told, kept the simplest way.
#[derive(Default)]
struct Model {
    items: Written<Key, Option<Document>>,
    tags: Written<(TagName, Key), Vec<Box<str>>>,
    onboarded: Written<(String, String), bool>,
    policies: Written<(String, ContentType), FieldSet>,
    risk: Written<(String, Key), bool>,
    sets: BTreeMap<String, ModelSet>,
    now_ms: i64,
}

struct ModelSet {
    text: String,
    expr: Expr,
    wallet: String,
    taken_out: BTreeSet<Key>,
}

impl Model {
    fn tags(&self, key: &Key) -> Vec<Tag> {
        let of_item = self.tags.iter().filter(|((_, item), (_, values))| item == key && !values.is_empty());
        of_item.map(|((tag, _), (_, values))| Tag { property: property(tag), values: values.clone().into() }).collect()
    }

    /// The MERCHANT item behind a merchantId (D-77).
    fn merchant(&self, id: &str) -> Option<(&Key, &Document)> {
        let live = self.items.iter().filter(|((t, _), _)| *t == ContentType::Merchant);
        let live = live.filter_map(|(key, (version, document))| Some((key, *version, document.as_ref()?)));
        let named = live.clone().filter(|(_, _, document)| document.merchant_id() == Some(id));
        let best = named.min_by_key(|(key, version, _)| (-version, &key.1));
        let by_content_id = || live.clone().find(|(key, _, _)| key.1 == id);
        best.or_else(by_content_id).map(|(key, _, document)| (key, document))
    }

    fn matched(&self, expr: &Expr) -> BTreeSet<Key> {
        let live = self.items.iter().filter_map(|(key, (_, document))| Some((key, document.as_ref()?)));
        let matching = live.filter(|(key, document)| {
            let tags = self.tags(key);
            let merchant = document.merchant_id().and_then(|id| self.merchant(id));
            let merchant_tags = merchant.map(|(key, _)| self.tags(key)).unwrap_or_default();
            let merchant = merchant.map(|(_, document)| Tagged { document, tags: &merchant_tags });
            matches(expr, Facts { item: Tagged { document, tags: &tags }, merchant, now_ms: self.now_ms })
        });
        matching.map(|(key, _)| key.clone()).collect()
    }

    fn deliverable(&self, set: &ModelSet, matched: &BTreeSet<Key>) -> BTreeSet<Key> {
        let passes = |key: &&Key| {
            let Some((_, Some(document))) = self.items.get(*key) else { return false };
            let policy = self.policies.get(&(set.wallet.clone(), key.0)).map(|(_, required)| *required);
            let required = policy.unwrap_or(FieldSet::appendix(key.0));
            let onboarded =
                |id: &str| self.onboarded.get(&(set.wallet.clone(), id.to_owned())).is_some_and(|(_, on)| *on);
            let stopped = self.risk.get(&(set.wallet.clone(), (*key).clone())).is_some_and(|(_, stopped)| *stopped);
            !set.taken_out.contains(key)
                && required.without(FieldSet::of(document)).is_empty()
                && document.merchant_id().is_none_or(onboarded)
                && !stopped
        };
        matched.iter().filter(passes).cloned().collect()
    }
}

fn property(tag: &TagName) -> PropertyRef {
    match tag.kind {
        TagKind::Algo => PropertyRef::TagAlgo(tag.name.to_string()),
        TagKind::Custom => PropertyRef::TagCustom(tag.name.to_string()),
    }
}

/// A state at work without a disk: what the engine does with each record, and its journals.
#[derive(Default)]
struct Bench {
    state: State,
    journals: BTreeMap<JournalId, BTreeMap<Stream, BTreeSet<u32>>>,
    /// Changes of membership by the name of their cause.
    causes: BTreeMap<String, usize>,
}

impl Bench {
    fn record(&mut self, headers: Vec<(Header, Vec<Item>)>) -> Vec<Option<CommandOutcome>> {
        let frame = |(header, items)| Frame { offset: 0, length: 0, header, items };
        let seq = self.state.seq + 1;
        let mut applied = self.state.apply(seq, headers.into_iter().map(frame).collect());
        self.state.publish(applied.batch.clone());
        for Deferred { frame, command, .. } in std::mem::take(&mut applied.deferred) {
            let outcome = match command {
                Command::PutSet(put) => match self.state.prepare(put) {
                    Ok(registration) => {
                        let found = preview::standing::find(&self.state.snapshot, &registration).unwrap();
                        self.state.register(registration, found)
                    }
                    Err(outcome) => outcome,
                },
                Command::DeleteSet(name) => self.state.delete_set_by_name(&name),
                _ => unreachable!(),
            };
            applied.frames[frame].command = Some(outcome);
        }
        for (journal, change) in self.state.end_record().changes {
            self.replay(journal, change);
        }
        applied.frames.into_iter().map(|frame| frame.command).collect()
    }

    fn replay(&mut self, journal: JournalId, change: Change) {
        let members = self.journals.entry(journal).or_default().entry(change.stream).or_default();
        let cause = format!("{:?}", change.cause);
        *self.causes.entry(cause.split(' ').next().unwrap().to_owned()).or_default() += 1;
        let new = match change.entered {
            true => members.insert(change.ordinal),
            false => members.remove(&change.ordinal),
        };
        assert!(new, "{change:?} changes nothing");
        let version = self.state.catalog.entry(change.ordinal).unwrap().version;
        assert!(change.version <= version, "{change:?}: the item is at {version}");
    }

    /// Ends and starts again: from a checkpoint, the snapshot being what the index would bring.
    fn restart(&mut self) {
        let bytes = Body::of(&self.state).to_bytes().unwrap();
        let snapshot = self.state.snapshot.clone();
        let mut state = checkpoint::parse(&bytes).expect("a checkpoint that was just written");
        assert!(Body::of(&state).to_bytes().unwrap() == bytes, "a checkpoint read and written again is another");
        let Snapshot { seq, index, overlay, .. } = &*snapshot;
        let (index, overlay) = (index.clone(), overlay.after(0));
        state.snapshot = Arc::new(Snapshot { seq: *seq, index, overlay, supply: state.supply.view() });
        self.state = state;
    }

    fn agrees(&self, model: &Model, what: &str) {
        let state = &self.state;
        assert_eq!(state.supply.sets.len(), model.sets.len());
        let keys = |ordinals: &roaring::RoaringBitmap| -> BTreeSet<Key> {
            let key = |ordinal| {
                (state.catalog.entry(ordinal).unwrap().content_type, state.catalog.content_id(ordinal).to_owned())
            };
            ordinals.iter().map(key).collect()
        };
        for (name, model_set) in &model.sets {
            let set = state.supply.sets.get(state.supply.sets.find(name).unwrap()).unwrap();
            let expected = model.matched(&model_set.expr);
            let matched = state.supply.sets.matched(set).into_owned();
            assert_eq!(keys(&matched), expected, "{what}: {name} at {}\n{}", model.now_ms, model_set.text);
            let deliverable = model.deliverable(model_set, &expected);
            assert_eq!(keys(&state.deliverable(set)), deliverable, "{what}: deliverable of {name}\n{}", model_set.text);
            let barriers = state.supply.wallets[&*model_set.wallet].barriers();
            let funnel = Steps::of(&matched, &set.taken_out, barriers).counts();
            assert_eq!((funnel.matched, funnel.deliverable), (expected.len() as u64, deliverable.len() as u64));
            let journal = self.journals.get(&set.journal);
            for (stream, expected) in
                [(Stream::Matched, matched.clone()), (Stream::Deliverable, state.deliverable(set))]
            {
                let replayed = journal.and_then(|streams| streams.get(&stream)).cloned().unwrap_or_default();
                assert!(
                    replayed.into_iter().eq(expected),
                    "{what}: the journal of {name}, {stream:?}\n{}",
                    model_set.text
                );
            }
        }
    }
}

/// One random history: a writer of records that tells the model what it tells the state.
struct History {
    random: Random,
    model: Model,
    bench: Bench,
    documents: Vec<Document>,
}

impl History {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let documents = (0..30).filter_map(|id| strange::item_among(&mut random, IDS, id % IDS, 0).document).collect();
        let mut bench = Bench::default();
        let model = Model { now_ms: START_MS, ..Model::default() };
        bench.record(vec![(
            header(START_MS, Some(Command::FxRates((*rules::options_on(RATES_OF).rates.unwrap()).clone()))),
            vec![],
        )]);
        let mut history = History { random, model, bench, documents };
        // Strange items miss most of what the appendix requires.
        for content_type in [ContentType::Store, ContentType::LocalSku, ContentType::Merchant] {
            WALLETS.iter().for_each(|wallet| history.set_policy(wallet, content_type, Vec::new(), 0));
        }
        for merchant in 0..6 {
            WALLETS.iter().for_each(|wallet| history.set_onboarded((*wallet).into(), format!("m{merchant}"), true, 0));
        }
        history
    }

    fn step(&mut self) -> &'static str {
        let random = &mut self.random;
        if random.chance(4) {
            self.model.now_ms += random.below(30) as i64 * HOUR_MS + random.below(3) as i64;
        }
        match random.below(20) {
            0..=7 => self.content(),
            8..=10 => self.put_set(),
            11 => self.delete_set(),
            12..=13 => self.tags(),
            14 => self.onboard(),
            15 => self.policy(),
            16 => self.risk(),
            17 => self.take_out(),
            18 => self.tick(),
            _ => {
                self.bench.restart();
                "restart"
            }
        }
    }

    fn command(&mut self, command: Command) -> CommandOutcome {
        let now_ms = self.model.now_ms;
        self.bench.record(vec![(header(now_ms, Some(command)), vec![])]).pop().unwrap().unwrap()
    }

    fn content(&mut self) -> &'static str {
        let random = &mut self.random;
        let mut frames = Vec::new();
        for _ in 0..1 + random.below(2) {
            let mut items = Vec::new();
            for _ in 0..1 + random.below(5) {
                let (id, version) = (random.below(IDS), random.below(40) as i64);
                let item = strange::item_among(random, IDS, id, version);
                let key = (item.content_type, item.content_id.to_string());
                if self.model.items.get(&key).is_none_or(|(version, _)| item.version > *version) {
                    self.model.items.insert(key, (item.version, item.document.clone()));
                }
                items.push(item);
            }
            frames.push((header(self.model.now_ms, None), items));
        }
        self.bench.record(frames);
        "content"
    }

    fn put_set(&mut self) -> &'static str {
        let random = &mut self.random;
        let name = format!("set {}", random.below(6));
        let documents: Vec<&Document> = self.documents.iter().collect();
        let text = rules::rule_set(random, &documents);
        let wallet = random.pick(WALLETS).to_string();
        let put = PutSet {
            name: name.as_str().into(),
            rules: text.as_str().into(),
            target_wallet: wallet.as_str().into(),
            fx_date: None,
        };
        let expr = check(&text, &rules::options_on(RATES_OF)).expr;
        let outcome = self.command(Command::PutSet(put));
        match (expr, outcome) {
            (Some(expr), CommandOutcome::Set(_)) => {
                let taken_out = self.model.sets.remove(&name).map(|set| set.taken_out).unwrap_or_default();
                self.model.sets.insert(name, ModelSet { text, expr, wallet, taken_out });
            }
            (Some(_), CommandOutcome::Unchanged) | (None, CommandOutcome::Refused(Refusal::Rules(_))) => {}
            (_, outcome) => panic!("{outcome:?}\n{text}"),
        }
        "put set"
    }

    fn delete_set(&mut self) -> &'static str {
        let name = format!("set {}", self.random.below(6));
        let outcome = self.command(Command::DeleteSet(name.as_str().into()));
        let known = self.model.sets.remove(&name).is_some();
        assert_eq!(outcome == CommandOutcome::Applied, known);
        "delete set"
    }

    fn key(&mut self) -> Key {
        let types = [ContentType::Store, ContentType::LocalSku, ContentType::Merchant];
        (*self.random.pick(&types), format!("i{}", self.random.below(IDS)))
    }

    fn tags(&mut self) -> &'static str {
        let mut writes = Vec::new();
        for _ in 0..1 + self.random.below(4) {
            let key = self.key();
            let random = &mut self.random;
            let (kind, name) = random.pick(rules::TAGS).split_once('.').unwrap();
            let kind = if kind == "algo" { TagKind::Algo } else { TagKind::Custom };
            let tag = TagName { kind, name: name.into() };
            let mut values: Vec<Box<str>> =
                (0..random.below(3)).map(|_| (*random.pick(rules::TAG_VALUES)).into()).collect();
            values.sort();
            values.dedup();
            let version = random.below(30) as i64;
            writes.push(TagWrite { tag: tag.clone(), item: item_key(&key), values: values.clone(), version });
            let known = self.model.tags.get(&(tag.clone(), key.clone()));
            if known.is_none_or(|(known, _)| version > *known) {
                self.model.tags.insert((tag, key), (version, values));
            }
        }
        self.command(Command::Tags(writes));
        "tags"
    }

    fn onboard(&mut self) -> &'static str {
        let random = &mut self.random;
        let wallet = random.pick(WALLETS).to_string();
        let merchant =
            if random.chance(2) { format!("m{}", random.below(6)) } else { format!("i{}", random.below(IDS)) };
        let (on, version) = (!random.chance(3), random.below(30) as i64);
        self.set_onboarded(wallet, merchant, on, version);
        "onboarding"
    }

    fn set_onboarded(&mut self, wallet: String, merchant: String, on: bool, version: i64) {
        let onboarding = Onboarding { onboarded: on, account_ids: Vec::new() };
        let write = OnboardingWrite {
            wallet: wallet.as_str().into(),
            merchant_id: merchant.as_str().into(),
            onboarding,
            version,
        };
        let slot = self.model.onboarded.entry((wallet, merchant)).or_insert((-1, false));
        if version > slot.0 {
            *slot = (version, on);
        }
        self.command(Command::Onboarding(vec![write]));
    }

    fn policy(&mut self) -> &'static str {
        let random = &mut self.random;
        let wallet = random.pick(WALLETS).to_string();
        let content_type = *random.pick(&[ContentType::Store, ContentType::LocalSku, ContentType::Merchant]);
        // Some have a localized value, none has a badge.
        let all = ["multilLang", "multilLang", "badgeText"];
        let required = all.into_iter().filter(|_| random.chance(3)).map(Into::into).collect();
        let version = random.below(30) as i64;
        self.set_policy(&wallet, content_type, required, version);
        "policy"
    }

    fn set_policy(&mut self, wallet: &str, content_type: ContentType, required: Vec<Box<str>>, version: i64) {
        let fields = FieldSet::of_names(content_type, required.iter().map(|name| &**name)).unwrap();
        let write = PolicyWrite { wallet: wallet.into(), content_type, required, version };
        let known = self.model.policies.get(&(wallet.to_owned(), content_type));
        if known.is_none_or(|(known, _)| version > *known) {
            self.model.policies.insert((wallet.to_owned(), content_type), (version, fields));
        }
        self.command(Command::Policies(vec![write]));
    }

    fn risk(&mut self) -> &'static str {
        let key = self.key();
        let random = &mut self.random;
        let wallet = random.pick(WALLETS).to_string();
        let (stopped, version) = (!random.chance(3), random.below(30) as i64);
        let decision = RiskDecision { stopped, reason: "a reason".into(), automatic: false, by_target: false };
        let write = RiskWrite { wallet: wallet.as_str().into(), item: item_key(&key), decision, version };
        let known = self.model.risk.get(&(wallet.clone(), key.clone()));
        if known.is_none_or(|(known, _)| version > *known) {
            self.model.risk.insert((wallet, key), (version, stopped));
        }
        self.command(Command::Risk(vec![write]));
        "risk"
    }

    fn take_out(&mut self) -> &'static str {
        let key = self.key();
        let out = !self.random.chance(3);
        let Some((name, set)) = self.model.sets.iter_mut().next() else { return "nothing" };
        if out {
            set.taken_out.insert(key.clone())
        } else {
            set.taken_out.remove(&key)
        };
        let take = TakeOut { set: name.as_str().into(), items: vec![item_key(&key)], out };
        self.command(Command::TakeOut(take));
        "take out"
    }

    fn tick(&mut self) -> &'static str {
        if let Some(due) = self.bench.state.supply.clock.next_due() {
            self.model.now_ms = self.model.now_ms.max(due);
        }
        self.command(Command::Tick);
        "tick"
    }
}

fn header(received_ms: i64, command: Option<Command>) -> Header {
    Header { received_ms, command, ..Header::default() }
}

fn item_key((content_type, content_id): &Key) -> ItemKey {
    ItemKey { content_type: *content_type, content_id: content_id.as_str().into() }
}

/// Histories; more for a longer hunt.
fn histories() -> u64 {
    std::env::var("PENSTOCK_HISTORIES").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000)
}

#[test]
fn every_set_equals_scratch_after_every_record() {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let causes: Vec<BTreeMap<String, usize>> = std::thread::scope(|scope| {
        let run = |first: u64| (first..histories()).step_by(threads as usize).map(history).collect::<Vec<_>>();
        let running: Vec<_> = (0..threads).map(|first| scope.spawn(move || run(first))).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    for cause in ["Content", "Rules", "Tag", "Onboarding", "Policy", "Risk", "Clock", "Merchant", "TakenOut"] {
        let seen: usize = causes.iter().filter_map(|of_history| of_history.get(cause)).sum();
        assert!(seen as u64 > histories() / 200, "only {seen} changes by {cause}");
    }
}

fn history(seed: u64) -> BTreeMap<String, usize> {
    let mut history = History::new(seed);
    for n in 0..25 {
        let what = history.step();
        // A step that wrote no record has not moved the clock.
        history.model.now_ms = history.bench.state.supply.now_ms;
        history.bench.agrees(&history.model, &format!("history {seed}, step {n} ({what})"));
    }
    history.bench.causes
}
