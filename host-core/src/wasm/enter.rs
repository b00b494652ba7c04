//! Calls from the host into a guest: section 7 of the ABI.

use hostfn_abi::{Status, Word, codec};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasmtime::{AsContextMut, Store, TypedFunc, WasmParams, WasmResults};

use super::guest::{Frame, Guest, alloc_outermost, alloc_outermost_waiting, range, range_mut};
use super::instance::Instance;
use super::stack;
use super::stop::into_error;
use crate::engine::{Exports, Session};
use crate::error::{Code, Error, Problem, Result};
use crate::link::NO_SUCH_FUNCTION;
use crate::state::MemoryReservation;

/// The entry of a call: section 7 of the ABI.
pub(super) type Entry = TypedFunc<(u32, u32), i64>;

/// The export that a call enters: by its name, or one that was found before.
#[derive(Clone, Copy)]
pub(super) enum Target<'a> {
    Name(&'a str),
    Found(&'a str, usize),
}

impl<'a> Target<'a> {
    fn name(self) -> &'a str {
        let (Target::Name(name) | Target::Found(name, _)) = self;
        name
    }
}

impl Instance {
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

    #[inline]
    pub(super) fn call_at<A: Serialize, R: DeserializeOwned>(
        &mut self,
        target: Target<'_>,
        args: &A,
    ) -> Result<R> {
        self.refuse_unless(false, target.name())?;
        let mut buffer = std::mem::take(&mut self.args);
        let result = match codec::encode(args, &mut buffer) {
            Ok(()) => self.calling(target, &buffer, decoded),
            Err(error) => Err(self.session().bad_args(target.name(), &error.to_string())),
        };
        self.args = emptied(buffer);
        result
    }

    pub(super) fn calling<R>(&mut self, target: Target<'_>, args: &[u8], read: Read<R>) -> Result<R> {
        let export = target.name();
        self.refuse_unready(export)?;
        let mut call = self.session_mut().enter(export)?;
        let mut bytes = (args.len(), 0);
        let result = call.within(|| self.answer(target, args, &mut bytes, read));
        call.end(self.session_mut(), bytes, result)
    }

