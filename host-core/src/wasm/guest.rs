//! What the engine keeps for one running guest, and the way into it.

use std::sync::Arc;

use host_abi::{Word, names};
use wasmtime::{AsContextMut, Caller, Extern, Memory, StoreContextMut, TypedFunc};

use super::clock::Clock;
use super::meter::Meter;
use super::plugin::PluginParts;
use super::stop::{Stop, is_final};
use crate::access::Access;
use crate::call::{Env, Fault};
use crate::cancel::CancelToken;
use crate::interrupt::Interrupt;
use crate::observer::{Decision, Event, HostCall, Observers, Phase, Scene, Watch, What};
use crate::spec::HostFnSpec;

/// The store's data.
pub(super) struct Guest {
    pub(super) plugin: Arc<PluginParts>,
    pub(super) observers: Observers,
    pub(super) env: Env,
    /// See [`PluginParts::slots`].
    pub(super) slots: Arc<[u16]>,
    /// One for each host function that the plugin imports.
    pub(super) access: Box<[Access]>,
    pub(super) meter: Meter,
    pub(super) clock: Arc<Clock>,
    /// The tick at which its time is up, and whether its end was asked for.
    pub(super) interrupt: Interrupt,
    /// Ends the instance.
    pub(super) life: CancelToken,
    /// Calls its start off, for as long as it starts.
    pub(super) startup: Option<CancelToken>,
    pub(super) memory: Option<Memory>,
    pub(super) alloc: Option<Arc<TypedFunc<u32, u32>>>,
    pub(super) window: Window,
    pub(super) frame: Frame,
    pub(super) poison: Option<String>,
}

/// The standing reply window: a range that was inside the memory when it was set, and memories never
/// shrink.
#[derive(Clone, Copy, Default)]
pub(super) struct Window {
    pub(super) ptr: u32,
    pub(super) cap: u32,
}

/// What belongs to one call from the host into the guest, however deeply such calls are nested.
#[derive(Default)]
pub(super) struct Frame {
    pub(super) reply_ptr: u32,
    pub(super) result: Option<(u32, u32)>,
}

impl Guest {
    /// Whether the guest may go on.
    pub(super) fn may_go_on(&self) -> Result<(), Stop> {
        if self.interrupt.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        if self.interrupt.is_raised() { Err(Stop::Time) } else { Ok(()) }
    }

    pub(super) fn tell(&self, what: What<'_>) {
        if !self.observers.is_empty() {
            let instance = Some(self.env.caller().instance());
            self.observers.tell(&Event::new(&self.plugin.name, instance, what));
        }
    }

    /// A phase of this instance begins.
    #[inline]
    pub(super) fn begin<'a>(&'a self, phase: Phase, of: impl FnOnce(Scene<'a>) -> Scene<'a>) -> Watch {
        if self.observers.is_empty() {
            return Watch::NOTHING;
        }
        let instance = Some(self.env.caller().instance());
        self.observers.begin(&of(Scene::new(&self.plugin.name, instance, phase)))
    }

    /// Tells of a call that has been answered with `word`. What is refused or fails is told also when nobody
    /// wanted to know.
    pub(super) fn record(
        &mut self,
        spec: &'static HostFnSpec,
        args: u32,
        word: Word,
        fault: Option<&Fault>,
        watch: &Watch,
    ) {
        if fault.is_none() && !watch.is_wanted() {
            return;
        }
        let matched = self.env.take_scope_value();
        let granted = if spec.capability().is_some() { Decision::Granted } else { Decision::Always };
        let decision = fault.and_then(Fault::decision).unwrap_or(granted);
        let mut call = HostCall::new(spec, decision, word.status());
        call.scope_value = fault.and_then(Fault::scope_value).or(matched.as_deref());
        (call.args, call.reply) = (args, word.len());
        call.duration = watch.duration();
        call.fault = fault;
        self.tell(What::HostCall(call));
    }

    /// A panic poisons the instance.
    #[cold]
    pub(super) fn suffer(&mut self, spec: &HostFnSpec, fault: &Fault) {
        if fault.is_panic() {
            self.poison(format!("{}: {}", spec.name(), fault.message()));
        }
    }

