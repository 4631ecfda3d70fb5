//! What would let most of a set's items through: which missing field at which merchant, and which onboarding (F-5.3, F-5.6).

use crate::catalog::Ordinal;
use crate::content::eligibility::FieldSet;
use crate::fold::State;
use crate::sets::{SetError, barriers, find};
use crate::supply::items::MerchantName;
use crate::supply::sets::Set;
use crate::supply::wallet::Wallet;
use crate::tenant::Tenant;
use roaring::RoaringBitmap;
use std::collections::HashMap;

/// What stands in the way of a merchant's items.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Blocker {
    /// A field that the wallet requires is missing.
    MissingField(&'static str),
    /// The merchant is not onboarded to the wallet.
    NotOnboarded,
}

/// A blocker of a merchant's items, and what its removal brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlock {
    /// What stands in the way.
    pub blocker: Blocker,
    /// At which merchant; `None` for items without one.
    pub merchant_id: Option<String>,
    /// Items that nothing else stops: so many become deliverable.
    pub unlocks: u64,
    /// Items that it stops, among others.
    pub stops: u64,
}

/// What an onboarding would bring a wallet's sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnboardingGain {
    /// The merchant.
    pub merchant_id: String,
    /// Items that would become deliverable, by set, most first; sets that gain none are left out.
    pub sets: Vec<(Box<str>, u64)>,
    /// Items that would, each once.
    pub items: u64,
}

/// Ranks what stops a set's items: most unlocked first, then most stopped, at most `limit`.
pub fn rank(tenant: &Tenant, name: &str, limit: usize) -> Result<Vec<Unlock>, SetError> {
    let state = tenant.state.read();
    let set = find(&state, name)?;
    let wallet = state.supply.wallets.get(&set.definition.target_wallet).ok_or(SetError::NoSuchSet)?;
    let mut counts: HashMap<(Option<MerchantName>, Blocker), (u64, u64)> = HashMap::new();
    for ordinal in stopped_by_merchants(&state, set) {
        let merchant = state.supply.items.merchant(ordinal);
        let blockers = blockers(&state, wallet, ordinal);
        let only = u64::from(blockers.len() == 1);
        for blocker in blockers {
            let (unlocks, stops) = counts.entry((merchant, blocker)).or_default();
            *unlocks += only;
            *stops += 1;
        }
    }
    let name_of = |name: MerchantName| state.names.merchants.get(name).map(|id| id.to_string());
    let unlock = |((merchant, blocker), (unlocks, stops)): ((Option<MerchantName>, Blocker), (u64, u64))| Unlock {
        blocker,
        merchant_id: merchant.and_then(name_of),
        unlocks,
        stops,
    };
    let mut ranked: Vec<Unlock> = counts.into_iter().map(unlock).collect();
    ranked.sort_by(|a, b| {
        (b.unlocks, b.stops)
            .cmp(&(a.unlocks, a.stops))
            .then_with(|| (&a.merchant_id, &a.blocker).cmp(&(&b.merchant_id, &b.blocker)))
    });
    ranked.truncate(limit);
    Ok(ranked)
}

/// What onboarding a merchant to a wallet would bring its sets.
pub fn onboarding(tenant: &Tenant, wallet: &str, merchant_id: &str) -> OnboardingGain {
    let state = tenant.state.read();
    let name = state.names.merchants.find(merchant_id);
    gain(&state, wallet, merchant_id.to_owned(), name)
}

/// The merchants whose onboarding to a wallet would bring its sets most, most first, at most `limit`.
pub fn onboarding_queue(tenant: &Tenant, wallet: &str, limit: usize) -> Vec<OnboardingGain> {
    let state = tenant.state.read();
    let names = 0..state.names.merchants.len() as MerchantName;
    let gains = names.filter_map(|name| {
        let id = state.names.merchants.get(name)?.to_string();
        Some(gain(&state, wallet, id, Some(name)))
    });
    let mut queue: Vec<OnboardingGain> = gains.filter(|gain| gain.items > 0).collect();
    queue.sort_by(|a, b| b.items.cmp(&a.items).then_with(|| a.merchant_id.cmp(&b.merchant_id)));
    queue.truncate(limit);
    queue
}

fn gain(state: &State, wallet: &str, merchant_id: String, name: Option<MerchantName>) -> OnboardingGain {
    let mut gain = OnboardingGain { merchant_id, sets: Vec::new(), items: 0 };
    let known = state.supply.wallets.get(wallet);
    let of_merchant = name.and_then(|name| state.supply.items.of_merchant(name));
    let (Some(known), Some(name), Some(of_merchant)) = (known, name, of_merchant) else { return gain };
    if known.is_onboarded(name) {
        return gain;
    }
    let barriers = known.barriers();
    let others = [&barriers.lacking, &barriers.stopped, &barriers.pulled];
    let ready: RoaringBitmap =
        of_merchant.iter().filter(|o| !others.iter().any(|barred| barred.contains(*o))).collect();
    let mut items = RoaringBitmap::new();
    for (_, set) in state.supply.sets.of_wallet(wallet) {
        let gained = state.supply.sets.matched_of(set, &ready) - &set.taken_out;
        if !gained.is_empty() {
            gain.sets.push((set.name.clone(), gained.len()));
            items |= gained;
        }
    }
    gain.sets.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    gain.items = items.len();
    gain
}

/// The items of a set that fields or onboarding stop, and no risk decision.
fn stopped_by_merchants(state: &State, set: &Set) -> RoaringBitmap {
    let barriers = barriers(state, &set.definition.target_wallet);
    let in_reach = &*state.supply.sets.matched(set) - &set.taken_out;
    let stopped = barriers.lacking.to_bitmap() | barriers.not_onboarded.to_bitmap();
    (in_reach & stopped) - barriers.stopped.to_bitmap() - barriers.pulled.to_bitmap()
}

fn blockers(state: &State, wallet: &Wallet, ordinal: Ordinal) -> Vec<Blocker> {
    let facts = state.supply.items.get(ordinal);
    let missing = facts.map_or_else(FieldSet::default, |f| wallet.required(f.content_type).without(f.fields));
    let not_onboarded = wallet.barriers().not_onboarded.contains(ordinal);
    missing.names().map(Blocker::MissingField).chain(not_onboarded.then_some(Blocker::NotOnboarded)).collect()
}
