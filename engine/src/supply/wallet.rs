//! What stands between a matched item and a target wallet: missing required fields, a merchant that is not onboarded, a
//! risk decision (R042-R046, D-41 to D-45). Kept a wallet as sets of ordinals, so that a funnel is set algebra.

use super::bits::Bits;
use super::change::Ordinal;
use super::items::{Facts, Items, MerchantName};
use super::outcome::WriteOutcome;
use crate::content::eligibility::FieldSet;
use penstock_dsl::registry::ContentType;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A target wallet.
#[derive(Default)]
pub struct Wallet {
    policies: [Option<Versioned<FieldSet>>; 4],
    onboarded: BTreeMap<MerchantName, Versioned<Onboarding>>,
    risk: BTreeMap<Ordinal, Versioned<RiskDecision>>,
    /// The `contentVersion` that each decision on risk was made about; -1 where there was none.
    reviewed: BTreeMap<Ordinal, i64>,
    pulled: BTreeSet<Ordinal>,
    pulled_merchants: BTreeSet<MerchantName>,
    view: Arc<Barriers>,
}

/// Why a stop stays.
const TARGETS_OWN_STOP: &str = "the target wallet's own people have stopped this item, so only they lift that: ask its RISK_REVIEWER, or its SUPPLY_OPERATOR to \
     request it";

/// A value with the version by which later writes are told from earlier ones (D-16).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Versioned<T> {
    /// The version.
    pub version: i64,
    /// The value.
    pub value: T,
}

/// How a merchant stands with a wallet (D-68).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Onboarding {
    /// Whether its items may be delivered.
    pub onboarded: bool,
    /// Its accounts in the wallet.
    pub account_ids: Vec<Box<str>>,
}

/// A wallet's risk decision about an item; it stays with the item's key whatever versions follow (D-64).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RiskDecision {
    /// Whether the item must not be delivered.
    pub stopped: bool,
    /// Why, in the words of whoever decided.
    pub reason: Box<str>,
    /// Whether a system decided, and no person (R050).
    #[serde(default)]
    pub automatic: bool,
    /// Whether it is the target wallet's own people's. The fold sets it, whatever was sent.
    #[serde(default)]
    pub by_target: bool,
}

/// Items that may not be delivered, by reason. Cheap to copy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Barriers {
    /// They miss a required field.
    pub lacking: Bits,
    /// Their merchant is not onboarded. An item without a merchant is not among them: that is a missing field (D-44).
    pub not_onboarded: Bits,
    /// A risk decision stops them.
    pub stopped: Bits,
    /// The source has pulled them, or all of their merchant, from everything that goes to the wallet (F-7.6).
    pub pulled: Bits,
}

impl Barriers {
    /// Whether anything stands in an item's way.
    pub fn bar(&self, ordinal: Ordinal) -> bool {
        let all = [&self.lacking, &self.not_onboarded, &self.stopped, &self.pulled];
        all.iter().any(|barred| barred.contains(ordinal))
    }
}

/// An item whose way to the wallet has opened or closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flip {
    /// The item.
    pub ordinal: Ordinal,
    /// Whether something stands in its way now.
    pub barred: bool,
}

impl Wallet {
    /// A wallet of which nothing is known: it requires what the appendix does, and no merchant is onboarded.
    pub fn of(items: &Items) -> Self {
        let mut wallet = Wallet::default();
        for content_type in ContentType::ALL {
            for ordinal in items.live(content_type) {
                wallet.update(ordinal, items.get(ordinal));
            }
        }
        wallet
    }

    /// What stands in items' way.
    pub fn barriers(&self) -> &Arc<Barriers> {
        &self.view
    }

    /// The fields that the wallet requires of a content type.
    pub fn required(&self, content_type: ContentType) -> FieldSet {
        match &self.policies[content_type.index()] {
            Some(policy) => policy.value,
            None => FieldSet::appendix(content_type),
        }
    }

    /// The version of a content type's policy, if one was set.
    pub fn policy_version(&self, content_type: ContentType) -> Option<i64> {
        self.policies[content_type.index()].as_ref().map(|policy| policy.version)
    }

