//! One running guest.

use std::fmt;

use hostfn_abi::{Status, Word, codec};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasmtime::{AsContextMut, Store, TypedFunc, WasmParams, WasmResults};

use super::guest::{Frame, Guest, alloc_outermost, alloc_outermost_waiting, range, range_mut};
use super::stack;
use super::stop::told;
use crate::engine::callee::GuestContract;
use crate::engine::{Exports, GuestResult, Handle, InstanceDriver, LiveGrants, Returning, Session, at_once};
use crate::error::{Code, Error, Problem, Result};
use crate::policy::Limits;
use crate::state::CancelToken;

/// A handle on an instance that one owner runs: see [`Instance::into_handle`].
pub type InstanceHandle = Handle<Instance>;

/// What a call enters: section 7 of the ABI.
type Entry = TypedFunc<(u32, u32), i64>;

/// The number of them that an instance keeps.
const MOST_ENTRIES: usize = 16;

/// One running guest with a memory, states and grants of its own. It takes one call at a time.
///
/// Its end is orderly, whether by [`close`](Instance::close) or because it is dropped: states are closed in
/// the reverse order of their initialisers.
///
/// A call that cuts the guest off, such as a trap or a timeout, ends it too, unless the host was built with
/// [`CutOff::Keep`](crate::CutOff): [`Error::ends_instance`] has a table.
pub struct Instance {
    pub(super) store: Store<Guest>,
    pub(super) exports: wasmtime::Instance,
    /// Exports that were called, by name.
    entries: Vec<(Box<str>, Entry)>,
    /// Made by `instantiate_async`: it runs on a stack of its own, which is left while it waits.
    waits: bool,
}

impl Instance {
    pub(super) fn new(store: Store<Guest>, exports: wasmtime::Instance, waits: bool) -> Self {
        Self { store, exports, entries: Vec::new(), waits }
    }

    pub(super) async fn run<P, R>(&mut self, func: &TypedFunc<P, R>, params: P) -> wasmtime::Result<R>
    where
        P: WasmParams + Sync,
        R: WasmResults + Sync,
    {
        if self.waits {
            func.call_async(&mut self.store, params).await
        } else {
            func.call(&mut self.store, params)
        }
    }

    /// Calls an export of the guest: section 7 of the ABI. `args` is a tuple with one element for each
    /// of its parameters.
    ///
    /// # Errors
    /// `H0403` when there is no such export, `H0404` ([`Error::Guest`]) when the guest answers with an
    /// error, `H0405` and `H0406` when it traps or runs out of time, `H0407` when its result breaks
    /// the ABI or is not an `R`, `H0408` when a host function panicked in an earlier call, `H0418` when the guest was
    /// cut off in an earlier call, `H0409`
    /// when the arguments find no room, `H0411` ([`Error::Exhausted`]) when it uses up what it may, `H0412`
    /// when its end is asked for meanwhile, `H0413` when it has ended, `H0414` for an instance that was made
    /// by [`instantiate_async`](crate::Plugin::instantiate_async).
    pub fn call<A: Serialize, R: DeserializeOwned>(&mut self, export: &str, args: A) -> Result<R> {
        self.refuse_unless(false, export)?;
        let args = self.encoded(export, &args)?;
        at_once(self.calling(export, args, decoded))
    }

    /// As [`call`](Instance::call), of an instance that was made by
    /// [`instantiate_async`](crate::Plugin::instantiate_async): while it waits for an async host function,
    /// and about every 10 ms while it runs, others on the executor make progress.
    ///
    /// Dropping the future cancels the call and leaves the instance closed: it had come no one knows how far.
    ///
    /// # Errors
    /// Those of [`call`](Instance::call); `H0414` for an instance that cannot wait.
    pub fn call_async<A: Serialize, R: DeserializeOwned>(
        &mut self,
        export: &str,
        args: A,
    ) -> impl Future<Output = Result<R>> + Send {
        let args = self.refuse_unless(true, export).and_then(|()| self.encoded(export, &args));
        async move { self.calling(export, args?, decoded).await }
    }

    async fn calling<R>(&mut self, export: &str, args: Vec<u8>, read: Read<R>) -> Result<R> {
        self.session().refuse_if_poisoned()?;
        stack::refuse_small(self.plugin(), export, self.limits(), self.waits)?;
        let mut call = self.session_mut().enter(export)?;
        let mut bytes = (args.len(), 0);
        let answer = call.around(self.answer(export, args, &mut bytes, read)).await;
        call.end(self.session_mut(), bytes, answer)
    }

