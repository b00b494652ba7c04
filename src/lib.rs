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
//! // a guest that calls `greet` with what it is called with, and answers with what it was answered
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
//! | [`FunctionRecord`](crate::audit::FunctionRecord) | what a guest knows of a function that it was built with, and what of it has changed |
//! | [`Manifest`], [`Report`] | what a plugin asks for, and what of it it gets |
//! | [`InstanceHandle`], [`CancelToken`] | an instance that many call, and how it is told to end |
//! | [`Call`](crate::spec::Call), [`Authorized`](crate::spec::Authorized) | one call in flight, before and after the gate |
//! | [`ContractSpec`](crate::contract::ContractSpec), [`GuestContract`](crate::contract::GuestContract), [`GuestError`](crate::contract::GuestError) | what a host calls of its guests, and what they fail with |
//! | [`HostError`], [`Status`] | what a guest is told when a function fails |
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
//! [`Instance::call`] calls any export by its name. [`guest_contract`] makes the exports of a guest a trait, whose
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
//! - `tracing` (default): `TracingObserver`, which hands on what happens as spans and events.

pub mod guide;
mod modules;

#[doc(hidden)]
pub mod __private;

pub use hostfn_core::cli;
pub use hostfn_core::testing;
pub use hostfn_core::{
    Caller, CancelToken, Capability, Error, ErrorReply, Grants, HostError, HostFn, HostFnSpec, HostModule,
    Interrupt, Limits, Listing, LogLevel, Manifest, MemoryBudget, Problem, Problems, Registry, Report,
    Resource, Resources, Result, Scope, Status,
};
#[cfg(feature = "wasm")]
pub use hostfn_core::{Host, Instance, InstanceHandle, Plugin};

pub use self::modules::*;

/// Declares capabilities, each a `static` [`Capability`].
///
/// ```
/// hostfn::capabilities! {
///     /// Greet people by name.
///     pub GREET = "greet";
///     /// Read files beneath granted directories.
///     pub(crate) FS_READ = "fs.read" in path;
///     /// Talk to servers.
///     HTTP_FETCH = "http.fetch" in host;
///     /// Use a store.
///     KV_READ = "kv.read" in name;
/// }
/// assert_eq!(FS_READ.name(), "fs.read");
/// assert_eq!(FS_READ.about(), "Read files beneath granted directories.");
/// assert_eq!(HTTP_FETCH.scope_kind(), hostfn::scope::ScopeKind::Host);
/// ```
///
/// The doc comment is required: its first paragraph is what an auditor reads. The name is lower-case words
/// joined by dots. `in path`, `in host` and `in name` say what a grant's patterns are matched against. Where
/// `hostfn` goes by another name, the block begins with `crate = path::to::hostfn;`.
pub use hostfn_macros::capabilities;

