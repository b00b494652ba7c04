//! A host, from its building to the end of its instances.

#[path = "../common/mod.rs"]
mod common;

mod budgets;
mod calls;
mod closing;
mod deadlines;
mod depth;
mod fairness;
mod foreign;
mod handles;
mod held;
mod limits;
mod load;
mod log;
mod manifests;
mod modules;
mod panics;
mod refusals;
#[cfg(unix)]
mod regular;
mod resources;
mod sharing;
mod space;
mod spent;
mod stack;
mod start;
mod states;
mod usable;
mod waiting;

use hostfn::{Error, Grants, Host, HostFnSpec, Instance};

/// An instance of this module in a host with these functions, all of which are always available.
fn start(specs: &[&'static HostFnSpec], wasm: &[u8]) -> Instance {
    instance(&common::host(specs), wasm).unwrap()
}

fn instance(host: &Host, wasm: &[u8]) -> Result<Instance, Error> {
    host.load("probe", wasm)?.instantiate(&Grants::none())
}
