//! Commands: what a record may say beside items. Decided in the fold, in log order, so every machine decides alike.

use crate::api::NoRates;
use crate::fx::FxRefused;
use crate::supply::outcome::WriteOutcome;
use crate::supply::tags::TagName;
use crate::supply::wallet::{Onboarding, RiskDecision};
use crate::supply::{SETS_MAX, WALLETS_MAX};
use crate::task::SET_PREFIX;
use crate::task::command::{TaskCommand, TaskOutcome};
use crate::task::refusal::TaskRefusal;
use crate::task::risk::{RequestId, RiskRefusal};
use penstock_dsl::diagnostic::Diagnostic;
use penstock_dsl::fx::Rates;
use penstock_dsl::registry::ContentType;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Writes in one batch of tags, onboardings or risk decisions.
pub const WRITES_MAX: usize = 1_000;

/// Entries of a batch that the audit trail names.
const LISTED_MAX: usize = 5;

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
    /// Items and merchants to pull from everything that goes to a wallet, or to let go again (F-7.6).
    Pull(Pull),
    /// A target wallet's supply operator asks for a decision on risk.
    AskRisk(AskRisk),
    /// A risk reviewer of the wallet decides on such a request.
    DecideRequest(DecideRequest),
    /// Nothing but the time: timers are due.
    Tick,
    /// A step in the life of a cross-wallet task.
    Task(TaskCommand),
}

impl Command {
    /// Whether it takes effect at its record's end only, for it asks what items match then.
    pub fn waits(&self) -> bool {
        match self {
            Command::PutSet(_) | Command::DeleteSet(_) => true,
            Command::Task(command) => command.looks_up(),
            _ => false,
        }
    }

    /// Its name in the audit trail and what it is about; `None` for what nobody asked for, and for tasks, which tell more.
    pub fn audited(&self) -> Option<(&'static str, String)> {
        Some(match self {
            Command::FxRates(rates) => ("fxRates", rates.date().to_string()),
            Command::PutSet(put) => ("putSet", put.name.to_string()),
            Command::DeleteSet(name) => ("deleteSet", name.to_string()),
            Command::TakeOut(take) if take.out => ("takeOut", take.subject()),
            Command::TakeOut(take) => ("takeIn", take.subject()),
            Command::Tags(tags) => ("tags", listed(tags, TagWrite::subject)),
            Command::Onboarding(onboarding) => ("onboarding", listed(onboarding, OnboardingWrite::subject)),
            Command::Policies(policies) => ("policies", listed(policies, PolicyWrite::subject)),
            Command::Risk(risk) => ("risk", listed(risk, RiskWrite::subject)),
            Command::Pull(pull) => (if pull.out { "pull" } else { "letGo" }, pull.subject()),
            Command::AskRisk(ask) => ("askRisk", ask.subject()),
            Command::DecideRequest(decide) if decide.approve => ("approveRisk", decide.subject()),
            Command::DecideRequest(decide) => ("rejectRisk", decide.subject()),
            Command::Tick | Command::Task(_) => return None,
        })
    }
}

/// The first of many in words, and how many more there are.
fn listed<T>(all: &[T], words: impl Fn(&T) -> String) -> String {
    let shown: Vec<String> = all.iter().take(LISTED_MAX).map(words).collect();
    match all.len().saturating_sub(LISTED_MAX) {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
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

impl ItemKey {
    fn subject(&self) -> String {
        format!("{} {}", self.content_type, self.content_id)
    }
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

impl TakeOut {
    fn subject(&self) -> String {
        format!("{}: {}", self.set, listed(&self.items, ItemKey::subject))
    }
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

impl TagWrite {
    fn subject(&self) -> String {
        format!("{} of {}", self.tag.name, self.item.subject())
    }
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

impl OnboardingWrite {
    fn subject(&self) -> String {
        let how = if self.onboarding.onboarded { "onboarded to" } else { "not onboarded to" };
        format!("{} {how} {}", self.merchant_id, self.wallet)
    }
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

impl PolicyWrite {
    fn subject(&self) -> String {
        let required = if self.required.is_empty() { "nothing".into() } else { self.required.join(", ") };
        format!("{} requires of {}: {required}", self.wallet, self.content_type)
    }
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

impl RiskWrite {
    fn subject(&self) -> String {
        let RiskDecision { stopped, reason, .. } = &self.decision;
        risk_subject(*stopped, &self.item, &self.wallet, reason)
    }
}

/// What a decision on risk, or a request for one, is about.
fn risk_subject(stop: bool, item: &ItemKey, wallet: &str, reason: &str) -> String {
    let action = if stop { "stop" } else { "allow" };
    let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    format!("{action} {} for {wallet}{reason}", item.subject())
}

/// What to pull from everything that goes to a wallet, or to let go again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pull {
    /// The wallet.
    pub wallet: Box<str>,
    /// Items; they need not be there yet.
    pub items: Vec<ItemKey>,
    /// Merchants: all that they have and will have.
    pub merchants: Vec<Box<str>>,
    /// Out, or let go again.
    pub out: bool,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
}

impl Pull {
    fn subject(&self) -> String {
        let items = self.items.iter().map(ItemKey::subject);
        let what: Vec<String> = items.chain(self.merchants.iter().map(|id| format!("all of merchant {id}"))).collect();
        let reason = self.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        format!("{} for {}{reason}", listed(&what, String::clone), self.wallet)
    }
}

/// A request for a decision on risk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AskRisk {
    /// The target wallet.
    pub wallet: Box<str>,
    /// The item.
    pub item: ItemKey,
    /// Whether to stop it; else to let it through again.
    pub stop: bool,
    /// Why.
    pub reason: Box<str>,
}

impl AskRisk {
    fn subject(&self) -> String {
        risk_subject(self.stop, &self.item, &self.wallet, &self.reason)
    }
}

/// A decision on a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DecideRequest {
    /// The target wallet that decides.
    pub wallet: Box<str>,
    /// Which request.
    pub request: RequestId,
    /// Whether it is approved; else rejected.
    pub approve: bool,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
}

impl DecideRequest {
    fn subject(&self) -> String {
        let reason = self.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        format!("request {} of {}{reason}", self.request, self.wallet)
    }
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
    /// A command about tasks was carried out.
    Task(TaskOutcome),
    /// A request for a decision on risk was taken, or decided.
    RiskRequest(RequestId),
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
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Exchange rates.
    #[error(transparent)]
    Fx(FxRefused),
    /// The rules do not check.
    #[error("the rules do not check: {}", .0.first().map_or("", |first| &first.message))]
    Rules(Vec<Diagnostic>),
    /// There are no exchange rates of the day asked for.
    #[error(transparent)]
    NoRates(NoRates),
    /// There is no set of this name.
    #[error("there is no set of this name")]
    NoSuchSet,
    /// The set is a task's.
    #[error("sets whose names begin with `{SET_PREFIX}` are tasks': change the task")]
    SetOfTask,
    /// There are as many sets as can stand.
    #[error("there are {SETS_MAX} standing sets already; delete one that is not needed")]
    TooManySets,
    /// There are as many wallets as can be.
    #[error("there are {WALLETS_MAX} target wallets already; use one of them")]
    TooManyWallets,
    /// A task.
    #[error(transparent)]
    Task(TaskRefusal),
    /// A request for a decision on risk.
    #[error(transparent)]
    Risk(RiskRefusal),
}