    /// Whether a merchant's items may be delivered.
    pub fn is_onboarded(&self, merchant: MerchantName) -> bool {
        self.onboarded.get(&merchant).is_some_and(|known| known.value.onboarded)
    }

    /// How a merchant stands, where an onboarding was written.
    pub fn onboarding(&self, merchant: MerchantName) -> Option<&Versioned<Onboarding>> {
        self.onboarded.get(&merchant)
    }

    /// Merchants of which an onboarding was written.
    pub fn merchants(&self) -> impl Iterator<Item = (MerchantName, &Versioned<Onboarding>)> {
        self.onboarded.iter().map(|(name, known)| (*name, known))
    }

    /// The risk decision about an item.
    pub fn risk(&self, ordinal: Ordinal) -> Option<&Versioned<RiskDecision>> {
        self.risk.get(&ordinal)
    }

    /// Takes an item's new facts over; tells whether its way has opened or closed.
    pub fn update(&mut self, ordinal: Ordinal, facts: Option<Facts>) -> Option<Flip> {
        let lacking = facts.is_some_and(|f| !self.required(f.content_type).without(f.fields).is_empty());
        let merchant = facts.and_then(|f| f.merchant);
        let not_onboarded = merchant.is_some_and(|name| !self.is_onboarded(name));
        let pulled =
            self.pulled.contains(&ordinal) || merchant.is_some_and(|name| self.pulled_merchants.contains(&name));
        let now = [lacking, not_onboarded, pulled];
        let view = &self.view;
        if [&view.lacking, &view.not_onboarded, &view.pulled].map(|barred| barred.contains(ordinal)) == now {
            return None;
        }
        self.change(ordinal, |view| {
            let barriers = [&mut view.lacking, &mut view.not_onboarded, &mut view.pulled];
            barriers.into_iter().zip(now).for_each(|(barrier, now)| _ = barrier.set(ordinal, now));
        })
    }

    /// Sets the fields required of a content type.
    pub fn set_policy(
        &mut self,
        content_type: ContentType,
        required: Versioned<FieldSet>,
        items: &Items,
    ) -> (WriteOutcome, Vec<Flip>) {
        let slot = &mut self.policies[content_type.index()];
        let outcome = gate(slot.as_ref(), &required);
        if outcome != WriteOutcome::Applied {
            return (outcome, Vec::new());
        }
        *slot = Some(required);
        let flips = items.live(content_type).iter().filter_map(|o| self.update(o, items.get(o))).collect();
        (outcome, flips)
    }

    /// Sets how a merchant stands.
    pub fn onboard(
        &mut self,
        merchant: MerchantName,
        onboarding: Versioned<Onboarding>,
        items: &Items,
    ) -> (WriteOutcome, Vec<Flip>) {
        let outcome = gate(self.onboarded.get(&merchant), &onboarding);
        if outcome != WriteOutcome::Applied {
            return (outcome, Vec::new());
        }
        self.onboarded.insert(merchant, onboarding);
        let of_merchant = items.of_merchant(merchant).into_iter().flatten();
        let flips = of_merchant.filter_map(|o| self.update(o, items.get(o))).collect();
        (outcome, flips)
    }

    /// Pulls an item, or lets it go again; whether that is new, and whether its way has closed or opened.
    pub fn pull(&mut self, ordinal: Ordinal, out: bool, items: &Items) -> (bool, Option<Flip>) {
        let new = if out { self.pulled.insert(ordinal) } else { self.pulled.remove(&ordinal) };
        (new, self.update(ordinal, items.get(ordinal)))
    }

    /// Pulls all that a merchant has and will have, or lets it go again; whether that is new, and whose way has closed or
    /// opened.
    pub fn pull_merchant(&mut self, merchant: MerchantName, out: bool, items: &Items) -> (bool, Vec<Flip>) {
        let new = if out { self.pulled_merchants.insert(merchant) } else { self.pulled_merchants.remove(&merchant) };
        let of_merchant = items.of_merchant(merchant).into_iter().flatten();
        (new, of_merchant.filter_map(|o| self.update(o, items.get(o))).collect())
    }

    /// The items that were pulled one by one, and the merchants that were pulled whole.
    pub fn pulled(&self) -> (&BTreeSet<Ordinal>, &BTreeSet<MerchantName>) {
        (&self.pulled, &self.pulled_merchants)
    }

