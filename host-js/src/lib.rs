//! Plugins in JavaScript and TypeScript.
//!
//! A [`Packer`] puts the modules of a script beside `QuickJS-ng`, compiled to WebAssembly, and writes one import for
//! each host function that the script names. The result is a plugin like any other: the host checks its grants when it
//! links it and at each call, holds it to limits, records what it does, and `hostfn inspect` shows what it imports.
//!
//! ```
//! use hostfn_core::{Call, Grants, Host, HostFnSpec, Param, Registry, Reply, reply_shape};
//! use hostfn_js::Packer;
//!
//! fn call(call: Call<'_>) -> Reply {
//!     let mut call = call.authorize()?;
//!     let (name,) = call.args::<(&str,)>()?;
//!     call.reply(&format!("Hello, {name}!"))
//! }
//!
//! static GREET: HostFnSpec = HostFnSpec::new("host", "greet_by_name", call)
//!     .always_available()
//!     .with_params(&[Param::new::<&str>("name")])
//!     .with_reply(reply_shape!(String));
//!
//! let registry = Registry::builder().add(&GREET).build()?;
//! let script = r#"
//!     import { greetByName } from "host:host";
//!     export function run(name) { return greetByName(name).toUpperCase(); }
//! "#;
//! let wasm = Packer::new(&registry).module("plugin.js", script).pack()?;
//!
//! let host = Host::builder(registry).limits(hostfn_js::limits()).build()?;
//! let mut plugin = host.load("plugin", &wasm)?.instantiate(&Grants::none())?;
//! assert_eq!(plugin.call::<_, String>("run", ("Ada",))?, "HELLO, ADA!");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Names
//!
//! | host function | in JavaScript |
//! |---|---|
//! | `kv_compare_and_set` of the host module `kv` | `import { compareAndSet } from "host:kv"` |
//! | `sum` with `module = "math"` | `import { sum } from "host:math"` |
//! | `greet_by_name`, with neither | `import { greetByName } from "host:host"` |
//!
//! A specifier is matched exactly. `import *` imports those functions of the module whose names occur in the script.
//! `openKv`, `openSql` and `dlopen` are other names of `openToWrite`, `openWrite` and `load` of `host:kv`, `host:sql`
//! and `host:ffi`.
//!
//! # Values
//!
//! | on the wire | to the script | from the script |
//! |---|---|---|
//! | integers of 64 bits | `bigint` | `bigint`, or a `number` that is exact |
//! | other integers, floats | `number` | `number`, for integers `bigint` too |
//! | bytes | `Uint8Array` | `Uint8Array`, `ArrayBuffer` |
//! | option | `null` or the value | `null`, `undefined` or the value |
//! | struct | object | object |
//! | enum | a string, or an object of one member | the same |
//! | map | object without a prototype; `Map` where keys are no strings | `Map` or object |
//! | handle of a `Store` | object of the class `Store`, with methods | that object |
//! | nothing | `undefined` | |
//!
//! What does not fit is a `TypeError` or a `RangeError` that names the parameter, before the host is called. A call
//! that the host refuses, and an error of the function, is a `HostError` with `code`, `status`, `statusName` and
//! `detail`.
//!
//! A function with a handle as its first parameter is also a method: `store.get(key)`. A method is imported when the
//! script has it as the name of a member: `.get`, `["get"]`, `{ get }`. Handles whose objects are gone are closed before the next call.
//!
//! # TypeScript
//!
//! Modules whose names end in `.ts` or `.mts` are in TypeScript. [`strip_types`] puts spaces in place of their types, so
//! errors and stack traces have the lines and columns of the source. Syntax that is more than a type, such as an `enum`,
//! is an error. Types are not checked: `tsc` does that, with the declarations of `hostfn bindgen`.
//!
//! # What a script has
//!
//! The language without a clock and without chance: `Date`, `performance`, `Math.random` and timers do not exist.
//! `console` goes to the host's log. `TextEncoder`, `TextDecoder`, `structuredClone`, `atob`, `btoa`, `AbortController`
//! and `EventTarget` exist.
//!
//! Functions that are `async` on the host return promises. The plugin as a whole waits for each: two calls of one
//! plugin never run at the same time.

/// The guide's page, whose Rust code is tested.
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/javascript.md")]
struct Guide;

mod host_modules;
mod inspect;
mod names;
mod pack;
mod plan;
#[path = "../engine/src/relative.rs"]
mod relative;
mod rewrite;
mod sources;
#[path = "../engine/src/table.rs"]
mod table;
mod typescript;

pub use pack::Packer;
pub use typescript::strip_types;

use hostfn_core::Limits;

/// The engine, as `scripts/build-js-engine.sh` builds it.
pub const ENGINE: &[u8] = include_bytes!("../engine.wasm");

/// The type stripper, as `scripts/build-typescript.sh` builds it.
pub const TYPESCRIPT: &[u8] = include_bytes!("../typescript.wasm");

/// Limits for a host with plugins in JavaScript: [`Limits::default`] with a stack of 1 MiB.
///
/// Recursion of a script ends as a `RangeError` that it can catch, as long as the engine has more stack than the script
/// is allowed. With a smaller stack it ends the instance.
pub fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.stack = 1 << 20;
    limits
}
