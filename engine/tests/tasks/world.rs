//! A state at work beside its model, and what happens to both.

use crate::model::{Facts, Model};
use crate::support::{NOW_MS, Random, item};
use penstock_dsl::registry::ContentType;
use penstock_engine::command::{
    Command, CommandOutcome, ItemKey, OnboardingWrite, PolicyWrite, Pull, Refusal, RiskWrite,
};
use penstock_engine::content::item::Item;
use penstock_engine::fold::{Deferred, Frame, State};
use penstock_engine::log::frame::Header;
use penstock_engine::preview;
use penstock_engine::supply::change::Stream;
use penstock_engine::supply::wallet::{Onboarding, RiskDecision};
use penstock_engine::task::command::{TaskCommand, TaskOutcome};
use penstock_engine::task::refusal::TaskRefusal;
use std::collections::BTreeMap;

pub const PEOPLE: &[&str] = &["ana", "bo", "cy", "dee"];
pub const WALLETS: &[&str] = &["gcash", "alipayhk"];
pub const ITEMS: usize = 12;
pub const MERCHANTS: usize = 3;

pub struct World {
    pub random: Random,
    pub state: State,
    pub now_ms: i64,
    pub version: i64,
    pub model: Model,
    /// What each wallet has, by its feed: item to version.
    pub feeds: BTreeMap<u32, BTreeMap<u32, i64>>,
    pub refusals: BTreeMap<String, usize>,
    pub done: BTreeMap<&'static str, usize>,
}

pub fn key(id: usize) -> ItemKey {
    ItemKey { content_type: ContentType::Store, content_id: format!("s{id}").into() }
}

pub fn rules(below: usize) -> Box<str> {
    format!("STORE {{ ext.n < {below} }}").into()
}

impl World {
    pub fn new(seed: u64) -> Self {
        let mut world = World {
            random: Random(seed),
            state: State::default(),
            now_ms: NOW_MS,
            version: 1,
            model: Model::default(),
            feeds: BTreeMap::new(),
            refusals: BTreeMap::new(),
            done: BTreeMap::new(),
        };
        for wallet in WALLETS {
            let required = vec!["storeName".into()];
            let write =
                PolicyWrite { wallet: (*wallet).into(), content_type: ContentType::Store, required, version: 1 };
            world.command("ana", Command::Policies(vec![write]));
        }
        for wallet in 0..WALLETS.len() {
            (0..MERCHANTS).for_each(|merchant| world.onboard(wallet, merchant, true));
        }
        world
    }

    pub fn record(&mut self, header: Header, items: Vec<Item>) -> Option<CommandOutcome> {
        let seq = self.state.seq + 1;
        let mut applied = self.state.apply(seq, vec![Frame { offset: 0, length: 0, header, items }]);
        self.state.publish(applied.batch.clone());
        for Deferred { frame, command, asked } in std::mem::take(&mut applied.deferred) {
            let Command::Task(command) = command else { unreachable!() };
            let outcome = match self.state.prepare_task(&command, &asked) {
                Ok(registration) => {
                    let found = registration.map(|registration| {
                        let found = preview::standing::find(&self.state.snapshot, &registration).unwrap();
                        (registration, found)
                    });
                    self.state.finish_task(&command, &asked, found)
                }
                Err(outcome) => outcome,
            };
            applied.frames[frame].command = Some(outcome);
        }
        let told = self.state.end_record();
        for (journal, change) in told.changes.into_iter().filter(|(_, change)| change.stream == Stream::Delivered) {
            let feed = self.feeds.entry(journal).or_default();
            let had = match change.entered {
                true => feed.insert(change.ordinal, change.version),
                false => feed.remove(&change.ordinal),
            };
            assert!(change.entered || had.is_some(), "{change:?} takes back what was never there");
            assert_ne!(had, Some(change.version).filter(|_| change.entered), "{change:?} is told twice");
        }
        applied.frames.remove(0).command
    }

