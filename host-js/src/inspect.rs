//! Imports and exports of a script. The engine reads it, inside the sandbox of a host of its own: no hostile source
//! meets native code.

use std::sync::OnceLock;
use std::time::Duration;

use hostfn_core::{Code, Error, Grants, Host, Limits, Plugin, Problem, Registry};

use crate::rewrite::{self, Exports};
use crate::table::{Names, Table};

/// A host without functions, in which sources are read.
pub(crate) fn sandbox() -> Result<Host, Error> {
    let mut limits = Limits::default();
    (limits.stack, limits.memory, limits.time) = (1 << 20, 256 << 20, Duration::from_secs(10));
    (limits.args, limits.reply) = (32 << 20, 32 << 20);
    Host::builder(Registry::builder().build()?).limits(limits).build()
}

/// The engine without a plugin, compiled once in a process.
fn engine() -> Result<&'static Plugin, &'static Error> {
    static ENGINE: OnceLock<Result<Plugin, Error>> = OnceLock::new();
    let build = || {
        let table = hostfn_abi::codec::to_vec(&Table::default())
            .map_err(|error| Error::Problems(failed("js-engine", &error).into()))?;
        let wasm = rewrite::module(crate::ENGINE, &[], &Exports::Names, &table, &[]);
        sandbox()?.load("js-engine", &wasm)
    };
    ENGINE.get_or_init(build).as_ref()
}

pub(crate) fn failed(name: &str, why: &dyn std::fmt::Display) -> Problem {
    let what = format!("the engine cannot read it: {why}");
    Problem::new(Code::JsEngine, name, what, "make the module smaller, or less deeply nested")
}

/// The names of the module `name`, or where and why it cannot be read.
pub(crate) fn names(name: &str, source: &str) -> Result<Names, Problem> {
    let failed = |error: &Error| failed(name, error);
    // each module in an instance of its own: what one does to the engine reaches no other
    let mut instance =
        engine().map_err(failed)?.instantiate(&Grants::none()).map_err(|error| failed(&error))?;
    let read: Result<Names, (String, String)> =
        instance.call("names", (name, source)).map_err(|error| failed(&error))?;
    read.map_err(|(place, message)| {
        let place = if place.starts_with(name) { place } else { name.to_owned() };
        Problem::new(Code::JsSyntax, place, message, "write JavaScript that this engine reads, of ES2023")
    })
}
