//! Places that are kept for instances, so that starting one maps no memory.

use wasmtime::{Config, PoolConcurrencyLimitError, PoolingAllocationConfig};

use super::meter::MOST_TABLES;
use crate::error::{Code, Problem};
use crate::policy::Limits;

const PAGE: usize = 64 << 10;

/// Bytes that a 32-bit memory can have.
const WHOLE: usize = 4 << 30;

/// Keeps `instances` places, each large enough for an instance that uses all of its limits.
pub(super) fn configure(config: &mut Config, instances: u32, limits: &Limits) {
    let tables = u32::try_from(MOST_TABLES).unwrap_or(u32::MAX);
    // a guest that waits has a stack, and another for each level of calls that host functions make back into it
    let stacks = instances.min(limits.concurrent).saturating_mul(limits.depth.saturating_add(1));
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(instances)
        .total_memories(instances)
        .total_tables(instances.saturating_mul(tables))
        .total_stacks(stacks)
        .max_tables_per_module(tables)
        .table_elements(limits.table)
        .max_memory_size(limits.memory.min(WHOLE).next_multiple_of(PAGE))
        .max_unused_warm_slots(instances);
    config.allocation_strategy(pool);
}

/// The error of an instance that finds no place.
pub(super) fn in_use(plugin: &str, error: &wasmtime::Error) -> Option<Problem> {
    error.is::<PoolConcurrencyLimitError>().then(|| {
        Problem::new(
            Code::PlacesInUse,
            format!("plugin `{plugin}`"),
            "every place for an instance is in use",
            "close instances that are not needed, or give `HostBuilder::pool` more places",
        )
    })
}
