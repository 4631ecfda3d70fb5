//! The wire types of previews; items have the same shape wherever they are shown.

use crate::problem::Span;
use crate::sets::wire::Funnel;
use penstock_dsl::registry::Currency;
use penstock_engine::api;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What to preview.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PreviewRequest {
    /// The rule text.
    #[schema(example = "STORE { storeName ~ \"ramen\" }")]
    pub rules: String,
    /// Items on the page, 0 to 1,000; 20 if not given.
    #[schema(minimum = 0, maximum = 1000, default = 20)]
    pub limit: Option<i64>,
    /// `next` of the page before.
    pub after: Option<String>,
    /// Whether to count facets; if not given, on first pages only.
    pub facets: Option<bool>,
    /// The day whose exchange rates `~fx` converts at; the latest if not given.
    #[schema(example = "2026-01-31")]
    pub fx_date: Option<String>,
    /// The wallet to which the matched items are to go, for the funnel.
    #[schema(example = "GCASH")]
    pub target_wallet: Option<String>,
}

/// A preview of one snapshot.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewResponse {
    /// The snapshot: the sequence number of the last record in it.
    as_of: u64,
    /// Exact; the same on every page.
    counts: Counts,
    /// One page of matched items.
    items: Vec<PreviewItem>,
    /// Where the next page begins; null after the last.
    next: Option<String>,
    /// Over all matched items; null where not asked for.
    facets: Option<Facets>,
    /// The day of the exchange rates that the rules used; null where they convert nothing.
    fx_date: Option<String>,
    /// What becomes of all matched items on the way to the target wallet; null where none was given.
    funnel: Option<Funnel>,
}

/// Exact counts of a rule set, by part.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Items that the rule set matches.
    matched: u64,
    /// The same by content type.
    by_type: BTreeMap<&'static str, u64>,
    /// One a block, in the text's order.
    blocks: Vec<BlockCount>,
}

/// Counts of one content type's block.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlockCount {
    #[schema(value_type = String, example = "STORE")]
    content_type: &'static str,
    /// Items of this type in all.
    total: u64,
    /// Items that the block matches.
    matched: u64,
    /// One a group; items may match several.
    groups: Vec<GroupCount>,
}

/// Counts of one rule group.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupCount {
    title: Option<String>,
    /// Items that the group matches.
    matched: u64,
    /// Items that only this group of its block matches.
    only: u64,
    /// One a rule.
    rules: Vec<RuleCount>,
}

/// Counts of one rule.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleCount {
    /// The rule as written.
    text: String,
    /// Where it stands.
    span: Span,
    /// Items of the type that the rule alone matches.
    matched: u64,
    /// Items that the group's other rules match and this one takes away.
    removed: u64,
}

/// An item as of the snapshot.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewItem {
    #[schema(value_type = String, example = "STORE")]
    content_type: &'static str,
    content_id: String,
    content_version: i64,
    /// Its name in its base locale.
    title: Option<String>,
    merchant_id: Option<String>,
    /// What price facets count.
    price: Option<Money>,
    /// Properties that the item needs for delivery and does not have.
    missing_required: Vec<String>,
    /// As the merchant sent it: JSON in a string.
    content_info: String,
}

/// An amount of a currency.
#[derive(Debug, Serialize, ToSchema)]
pub struct Money {
    /// ISO 4217.
    #[schema(example = "HKD")]
    currency: String,
    /// A decimal, as a string so that no reader rounds it.
    #[schema(example = "160.00")]
    amount: String,
}

/// Facets over all matched items.
#[derive(Debug, Serialize, ToSchema)]
pub struct Facets {
    merchants: Facet,
    categories: Facet,
    currencies: Facet,
    /// Price histogram a currency.
    prices: Vec<PriceHistogram>,
}

/// The most frequent values of a facet.
#[derive(Debug, Serialize, ToSchema)]
pub struct Facet {
    /// At most 20, most first.
    top: Vec<ValueCount>,
    /// Distinct values in all.
    distinct: u64,
    /// Items without a value.
    missing: u64,
}

/// A value and the number of its items.
#[derive(Debug, Serialize, ToSchema)]
pub struct ValueCount {
    /// The value.
    pub value: String,
    /// Items that have it.
    pub count: u64,
}

