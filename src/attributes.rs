//! The macros, with their documentation.

/// Declares capabilities, each a `static` [`Capability`](crate::Capability).
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
/// needs for it. Beside it stands a type of its name, or of that which `spec` gives, that implements [`HostFn`](crate::HostFn), whose [`SPEC`](crate::HostFn::SPEC) is also what [`Registry::collect`](crate::Registry::collect) finds.
///
/// # `capability`
///
/// Required. `capability = none` makes the function callable by every plugin.
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
/// assert_eq!(echo::SPEC.max_args(), Some(64 * 1024));
/// assert_eq!(echo::SPEC.quota(), Some(32));
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
/// assert_eq!(answer::SPEC.since(), 2);
/// ```
///
/// # `spec`
///
/// Names the type that has the [`SPEC`](crate::HostFn::SPEC), which is the function's own name unless given. A function that
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
/// `collect = false` keeps it out of [`Registry::collect`](crate::Registry::collect): a library's function that nobody gets who did not ask for
/// it, by its [`HostModule`](crate::HostModule) or with [`RegistryBuilder::add`](crate::spec::RegistryBuilder::add).
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
///     pub use ::hostfn;
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
/// - `#[caller] c: &Caller` tells who is calling, and [logs](crate::Caller::log) for it;
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
/// [`Plugin::instantiate_async`](crate::Plugin::instantiate_async) and called by [`Instance::call_async`](crate::Instance::call_async), on any executor; the wait ends with the
/// guest's time. An engine of your own starts it with [`engine::Session::start`](crate::engine::Session::start).
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
/// [`Result`](crate::Result), for the calls that no guest answers. [`Registry::collect`](crate::Registry::collect) finds the contract, and
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
/// let greet = &GreeterClient::CONTRACT.methods()[0];
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
/// The path of `hostfn`, where it goes by another name, as in [`host_fn`](macro@crate::host_fn).
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

/// Implements [`HostError`](trait@crate::HostError) for an enum or a struct that implements `Display`, by hand or with
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