/// Declares a function as a host function: a plugin that is granted its capability may call it.
///
/// The function itself stays as it is, and a unit test can call it; its documentation gets a line that says what a plugin
/// needs for it. Beside it stands a type of its name, or of that which `spec` gives, that implements [`HostFn`], whose [`SPEC`](HostFn::SPEC) is also what [`Registry::collect`] finds.
///
/// # `capability`
///
/// Required. `capability = none` says out loud that every plugin may call it.
///
/// ```
/// # use hostfn::{HostFn, Scope, host_fn};
/// # use hostfn::scope::LastLink;
/// # hostfn::capabilities! {
/// #     /// Greet people by name.
/// #     GREET = "greet";
/// #     /// Read files beneath granted directories.
/// #     FS_READ = "fs.read" in path;
/// # }
/// #[host_fn(capability = GREET)]
/// fn greet(name: &str) -> String {
///     format!("Hello, {name}!")
/// }
///
/// #[host_fn(capability = FS_READ(path))] // `path` is matched against the grant
/// fn fs_size(#[grant] grant: &Scope, path: &str) -> u64 {
///     // opens it, and no link leads out of the grant
///     let file = grant.locate(path, LastLink::Follow).ok();
///     file.and_then(|file| file.metadata().ok()).map_or(0, |there| there.len())
/// }
///
/// #[host_fn(capability = none)]
/// fn add(a: u64, b: u64) -> u64 {
///     a.wrapping_add(b)
/// }
/// assert_eq!(fs_size::SPEC.requirement().scoped_param(), Some("path"));
/// ```
///
/// # `name` and `module`
///
/// What a guest imports: the function's own name, from module `host`, unless they say otherwise.
///
/// ```
/// # use hostfn::{HostFn, host_fn};
/// #[host_fn(capability = none, module = "math", name = "add-two")]
/// fn add(a: u64, b: u64) -> u64 {
///     a.wrapping_add(b)
/// }
/// assert_eq!((add::SPEC.module(), add::SPEC.name()), ("math", "add-two"));
/// ```
///
/// # `max_args`, `max_reply` and `quota`
///
/// The function's own budgets, besides those of the host: bytes of arguments, bytes of reply, and calls within
/// one call from the host into the guest. Beyond them a call answers `QUOTA_EXCEEDED`.
///
/// ```
/// # use hostfn::{HostFn, host_fn};
/// #[host_fn(capability = none, max_args = "64 KiB", max_reply = "1 MiB", quota = 32)]
/// fn echo(data: &[u8]) -> &[u8] {
///     data
/// }
/// assert_eq!(echo::SPEC.args_limit(), Some(64 * 1024));
/// assert_eq!(echo::SPEC.call_quota(), Some(32));
/// ```
///
/// # `since`
///
/// The version of the host's interface that brought the function, 1 unless it says otherwise; the listing
/// shows it.
///
/// ```
/// # use hostfn::{HostFn, host_fn};
/// #[host_fn(capability = none, since = 2)]
/// fn answer() -> u32 {
///     42
/// }
/// assert_eq!(answer::SPEC.since_version(), 2);
/// ```
///
/// # `spec`
///
/// Names the type that has the [`SPEC`](HostFn::SPEC), which is the function's own name unless given. A function that
/// is re-exported beside a module of its name needs it: the type would clash with the module (`E0255`). A glob,
/// `pub use greet::*`, works without it.
///
/// ```
/// # use hostfn::{HostFn, host_fn};
/// mod greet {
/// #   use hostfn::host_fn;
///     #[host_fn(capability = none, spec = GreetFn)]
///     pub fn greet() {}
/// }
/// pub use greet::greet;
/// assert_eq!(greet::GreetFn::SPEC.name(), "greet");
/// # greet();
/// ```
///
/// # `collect`
///
/// `collect = false` keeps it out of [`Registry::collect`]: a library's function that nobody gets who did not ask for
/// it, by its [`HostModule`] or with [`RegistryBuilder::add`](crate::spec::RegistryBuilder::add).
///
/// ```standalone_crate
/// # use hostfn::{HostFn, HostModule, Registry, host_fn};
/// #[host_fn(capability = none, collect = false)]
/// fn answer() -> u32 {
///     42
/// }
/// assert!(Registry::collect()?.get("host", "answer").is_none());
/// assert!(Registry::builder().add(answer::SPEC).build()?.get("host", "answer").is_some());
/// assert_eq!(HostModule::new("answers").function(answer::SPEC).specs().len(), 1);
/// # Ok::<(), hostfn::Error>(())
/// ```
///
/// # `crate`
///
/// The path of `hostfn`, where it goes by another name: renamed, or re-exported by a crate of yours.
///
/// ```
/// mod my_toolkit {
///     pub use hostfn;
/// }
///
/// #[my_toolkit::hostfn::host_fn(capability = none, crate = my_toolkit::hostfn)]
/// fn answer() -> u32 {
///     42
/// }
/// ```
///
/// # Parameters
///
/// Any `T: Deserialize`, at most 16; `&str` and `&[u8]` read the guest's memory in place. What the host passes
/// comes first:
///
/// - `#[state] s: &mut S` or `&S` is the instance's state of that type, which
///   `Host::builder(registry).state("id", |cx| ...)` provides;
/// - `#[state] s: Shared<S>` is a handle on a state that all instances of the host share, which `.shared("id",
///   value)` provides;
/// - `#[caller] c: &Caller` tells who is calling, and [logs](Caller::log) for it;
/// - `#[grant] g: &Scope` is the grant that the arguments were matched against, for a capability with a scope.
///
/// ```
/// # use hostfn::host_fn;
/// #[derive(Default)]
/// struct Counter(u64);
///
/// #[host_fn(capability = none)]
/// fn count(#[state] counter: &mut Counter, by: u64) -> u64 {
///     counter.0 += by;
///     counter.0
/// }
/// ```
///
/// ```
/// # use hostfn::{Caller, Scope, host_fn};
/// # use hostfn::state::Shared;
/// # hostfn::capabilities! {
/// #     /// Use a store.
/// #     KV_READ = "kv.read" in name;
/// # }
/// use std::sync::Mutex;
///
/// #[host_fn(capability = KV_READ(store))]
/// fn last_reader(
///     #[state] last: Shared<Mutex<String>>,
///     #[caller] caller: &Caller,
///     #[grant] grant: &Scope,
///     store: &str,
/// ) -> String {
///     assert!(grant.allows(store)); // it was matched already
///     let mut last = last.lock().unwrap();
///     std::mem::replace(&mut last, caller.plugin().to_owned())
/// }
/// ```
///
/// # `async fn`
///
/// Arguments and reply are owned, states are [`Shared`](crate::state::Shared), and what the host lends is taken by value: guest memory
/// may move while the future waits. The future is `Send + 'static`. A plugin that imports one is made by
/// [`Plugin::instantiate_async`] and called by [`Instance::call_async`], on any executor; the wait ends with the
/// guest's time. An engine of your own starts it with [`engine::Session::start`].
///
/// ```
/// # use hostfn::{HostFn, host_fn};
/// #[host_fn(capability = none)]
/// async fn shout(text: String) -> String {
///     text.to_uppercase()
/// }
/// assert!(shout::SPEC.is_async());
/// ```
///
/// # Replies
///
/// `()`, any `T: Serialize`, which may borrow from the arguments, or `Result<T, E>` with `E: HostError`, behind
/// an alias too.
///
/// ```
/// # use hostfn::host_fn;
/// #[host_fn(capability = none)]
/// fn echo(data: &[u8]) -> &[u8] {
///     data // one copy, from the guest's memory to its reply window
/// }
/// ```
pub use hostfn_macros::host_fn;

