//! Tags, onboarding, policies and risk decisions: what comes beside the items' own content (D-45).

use super::State;
use crate::catalog::{Location, Ordinal};
use crate::command::{CommandOutcome, ItemKey, OnboardingWrite, PolicyWrite, Pull, Refusal, RiskWrite, TagWrite};
use crate::content::eligibility::FieldSet;
use crate::supply::WALLETS_MAX;
use crate::supply::change::Cause;
use crate::supply::outcome::WriteOutcome;
use crate::supply::wallet::{RiskDecision, Versioned};
use crate::task::Stamp;

impl State {
    /// The ordinal of an item, given ahead of its content where it has not come yet.
    pub(super) fn reserve(&mut self, item: &ItemKey) -> Ordinal {
        let nowhere = Location { seq: self.seq + 1, offset: 0, length: 0, index: 0 };
        self.catalog.reserve(item.content_type, &item.content_id, nowhere)
    }

    pub(super) fn write_tags(&mut self, writes: Vec<TagWrite>) -> CommandOutcome {
        let outcomes = writes.into_iter().map(|write| {
            let ordinal = self.reserve(&write.item);
            let outcome = self.supply.tags.write(&write.tag, ordinal, write.version, &write.values);
            if outcome == WriteOutcome::Applied {
                let targets: Vec<_> = self.supply.sets.asking_tag(&write.tag).collect();
                self.decide_conditions(ordinal, &targets, &Cause::Tag { name: write.tag.name });
            }
            outcome
        });
        CommandOutcome::Each(outcomes.collect())
    }

    pub(super) fn onboard(&mut self, writes: Vec<OnboardingWrite>) -> CommandOutcome {
        let outcomes = writes.into_iter().map(|write| {
            let name = self.names.merchants.intern(&write.merchant_id);
            if self.supply.wallet(&write.wallet).is_none() {
                return too_many_wallets();
            }
            let items = &self.supply.items;
            let Some(wallet) = self.supply.wallets.get_mut(&write.wallet) else { return too_many_wallets() };
            let onboarding = Versioned { version: write.version, value: write.onboarding };
            let (outcome, flips) = wallet.onboard(name, onboarding, items);
            self.tell_barriers(&write.wallet, &flips, &Cause::Onboarding { merchant_id: write.merchant_id });
            outcome
        });
        CommandOutcome::Each(outcomes.collect())
    }

    pub(super) fn set_policies(&mut self, writes: Vec<PolicyWrite>) -> CommandOutcome {
        let outcomes = writes.into_iter().map(|write| {
            let names = write.required.iter().map(|name| &**name);
            let required = match FieldSet::of_names(write.content_type, names) {
                Ok(required) => required,
                Err(name) => return WriteOutcome::Refused(unknown_field(name)),
            };
            if self.supply.wallet(&write.wallet).is_none() {
                return too_many_wallets();
            }
            let items = &self.supply.items;
            let Some(wallet) = self.supply.wallets.get_mut(&write.wallet) else { return too_many_wallets() };
            let required = Versioned { version: write.version, value: required };
            let (outcome, flips) = wallet.set_policy(write.content_type, required, items);
            self.tell_barriers(&write.wallet, &flips, &Cause::Policy);
            outcome
        });
        CommandOutcome::Each(outcomes.collect())
    }

    pub(super) fn decide_risk(&mut self, writes: Vec<RiskWrite>, by: &Stamp) -> CommandOutcome {
        // Only the target's reviewers have the right, and a source tenant's keys.
        let by_target = by.is_person();
        let outcomes = writes.into_iter().map(|write| {
            let ordinal = self.reserve(&write.item);
            let content_version = self.version(ordinal);
            let Some(wallet) = self.supply.wallet(&write.wallet) else { return too_many_wallets() };
            let value = RiskDecision { by_target, ..write.decision };
            let decision = Versioned { version: write.version, value };
            let (outcome, flip) = wallet.decide(ordinal, decision, content_version);
            self.tell_barriers(&write.wallet, flip.as_slice(), &Cause::Risk);
            outcome
        });
        CommandOutcome::Each(outcomes.collect())
    }
}

impl State {
    /// Pulls items and merchants from everything that goes to a wallet, or lets them go again (F-7.6).
    pub(super) fn pull(&mut self, pull: Pull) -> CommandOutcome {
        let ordinals: Vec<Ordinal> = pull.items.iter().map(|item| self.reserve(item)).collect();
        let merchants: Vec<_> = pull.merchants.iter().map(|id| self.names.merchants.intern(id)).collect();
        if self.supply.wallet(&pull.wallet).is_none() {
            return CommandOutcome::Refused(Refusal::TooManyWallets);
        }
        let items = &self.supply.items;
        let Some(wallet) = self.supply.wallets.get_mut(&pull.wallet) else { return CommandOutcome::Unchanged };
        let (mut changed, mut flips) = (false, Vec::new());
        for ordinal in ordinals {
            let (new, flip) = wallet.pull(ordinal, pull.out, items);
            changed |= new;
            flips.extend(flip);
        }
        for merchant in merchants {
            let (new, flipped) = wallet.pull_merchant(merchant, pull.out, items);
            changed |= new;
            flips.extend(flipped);
        }
        self.tell_barriers(&pull.wallet, &flips, &Cause::Pulled);
        if changed { CommandOutcome::Applied } else { CommandOutcome::Unchanged }
    }
}

fn too_many_wallets() -> WriteOutcome {
    WriteOutcome::Refused(format!("there are {WALLETS_MAX} target wallets already; use one of them"))
}

fn unknown_field(name: &str) -> String {
    format!("this content type has no field {name:?}; name fields as rules do, or multilLang")
}
