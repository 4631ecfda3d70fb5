//! Commands: what a record may say beside items. Decided in the fold, in log order, so every machine decides alike.

use crate::api::NoRates;
use crate::fx::FxRefused;
use crate::supply::outcome::WriteOutcome;
use crate::supply::tags::TagName;
use crate::supply::wallet::{Onboarding, RiskDecision};
use penstock_dsl::diagnostic::Diagnostic;
use penstock_dsl::fx::Rates;
use penstock_dsl::registry::ContentType;
use serde::{Deserialize, Serialize};

/// Writes in one batch of tags, onboardings or risk decisions.
pub const WRITES_MAX: usize = 1_000;

/// A change of a tenant's own state, as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Command {
    /// The exchange rates of a day.
    FxRates(Rates),
    /// Makes a standing set or gives one another definition.
    PutSet(PutSet),
    /// Removes a standing set.
    DeleteSet(Box<str>),
    /// Takes items out of a set, or back in (D-39).
    TakeOut(TakeOut),
    /// Tags of items.
    Tags(Vec<TagWrite>),
    /// Merchants' onboarding to wallets.
    Onboarding(Vec<OnboardingWrite>),
    /// The fields that wallets require.
    Policies(Vec<PolicyWrite>),
    /// Wallets' risk decisions.
    Risk(Vec<RiskWrite>),
    /// Nothing but the time: timers are due.
    Tick,
}

/// An item's key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemKey {
    /// Content type.
    pub content_type: ContentType,
    /// Content id.
    pub content_id: Box<str>,
}

/// A standing set's definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PutSet {
    /// Its name.
    pub name: Box<str>,
    /// Its rules.
    pub rules: Box<str>,
    /// Where its items are to go.
    pub target_wallet: Box<str>,
    /// The day whose exchange rates `~fx` converts at; the latest at this record if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fx_date: Option<String>,
}

/// Items to take out of a set or back in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TakeOut {
    /// The set.
    pub set: Box<str>,
    /// The items; they need not be there yet.
    pub items: Vec<ItemKey>,
    /// Out, or back in.
    pub out: bool,
}

/// An item's values of a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TagWrite {
    /// The tag.
    pub tag: TagName,
    /// The item; it need not be there yet.
    pub item: ItemKey,
    /// Its values; none take the tag away.
    pub values: Vec<Box<str>>,
    /// The version of this tag of this item.
    pub version: i64,
}

/// How a merchant stands with a wallet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OnboardingWrite {
    /// The wallet.
    pub wallet: Box<str>,
    /// The merchant.
    pub merchant_id: Box<str>,
    /// How it stands.
    pub onboarding: Onboarding,
    /// The version of this merchant's onboarding to this wallet.
    pub version: i64,
}

/// The fields that a wallet requires of a content type (D-28).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyWrite {
    /// The wallet.
    pub wallet: Box<str>,
    /// The content type.
    pub content_type: ContentType,
    /// Required fields, by name in rules, and `multilLang`.
    pub required: Vec<Box<str>>,
    /// The version of this policy.
    pub version: i64,
}

/// A wallet's risk decision about an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RiskWrite {
    /// The wallet.
    pub wallet: Box<str>,
    /// The item; it need not be there yet.
    pub item: ItemKey,
    /// The decision.
    pub decision: RiskDecision,
    /// The version of this item's decision.
    pub version: i64,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandOutcome {
    /// The state has changed.
    Applied,
    /// The state was so already.
    Unchanged,
    /// What became of each write of a batch.
    Each(Vec<WriteOutcome>),
    /// A set stands.
    Set(SetOutcome),
    /// Nothing has changed.
    Refused(Refusal),
}

/// What became of a set's definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetOutcome {
    /// Whether the set is new.
    pub created: bool,
    /// Its revision.
    pub revision: u32,
    /// Items that entered by this definition.
    pub entered: u64,
    /// Items that left by it.
    pub left: u64,
}

/// Why the fold refused a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Exchange rates.
    Fx(FxRefused),
    /// The rules do not check.
    Rules(Vec<Diagnostic>),
    /// There are no exchange rates of the day asked for.
    NoRates(NoRates),
    /// There is no set of this name.
    NoSuchSet,
    /// There are as many sets as can stand.
    TooManySets,
    /// There are as many wallets as can be.
    TooManyWallets,
}
