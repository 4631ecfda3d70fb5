//! The engine's tasks, as callers read them.

use super::Engine;
use crate::api::{PreviewItem, Seq, TenantId};
use crate::catalog::Ordinal;
use crate::sets::{SetChanges, SetError};
use crate::supply::journal::{EntryPlace, JournalError, Wanted};
use crate::task::ticket::{Ticket, TicketId};
use crate::task::{Stamp, Task, TaskId};
use crate::tasks::{self, Audited, Impact, Shown, Supply, TaskItems, TaskView};
use penstock_dsl::registry::ContentType;
use std::collections::BTreeMap;

impl Engine {
    /// All tenants that the log has records of.
    pub fn tenants(&self) -> Vec<TenantId> {
        self.shared.tenants.read().keys().cloned().collect()
    }

    /// See [`tasks::list`].
    pub fn tasks(
        &self,
        tenant: &TenantId,
        before: Option<TaskId>,
        limit: usize,
        wanted: impl FnMut(&Task) -> bool,
    ) -> Vec<TaskView> {
        self.shared.tenant(tenant).map_or_else(Vec::new, |tenant| tasks::list(&tenant, before, limit, wanted))
    }

    /// See [`tasks::count`].
    pub fn count_tasks(&self, tenant: &TenantId, wanted: impl Fn(&Task) -> bool) -> BTreeMap<Box<str>, u64> {
        self.shared.tenant(tenant).map(|tenant| tasks::count(&tenant, wanted)).unwrap_or_default()
    }

    /// A task.
    pub fn task(&self, tenant: &TenantId, id: TaskId) -> Option<TaskView> {
        tasks::get(&*self.shared.tenant(tenant)?, id)
    }

    /// See [`tasks::tickets`].
    pub fn tickets(
        &self,
        tenant: &TenantId,
        before: Option<TicketId>,
        limit: usize,
        wanted: impl FnMut(&Ticket, &Task) -> bool,
    ) -> Vec<(Ticket, Task)> {
        self.shared.tenant(tenant).map_or_else(Vec::new, |tenant| tasks::tickets(&tenant, before, limit, wanted))
    }

    /// See [`tasks::ticket`].
    pub fn ticket(&self, tenant: &TenantId, id: TicketId) -> Result<Option<(Ticket, TaskView, Impact)>, SetError> {
        let Some(tenant) = self.shared.tenant(tenant) else { return Ok(None) };
        tasks::ticket(&tenant, &*self.shared.log, id)
    }

    /// See [`tasks::items`].
    pub fn task_items(
        &self,
        tenant: &TenantId,
        id: TaskId,
        of_next: bool,
        page: (Shown, Option<Ordinal>, usize),
    ) -> Result<TaskItems, SetError> {
        let tenant = self.shared.tenant(tenant).ok_or(SetError::NoSuchSet)?;
        tasks::items(&tenant, &*self.shared.log, id, of_next, page)
    }

    /// See [`tasks::taken_out`].
    pub fn taken_out(
        &self,
        tenant: &TenantId,
        id: TaskId,
        of_next: bool,
        after: Option<Ordinal>,
        limit: usize,
    ) -> Vec<(Ordinal, ContentType, Box<str>, Stamp)> {
        self.shared.tenant(tenant).map_or_else(Vec::new, |tenant| tasks::taken_out(&tenant, id, of_next, after, limit))
    }

    /// See [`tasks::supply`].
    pub fn supply(
        &self,
        tenant: &TenantId,
        wallet: &str,
        after: Option<Ordinal>,
        limit: usize,
    ) -> Result<Supply, SetError> {
        let tenant = self.shared.tenant(tenant).ok_or(SetError::NoSuchSet)?;
        tasks::supply(&tenant, &*self.shared.log, wallet, after, limit)
    }

    /// See [`tasks::supply_changes`].
    pub fn supply_changes(
        &self,
        tenant: &TenantId,
        wallet: &str,
        after: Seq,
        limit: usize,
    ) -> Result<Option<SetChanges>, SetError> {
        let Some(tenant) = self.shared.tenant(tenant) else { return Ok(None) };
        tasks::supply_changes(&tenant, wallet, after, limit)
    }

    /// See [`tasks::delivered_items`].
    pub fn delivered_items(
        &self,
        tenant: &TenantId,
        wallet: &str,
        keys: &[(ContentType, Box<str>)],
    ) -> Result<Vec<PreviewItem>, SetError> {
        let Some(tenant) = self.shared.tenant(tenant) else { return Ok(Vec::new()) };
        tasks::delivered_items(&tenant, &*self.shared.log, wallet, keys)
    }

    /// See [`tasks::events`].
    pub fn audit(&self, tenant: &TenantId, wanted: Wanted, limit: usize) -> Result<Vec<Audited>, JournalError> {
        let Some(tenant) = self.shared.tenant(tenant) else { return Ok(Vec::new()) };
        tasks::events(&tenant, wanted, limit)
    }
    /// How many entries the audit trail has, of one task or of all, and the place of the last of them.
    pub fn count_audit(
        &self,
        tenant: &TenantId,
        subject: Option<TaskId>,
    ) -> Result<(u64, Option<EntryPlace>), JournalError> {
        let Some(tenant) = self.shared.tenant(tenant) else { return Ok((0, None)) };
        tenant.journal.count_entries(subject)
    }
}