    fn answer<R>(
        &mut self,
        target: Target<'_>,
        args: &[u8],
        bytes: &mut (usize, usize),
        read: Read<R>,
    ) -> Result<R> {
        let export = target.name();
        let at = self.entry(target)?;
        let held = self.prepare(export, args.len())?;
        let put = self.put(args);
        drop(held);
        let returned = match put {
            Ok(Some(args)) => self.entries[at].1.call(&mut self.store, args).map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        self.returned(export, returned, bytes, read)
    }

    pub(super) fn call_async_at<A: Serialize, R: DeserializeOwned>(
        &mut self,
        target: Target<'_>,
        args: A,
    ) -> impl Future<Output = Result<R>> + Send {
        let args = self.refuse_unless(true, target.name()).and_then(|()| self.encoded(target.name(), &args));
        async move { self.calling_async(target, args?, decoded).await }
    }

    pub(super) async fn calling_async<R>(
        &mut self,
        target: Target<'_>,
        args: Vec<u8>,
        read: Read<R>,
    ) -> Result<R> {
        let export = target.name();
        self.refuse_unready(export)?;
        let mut call = self.session_mut().enter(export)?;
        let mut bytes = (args.len(), 0);
        let answer = call.around(self.answer_async(target, args, &mut bytes, read)).await;
        call.end(self.session_mut(), bytes, answer)
    }

    async fn answer_async<R>(
        &mut self,
        target: Target<'_>,
        args: Vec<u8>,
        bytes: &mut (usize, usize),
        read: Read<R>,
    ) -> Result<R> {
        let export = target.name();
        let at = self.entry(target)?;
        let held = self.prepare(export, args.len())?;
        let put = self.put_async(&args).await;
        drop((args, held));
        let returned = match put {
            Ok(Some(args)) => self.entries[at].1.call_async(&mut self.store, args).await.map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        self.returned(export, returned, bytes, read)
    }

    /// Makes what a call uses up whole. Returns what the host holds of the instance's memory while the guest's allocator
    /// runs.
    #[inline]
    fn prepare(&mut self, export: &str, args: usize) -> Result<Option<MemoryReservation>> {
        begin(&mut self.store).map_err(|error| self.stopped(export, error))?;
        // a frame is left over only where an earlier call was given up, which ended the instance
        self.store.data_mut().frame = Frame::default();
        match args.saturating_sub(codec::SPARE) {
            0 => Ok(None),
            charged => {
                let held = self.session().memory().take(charged);
                held.map(Some).map_err(|_| self.session().out_of_memory(export, None))
            }
        }
    }

    /// Reads what the guest returned; `None` where the arguments found no room.
    #[inline]
    fn returned<R>(
        &mut self,
        export: &str,
        returned: wasmtime::Result<Option<i64>>,
        bytes: &mut (usize, usize),
        read: Read<R>,
    ) -> Result<R> {
        let frame = std::mem::take(&mut self.store.data_mut().frame);
        match returned {
            Ok(Some(bits)) => {
                let word = Word::from_i64(bits);
                bytes.1 = word.len() as usize;
                self.result(export, word, &frame, read)
            }
            Ok(None) => Err(self.no_room(export)),
            Err(error) => Err(self.cut_off(export, error)),
        }
    }

    #[cold]
    fn no_room(&self, export: &str) -> Error {
        self.session().bad_args(export, "the guest's `plugin_alloc` gave no room for them")
    }

    #[cold]
    fn cut_off(&mut self, export: &str, error: wasmtime::Error) -> Error {
        self.store.data_mut().cut_off(export, &error);
        self.stopped(export, error)
    }

    /// Returns the place of the export that a call enters. Each is searched for once: that costs more than entering it.
    #[inline]
    pub(super) fn entry(&mut self, target: Target<'_>) -> Result<usize> {
        let export = match target {
            Target::Found(_, at) => return Ok(at),
            Target::Name(export) => export,
        };
        match self.entries.iter().position(|(name, _)| **name == *export) {
            Some(at) => Ok(at),
            None => self.find(export),
        }
    }

    #[cold]
    fn find(&mut self, export: &str) -> Result<usize> {
        let func = self.exports.get_typed_func(&mut self.store, export);
        let func: Entry = func.map_err(|_| self.no_such_export(export))?;
        self.entries.push((export.into(), func));
        Ok(self.entries.len() - 1)
    }

    /// Writes the arguments into a block of the guest's own; nothing for no arguments.
    #[inline]
    fn put(&mut self, args: &[u8]) -> wasmtime::Result<Option<(u32, u32)>> {
        let Ok(len) = u32::try_from(args.len()) else { return Ok(None) };
        if len == 0 {
            return Ok(Some((0, 0)));
        }
        let ptr = alloc_outermost(self.store.as_context_mut(), len)?;
        Ok(self.write(ptr, len, args))
    }

    /// The same, of a guest that waits.
    async fn put_async(&mut self, args: &[u8]) -> wasmtime::Result<Option<(u32, u32)>> {
        let Ok(len) = u32::try_from(args.len()) else { return Ok(None) };
        if len == 0 {
            return Ok(Some((0, 0)));
        }
        let ptr = alloc_outermost_waiting(self.store.as_context_mut(), len).await?;
        Ok(self.write(ptr, len, args))
    }

    #[inline]
    fn write(&mut self, ptr: Option<u32>, len: u32, args: &[u8]) -> Option<(u32, u32)> {
        let memory = self.store.data().memory?;
        let ptr = ptr?;
        range_mut(memory.data_mut(&mut self.store), ptr, len)?.copy_from_slice(args);
        Some((ptr, len))
    }

    #[inline]
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

    #[inline]
    pub(super) fn refuse_unless(&self, waits: bool, export: &str) -> Result<()> {
        if self.waits == waits && !self.session().has_ended() {
            return Ok(());
        }
        Err(self.other_call(waits, export))
    }

    /// Refuses a guest that takes no calls, or a stack that it could overflow.
    #[inline]
    fn refuse_unready(&self, export: &str) -> Result<()> {
        let session = self.session();
        if session.is_usable() && !stack::is_small(session.limits(), self.waits) {
            return Ok(());
        }
        self.unready(export)
    }

    #[cold]
    fn unready(&self, export: &str) -> Result<()> {
        self.session().refuse_if_poisoned()?;
        stack::refuse_small(self.plugin(), export, self.limits(), self.waits)
    }

    #[cold]
    fn other_call(&self, waits: bool, export: &str) -> Error {
        if let Err(ended) = self.session().refuse_if_closed() {
            return ended;
        }
        let (what, remedy) = if waits {
            ("it cannot wait: it was made by `instantiate`", "make it by `instantiate_async`, or use `call`")
        } else {
            (
                "it may have to wait: it was made by `instantiate_async`",
                "use `call_async`, or make it by `instantiate` if it imports no async function",
            )
        };
        Problem::new(Code::WrongCall, self.session().place(export), what, remedy).into()
    }

    #[cold]
    fn no_such_export(&mut self, export: &str) -> Error {
        let what = match self.exports.get_func(&mut self.store, export) {
            Some(func) => format!("it is {}, and a call needs (i32, i32) -> i64", func.ty(&self.store)),
            None => NO_SUCH_FUNCTION.to_owned(),
        };
        self.session().no_such_export(export, &what)
    }

    fn encoded(&self, export: &str, args: &impl Serialize) -> Result<Vec<u8>> {
        codec::to_vec(args).map_err(|error| self.session().bad_args(export, &error.to_string()))
    }

    fn stopped(&self, export: &str, error: wasmtime::Error) -> Error {
        into_error(self.store.data(), export, error)
    }
}

/// The way a result is read, where the guest left it.
pub(super) type Read<R> = fn(&mut Session, &str, Status, &[u8]) -> Result<R>;

fn decoded<R: DeserializeOwned>(
    session: &mut Session,
    export: &str,
    status: Status,
    bytes: &[u8],
) -> Result<R> {
    session.decode_result(export, status, bytes, |bytes, scratch| codec::decode_with(bytes, scratch))
}

/// Keeps a buffer for the next call, unless it is large.
#[inline]
fn emptied(mut buffer: Vec<u8>) -> Vec<u8> {
    buffer.clear();
    if buffer.capacity() > codec::SPARE {
        buffer = Vec::new();
    }
    buffer
}

/// Resets the engine's own meters: another call from the host begins.
#[inline]
pub(super) fn begin(store: &mut Store<Guest>) -> wasmtime::Result<()> {
    store.set_epoch_deadline(1);
    if let Some(fuel) = store.data().session.limits().fuel {
        store.set_fuel(fuel)?;
    }
    store.data_mut().meter.begin();
    Ok(())
}
