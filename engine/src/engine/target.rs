//! What stops supply on its way to target wallets, as callers read it.

use super::{Engine, now_ms};
use crate::api::{PreviewItem, Seq, TenantId};
use crate::catalog::Ordinal;
use crate::ineligible::{self, Filter, Ineligible, MerchantNames, StoppedItem, StoppedMerchant};
use crate::sets::SetError;
use crate::supply::items::MerchantName;
use crate::target::{self, HubPage, Known, Listed, Pulled, PulledPlace, RequestView, Review, Sought, TypeCounts};
use crate::task::TaskId;
use crate::task::risk::{RequestId, RequestState};
use crate::tasks::Supply;
use penstock_dsl::registry::ContentType;

impl Engine {
    /// What stops a task's items; `of_next`: those of its next revision.
    pub fn ineligible(
        &self,
        tenant: &TenantId,
        id: TaskId,
        of_next: bool,
        filter: &Filter,
    ) -> Result<Ineligible, SetError> {
        let tenant = self.shared.tenant(tenant).ok_or(SetError::NoSuchSet)?;
        ineligible::find_of_task(&tenant, id, of_next, filter)
    }

    /// See [`ineligible::merchants`].
    pub fn ineligible_merchants(
        &self,
        tenant: &TenantId,
        of: &Ineligible,
        limit: usize,
    ) -> (u64, Vec<StoppedMerchant>) {
        let Some(tenant) = self.shared.tenant(tenant) else { return (0, Vec::new()) };
        ineligible::merchants(&tenant, &mut MerchantNames::new(&tenant, &*self.shared.log), of, limit)
    }

    /// See [`ineligible::items_with_content`].
    pub fn ineligible_items(
        &self,
        tenant: &TenantId,
        of: &Ineligible,
        after: Option<Ordinal>,
        limit: usize,
    ) -> Result<Vec<(StoppedItem, PreviewItem)>, SetError> {
        let Some(tenant) = self.shared.tenant(tenant) else { return Ok(Vec::new()) };
        ineligible::items_with_content(&tenant, &*self.shared.log, of, after, limit)
    }

    /// Hands all items that something stops to `see`, read `page` at a time; the first error that `see` gives ends it.
    pub fn each_ineligible<E>(
        &self,
        tenant: &TenantId,
        of: &Ineligible,
        page: usize,
        mut see: impl FnMut(StoppedItem) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(tenant) = self.shared.tenant(tenant) else { return Ok(()) };
        let mut names = MerchantNames::new(&tenant, &*self.shared.log);
        let mut after = None;
        loop {
            let items = ineligible::items(&tenant, &mut names, of, after, page);
            let Some(last) = items.last() else { return Ok(()) };
            after = Some(last.ordinal);
            items.into_iter().try_for_each(&mut see)?;
        }
    }

    /// See [`target::pulled`].
    pub fn pulled(
        &self,
        tenant: &TenantId,
        wallet: &str,
        after: Option<PulledPlace>,
        limit: usize,
    ) -> Vec<(PulledPlace, Pulled)> {
        self.shared.tenant(tenant).map_or_else(Vec::new, |tenant| target::pulled(&tenant, wallet, after, limit))
    }

    /// See [`target::reviews`].
    pub fn reviews(
        &self,
        tenant: &TenantId,
        wallet: &str,
        after: Option<Ordinal>,
        limit: usize,
    ) -> Result<(Vec<Review>, Option<Ordinal>), SetError> {
        let Some(tenant) = self.shared.tenant(tenant) else { return Ok((Vec::new(), None)) };
        target::reviews(&tenant, &*self.shared.log, wallet, after, limit)
    }

    /// See [`target::risk_requests`].
    pub fn risk_requests(
        &self,
        tenant: &TenantId,
        wallet: &str,
        before: Option<RequestId>,
        limit: usize,
        wanted: Option<RequestState>,
    ) -> Vec<RequestView> {
        let tenant = self.shared.tenant(tenant);
        tenant.map_or_else(Vec::new, |tenant| target::risk_requests(&tenant, wallet, before, limit, wanted))
    }

    /// See [`target::risk_request`].
    pub fn risk_request(&self, tenant: &TenantId, id: RequestId) -> Option<RequestView> {
        target::risk_request(&*self.shared.tenant(tenant)?, id)
    }

    /// See [`target::hub`].
    pub fn hub(
        &self,
        tenant: &TenantId,
        wallet: &str,
        sought: Option<&Sought>,
        page: (Option<MerchantName>, usize),
    ) -> Result<HubPage, SetError> {
        let Some(tenant) = self.shared.tenant(tenant) else { return Ok(HubPage::default()) };
        target::hub(&tenant, &*self.shared.log, wallet, sought, page, now_ms())
    }

    /// See [`target::supply_of_merchant`].
    pub fn supply_of_merchant(
        &self,
        tenant: &TenantId,
        wallet: &str,
        merchant_id: &str,
        page: (Option<Ordinal>, usize),
    ) -> Result<Supply, SetError> {
        let tenant = self.shared.tenant(tenant).ok_or(SetError::NoSuchSet)?;
        target::supply_of_merchant(&tenant, &*self.shared.log, wallet, merchant_id, page)
    }

    /// See [`target::counts`].
    pub fn supply_counts(&self, tenant: &TenantId, wallet: &str, of: &Listed) -> Vec<TypeCounts> {
        self.shared.tenant(tenant).map_or_else(Vec::new, |tenant| target::counts(&tenant, wallet, of))
    }

    /// See [`target::list`].
    pub fn supply_list(
        &self,
        tenant: &TenantId,
        wallet: &str,
        of: &Listed,
        page: (Option<Ordinal>, usize),
    ) -> Result<Supply, SetError> {
        let tenant = self.shared.tenant(tenant).ok_or(SetError::NoSuchSet)?;
        target::list(&tenant, &*self.shared.log, wallet, of, page)
    }

    /// See [`target::item`].
    pub fn supply_item(
        &self,
        tenant: &TenantId,
        wallet: &str,
        key: (ContentType, &str),
        timeline: (Seq, usize),
    ) -> Result<Option<Known>, SetError> {
        let Some(tenant) = self.shared.tenant(tenant) else { return Ok(None) };
        target::item(&tenant, &*self.shared.log, wallet, key, timeline)
    }
}
