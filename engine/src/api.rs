//! What callers of the engine hand in and get back. Plain data: no wire format, no HTTP.

use crate::content::issue::Issue;
use crate::supply::funnel::Funnel;
use penstock_dsl::diagnostic::{Diagnostic, Span};
use penstock_dsl::registry::{ContentType, Currency, Kind};
use rust_decimal::Decimal;
use std::sync::Arc;
use thiserror::Error;

/// The position of a record in a tenant's log, from 1; 0 is before the first.
pub type Seq = u64;

/// A tenant: a source wallet. The unit of order; a rule never spans two.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(pub Arc<str>);

/// What became of one submitted item (D-16, F-1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The item is now at this version.
    Applied,
    /// The same version with the same payload was there already.
    Duplicate,
    /// A newer version was there already.
    StaleIgnored,
    /// The same version with another payload was there already; the first one stands.
    VersionConflict,
    /// The item was refused; nothing of it is stored.
    Invalid,
}

/// The answer for one submitted item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemOutcome {
    /// What became of it.
    pub outcome: Outcome,
    /// Findings of decoding and of the fold.
    pub issues: Vec<Issue>,
}

/// Why a batch has no outcomes.
#[derive(Clone, Debug, Error)]
pub enum SubmitError {
    /// The queue before the log is full, or the index is too far behind: nothing was stored; try again later.
    #[error("the write queue is full; nothing was stored, send the batch again in {retry_after_s} s")]
    Overloaded {
        /// A sensible pause, seconds.
        retry_after_s: u32,
    },
    /// The engine is stopping or has stopped after a failed write: nothing of this batch was stored.
    #[error("the engine has stopped accepting writes; nothing was stored")]
    Stopped,
    /// Whether the batch is durable is unknown (D-19): sending the same versions again is safe.
    #[error("it is unknown whether the batch was stored; sending the same versions again is safe")]
    Unknown,
}

/// What to preview.
#[derive(Clone, Debug)]
pub struct PreviewRequest {
    /// The rule text.
    pub rules: String,
    /// Items on the page, 0 to 1,000.
    pub limit: usize,
    /// Where a previous page ended.
    pub after: Option<String>,
    /// Whether to count facets (first pages only).
    pub facets: bool,
    /// The day whose exchange rates `~fx` converts at (`2026-01-31`); the latest if not given.
    pub fx_date: Option<String>,
    /// The target wallet to which the matched items are led through the funnel, if any.
    pub target_wallet: Option<String>,
}

/// A preview: everything in it is of one snapshot, the state after record `as_of`.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The snapshot's sequence number.
    pub as_of: Seq,
    /// Exact counts; the same on every page.
    pub counts: Counts,
    /// One page of matched items, in ordinal order.
    pub items: Vec<PreviewItem>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<String>,
    /// Facets over all matched items, when asked for.
    pub facets: Option<Facets>,
    /// The day of the exchange rates that the rules used, if they did.
    pub fx_date: Option<String>,
    /// What becomes of all matched items on the way to the target wallet, where one was given; the same on every page.
    pub funnel: Option<Funnel>,
}

/// There are no exchange rates of this day.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there are no exchange rates of {0}")]
pub struct NoRates(pub String);

/// Exact counts of a rule set, by part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Items that the rule set matches.
    pub matched: u64,
    /// One a block, in the text's order.
    pub blocks: Vec<BlockCount>,
}

/// Counts of one content type's block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockCount {
    /// The block's content type.
    pub content_type: ContentType,
    /// Valid items of this type in all.
    pub total: u64,
    /// Items that the block matches.
    pub matched: u64,
    /// One a group.
    pub groups: Vec<GroupCount>,
}

/// Counts of one rule group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupCount {
    /// The group's title.
    pub title: Option<String>,
    /// Items that the group matches.
    pub matched: u64,
    /// Items that only this group of its block matches.
    pub only: u64,
    /// One a rule.
    pub rules: Vec<RuleCount>,
}

/// Counts of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleCount {
    /// Where the rule stands in the text.
    pub span: Span,
    /// Items of the type that the rule alone matches.
    pub matched: u64,
    /// Items that the group's other rules match and this one takes away.
    pub removed: u64,
}

/// An item of a preview's page, as of the snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct PreviewItem {
    /// Content type.
    pub content_type: ContentType,
    /// Content id.
    pub content_id: String,
    /// Content version.
    pub content_version: i64,
    /// The item's name in its base locale (`storeName`, `name` ...).
    pub title: Option<String>,
    /// `merchantId`.
    pub merchant_id: Option<String>,
    /// The price that facets count: `salePrice`, `amount`, or the lower end of `priceRange`.
    pub price: Option<(Currency, Decimal)>,
    /// Required properties (by the appendix) that the item misses, by name in rules.
    pub missing_required: Vec<String>,
    /// `contentInfo` as the merchant sent it.
    pub content_info: String,
}

