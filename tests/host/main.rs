//! A host, from its building to the end of its instances.

mod budgets;
mod cache;
mod calls;
mod clock;
mod closing;
mod components;
mod deadlines;
mod depth;
mod drift;
mod exhaustion;
mod exports;
mod fairness;
mod foreign;
mod given_back;
mod handle_contracts;
mod handles;
mod limits;
mod live_grants;
mod load;
mod log;
mod manifests;
mod memory_budget;
mod modules;
mod panics;
mod places;
mod plugin_set;
mod pool;
mod refusals;
#[cfg(unix)]
mod regular;
mod resources;
mod sharing;
mod space;
mod stack;
mod start;
mod states;
mod traps;
mod usable;
mod waiting;
#[cfg(feature = "winch")]
mod winch;

use hostfn::{Error, Grants, Host, HostFnSpec, Instance};

/// An instance of this module in a host with these functions, all of which are always available.
fn start(specs: &[&'static HostFnSpec], wasm: &[u8]) -> Instance {
    instance(&test_support::probe::host(specs), wasm).unwrap()
}

fn instance(host: &Host, wasm: &[u8]) -> Result<Instance, Error> {
    host.load("probe", wasm)?.instantiate(&Grants::none())
}
