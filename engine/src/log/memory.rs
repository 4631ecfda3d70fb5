//! A log in memory, for tests: the same contract, nothing durable.

use super::{LogError, LogReader, LogWriter, NewRow, Row};
use crate::api::{Seq, TenantId};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows by tenant; clones share them, as a writer and its readers do.
#[derive(Clone, Default)]
pub struct MemoryLog(Arc<Mutex<BTreeMap<TenantId, Vec<Vec<u8>>>>>);

impl LogWriter for MemoryLog {
    fn append(&mut self, rows: &[NewRow]) -> Result<Vec<Seq>, LogError> {
        let mut tenants = self.0.lock();
        Ok(rows
            .iter()
            .map(|row| {
                let log = tenants.entry(row.tenant.clone()).or_default();
                log.push(row.body.clone());
                log.len() as Seq
            })
            .collect())
    }
}

impl LogReader for MemoryLog {
    fn heads(&self) -> Result<Vec<(TenantId, Seq)>, LogError> {
        Ok(self.0.lock().iter().map(|(tenant, log)| (tenant.clone(), log.len() as Seq)).collect())
    }

    fn read(&self, tenant: &TenantId, from: Seq, limit: usize) -> Result<Vec<Row>, LogError> {
        let tenants = self.0.lock();
        let rows = tenants.get(tenant).map_or(&[][..], Vec::as_slice);
        let from = from.max(1);
        let numbered = rows.iter().enumerate().map(|(at, body)| Row { seq: at as Seq + 1, body: body.clone() });
        Ok(numbered.skip(from as usize - 1).take(limit).collect())
    }

    fn read_frame(&self, tenant: &TenantId, seq: Seq, offset: u32, length: u32) -> Result<Vec<u8>, LogError> {
        let tenants = self.0.lock();
        let body = tenants.get(tenant).and_then(|rows| rows.get((seq as usize).wrapping_sub(1)));
        let range = offset as usize..offset as usize + length as usize;
        body.and_then(|b| b.get(range))
            .map(<[u8]>::to_vec)
            .ok_or_else(|| LogError::Missing { tenant: tenant.0.to_string(), seq })
    }

    fn disk_bytes(&self) -> u64 {
        0
    }
}