    pub fn command(&mut self, by: &str, command: Command) -> CommandOutcome {
        self.now_ms += 1;
        let header =
            Header { received_ms: self.now_ms, actor: Some(by.into()), command: Some(command), ..Header::default() };
        self.record(header, Vec::new()).expect("a command has an outcome")
    }

    pub fn task(&mut self, by: usize, command: TaskCommand) -> Result<TaskOutcome, TaskRefusal> {
        match self.command(PEOPLE[by], Command::Task(command)) {
            CommandOutcome::Task(outcome) => Ok(outcome),
            CommandOutcome::Refused(Refusal::Task(refusal)) => {
                let name = format!("{refusal:?}");
                let name = name.split([' ', '(', '{']).next().unwrap_or_default().to_owned();
                *self.refusals.entry(name).or_default() += 1;
                assert!(!refusal.to_string().is_empty());
                Err(refusal)
            }
            outcome => panic!("{outcome:?}"),
        }
    }

    pub fn push(&mut self) {
        let id = self.random.below(ITEMS);
        self.version += 1;
        let gone = self.random.chance(5);
        let facts =
            Facts { n: self.random.below(10), named: !self.random.chance(5), merchant: self.random.below(MERCHANTS) };
        let mut info = serde_json::json!({"n": facts.n, "merchantId": format!("m{}", facts.merchant)});
        if facts.named {
            info["storeName"] = "Café".into();
        }
        let line = serde_json::json!({
            "contentType": "STORE", "contentId": format!("s{id}"), "contentVersion": self.version,
            "contentStatus": u8::from(!gone), "contentInfo": info.to_string(),
        });
        let items = vec![item("T", &line.to_string())];
        self.now_ms += 1;
        self.record(Header { received_ms: self.now_ms, ..Header::default() }, items);
        self.model.items.insert(id, Some(facts).filter(|_| !gone));
    }

    pub fn onboard(&mut self, wallet: usize, merchant: usize, onboarded: bool) {
        self.version += 1;
        let write = OnboardingWrite {
            wallet: WALLETS[wallet].into(),
            merchant_id: format!("m{merchant}").into(),
            onboarding: Onboarding { onboarded, account_ids: Vec::new() },
            version: self.version,
        };
        self.command("asap", Command::Onboarding(vec![write]));
        match onboarded {
            true => self.model.onboarded.insert((wallet, merchant)),
            false => self.model.onboarded.remove(&(wallet, merchant)),
        };
    }

    pub fn risk(&mut self) {
        let (wallet, id) = (self.random.below(WALLETS.len()), self.random.below(ITEMS));
        let stopped = !self.random.chance(3);
        self.version += 1;
        let decision = RiskDecision { stopped, reason: "a reason".into(), automatic: false, by_target: false };
        let write = RiskWrite { wallet: WALLETS[wallet].into(), item: key(id), decision, version: self.version };
        self.command("risk", Command::Risk(vec![write]));
        match stopped {
            true => self.model.stopped.insert((wallet, id)),
            false => self.model.stopped.remove(&(wallet, id)),
        };
    }

    pub fn pull(&mut self) {
        let (wallet, out) = (self.random.below(WALLETS.len()), !self.random.chance(2));
        let (id, merchant) = (self.random.below(ITEMS), self.random.below(MERCHANTS));
        let whole = self.random.chance(4);
        let pull = Pull {
            wallet: WALLETS[wallet].into(),
            items: if whole { Vec::new() } else { vec![key(id)] },
            merchants: if whole { vec![format!("m{merchant}").into()] } else { Vec::new() },
            out,
            reason: None,
        };
        let outcome = self.command("ana", Command::Pull(pull));
        let (pulled, what) = match whole {
            true => (&mut self.model.pulled_merchants, (wallet, merchant)),
            false => (&mut self.model.pulled, (wallet, id)),
        };
        let changed = if out { pulled.insert(what) } else { pulled.remove(&what) };
        assert_eq!(outcome == CommandOutcome::Applied, changed);
    }
}
