//! The seam between the toolkit and an engine: the only way an engine runs host functions.
//!
//! An engine runs guests: WebAssembly, a script, a native library. The wasmtime engine (`Host`, `Plugin`, `Instance`) and
//! [`MockHost`](crate::testing::MockHost) are built on this module and on nothing else, and so can yours be. It needs no
//! feature of this crate.
//!
//! # Parts
//!
//! 1. A [`Composition`] is a host before any guest exists: registry, states, closers, observers, limits.
//! 2. A [`Subject`] is a plugin as the engine found it: its name, its manifest, the functions that it imports.
//! 3. A [`Session`] is one guest's side of every call. [`Subject::session`] checks the grants, opens the gates and creates
//!    the states.
//! 4. [`Exports`] is a running guest as the host calls it: contract clients and [`Handle`]s work on it.
//!
//! # Calls
//!
//! Data flows one way: authorize, decode, run, encode, place. Bytes are the seam: arguments and replies are `MessagePack`. An
//! engine with values of its own encodes them into a buffer that it keeps, before the call, so that no guest code runs
//! while the session is borrowed.
//!
//! - The guest calls the host: [`Session::call`]. The reply stays in a buffer of the session. An engine whose guests have a
//!   memory of their own uses [`Session::call_into`], places the reply, and then records the call. An async function is
//!   [started](Session::start), waited for and [finished](Session::finish).
//! - The host calls the guest: [`Session::enter`] begins the call, and [`GuestCall::end`] ends it. In between the budgets,
//!   quotas and the deadline of that call count. The engine asks [`Session::may_go_on`] while the guest runs, and ends the
//!   call with the error of [`Session::stopped`] when a call returns a [`Stop`].
//!
//! The session keeps the promises, whatever the engine does: a call passes its gate, a denial is recorded, a host function
//! that panics poisons the instance, states are closed in reverse order. An engine that drops a call half-way leaves a
//! record of it.
//!
//! # Example
//!
//! An engine whose guests are lists of numbers. A guest exports `sum`, which adds them with a host function.
//!
//! ```
//! use hostfn_abi::codec;
//! use hostfn_core::engine::{Composition, Exports, GuestResult, Import, Session};
//! use hostfn_core::{Code, Grants, HostFnSpec, Param, Registry, Result, Status, reply_shape};
//!
//! static ADD: HostFnSpec = HostFnSpec::new("host", "add", |call| {
//!     let mut call = call.authorize()?;
//!     let (a, b) = call.args::<(u64, u64)>()?;
//!     call.reply(&a.wrapping_add(b))
//! })
//! .always_available()
//! .with_params(&[Param::new::<u64>("a"), Param::new::<u64>("b")])
//! .with_reply(reply_shape!(u64));
//!
//! /// A running guest.
//! struct Numbers {
//!     session: Session,
//!     add: Import,
//!     numbers: Vec<u64>,
//! }
//!
//! impl Numbers {
//!     fn run(&mut self, export: &str) -> Result<GuestResult> {
//!         if export != "sum" {
//!             return Err(self.session.no_such_export(export, "the guest has no such export"));
//!         }
//!         // a guest's values are `MessagePack` on their way through
//!         let mut sum = vec![0];
//!         for number in &self.numbers {
//!             let args = [&[0x92], &sum[..], &codec::to_vec(number).unwrap()].concat();
//!             let reply = self.session.call(self.add, &args);
//!             let reply = reply.map(|reply| (reply.status, reply.bytes.to_owned()));
//!             let (status, bytes) = reply.map_err(|stop| self.session.stopped(export, stop))?;
//!             if !status.is_ok() {
//!                 return self.session.result(export, status, &bytes);
//!             }
//!             sum = bytes;
//!         }
//!         self.session.result(export, Status::OK, &sum)
//!     }
//! }
//!
//! impl Exports for Numbers {
//!     fn session(&self) -> &Session {
//!         &self.session
//!     }
//!
//!     fn session_mut(&mut self) -> &mut Session {
//!         &mut self.session
//!     }
//!
//!     fn has(&mut self, entry: &str) -> Option<bool> {
//!         (entry == "sum").then_some(true)
//!     }
//!
//!     fn call_bytes(&mut self, export: &str, args: Vec<u8>) -> Result<GuestResult> {
//!         let call = self.session.enter(export)?;
//!         let result = self.run(export);
//!         let len = result.as_ref().map_or(0, |result| result.bytes().len());
//!         call.end(&mut self.session, (args.len(), len), result)
//!     }
//! }
//!
//! let composition = Composition::builder(Registry::builder().add(&ADD).build()?).build()?;
//! let subject = composition.subject("numbers", None, composition.imports())?;
//! let (session, add) = (subject.session(&Grants::none()).open()?, composition.import("host", "add").unwrap());
//! let mut guest = Numbers { session, add, numbers: vec![20, 22] };
//!
//! let sum: u64 = hostfn_core::Callee::new(&mut guest).call("sum", ())?;
//! assert_eq!(sum, 42);
//! let error = hostfn_core::Callee::new(&mut guest).call::<_, u64>("product", ()).unwrap_err();
//! assert_eq!(error.code(), Code::NoSuchExport);
//! # Ok::<(), hostfn_core::Error>(())
//! ```

mod aborts;
mod async_callee;
mod block;
pub(crate) mod callee;
mod calls;
mod clock;
mod composition;
mod dispatch;
mod exports;
mod grants;
mod guest_call;
mod handle;
mod life;
mod pending;
mod poll;
mod pool;
mod record;
mod session;
mod start;
mod stop;
mod subject;
mod thread;

pub use self::async_callee::{AsyncCallee, AsyncContract};
pub(crate) use self::block::block_on_for;
pub use self::composition::{Composition, CompositionBuilder, CutOff, Import, MissingCapability};
pub use self::dispatch::HostReply;
pub(crate) use self::dispatch::Rehearsed;
pub use self::exports::{Exports, Returning};
pub use self::grants::LiveGrants;
pub use self::guest_call::{GuestCall, GuestResult};
pub use self::handle::{Handle, InstanceDriver};
pub use self::pending::{Completed, Pending};
#[cfg(feature = "wasm")]
pub(crate) use self::poll::at_once;
pub use self::pool::{Lease, Pool, PoolBuilder, PoolSource, PoolStart, PoolStats, Starting};
pub use self::record::{Outcome, RecordedCall};
pub use self::session::Session;
pub use self::start::SessionBuilder;
pub use self::stop::Stop;
pub use self::subject::Subject;
pub use crate::call::Spill;
