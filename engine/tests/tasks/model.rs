//! The model: what tasks, items and wallets are, written the simplest way.

use penstock_engine::task::TaskId;
use penstock_engine::task::state::{ApprovalStatus, TaskStatus};
use std::collections::{BTreeMap, BTreeSet};

/// What an item has that matters here.
#[derive(Clone, Debug)]
pub struct Facts {
    pub n: usize,
    pub named: bool,
    pub merchant: usize,
}

#[derive(Clone, Debug)]
pub struct ModelTask {
    pub wallet: usize,
    pub approval: ApprovalStatus,
    pub status: TaskStatus,
    pub creator: usize,
    pub rules: usize,
    pub out: BTreeSet<usize>,
    pub drift: bool,
    /// Rules and what is taken out, who began it, and whether it is under review.
    pub next: Option<(usize, BTreeSet<usize>, usize, bool)>,
    pub ticket: Option<ModelTicket>,
    pub tickets: usize,
    pub hidden: bool,
}

#[derive(Clone, Debug)]
pub struct ModelTicket {
    pub id: u32,
    pub terminates: bool,
    pub of_next: bool,
    pub opened: usize,
    pub source: Option<usize>,
    pub parallel: bool,
    pub target: Option<usize>,
}

#[derive(Default)]
pub struct Model {
    pub items: BTreeMap<usize, Option<Facts>>,
    pub onboarded: BTreeSet<(usize, usize)>,
    pub stopped: BTreeSet<(usize, usize)>,
    pub pulled: BTreeSet<(usize, usize)>,
    pub pulled_merchants: BTreeSet<(usize, usize)>,
    pub tasks: BTreeMap<TaskId, ModelTask>,
}

impl Model {
    pub fn deliverable(&self, wallet: usize, rules: usize, out: &BTreeSet<usize>) -> BTreeSet<usize> {
        let passes = |(id, facts): (&usize, &Option<Facts>)| {
            let facts = facts.as_ref()?;
            let good = facts.n < rules
                && facts.named
                && self.onboarded.contains(&(wallet, facts.merchant))
                && !self.stopped.contains(&(wallet, *id))
                && !self.pulled.contains(&(wallet, *id))
                && !self.pulled_merchants.contains(&(wallet, facts.merchant))
                && !out.contains(id);
            good.then_some(*id)
        };
        self.items.iter().filter_map(passes).collect()
    }
}
