//! The engine's standing sets, as callers read them; and the self-check that runs beside.

use super::{Engine, Shared, now_ms};
use crate::api::{PreviewError, Seq, TenantId};
use crate::content::item::Item;
use crate::difference::{self, DifferenceError, DifferenceRequest, RuleDifference};
use crate::explain::{self, Asked, ExplainError, Explanation};
use crate::fold::blame::GroupBlame;
use crate::sets::{self, Membership, SetChanges, SetError, SetInfo, SetItems};
use crate::simulate::{self, Simulation};
use crate::supply::change::Stream;
use crate::supply::funnel::Step;
use crate::unlock::{self, OnboardingGain, Unlock};
use crate::verify::{self, Verdict};
use penstock_dsl::registry::ContentType;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How often the self-check looks at a set.
const SELF_CHECK_EVERY: Duration = Duration::from_secs(5);
/// Short, for a shutdown waits for it.
const SELF_CHECK_PAUSE: Duration = Duration::from_millis(100);

/// What the running self-check has found since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SelfCheck {
    /// Sets looked at.
    pub sets: u64,
    /// Of them with a difference.
    pub differing: u64,
    /// Of them that could not be looked at.
    pub failed: u64,
    /// The last difference or failure, in words.
    pub last: Option<String>,
}

impl Engine {
    /// Standing sets by name, at most `limit` after one.
    pub fn sets(&self, tenant: &TenantId, after: Option<&str>, limit: usize) -> Vec<SetInfo> {
        self.shared.tenant(tenant).map_or_else(Vec::new, |tenant| sets::list(&tenant, after, limit))
    }

    /// A standing set.
    pub fn set(&self, tenant: &TenantId, name: &str) -> Result<SetInfo, SetError> {
        sets::get(&*self.shared.tenant(tenant).ok_or(SetError::NoSuchSet)?, name)
    }

    /// A page of a set's items after an ordinal: those at a step of the funnel, or all that it matches.
    pub fn set_items(
        &self,
        tenant: &TenantId,
        name: &str,
        step: Option<Step>,
        after: Option<u32>,
        limit: usize,
    ) -> Result<SetItems, SetError> {
        let tenant = self.shared.tenant(tenant).ok_or(SetError::NoSuchSet)?;
        sets::items(&tenant, &*self.shared.log, name, step, after, limit)
    }

    /// Entries of a set's journal after a record.
    pub fn set_changes(
        &self,
        tenant: &TenantId,
        name: &str,
        stream: Stream,
        after: Seq,
        limit: usize,
    ) -> Result<SetChanges, SetError> {
        let tenant = self.shared.tenant(tenant).ok_or(SetError::NoSuchSet)?;
        sets::changes(&tenant, name, stream, after, limit)
    }

    /// An item's history over all sets before a record, newest first; `None` where the item was never heard of.
    pub fn item_history(
        &self,
        tenant: &TenantId,
        content_type: ContentType,
        content_id: &str,
        before: Seq,
        limit: usize,
    ) -> Result<Option<Vec<Membership>>, SetError> {
        match self.shared.tenant(tenant) {
            Some(tenant) => sets::history(&tenant, content_type, content_id, before, limit),
            None => Ok(None),
        }
    }

    /// The sets that match an item now, by name, each with the step of its funnel that the item is at.
    pub fn sets_holding(
        &self,
        tenant: &TenantId,
        content_type: ContentType,
        content_id: &str,
    ) -> Vec<(Box<str>, Step)> {
        let tenant = self.shared.tenant(tenant);
        tenant.map_or_else(Vec::new, |tenant| sets::holding(&tenant, content_type, content_id))
    }

    /// Explains an item against a standing set or a rule text; `None` where the tenant has nothing.
    pub fn explain(
        &self,
        tenant: &TenantId,
        asked: &Asked<'_>,
        content_type: ContentType,
        content_id: &str,
    ) -> Option<Result<Explanation, ExplainError>> {
        let tenant = self.shared.tenant(tenant)?;
        Some(explain::run(&tenant, &*self.shared.log, asked, content_type, content_id, now_ms()))
    }

    /// Compares two rule texts; `None` where the tenant has nothing.
    pub fn difference(
        &self,
        tenant: &TenantId,
        request: &DifferenceRequest,
    ) -> Option<Result<RuleDifference, DifferenceError>> {
        let tenant = self.shared.tenant(tenant)?;
        Some(difference::run(&tenant, &*self.shared.log, request, now_ms()))
    }

    /// Which standing sets a decoded item would enter or leave, were it sent now; `None` where the tenant has nothing.
    pub fn simulate(&self, tenant: &TenantId, item: &Item) -> Option<Result<Simulation, PreviewError>> {
        let tenant = self.shared.tenant(tenant)?;
        Some(simulate::run(&tenant, &*self.shared.log, item))
    }