    async fn answer<R>(
        &mut self,
        export: &str,
        args: Vec<u8>,
        bytes: &mut (usize, usize),
        read: Read<R>,
    ) -> Result<R> {
        let func = self.entry(export)?;
        begin(&mut self.store).map_err(|error| self.stopped(export, error))?;
        // what the host holds while the guest's allocator runs
        let held = match args.len().saturating_sub(codec::SPARE) {
            0 => None,
            charged => {
                let held = self.session().memory().take(charged);
                Some(held.map_err(|_| self.session().out_of_memory(export, None))?)
            }
        };
        // a frame is left over only where an earlier call was given up, which ended the instance
        self.store.data_mut().frame = Frame::default();
        let put = self.put(&args).await;
        drop((args, held));
        let returned = match put {
            Ok(Some(args)) => self.run(&func, args).await.map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        let frame = std::mem::take(&mut self.store.data_mut().frame);
        match returned {
            Ok(Some(bits)) => {
                let word = Word::from_i64(bits);
                bytes.1 = word.len() as usize;
                self.result(export, word, &frame, read)
            }
            Ok(None) => {
                Err(self.session().bad_args(export, "the guest's `plugin_alloc` gave no room for them"))
            }
            Err(error) => {
                self.store.data_mut().cut_off(export, &error);
                Err(self.stopped(export, error))
            }
        }
    }

    /// Returns the export that a call enters. The first few are kept: a search by name costs more than entering one.
    fn entry(&mut self, export: &str) -> Result<Entry> {
        if let Some((_, func)) = self.entries.iter().find(|(name, _)| **name == *export) {
            return Ok(func.clone());
        }
        let func = self.exports.get_typed_func(&mut self.store, export);
        let func: Entry = func.map_err(|_| self.no_such_export(export))?;
        if self.entries.len() < MOST_ENTRIES {
            self.entries.push((export.into(), func.clone()));
        }
        Ok(func)
    }

    /// Writes the arguments into a block of the guest's own; nothing for no arguments.
    async fn put(&mut self, args: &[u8]) -> wasmtime::Result<Option<(u32, u32)>> {
        if args.is_empty() {
            return Ok(Some((0, 0)));
        }
        let Ok(len) = u32::try_from(args.len()) else {
            return Ok(None);
        };
        let store = self.store.as_context_mut();
        let ptr = if self.waits {
            alloc_outermost_waiting(store, len).await?
        } else {
            alloc_outermost(store, len)?
        };
        let memory = self.store.data().memory;
        let block = ptr.zip(memory).and_then(|(ptr, memory)| {
            range_mut(memory.data_mut(&mut self.store), ptr, len).map(|block| (ptr, block))
        });
        Ok(block.map(|(ptr, block)| {
            block.copy_from_slice(args);
            (ptr, len)
        }))
    }

    /// The client of a contract, once it is sure that the plugin has all of its entries:
    /// `instance.contract::<GreeterClient>()?`.
    ///
    /// # Errors
    /// `H0312` for each entry that the plugin does not export, or not as a function of the ABI's type.
    pub fn contract<'i, C: GuestContract<'i>>(&'i mut self) -> Result<C> {
        Exports::contract(self)
    }

    /// Hands the instance to an owner, and returns a handle for everyone else.
    pub fn into_handle(self) -> (InstanceHandle, InstanceDriver) {
        Handle::new(self)
    }

    /// The plugin's name.
    pub fn plugin(&self) -> &str {
        self.session().subject().name()
    }

    /// Its number, which no other instance of the process has.
    pub fn id(&self) -> u64 {
        self.session().number()
    }

    /// A handle on its grants, by which they can be revoked while it runs, from any thread.
    pub fn grants(&self) -> LiveGrants {
        self.session().grants()
    }

    /// What it may use up.
    pub fn limits(&self) -> &Limits {
        self.session().limits()
    }

    /// Its end: cancelled from any thread, it stops a running call within about 10 ms and refuses all that
    /// come after. States are closed by [`close`](Instance::close), or when the instance is dropped.
    pub fn lifetime(&self) -> &CancelToken {
        self.session().lifetime()
    }

    /// Whether it was made by [`instantiate_async`](crate::Plugin::instantiate_async), and is called by
    /// [`call_async`](Instance::call_async).
    pub fn is_async(&self) -> bool {
        self.waits
    }

    /// Its state of type `S`.
    pub fn state<S: 'static>(&self) -> Option<&S> {
        self.session().state()
    }