/// Declares a trait as the functions that a guest exports: a contract. Beside the trait `Greeter` stands its
/// client, `GreeterClient`, which an instance gives out: `instance.contract::<GreeterClient>()`.
///
/// The trait itself stays as it is, and a plain Rust type can implement it, in place of a guest in a test. The
/// client has the same methods; each takes `&mut self` and returns what the trait says inside a
/// [`Result`], for the calls that no guest answers. [`Registry::collect`] finds the contract, and
/// the listing shows it.
///
/// # `id`
///
/// Required: the name that host and guest know the contract by, lower-case words joined by dots. A change that a
/// guest of today would not understand is another contract, `greeter.v2`.
///
/// ```
/// use hostfn::guest_contract;
/// use hostfn::contract::GuestContract;
///
/// /// Guests that greet.
/// #[guest_contract(id = "greeter.v1")]
/// pub trait Greeter {
///     /// Greet a person.
///     fn greet(&mut self, name: &str) -> String;
/// }
///
/// let greet = &GreeterClient::CONTRACT.methods_in_order()[0];
/// assert_eq!(greet.entry(), "greeter_v1_greet");
///
/// struct InATest;
/// impl Greeter for InATest {
///     fn greet(&mut self, name: &str) -> String {
///         format!("Hello, {name}!")
///     }
/// }
/// ```
///
/// # `#[entry]`
///
/// The symbol that the guest exports for a method: the id with `_` for everything but letters and digits, `_` and
/// the method's name, unless `#[entry("symbol")]` on the method says otherwise. A Rust guest exports it under that
/// name with `hostfn_guest::export!`.
///
/// # `crate`
///
/// The path of `hostfn`, where it goes by another name, as in [`host_fn`](macro@host_fn).
///
/// # Methods
///
/// They begin with `&mut self` or `&self` and have no bodies. Parameters are any `T: Serialize`, borrowed ones
/// included, at most 16. A reply is owned: `()`, any `T: DeserializeOwned`, or `Result<T, E>` with
/// `E:` [`GuestError`](crate::contract::GuestError), behind an alias too. The listing shows the shape of what is `Deserialize`, or a reference
/// to it.
///
/// An `async fn` has a client's method to await, of any instance. A plain `fn` answers `H0414` for an instance that
/// was made to wait, by `Plugin::instantiate_async`.
///
/// ```
/// use hostfn::{ErrorReply, HostError, Instance, Status, guest_contract};
/// use hostfn::contract::GuestError;
///
/// /// The guest knows nobody of that name.
/// #[derive(Debug, thiserror::Error, HostError)]
/// #[error("the guest knows nobody of that name")]
/// struct Unknown;
///
/// impl GuestError for Unknown {
///     fn from_guest(_: Status, reply: Option<&ErrorReply>) -> Option<Self> {
///         reply.filter(|reply| reply.code == "unknown").map(|_| Unknown)
///     }
/// }
///
/// #[guest_contract(id = "phone-book.v1")]
/// trait PhoneBook {
///     fn look_up(&mut self, name: &str) -> Result<u64, Unknown>;
///
///     #[entry("phone_book_learn")]
///     async fn learn(&mut self, people: &[(String, u64)]);
/// }
///
/// async fn dial(instance: &mut Instance) -> hostfn::Result<Option<u64>> {
///     let mut book: PhoneBookClient = instance.contract()?;
///     book.learn(&[("Ada".to_owned(), 1815)]).await?;
///     match book.look_up("Ada")? {
///         Ok(number) => Ok(Some(number)),
///         Err(Unknown) => Ok(None),
///     }
/// }
/// ```
pub use hostfn_macros::guest_contract;

