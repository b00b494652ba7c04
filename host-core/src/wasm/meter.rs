//! The resources that a guest has used.

use wasmtime::ResourceLimiter;

use crate::error::Limit;
use crate::policy::Limits;
use crate::state::MemoryBudget;

/// More than any compiler makes; the limit of elements is each table's.
pub(super) const MOST_TABLES: usize = 16;

/// Bytes of a table's element: a pointer, or an index of the guest's garbage collector.
const ELEMENT: usize = 8;

/// The remaining resources of a guest, and its refused requests.
pub(super) struct Meter {
    memory: MemoryBudget,
    /// Bytes of it that the linear memory takes.
    charged: usize,
    table: usize,
    refused: Option<Limit>,
}

impl Meter {
    pub(super) fn new(limits: &Limits, memory: MemoryBudget) -> Self {
        Self { memory, charged: 0, table: limits.table, refused: None }
    }

    /// Another call from the host begins.
    pub(super) fn begin(&mut self) {
        self.refused = None;
    }

    /// The growth that the guest was refused last in this call.
    pub(super) fn refused(&self) -> Option<Limit> {
        self.refused
    }

    fn allow(&mut self, within: bool, limit: Limit) -> bool {
        if !within {
            self.refused = Some(limit);
        }
        within
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        // what was charged last, and then came to nothing
        self.memory.give_back(self.charged.saturating_sub(current));
        self.charged = current;
        let within = self.memory.charge(desired.saturating_sub(current));
        if within {
            self.charged = desired;
        }
        Ok(self.allow(within, Limit::Memory))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if !self.allow(desired <= self.table, Limit::Table) {
            return Ok(false);
        }
        // the engine would refuse it after the charge
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let within = self.memory.charge(desired.saturating_sub(current).saturating_mul(ELEMENT));
        Ok(self.allow(within, Limit::Memory))
    }

    fn instances(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        MOST_TABLES
    }

    fn memories(&self) -> usize {
        1
    }
}
