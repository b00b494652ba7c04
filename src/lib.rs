//! Declare a host function once; get its glue, its capability checks and its audit row.
//!
//! `hostfn` lets a Rust library expose plain functions to sandboxed plugins by annotating them:
//!
//! ```standalone_crate
//! use hostfn::{Grants, Host, Registry, capabilities, host_fn};
//!
//! capabilities! {
//!     /// Greet people by name.
//!     pub GREET = "greet";
//! }
//!
//! /// Build a greeting.
//! #[host_fn(capability = GREET)]
//! fn greet(name: &str) -> String {
//!     format!("Hello, {name}!")
//! }
//!
//! let registry = Registry::collect()?;
//! assert!(registry.listing().to_text().contains("Build a greeting."));
//!
//! // a guest that passes its arguments to `greet` and returns the reply
//! let guest = wat::parse_str(r#"(module
//!     (import "host" "greet" (func $greet (param i32 i32) (result i64)))
//!     (import "host" "host_result_ptr" (func $result_ptr (result i32)))
//!     (import "host" "host_set_result" (func $set_result (param i32 i32)))
//!     (memory (export "memory") 1)
//!     (global $next (mut i32) (i32.const 1024))
//!     (func (export "plugin_alloc") (param i32) (result i32)
//!         (global.get $next)
//!         (global.set $next (i32.add (global.get $next) (local.get 0))))
//!     (func (export "run") (param i32 i32) (result i64) (local $word i64)
//!         (local.set $word (call $greet (local.get 0) (local.get 1)))
//!         (call $set_result (call $result_ptr) (i32.wrap_i64 (i64.shr_u (local.get $word) (i64.const 32))))
//!         (local.get $word)))"#)?;
//!
//! let host = Host::builder(registry).build()?;
//! let plugin = host.load("greeter", &guest)?;
//! assert!(plugin.instantiate(&Grants::none()).is_err()); // not granted: none of its code runs
//!
//! let mut instance = plugin.instantiate(&Grants::none().allow(&GREET))?;
//! let answer: String = instance.call("run", ("world",))?;
//! assert_eq!(answer, "Hello, world!");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The parts
//!
//! | | |
//! |---|---|
//! | [`host_fn`], [`capabilities!`], [`guest_contract`] | the macros |
//! | [`HostFnSpec`], [`Param`](crate::spec::Param), [`HostFn`] | what a host function is, as data, written by the macro or by hand |
//! | [`Capability`], [`Grants`], [`Scope`] | what may be granted, what is, and for which values |
//! | [`Registry`], [`Listing`] | the functions of a host, checked, and as an auditor reads them |
//! | [`Diff`](crate::audit::Diff), [`testing`], [`cli`] | what changed between two listings; a test that holds a host to its lock; a program that tells its own |
//! | [`HostModule`] | functions that a library hands out, with the states that they need |
//! | [`Resource`], [`Resources`] | a guest's handle on what the host keeps for it, and the table of these |
//! | [`Caller`], [`LogValue`](crate::spec::LogValue) | who calls a host function, and how the function writes into the log for it |
//! | [`MemoryBudget`], [`Interrupt`] | what host functions may hold for an instance, and when one that blocks is to stop |
//! | [`Host`], [`Plugin`], [`Instance`] | an immutable host, a loaded module, one running guest |
//! | [`FunctionRecord`](crate::audit::FunctionRecord), [`EntryRecord`](crate::audit::EntryRecord) | what a guest knows of a function or a contract entry that it was built with, and what of it has changed |
//! | [`Manifest`], [`Report`] | what a plugin asks for, and what of it it gets |
//! | [`InstanceHandle`], [`CancelToken`] | a shareable instance handle, and cancellation |
//! | [`Call`](crate::spec::Call), [`Authorized`](crate::spec::Authorized) | one call in flight, before and after the gate |
//! | [`ContractSpec`](crate::contract::ContractSpec), [`GuestContract`](crate::contract::GuestContract), [`GuestError`](crate::contract::GuestError) | what a host calls of its guests, and what they fail with |
//! | [`HostError`], [`Status`] | the error that a guest receives when a function fails |
//! | [`Observer`](crate::observe::Observer), [`Recorder`](crate::observe::Recorder), [`AuditFile`](crate::observe::AuditFile), [`TracingObserver`](crate::observe::TracingObserver), [`Learner`](crate::observe::Learner) | what the embedder watches, and with what |
//! | [`testing::MockHost`] | a host for unit tests of plugins, with the same gates |
//! | [`Limits`] | what a guest may use up |
//! | [`Error`], [`Problem`], [`Code`](crate::error::Code) | what goes wrong, with a code, a place and a remedy |
//!
//! # The life of a call
//!
//! grant, quota, range of the arguments, decode, scope of the argument, the function, encode, size limit,
//! place. Everything before the function leaves no effect when it fails. A panic of the function is caught,
//! answers `INTERNAL`, and poisons the instance.
//!
//! # Two gates
//!
//! A plugin that imports a function whose capability it is not granted is not instantiated
//! ([`Plugin::check`] tells without trying); every call is checked again, because grants can be revoked while
//! the instance runs ([`LiveGrants::revoke`](crate::engine::LiveGrants::revoke)). A capability with a scope is matched against the named
//! parameter's value before the function runs.
//!
//! # Calls into the guest
//!
//! [`Instance::call`] calls any export by its name, and [`Instance::export`] finds one once, for calls that search for
//! nothing. [`guest_contract`] makes the exports of a guest a trait, whose
//! client checks that the guest has them all, and calls them by their types. What can go wrong with a call has a
//! type each:
//!
//! - The method's own error, the `E` of `Result<T, E>`, is the inner result: a [`GuestError`](crate::contract::GuestError).
//! - Any other error that the guest answers is [`Error::Guest`], with its status and error reply.
//! - What stops the guest is [`Error::Trapped`], [`Error::TimedOut`], [`Error::Exhausted`] for a limit or
//!   [`Error::Cancelled`]; a guest that has ended is [`Error::Closed`].
//! - [`Error::ends_instance`] tells which of them leave an instance that takes no more calls.
//! - A reply of another type than the trait's is a [`Problem`].
//!
//! ```standalone_crate
//! use hostfn::{Grants, Host, Registry, guest_contract};
//!
//! /// Guests that greet.
//! #[guest_contract(id = "greeter.v1")]
//! trait Greeter {
//!     /// Greet a person.
//!     fn greet(&mut self, name: &str) -> String;
//! }
//!
//! let registry = Registry::collect()?;
//! assert!(registry.listing().to_text().contains("greeter_v1_greet"));
//!
//! // a guest that says every name back, as it got it: a string in an array of one
//! let guest = wat::parse_str(r#"(module
//!     (import "host" "host_set_result" (func $set_result (param i32 i32)))
//!     (memory (export "memory") 1)
//!     (func (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
//!     (func (export "greeter_v1_greet") (param i32 i32) (result i64)
//!         (call $set_result (i32.add (local.get 0) (i32.const 1)) (i32.sub (local.get 1) (i32.const 1)))
//!         (i64.shl (i64.extend_i32_u (i32.sub (local.get 1) (i32.const 1))) (i64.const 32))))"#)?;
//!
//! let host = Host::builder(registry).build()?;
//! let plugin = host.load("parrot", &guest)?;
//! assert!(plugin.provides(host.registry().contract("greeter.v1").unwrap()));
//!
//! let mut instance = plugin.instantiate(&Grants::none())?;
//! let mut greeter: GreeterClient = instance.contract()?; // `H0312` names every entry that is missing
//! assert_eq!(greeter.greet("world")?, "world");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Waiting
//!
//! A plugin that imports an async function is made by [`Plugin::instantiate_async`] and called by
//! [`Instance::call_async`], on any executor: the host brings no runtime and needs none.
//!
//! ```
//! use hostfn::{Grants, Host, HostFn, Registry, host_fn};
//!
//! /// Say it louder, in your own time.
//! #[host_fn(capability = none)]
//! async fn shout(text: String) -> String {
//!     std::future::ready(text.to_uppercase()).await
//! }
//!
//! # let guest = wat::parse_str(r#"(module
//! #     (import "host" "shout" (func $shout (param i32 i32) (result i64)))
//! #     (import "host" "host_set_window" (func $window (param i32 i32) (result i32)))
//! #     (import "host" "host_set_result" (func $set_result (param i32 i32)))
//! #     (memory (export "memory") 1)
//! #     (func (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
//! #     (func (export "run") (param i32 i32) (result i64) (local $word i64)
//! #         (drop (call $window (i32.const 4096) (i32.const 64)))
//! #         (local.set $word (call $shout (local.get 0) (local.get 1)))
//! #         (call $set_result (i32.const 4096) (i32.wrap_i64 (i64.shr_u (local.get $word) (i64.const 32))))
//! #         (local.get $word)))"#)?;
//! let host = Host::builder(Registry::builder().add(shout::SPEC).build()?).build()?;
//! let plugin = host.load("shouter", &guest)?; // hands its argument on to `shout`
//!
//! let answer: String = pollster::block_on(async {
//!     let mut instance = plugin.instantiate_async(&Grants::none()).await?;
//!     instance.call_async("run", ("hello",)).await
//! })?;
//! assert_eq!(answer, "HELLO");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # By hand
//!
//! What `#[host_fn]` writes, you can write: [`by_hand`](crate::guide::by_hand) shows both side by side. The attribute expands to a [`HostFnSpec`] built with its public
//! builder, and to nothing that is hidden. A hand-written call function passes the same gate, because the
//! arguments, the state and the reply can only be reached through [`Call::authorize`](crate::spec::Call::authorize).
//!
//! # The audit
//!
//! [`Registry::listing`] says what plugins can reach, [`testing::assert_listing`] holds it to what was reviewed, and the
//! command `hostfn` shows what changed. [`review`](crate::guide::review) goes through a pull request that lets plugins reach more.
//!
//! # Features
//!
//! - `wasm` (default): the wasmtime engine. Without it, [`engine`] runs calls for an engine of your own.
//! - `hostile`: [`testing`]`::hostile`, which checks host functions with hostile guests.
//! - `tracing` (default): `TracingObserver`, which hands on what happens as spans and events.

mod attributes;
pub mod guide;
mod modules;

#[doc(hidden)]
pub mod __private;

pub use hostfn_core::cli;
pub use hostfn_core::{
    Caller, CancelToken, Capability, Error, ErrorReply, Grants, HostError, HostFn, HostFnSpec, HostModule,
    Interrupt, Limits, Listing, LogLevel, Manifest, MemoryBudget, Problem, Problems, Registry, Report,
    Resource, Resources, Result, Scope, Status,
};
#[cfg(feature = "wasm")]
pub use hostfn_core::{Host, Instance, InstanceHandle, Plugin};

#[doc(inline)]
pub use self::attributes::{HostError, capabilities, guest_contract, host_fn};
pub use self::modules::*;

/// The README's examples are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
