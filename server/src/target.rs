//! What concerns a target wallet beside its feed, over all source wallets: the Merchant Hub and the Supply List, and what its
//! risk control is asked to decide.
//!
//! A wallet is told of what is or was delivered to it, and of what tasks would deliver to it; of nothing else.

pub mod hub;
pub mod item;
pub mod list;
pub mod requests;
pub mod reviews;

use crate::auth::Actor;
use crate::parameters::wallet;
use crate::preview::PreviewItem;
use crate::problem::Problem;
use crate::rights::Operation;
use crate::tasks::id::of;
use penstock_engine::Engine;
use penstock_engine::api::TenantId;
use penstock_engine::tasks::Supply;
use serde::Serialize;
use utoipa::ToSchema;

/// Where a list over all source wallets goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    source: String,
    after: u32,
}

impl Place {
    fn read(text: Option<&str>) -> Result<Option<Place>, Problem> {
        let read = |text: &str| {
            let (source, after) = text.rsplit_once('.')?;
            Some(Place { source: source.to_owned(), after: u32::from_str_radix(after, 16).ok()? })
        };
        let wrong = || Problem::bad_cursor("the cursor is not one of this list; send next as it was given");
        text.map(|text| read(text).ok_or_else(wrong)).transpose()
    }

    fn written(&self) -> String {
        format!("{}.{:x}", self.source, self.after)
    }
}

/// Reads a page of at most `limit` entries, source wallet by source wallet, or of one that is named. `read` is asked for a
/// wallet's entries after a number, at most so many, and what its next page comes after.
fn page<T>(
    engine: &Engine,
    named: Option<&str>,
    after: Option<&Place>,
    limit: usize,
    mut read: impl FnMut(&TenantId, Option<u32>, usize) -> Result<(Vec<T>, Option<u32>), Problem>,
) -> Result<(Vec<T>, Option<String>), Problem> {
    let mut entries = Vec::new();
    let sources = engine.tenants().into_iter().filter(|source| named.is_none_or(|named| *source.0 == *named));
    let mut left = sources.filter(|source| after.is_none_or(|after| *source.0 >= *after.source)).peekable();
    while let Some(source) = left.next() {
        let from = after.filter(|after| *after.source == *source.0).map(|after| after.after);
        let (found, next) = read(&source, from, limit - entries.len())?;
        entries.extend(found);
        let full = entries.len() >= limit && left.peek().is_some();
        // After the last of one wallet come those of the next.
        if let Some(after) = next.or_else(|| full.then_some(u32::MAX)) {
            return Ok((entries, Some(Place { source: source.0.to_string(), after }.written())));
        }
    }
    Ok((entries, None))
}

/// A target wallet of a path that somebody may read of.
fn readable(actor: &Actor, name: &str) -> Result<Box<str>, Problem> {
    let wallet = wallet(name)?;
    actor.require_at(Operation::ReadSupply, &wallet)?;
    Ok(wallet)
}

/// A page of what a wallet gets.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveredResponse {
    /// By source wallet, in the order in which their keys first came.
    items: Vec<DeliveredItem>,
    /// Where the next page begins, which may be empty; null after the last.
    next: Option<String>,
}

/// An item that is delivered.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveredItem {
    #[schema(example = "GOF")]
    source_wallet: String,
    #[serde(flatten)]
    item: PreviewItem,
    /// The tasks that hold it.
    tasks: Vec<String>,
}

impl DeliveredItem {
    fn all(source: &TenantId, supply: Supply) -> (Vec<DeliveredItem>, Option<u32>) {
        let item = |(item, tasks): (penstock_engine::api::PreviewItem, Vec<u32>)| DeliveredItem {
            source_wallet: source.0.to_string(),
            item: item.into(),
            tasks: tasks.into_iter().map(|task| of(&source.0, task)).collect(),
        };
        (supply.items.into_iter().map(item).collect(), supply.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_go_through_the_wire() {
        let place = Place { source: "A.b-1".into(), after: 255 };
        assert_eq!(Place::read(Some(&place.written())).ok(), Some(Some(place)));
        assert_eq!(Place::read(None).ok(), Some(None));
        for bad in ["", "A", "A.", "A.x", "A.100000000"] {
            assert!(Place::read(Some(bad)).is_err(), "{bad}");
        }
    }
}