    /// The items that are stopped, with the `contentVersion` that each decision was made about.
    pub fn stopped(&self) -> impl Iterator<Item = (Ordinal, &Versioned<RiskDecision>, i64)> {
        let stopped = self.risk.iter().filter(|(_, decision)| decision.value.stopped);
        stopped.map(|(ordinal, decision)| (*ordinal, decision, self.reviewed.get(ordinal).copied().unwrap_or(-1)))
    }

    /// Sets the risk decision about an item, which is at a `contentVersion`. What the target's own people have stopped, nobody
    /// else changes.
    pub fn decide(
        &mut self,
        ordinal: Ordinal,
        decision: Versioned<RiskDecision>,
        content_version: i64,
    ) -> (WriteOutcome, Option<Flip>) {
        let outcome = gate(self.risk.get(&ordinal), &decision);
        if outcome != WriteOutcome::Applied {
            return (outcome, None);
        }
        let known = self.risk.get(&ordinal).map(|known| &known.value);
        if known.is_some_and(|known| known.stopped && known.by_target) && !decision.value.by_target {
            return (WriteOutcome::Forbidden(TARGETS_OWN_STOP.into()), None);
        }
        let stopped = decision.value.stopped;
        self.risk.insert(ordinal, decision);
        self.reviewed.insert(ordinal, content_version);
        (outcome, self.change(ordinal, |view| _ = view.stopped.set(ordinal, stopped)))
    }

    fn change(&mut self, ordinal: Ordinal, change: impl FnOnce(&mut Barriers)) -> Option<Flip> {
        let was = self.view.bar(ordinal);
        change(Arc::make_mut(&mut self.view));
        let barred = self.view.bar(ordinal);
        (was != barred).then_some(Flip { ordinal, barred })
    }

    /// For a checkpoint.
    pub fn export(&self) -> WalletBody {
        WalletBody {
            policies: self.policies.clone(),
            onboarded: self.onboarded.clone(),
            risk: self.risk.clone(),
            reviewed: self.reviewed.clone(),
            pulled: self.pulled.clone(),
            pulled_merchants: self.pulled_merchants.clone(),
        }
    }
}

/// The gate of D-16 for a versioned value.
fn gate<T: PartialEq>(known: Option<&Versioned<T>>, sent: &Versioned<T>) -> WriteOutcome {
    match known.map(|known| (sent.version.cmp(&known.version), sent.value == known.value)) {
        None | Some((Ordering::Greater, _)) => WriteOutcome::Applied,
        Some((Ordering::Less, _)) => WriteOutcome::StaleIgnored,
        Some((Ordering::Equal, true)) => WriteOutcome::Duplicate,
        Some((Ordering::Equal, false)) => WriteOutcome::VersionConflict,
    }
}

/// A wallet in a checkpoint; what stands in items' way follows from it.
#[derive(Serialize, Deserialize)]
pub struct WalletBody {
    policies: [Option<Versioned<FieldSet>>; 4],
    onboarded: BTreeMap<MerchantName, Versioned<Onboarding>>,
    risk: BTreeMap<Ordinal, Versioned<RiskDecision>>,
    reviewed: BTreeMap<Ordinal, i64>,
    pulled: BTreeSet<Ordinal>,
    pulled_merchants: BTreeSet<MerchantName>,
}

impl WalletBody {
    /// The wallet.
    pub fn wallet(self, items: &Items) -> Wallet {
        let mut view = Barriers::default();
        let stopped = self.risk.iter().filter(|(_, known)| known.value.stopped);
        stopped.for_each(|(ordinal, _)| _ = view.stopped.set(*ordinal, true));
        let mut wallet = Wallet {
            policies: self.policies,
            onboarded: self.onboarded,
            risk: self.risk,
            reviewed: self.reviewed,
            pulled: self.pulled,
            pulled_merchants: self.pulled_merchants,
            view: Arc::new(view),
        };
        for ordinal in ContentType::ALL.into_iter().flat_map(|t| items.live(t)) {
            wallet.update(ordinal, items.get(ordinal));
        }
        wallet
    }
}