/// Facets over all matched items.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facets {
    /// Items a merchantId, most first, then by id.
    pub merchants: FacetCounts,
    /// Items a category (`stdCategories`, else `externalCategories`), most first.
    pub categories: FacetCounts,
    /// Items a currency of the price, most first.
    pub currencies: FacetCounts,
    /// Price histogram a currency.
    pub prices: Vec<PriceHistogram>,
}

/// The most frequent values of a facet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FacetCounts {
    /// Value and number of items, at most 20.
    pub top: Vec<(String, u64)>,
    /// Distinct values in all.
    pub distinct: u64,
    /// Items without a value.
    pub missing: u64,
}

/// Exact counts of prices in one currency.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceHistogram {
    /// The currency.
    pub currency: Currency,
    /// Buckets from low to high: inclusive lower end, exclusive upper end (`None` open), items. Empty ones left out.
    pub buckets: Vec<(Decimal, Option<Decimal>, u64)>,
}

/// Why a preview was refused.
#[derive(Debug, Error)]
pub enum PreviewError {
    /// The rule text does not check.
    #[error("the rule text has {} errors", .0.len())]
    Rules(Vec<Diagnostic>),
    /// There are no exchange rates of the day asked for.
    #[error(transparent)]
    NoRates(#[from] NoRates),
    /// The cursor is not one of ours, or of another rule text.
    #[error("the cursor is not valid for this rule text")]
    BadCursor,
    /// The cursor's snapshot has been let go (after at least 15 minutes, or a restart): preview again (HTTP 410).
    #[error("the cursor has expired; run the preview again")]
    CursorExpired,
    /// Reading the store failed.
    #[error("reading the store failed: {0}")]
    Store(String),
}

/// Values of a property for drop-downs (R055-R057).
#[derive(Clone, Debug)]
pub struct ValuesRequest {
    /// Only items of this type, or of all.
    pub content_type: Option<ContentType>,
    /// Property name as in rules, without locale.
    pub property: String,
    /// Only values that begin with this, both folded.
    pub prefix: String,
    /// At most this many, 1 to 200 (D-35).
    pub limit: usize,
}

/// The most frequent values of a property.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueList {
    /// Value and exact number of items, most first, then alphabetical.
    pub values: Vec<(String, u64)>,
    /// Whether there may be more.
    pub truncated: bool,
    /// Whether these are surely the most frequent. Where a property has many thousands of values that are all about equally
    /// rare, others may have as many items; and directly after a start or a large merge not all values may have been read.
    pub exact: bool,
    /// Distinct matching values at most; the number of values listed where there are no more.
    pub distinct_max: u64,
}

/// Why values were refused.
#[derive(Debug, Error)]
pub enum ValuesError {
    /// No such property; the nearest names are offered.
    #[error("unknown property {0:?}")]
    UnknownProperty(String),
    /// A property of this kind has no list of values.
    #[error("{0:?} is of kind {1:?}, which has no list of values")]
    NoValues(String, Kind),
    /// Reading the store failed.
    #[error("reading the store failed: {0}")]
    Store(String),
}

/// What the registry knows of a property of a content type.
#[derive(Clone, Debug, PartialEq)]
pub struct PropertyInfo {
    /// Name as in rules (`storeName`, `ext.reviewCount`).
    pub name: String,
    /// The declared kind; `None` for an undeclared key.
    pub kind: Option<Kind>,
    /// Content type.
    pub content_type: ContentType,
    /// Whether the appendix requires it.
    pub required: bool,
    /// Live items that have it.
    pub filled: u64,
    /// Live items of the type.
    pub of: u64,
    /// For undeclared keys: shapes seen (`text`, `number`, `boolean`, `money`, `list`).
    pub seen_shapes: Vec<&'static str>,
    /// For undeclared keys: estimated number of distinct values.
    pub distinct_estimate: Option<u64>,
    /// For undeclared keys: epoch milliseconds of the first and last record that had it.
    pub first_last_seen_ms: Option<(i64, i64)>,
}

/// How a tenant stands, for metrics and `/readyz`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantStatus {
    /// The tenant.
    pub tenant: TenantId,
    /// The last folded record.
    pub seq: Seq,
    /// The last record that the index has committed.
    pub indexed_seq: Seq,
    /// Items in the overlay (acknowledged, not yet in the index).
    pub overlay_items: u64,
    /// Live items by content type.
    pub items: [u64; 4],
    /// Tombstones.
    pub tombstones: u64,
    /// Estimated heap bytes of the catalog.
    pub catalog_bytes: u64,
}