    /// Its state of type `S`, to change.
    pub fn state_mut<S: 'static>(&mut self) -> Option<&mut S> {
        self.session_mut().state_mut()
    }

    /// Why it takes no more calls, if that is because of an earlier one: the function and message of a host
    /// function's panic, or the export that was cut off.
    pub fn poison(&self) -> Option<&str> {
        self.session().poisoned()
    }

    /// Whether it takes calls: it was not closed or cancelled, no host function panicked, and the guest was not cut
    /// off. [`Error::ends_instance`] has the state after each way in which a call can end.
    pub fn is_usable(&self) -> bool {
        self.session().is_usable()
    }

    /// Ends it: no call is taken any more, and its states are closed, the last one first. Closing it again
    /// does nothing.
    ///
    /// # Errors
    /// An `H0415` for each state whose closer failed; the others are closed all the same.
    pub fn close(&mut self) -> Result<()> {
        self.session_mut().close()
    }

    fn result<R>(&mut self, export: &str, word: Word, frame: &Frame, read: Read<R>) -> Result<R> {
        let (ptr, len) = frame.result.unwrap_or_default();
        if word.len() != len {
            let what = format!("its word says {} bytes, and `host_set_result` said {len}", word.len());
            return Err(self.session().bad_result(export, &what));
        }
        let Some(memory) = self.store.data().memory else {
            let what = "the guest exports no memory that it could be in";
            return Err(self.session().bad_result(export, what));
        };
        let (bytes, guest) = memory.data_and_store_mut(&mut self.store);
        let Some(bytes) = range(bytes, ptr, len) else {
            return Err(guest.session.bad_result(export, "its range is not inside the memory"));
        };
        read(&mut guest.session, export, word.status(), bytes)
    }

    fn refuse_unless(&self, waits: bool, export: &str) -> Result<()> {
        self.session().refuse_if_closed()?;
        if self.waits == waits {
            return Ok(());
        }
        let (what, remedy) = if waits {
            ("it cannot wait: it was made by `instantiate`", "make it by `instantiate_async`, or use `call`")
        } else {
            (
                "it may have to wait: it was made by `instantiate_async`",
                "use `call_async`, or make it by `instantiate` if it imports no async function",
            )
        };
        Err(Problem::new(Code::WrongCall, self.session().place(export), what, remedy).into())
    }

    fn no_such_export(&mut self, export: &str) -> Error {
        let what = match self.exports.get_func(&mut self.store, export) {
            Some(func) => format!("it is {}, and a call needs (i32, i32) -> i64", func.ty(&self.store)),
            None => "the plugin exports no such function".to_owned(),
        };
        self.session().no_such_export(export, &what)
    }

    fn encoded(&self, export: &str, args: &impl Serialize) -> Result<Vec<u8>> {
        codec::to_vec(args).map_err(|error| self.session().bad_args(export, &error.to_string()))
    }

    fn stopped(&self, export: &str, error: wasmtime::Error) -> Error {
        told(self.store.data(), export, error)
    }
}

impl Exports for Instance {
    fn session(&self) -> &Session {
        &self.store.data().session
    }

    fn session_mut(&mut self) -> &mut Session {
        &mut self.store.data_mut().session
    }

    fn has(&mut self, entry: &str) -> Option<bool> {
        let found = self.exports.get_export(&mut self.store, entry)?;
        Some(found.into_func().is_some_and(|func| func.typed::<(u32, u32), i64>(&self.store).is_ok()))
    }

    fn is_async(&self) -> bool {
        self.waits
    }

    fn call_bytes(&mut self, export: &str, args: Vec<u8>) -> Result<GuestResult> {
        self.refuse_unless(false, export)?;
        at_once(self.calling(export, args, Session::result))
    }

    fn call_bytes_async<'a>(&'a mut self, export: &'a str, args: Vec<u8>) -> Returning<'a> {
        Box::pin(async move {
            self.refuse_unless(true, export)?;
            self.calling(export, args, Session::result).await
        })
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance")
            .field("plugin", &self.plugin())
            .field("grants", &self.grants())
            .finish_non_exhaustive()
    }
}

/// How a result is read, where the guest left it.
type Read<R> = fn(&mut Session, &str, Status, &[u8]) -> Result<R>;

fn decoded<R: DeserializeOwned>(
    session: &mut Session,
    export: &str,
    status: Status,
    bytes: &[u8],
) -> Result<R> {
    session.decode_result(export, status, bytes, |bytes, scratch| codec::decode_with(bytes, scratch))
}

/// What the engine itself meters is whole again: another call from the host begins.
pub(super) fn begin(store: &mut Store<Guest>) -> wasmtime::Result<()> {
    store.set_epoch_deadline(1);
    if let Some(fuel) = store.data().session.limits().fuel {
        store.set_fuel(fuel)?;
    }
    store.data_mut().meter.begin();
    Ok(())
}
