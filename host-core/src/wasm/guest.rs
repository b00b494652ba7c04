//! The engine's state of one running guest, and the way into it.

use std::sync::Arc;

use hostfn_abi::names;
use wasmtime::{AsContextMut, Caller, Extern, Memory, StoreContextMut, TypedFunc};

use super::meter::Meter;
use super::stop::{error_code, is_final};
use crate::engine::Session;

/// The store's data.
pub(super) struct Guest {
    pub(super) session: Session,
    pub(super) meter: Meter,
    pub(super) memory: Option<Memory>,
    pub(super) alloc: Allocator,
    pub(super) window: Window,
    pub(super) frame: Frame,
}

/// The standing reply window: a range that was inside the memory when it was set, and memories never
/// shrink.
#[derive(Clone, Copy, Default)]
pub(super) struct Window {
    pub(super) ptr: u32,
    pub(super) cap: u32,
}

/// `plugin_alloc`, if the guest exports it. Entering it takes a handle out and puts it back: counting a reference twice
/// costs more than the checks of a call. A guest that is entered again meanwhile gets a handle of its own.
#[derive(Default)]
pub(super) struct Allocator {
    func: Option<Arc<TypedFunc<u32, u32>>>,
    ready: Option<Arc<TypedFunc<u32, u32>>>,
}

impl Allocator {
    pub(super) fn new(func: Option<TypedFunc<u32, u32>>) -> Self {
        Self { func: func.map(Arc::new), ready: None }
    }

    #[inline]
    fn take(&mut self) -> Option<Arc<TypedFunc<u32, u32>>> {
        self.ready.take().or_else(|| self.func.clone())
    }

    #[inline]
    fn put(&mut self, func: Arc<TypedFunc<u32, u32>>) {
        self.ready = Some(func);
    }
}

/// The state of one call from the host into the guest, however deeply such calls are nested.
#[derive(Default)]
pub(super) struct Frame {
    pub(super) reply_ptr: u32,
    pub(super) result: Option<(u32, u32)>,
}

impl Guest {
    pub(super) fn new(session: Session) -> Self {
        let meter = Meter::new(session.limits(), session.memory().clone());
        Self {
            session,
            meter,
            memory: None,
            alloc: Allocator::default(),
            window: Window::default(),
            frame: Frame::default(),
        }
    }

    /// The guest was cut off in the middle of its code.
    #[cold]
    pub(super) fn cut_off(&mut self, export: &str, error: &wasmtime::Error) {
        self.session.cut_off(export, error_code(error, self.meter.refused()));
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
    guest.alloc = Allocator::new(alloc);
    Some(memory)
}

/// Runs `call`, which enters the guest, in a frame of its own.
#[inline]
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
#[inline]
pub(super) fn enter(guest: &mut Guest) -> Frame {
    guest.session.deepen();
    std::mem::take(&mut guest.frame)
}

/// Ends a frame, and goes back to the one around it.
#[inline]
pub(super) fn leave(guest: &mut Guest, outer: Frame) -> Frame {
    guest.session.surface();
    std::mem::replace(&mut guest.frame, outer)
}

/// A block of `len` bytes from the guest's own allocator, for a host function that the guest called; `None` when
/// it gives none, or host functions have called into the guest too deeply already.
///
/// # Errors
/// When the guest was stopped, which ends more than this allocation.
#[inline]
pub(super) fn alloc(mut store: StoreContextMut<'_, Guest>, len: u32) -> wasmtime::Result<Option<u32>> {
    if !store.data_mut().session.enter_nested() {
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
    if !store.data_mut().session.enter_nested() {
        return Ok(None);
    }
    let block = alloc_outermost_waiting(store.as_context_mut(), len).await;
    reentered(store.data_mut(), block)
}

#[inline]
fn reentered(guest: &mut Guest, block: wasmtime::Result<Option<u32>>) -> wasmtime::Result<Option<u32>> {
    guest.session.leave_nested();
    block.or_else(|error| trapped(guest, error))
}

/// A trap of the allocator is no room for the guest that goes on, and it was cut off all the same.
#[cold]
fn trapped(guest: &mut Guest, error: wasmtime::Error) -> wasmtime::Result<Option<u32>> {
    guest.cut_off(names::PLUGIN_ALLOC, &error);
    if is_final(&error) { Err(error) } else { Ok(None) }
}

/// A block for the arguments of a call from the host, which is inside no host function.
///
/// # Errors
/// When the guest trapped or was stopped.
#[inline]
pub(super) fn alloc_outermost(
    mut store: StoreContextMut<'_, Guest>,
    len: u32,
) -> wasmtime::Result<Option<u32>> {
    let Some(plugin_alloc) = store.data_mut().alloc.take() else {
        return Ok(None);
    };
    let (ptr, _) = in_frame(store.as_context_mut(), |store| plugin_alloc.call(store, len));
    store.data_mut().alloc.put(plugin_alloc);
    ptr.map(block)
}

/// The same, of a guest that waits.
pub(super) async fn alloc_outermost_waiting(
    mut store: StoreContextMut<'_, Guest>,
    len: u32,
) -> wasmtime::Result<Option<u32>> {
    let Some(plugin_alloc) = store.data_mut().alloc.take() else {
        return Ok(None);
    };
    let outer = enter(store.data_mut());
    let ptr = plugin_alloc.call_async(store.as_context_mut(), len).await;
    leave(store.data_mut(), outer);
    store.data_mut().alloc.put(plugin_alloc);
    ptr.map(block)
}

fn block(ptr: u32) -> Option<u32> {
    (ptr != 0).then_some(ptr)
}

/// The bytes of a guest's `(ptr, len)`, if they are all inside its memory.
#[inline]
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
#[inline]
pub(super) fn range_mut(memory: &mut [u8], ptr: u32, len: u32) -> Option<&mut [u8]> {
    let start = usize::try_from(ptr).ok()?;
    let end = start.checked_add(usize::try_from(len).ok()?)?;
    memory.get_mut(start..end)
}