/// Implements [`HostError`](trait@HostError) for an enum or a struct that implements `Display`, by hand or with
/// `thiserror`.
///
/// Each variant is an error with a code, its name in snake case unless `#[code("...")]` says otherwise, and a
/// status, `FAILED` unless `#[status(...)]` says otherwise: a name of the ABI's (`not_found`, `failed`,
/// `bad_input`, `quota_exceeded`, `no_capability`, `internal`) or a number of your own from -1024 down. Doc comments
/// go to the listing. An error with the status `no_capability` is recorded as a denial,
/// [`Decision::Refused`](crate::observe::Decision::Refused); so is one with a field that is marked `#[scope_value]`, which is what lies outside the grant:
/// the host's records have it, and the guest does not. Where `hostfn` goes by another name, add `#[hostfn(crate = path::to::hostfn)]`.
///
/// ```
/// use hostfn::{HostError, Status};
///
/// #[derive(Debug, thiserror::Error, HostError)]
/// enum ShelfError {
///     /// No such book is on the shelf.
///     #[error("there is no such book")]
///     #[status(not_found)]
///     NoSuchBook,
///     /// The shelf is full.
///     #[error("there is no room for {0}")]
///     #[status(-1024)]
///     #[code("shelf_full")]
///     Full(String),
/// }
/// assert_eq!(ShelfError::NoSuchBook.status(), Status::NOT_FOUND);
/// assert_eq!(ShelfError::NoSuchBook.code(), "no_such_book");
/// assert_eq!(ShelfError::Full("it".into()).code(), "shelf_full");
/// assert_eq!(ShelfError::KINDS[1].docs, "The shelf is full.");
///
/// #[derive(Debug, thiserror::Error, HostError)]
/// enum LibraryError {
///     /// It is Sunday.
///     #[error("the library is closed")]
///     Closed,
///     #[error(transparent)]
///     #[status(transparent)]
///     Shelf(#[from] ShelfError),
/// }
/// assert_eq!(LibraryError::from(ShelfError::NoSuchBook).code(), "no_such_book");
/// assert_eq!(LibraryError::KINDS.len(), 3);
/// ```
pub use hostfn_macros::HostError;

/// The README's examples are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
