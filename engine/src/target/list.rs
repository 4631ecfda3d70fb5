//! The Supply List of a target wallet (R086, D-69): what it gets by content type and category.
//!
//! No bitmap is kept for a category. A tree, or a list of one category, is one pass over the index's columns: a bit test for each
//! document of the source wallet, and a column read for each that is delivered. Nothing stored is read for it.

use super::merchants::with_account;
use crate::catalog::Ordinal;
use crate::fold::State;
use crate::log::LogReader;
use crate::preview::{Reading, categories};
use crate::sets::SetError;
use crate::tasks::{Supply, supply_of};
use crate::tenant::Tenant;
use penstock_dsl::registry::ContentType;
use roaring::{MultiOps, RoaringBitmap};
use std::cmp::Reverse;
use std::sync::Arc;

/// A category with the items that have it.
pub type Category = (Arc<str>, u64);

/// What of a content type is delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeCounts {
    /// The content type.
    pub content_type: ContentType,
    /// Items.
    pub items: u64,
    /// Of them without a category.
    pub uncategorized: u64,
    /// All categories, by number of items, most first. An item may have several.
    pub categories: Vec<Category>,
}

/// Which items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Only of this type.
    pub content_type: Option<ContentType>,
    /// Only with this category.
    pub category: Option<Box<str>>,
    /// Only of merchants with this account in the wallet.
    pub account_id: Option<Box<str>>,
    /// Only of this merchant.
    pub merchant_id: Option<Box<str>>,
}

/// What a wallet gets, by content type and category; types of which it gets nothing are left out.
pub fn counts(tenant: &Tenant, wallet: &str, of: &Listed) -> Vec<TypeCounts> {
    let (reading, items) = Reading::begin_with(tenant, |state| delivered(state, wallet, of));
    let mut all = Vec::new();
    for content_type in ContentType::ALL.into_iter().filter(|is| of.content_type.is_none_or(|wanted| wanted == *is)) {
        let mut counted = TypeCounts { content_type, items: 0, uncategorized: 0, categories: Vec::new() };
        let mut counts: Vec<u64> = Vec::new();
        categories::each(&reading.snapshot, content_type, &items, |_, categories| {
            counted.items += 1;
            counted.uncategorized += u64::from(categories.is_empty());
            for &category in categories {
                let at = category as usize;
                if counts.len() <= at {
                    counts.resize(at + 1, 0);
                }
                counts[at] += 1;
            }
        });
        let state = tenant.state.read();
        let named = counts.into_iter().zip(0..).filter(|(count, _)| *count > 0);
        counted.categories =
            named.filter_map(|(count, id)| Some((state.names.categories.get(id)?.clone(), count))).collect();
        counted.categories.sort_by(|a, b| (Reverse(a.1), &a.0).cmp(&(Reverse(b.1), &b.0)));
        if counted.items > 0 {
            all.push(counted);
        }
    }
    all
}

/// A page of what a wallet gets.
pub fn list(
    tenant: &Tenant,
    log: &dyn LogReader,
    wallet: &str,
    of: &Listed,
    page: (Option<Ordinal>, usize),
) -> Result<Supply, SetError> {
    let with_category = of.category.as_deref().map(|category| with_category(tenant, wallet, of, category));
    let items = |state: &State| {
        let items = delivered(state, wallet, of);
        with_category.map_or_else(|| items.clone(), |with| &items & with)
    };
    supply_of(tenant, log, wallet, items, page)
}

fn with_category(tenant: &Tenant, wallet: &str, of: &Listed, category: &str) -> RoaringBitmap {
    let read = |state: &State| (delivered(state, wallet, of), state.names.categories.find(category));
    let (reading, (items, id)) = Reading::begin_with(tenant, read);
    let mut found = RoaringBitmap::new();
    let Some(id) = id else { return found };
    for content_type in ContentType::ALL.into_iter().filter(|is| of.content_type.is_none_or(|wanted| wanted == *is)) {
        categories::each(&reading.snapshot, content_type, &items, |ordinal, categories| {
            if categories.contains(&id) {
                found.insert(ordinal);
            }
        });
    }
    found
}

/// What a wallet gets of a type and of merchants: bitmaps alone.
fn delivered(state: &State, wallet: &str, of: &Listed) -> RoaringBitmap {
    let Some(ledger) = state.tasks.ledgers.get(wallet) else { return RoaringBitmap::new() };
    let mut items = ledger.delivered().clone();
    if let Some(content_type) = of.content_type {
        items &= state.supply.items.live(content_type);
    }
    if let Some(account) = &of.account_id {
        let merchants = with_account(state.supply.wallets.get(wallet), account);
        items &= merchants.filter_map(|name| state.supply.items.of_merchant(name)).union();
    }
    if let Some(merchant) = &of.merchant_id {
        let name = state.names.merchants.find(merchant);
        match name.and_then(|name| state.supply.items.of_merchant(name)) {
            Some(of_merchant) => items &= of_merchant,
            None => items.clear(),
        }
    }
    items
}