/// Exact counts of prices in one currency.
#[derive(Debug, Serialize, ToSchema)]
pub struct PriceHistogram {
    /// ISO 4217.
    currency: String,
    /// From low to high, empty ones left out.
    buckets: Vec<PriceBucket>,
}

/// Items with a price from `from`, inclusive, to `to`, exclusive.
#[derive(Debug, Serialize, ToSchema)]
pub struct PriceBucket {
    /// A decimal as a string.
    from: String,
    /// A decimal as a string; null is open.
    to: Option<String>,
    count: u64,
}

impl PreviewResponse {
    /// The wire form of a preview of `text`.
    pub fn new(preview: api::Preview, text: &str) -> PreviewResponse {
        PreviewResponse {
            as_of: preview.as_of,
            counts: Counts::new(preview.counts, text),
            items: preview.items.into_iter().map(PreviewItem::from).collect(),
            next: preview.next,
            facets: preview.facets.map(Facets::from),
            fx_date: preview.fx_date,
            funnel: preview.funnel.map(Funnel::from),
        }
    }
}

impl Counts {
    fn new(counts: api::Counts, text: &str) -> Counts {
        let mut by_type = BTreeMap::new();
        for block in &counts.blocks {
            *by_type.entry(block.content_type.name()).or_default() += block.matched;
        }
        let blocks = counts.blocks.into_iter().map(|block| BlockCount::new(block, text)).collect();
        Counts { matched: counts.matched, by_type, blocks }
    }
}

impl BlockCount {
    fn new(block: api::BlockCount, text: &str) -> BlockCount {
        let rule = |rule: api::RuleCount| RuleCount {
            text: text.get(rule.span.start..rule.span.end).unwrap_or_default().to_string(),
            span: rule.span.into(),
            matched: rule.matched,
            removed: rule.removed,
        };
        let group = |group: api::GroupCount| GroupCount {
            title: group.title.map(|title| title.to_string()),
            matched: group.matched,
            only: group.only,
            rules: group.rules.into_iter().map(rule).collect(),
        };
        BlockCount {
            content_type: block.content_type.name(),
            total: block.total,
            matched: block.matched,
            groups: block.groups.into_iter().map(group).collect(),
        }
    }
}

impl From<api::PreviewItem> for PreviewItem {
    fn from(item: api::PreviewItem) -> PreviewItem {
        PreviewItem {
            content_type: item.content_type.name(),
            content_id: item.content_id,
            content_version: item.content_version,
            title: item.title,
            merchant_id: item.merchant_id,
            price: item.price.map(|(currency, amount)| Money::new(currency, amount)),
            missing_required: item.missing_required,
            content_info: item.content_info,
        }
    }
}

impl Money {
    /// With all of the currency's minor digits: `100.50`, not `100.5`.
    fn new(currency: Currency, mut amount: Decimal) -> Money {
        amount.rescale(amount.scale().max(currency.exponent()));
        Money { currency: currency.code().to_string(), amount: amount.to_string() }
    }
}

impl From<api::Facets> for Facets {
    fn from(facets: api::Facets) -> Facets {
        Facets {
            merchants: facets.merchants.into(),
            categories: facets.categories.into(),
            currencies: facets.currencies.into(),
            prices: facets.prices.into_iter().map(PriceHistogram::from).collect(),
        }
    }
}

impl From<api::FacetCounts> for Facet {
    fn from(facet: api::FacetCounts) -> Facet {
        let top = facet.top.into_iter().map(|(value, count)| ValueCount { value, count }).collect();
        Facet { top, distinct: facet.distinct, missing: facet.missing }
    }
}

impl From<api::PriceHistogram> for PriceHistogram {
    fn from(histogram: api::PriceHistogram) -> PriceHistogram {
        let bucket = |(from, to, count): (Decimal, Option<Decimal>, u64)| {
            let (from, to) = (from.to_string(), to.map(|to| to.to_string()));
            PriceBucket { from, to, count }
        };
        PriceHistogram {
            currency: histogram.currency.code().to_string(),
            buckets: histogram.buckets.into_iter().map(bucket).collect(),
        }
    }
}