    /// Nothing that the host functions left behind can be trusted any more.
    #[cold]
    pub(super) fn poison(&mut self, message: String) {
        self.shut();
        self.poison.get_or_insert(message);
    }

    /// No host function is called any more.
    pub(super) fn shut(&mut self) {
        for access in &mut self.access {
            access.shut();
        }
    }
}

/// Finds what the ABI needs of the guest's exports. A start function runs before the host holds the
/// instance, so its calls find them through the caller.
#[cold]
pub(super) fn find_exports(caller: &mut Caller<'_, Guest>) -> Option<Memory> {
    let memory = caller.get_export(names::MEMORY).and_then(Extern::into_memory)?;
    let alloc = caller
        .get_export(names::PLUGIN_ALLOC)
        .and_then(Extern::into_func)
        .and_then(|func| func.typed::<u32, u32>(&*caller).ok());
    let guest = caller.data_mut();
    guest.memory = Some(memory);
    guest.alloc = alloc.map(Arc::new);
    Some(memory)
}

/// Runs `call`, which enters the guest, in a frame of its own.
pub(super) fn in_frame<T>(
    mut store: StoreContextMut<'_, Guest>,
    call: impl FnOnce(StoreContextMut<'_, Guest>) -> T,
) -> (T, Frame) {
    let outer = enter(store.data_mut());
    let value = call(store.as_context_mut());
    let inner = leave(store.data_mut(), outer);
    (value, inner)
}

/// Begins a frame; returns the one around it.
pub(super) fn enter(guest: &mut Guest) -> Frame {
    guest.env.enter();
    std::mem::take(&mut guest.frame)
}

/// Ends a frame, and goes back to the one around it.
pub(super) fn leave(guest: &mut Guest, outer: Frame) -> Frame {
    guest.env.leave();
    std::mem::replace(&mut guest.frame, outer)
}

/// A block of `len` bytes from the guest's own allocator; `None` when there is none to be had.
///
/// # Errors
/// When the guest was stopped, which ends more than this allocation.
#[cold]
pub(super) fn alloc(store: StoreContextMut<'_, Guest>, len: u32) -> wasmtime::Result<Option<u32>> {
    let Some(plugin_alloc) = store.data().alloc.clone() else {
        return Ok(None);
    };
    let (ptr, _) = in_frame(store, |store| plugin_alloc.call(store, len));
    block(ptr)
}

/// The same, of a guest that waits.
pub(super) async fn alloc_waiting(
    mut store: StoreContextMut<'_, Guest>,
    len: u32,
) -> wasmtime::Result<Option<u32>> {
    let Some(plugin_alloc) = store.data().alloc.clone() else {
        return Ok(None);
    };
    let outer = enter(store.data_mut());
    let ptr = plugin_alloc.call_async(store.as_context_mut(), len).await;
    leave(store.data_mut(), outer);
    block(ptr)
}

fn block(ptr: wasmtime::Result<u32>) -> wasmtime::Result<Option<u32>> {
    match ptr {
        Ok(0) => Ok(None),
        Ok(ptr) => Ok(Some(ptr)),
        Err(error) if is_final(&error) => Err(error),
        Err(_) => Ok(None),
    }
}

/// The bytes of a guest's `(ptr, len)`, if they are all inside its memory.
pub(super) fn range(memory: &[u8], ptr: u32, len: u32) -> Option<&[u8]> {
    // of no bytes the place does not matter
    if len == 0 {
        return Some(&[]);
    }
    let start = usize::try_from(ptr).ok()?;
    let end = start.checked_add(usize::try_from(len).ok()?)?;
    memory.get(start..end)
}

/// The same, to write.
pub(super) fn range_mut(memory: &mut [u8], ptr: u32, len: u32) -> Option<&mut [u8]> {
    let start = usize::try_from(ptr).ok()?;
    let end = start.checked_add(usize::try_from(len).ok()?)?;
    memory.get_mut(start..end)
}
