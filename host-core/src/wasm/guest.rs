//! What the engine keeps for one running guest, and the way into it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hostfn_abi::names;
use wasmtime::{AsContextMut, Caller, Extern, Memory, StoreContextMut, TypedFunc};

use super::clock::Clock;
use super::host::CutOff;
use super::meter::Meter;
use super::plugin::PluginParts;
use super::stop::{Stop, is_final, told_code};
use crate::call::Env;
use crate::error::{Code, SetBy, printable};
use crate::observe::{Event, EventKind, Fault, Observers, Phase, PhaseContext, PhaseGuard};
use crate::policy::{Access, Limits, Manifest};
use crate::registry::HostFnSpec;
use crate::state::{CancelToken, Interrupt};

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
    pub(super) reentry: Reentry,
    pub(super) poison: Option<Poison>,
    /// Whether there is a poison, for those who look from elsewhere.
    pub(super) spent: Arc<AtomicBool>,
    pub(super) cut_off: CutOff,
    /// How often the guest was cut off.
    pub(super) cut_offs: u32,
    /// The host's.
    pub(super) limits: Limits,
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

/// Why an instance takes no more calls.
pub(super) struct Poison {
    pub(super) code: Code,
    pub(super) what: String,
}

/// How deeply host functions call back into the guest: section 9 of the ABI.
pub(super) struct Reentry {
    deep: u32,
    most: u32,
}

impl Reentry {
    pub(super) fn new(most: u32) -> Self {
        Self { deep: 0, most }
    }

    /// Goes one call deeper; `false` where that is too deep.
    fn enter(&mut self) -> bool {
        let within = self.deep < self.most;
        self.deep += u32::from(within);
        within
    }

    fn leave(&mut self) {
        self.deep -= 1;
    }
}

impl Guest {
    /// Whether the guest may go on.
    pub(super) fn may_go_on(&self) -> Result<(), Stop> {
        if self.interrupt.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        if self.interrupt.is_raised() { Err(Stop::Time) } else { Ok(()) }
    }

    pub(super) fn tell(&self, what: EventKind<'_>) {
        if !self.observers.is_empty() {
            let instance = Some(self.env.caller().instance());
            self.observers.tell(&Event::new(&self.plugin.name, instance, what));
        }
    }

    /// A phase of this instance begins.
    #[inline]
    pub(super) fn begin<'a>(
        &'a self,
        phase: Phase,
        of: impl FnOnce(PhaseContext<'a>) -> PhaseContext<'a>,
    ) -> PhaseGuard {
        if self.observers.is_empty() {
            return PhaseGuard::NOTHING;
        }
        let instance = Some(self.env.caller().instance());
        self.observers.begin(&of(PhaseContext::new(&self.plugin.name, instance, phase)))
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
        self.spend(Code::Poisoned, shortened(message));
    }

    /// The guest was cut off in the middle of its code. Host functions go on, for an outer call that is under way.
    #[cold]
    pub(super) fn cut_off(&mut self, export: &str, error: &wasmtime::Error) {
        self.cut_offs = self.cut_offs.saturating_add(1);
        if self.cut_off == CutOff::End {
            let code = told_code(error, self.meter.refused());
            self.spend(Code::CutOff, format!("a call of `{}` was cut off by {code}", printable(export)));
        }
    }

    fn spend(&mut self, code: Code, what: String) {
        self.poison.get_or_insert(Poison { code, what });
        self.spent.store(true, Ordering::Release);
    }

    /// Whose limit it is that the guest ran into.
    #[cold]
    pub(super) fn set_by(&self, limit: &str) -> SetBy {
        let lowered = |manifest: &Manifest| manifest.limits().lowers(&self.limits, limit);
        if self.plugin.manifest().is_some_and(lowered) { SetBy::Manifest } else { SetBy::Host }
    }

    /// No host function is called any more.
    pub(super) fn shut(&mut self) {
        for access in &mut self.access {
            access.shut();
        }
    }
}

/// A message that is kept for as long as the instance: a guest may have chosen it.
fn shortened(mut message: String) -> String {
    const LONGEST: usize = 4096;
    if message.len() > LONGEST {
        message.truncate(message.floor_char_boundary(LONGEST));
        message.push_str("...");
        message.shrink_to_fit();
    }
    message
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

/// A block of `len` bytes from the guest's own allocator, for a host function that the guest called; `None` when
/// it gives none, or host functions have called into the guest too deeply already.
///
/// # Errors
/// When the guest was stopped, which ends more than this allocation.
#[cold]
pub(super) fn alloc(mut store: StoreContextMut<'_, Guest>, len: u32) -> wasmtime::Result<Option<u32>> {
    if !store.data_mut().reentry.enter() {
        return Ok(None);
    }
    let block = alloc_outermost(store.as_context_mut(), len);
    reentered(store.data_mut(), block)
}

/// The same, of a guest that waits.
pub(super) async fn alloc_waiting(
    mut store: StoreContextMut<'_, Guest>,
    len: u32,
) -> wasmtime::Result<Option<u32>> {
    if !store.data_mut().reentry.enter() {
        return Ok(None);
    }
    let block = alloc_outermost_waiting(store.as_context_mut(), len).await;
    reentered(store.data_mut(), block)
}

/// A trap of the allocator is no room for the guest that goes on, and it was cut off all the same.
fn reentered(guest: &mut Guest, block: wasmtime::Result<Option<u32>>) -> wasmtime::Result<Option<u32>> {
    guest.reentry.leave();
    block.or_else(|error| {
        guest.cut_off(names::PLUGIN_ALLOC, &error);
        if is_final(&error) { Err(error) } else { Ok(None) }
    })
}

/// A block for the arguments of a call from the host, which is inside no host function.
///
/// # Errors
/// When the guest trapped or was stopped.
pub(super) fn alloc_outermost(store: StoreContextMut<'_, Guest>, len: u32) -> wasmtime::Result<Option<u32>> {
    let Some(plugin_alloc) = store.data().alloc.clone() else {
        return Ok(None);
    };
    let (ptr, _) = in_frame(store, |store| plugin_alloc.call(store, len));
    ptr.map(block)
}

/// The same, of a guest that waits.
pub(super) async fn alloc_outermost_waiting(
    mut store: StoreContextMut<'_, Guest>,
    len: u32,
) -> wasmtime::Result<Option<u32>> {
    let Some(plugin_alloc) = store.data().alloc.clone() else {
        return Ok(None);
    };
    let outer = enter(store.data_mut());
    let ptr = plugin_alloc.call_async(store.as_context_mut(), len).await;
    leave(store.data_mut(), outer);
    ptr.map(block)
}

fn block(ptr: u32) -> Option<u32> {
    (ptr != 0).then_some(ptr)
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
