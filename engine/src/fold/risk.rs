//! Requests for decisions on risk, decided in log order.

use super::State;
use crate::catalog::Ordinal;
use crate::command::{AskRisk, CommandOutcome, DecideRequest, Refusal};
use crate::supply::change::Cause;
use crate::supply::outcome::WriteOutcome;
use crate::supply::sets::Set;
use crate::supply::wallet::{RiskDecision, Versioned};
use crate::task::risk::{Closed, RequestId, RiskRefusal};
use crate::task::{Stamp, Task, reason_given};
use roaring::RoaringBitmap;

impl State {
    /// Takes a request over.
    pub(super) fn ask_risk(&mut self, ask: AskRisk, by: &Stamp) -> CommandOutcome {
        outcome(self.try_ask(ask, by))
    }

    /// Decides on a request: an approval writes the decision.
    pub(super) fn decide_request(&mut self, decide: DecideRequest, by: &Stamp) -> CommandOutcome {
        outcome(self.try_decide(decide, by))
    }

    fn try_ask(&mut self, ask: AskRisk, by: &Stamp) -> Result<RequestId, RiskRefusal> {
        let AskRisk { wallet, item, stop, reason } = ask;
        let ordinal = self.catalog.ordinal(item.content_type, &item.content_id);
        let ordinal = ordinal.filter(|ordinal| self.concerns(&wallet, *ordinal)).ok_or(RiskRefusal::NoSuchItem)?;
        let reason = reason_given(Some(&reason), true)?.unwrap_or_default();
        let known = self.supply.wallets.get(&wallet).and_then(|known| known.risk(ordinal)).map(|known| &known.value);
        match known.filter(|decision| decision.stopped) {
            Some(_) if stop => return Err(RiskRefusal::StoppedAlready),
            Some(decision) if decision.automatic => return Err(RiskRefusal::Automatic),
            None if !stop => return Err(RiskRefusal::NothingStops),
            _ => {}
        }
        self.tasks.risk.ask(&wallet, ordinal, stop, reason, by.clone())
    }

    fn try_decide(&mut self, decide: DecideRequest, by: &Stamp) -> Result<RequestId, RiskRefusal> {
        let DecideRequest { wallet, request: id, approve, reason } = decide;
        let request = self.tasks.risk.get(id).filter(|request| request.wallet == wallet);
        let request = request.ok_or(RiskRefusal::NoSuchRequest)?.clone();
        if request.closed.is_some() {
            return Err(RiskRefusal::Closed);
        }
        if request.asked.by == by.by {
            return Err(RiskRefusal::Own);
        }
        let reason = reason_given(reason.as_deref(), !approve)?;
        let version = match approve {
            true => {
                let (stopped, reason) = (request.stop, request.reason);
                let decision = RiskDecision { stopped, reason, automatic: false, by_target: true };
                Some(self.write_decision(&wallet, request.item, decision)?)
            }
            false => None,
        };
        self.tasks.risk.close(id, Closed { approved: approve, stamp: by.clone(), reason, version });
        Ok(id)
    }

    /// Writes a decision about an item with the next version; which that is.
    fn write_decision(&mut self, wallet: &str, ordinal: Ordinal, decision: RiskDecision) -> Result<i64, RiskRefusal> {
        let content_version = self.version(ordinal);
        let known = self.supply.wallets.get_mut(wallet).ok_or(RiskRefusal::NoSuchItem)?;
        let last = known.risk(ordinal).map_or(0, |known| known.version);
        let version = last.checked_add(1).ok_or(RiskRefusal::NoVersionLeft)?;
        let (outcome, flip) = known.decide(ordinal, Versioned { version, value: decision }, content_version);
        debug_assert_eq!(outcome, WriteOutcome::Applied, "the next version is always a later one");
        self.tell_barriers(wallet, flip.as_slice(), &Cause::Risk);
        Ok(version)
    }

    /// Whether an item is any concern of a wallet's: it is or was delivered to it, or a task that delivers to it matches it.
    pub fn concerns(&self, wallet: &str, ordinal: Ordinal) -> bool {
        let delivered =
            |ledger: &crate::task::ledger::Ledger| ledger.holders(ordinal) > 0 || ledger.ended(ordinal).is_some();
        self.tasks.ledgers.get(wallet).is_some_and(delivered)
            || self
                .delivering(wallet)
                .filter_map(|task| self.task_set(task))
                .any(|set| self.supply.sets.matches(set, ordinal))
    }

    /// The items that tasks which deliver to a wallet match, whatever stops them.
    pub fn offered(&self, wallet: &str) -> RoaringBitmap {
        self.delivering(wallet)
            .filter_map(|task| self.task_set(task))
            .fold(RoaringBitmap::new(), |items, set| items | &*self.supply.sets.matched(set))
    }

    /// The tasks of a wallet that deliver to it.
    pub fn delivering<'a>(&'a self, wallet: &'a str) -> impl Iterator<Item = &'a Task> {
        let tasks = self.tasks.all().filter(move |task| *task.target_wallet == *wallet);
        tasks.filter(|task| task.state.is_live() && task.delivery.job.is_some())
    }

    fn task_set(&self, task: &Task) -> Option<&Set> {
        self.supply.sets.get(self.supply.sets.find(&task.set_name())?)
    }
}

fn outcome(decided: Result<RequestId, RiskRefusal>) -> CommandOutcome {
    match decided {
        Ok(id) => CommandOutcome::RiskRequest(id),
        Err(refusal) => CommandOutcome::Refused(Refusal::Risk(refusal)),
    }
}