    /// What would let most of a set's items through, at most `limit`.
    pub fn unlock(&self, tenant: &TenantId, set: &str, limit: usize) -> Result<Vec<Unlock>, SetError> {
        let tenant = self.shared.tenant(tenant).ok_or(SetError::NoSuchSet)?;
        unlock::rank(&tenant, set, limit)
    }

    /// What onboarding a merchant to a wallet would bring its sets; `None` where the tenant has nothing.
    pub fn onboarding_gain(&self, tenant: &TenantId, wallet: &str, merchant_id: &str) -> Option<OnboardingGain> {
        Some(unlock::onboarding(&*self.shared.tenant(tenant)?, wallet, merchant_id))
    }

    /// The merchants whose onboarding to a wallet would bring its sets most, at most `limit`.
    pub fn onboarding_queue(&self, tenant: &TenantId, wallet: &str, limit: usize) -> Vec<OnboardingGain> {
        let tenant = self.shared.tenant(tenant);
        tenant.map_or_else(Vec::new, |tenant| unlock::onboarding_queue(&tenant, wallet, limit))
    }

    /// Compares every standing set of every tenant with what its rules select now, each handed to `see` with its name.
    pub fn verify(&self, mut see: impl FnMut(&TenantId, &str, Result<Verdict, String>)) {
        let tenants: Vec<_> = self.shared.tenants.read().values().cloned().collect();
        for tenant in tenants {
            let mut after: Option<Box<str>> = None;
            while let Some((name, verdict)) = verify::next(&tenant, &*self.shared.log, after.as_deref()) {
                see(&tenant.id, &name, verdict);
                after = Some(name);
            }
        }
    }

    /// The last folded record of a tenant; 0 where there is none.
    pub fn seq(&self, tenant: &TenantId) -> Seq {
        self.shared.tenant(tenant).map_or(0, |tenant| tenant.state.read().seq)
    }

    /// What a set's groups cost, with its text.
    pub fn set_cost(&self, tenant: &TenantId, name: &str) -> Result<(Box<str>, Vec<GroupBlame>), SetError> {
        let tenant = self.shared.tenant(tenant).ok_or(SetError::NoSuchSet)?;
        sets::cost(&tenant, name)
    }

    /// The sets for which most items are looked at, most first: name, how many, how many in vain.
    pub fn costly_sets(&self, tenant: &TenantId, limit: usize) -> Vec<(Box<str>, u64, u64)> {
        self.shared.tenant(tenant).map_or_else(Vec::new, |tenant| sets::costly(&tenant, limit))
    }

    /// What the running self-check has found since the start.
    pub fn self_check(&self) -> SelfCheck {
        self.shared.self_check.lock().clone()
    }
}

/// The self-check thread: one set after another, for ever.
pub(super) fn keep_checking(shared: &Arc<Shared>) {
    let mut last: Option<(TenantId, Box<str>)> = None;
    let mut since = Instant::now();
    while !shared.stopping.load(Ordering::Relaxed) {
        std::thread::sleep(SELF_CHECK_PAUSE);
        if since.elapsed() >= SELF_CHECK_EVERY {
            last = check_next(shared, last);
            since = Instant::now();
        }
    }
}

/// Checks the set after `last`, of its tenant or the next that has one; which it was.
fn check_next(shared: &Shared, last: Option<(TenantId, Box<str>)>) -> Option<(TenantId, Box<str>)> {
    let tenants: Vec<_> = shared.tenants.read().values().cloned().collect();
    let (tenant_id, set) = last.map_or((None, None), |(tenant, set)| (Some(tenant), Some(set)));
    for tenant in tenants.iter().filter(|tenant| tenant_id.as_ref().is_none_or(|id| tenant.id >= *id)) {
        let after = set.as_deref().filter(|_| tenant_id.as_ref() == Some(&tenant.id));
        if let Some((name, verdict)) = verify::next(tenant, &*shared.log, after) {
            note(shared, &tenant.id, &name, &verdict);
            return Some((tenant.id.clone(), name));
        }
    }
    None
}

fn note(shared: &Shared, tenant: &TenantId, set: &str, verdict: &Result<Verdict, String>) {
    let mut found = shared.self_check.lock();
    found.sets += 1;
    match verdict {
        Ok(verdict) if verdict.differences.is_empty() => {}
        Ok(verdict) => {
            found.differing += 1;
            tracing::error!(tenant = %tenant.0, set, ?verdict, "the self-check has found a difference");
            found.last = Some(format!("tenant {}, set {set:?}: {:?}", tenant.0, verdict.differences));
        }
        Err(error) => {
            found.failed += 1;
            tracing::error!(tenant = %tenant.0, set, %error, "the self-check could not look at a set");
            found.last = Some(format!("tenant {}, set {set:?}: {error}", tenant.0));
        }
    }
}
