//! From a guest's call of a host function to the word that it gets back.

use host_abi::{Status, Word};
use wasmtime::{AsContextMut, Caller, Linker, StoreContextMut};

use super::guest::{Guest, Window, alloc, find_exports, range_mut};
use crate::call::{Failed, Incoming, Placed};
use crate::observer::Event;
use crate::registry::Registry;
use crate::spec::HostFnSpec;

/// Defines every function of the registry. One closure serves them all.
pub(super) fn define(linker: &mut Linker<Guest>, registry: &Registry) -> wasmtime::Result<()> {
    for (index, spec) in registry.iter().enumerate() {
        linker.func_wrap(
            spec.module(),
            spec.name(),
            move |caller: Caller<'_, Guest>, ptr: u32, len: u32| host_call(caller, spec, index, ptr, len),
        )?;
    }
    Ok(())
}

#[inline]
fn host_call(
    mut caller: Caller<'_, Guest>,
    spec: &'static HostFnSpec,
    index: usize,
    ptr: u32,
    len: u32,
) -> wasmtime::Result<i64> {
    let memory = match caller.data().memory {
        Some(memory) => memory,
        None => match find_exports(&mut caller) {
            Some(memory) => memory,
            None => return Ok(Word::new(Status::INTERNAL, 0).to_i64()),
        },
    };
    let (bytes, guest) = memory.data_and_store_mut(&mut caller);
    let Guest { slots, access, env, window, frame, .. } = guest;
    let access = slots.get(index).and_then(|&slot| access.get_mut(usize::from(slot)));
    let Some(access) = access else {
        return Ok(Word::new(Status::INTERNAL, 0).to_i64());
    };
    let (args, reply_window) = cut(bytes, ptr as usize, len as usize, *window);
    frame.reply_ptr = 0;
    match (Incoming { spec, access, args, args_len: len, window: reply_window, env }).run() {
        Ok(placed) if !placed.is_spilled() => {
            if placed.len() > 0 {
                frame.reply_ptr = window.ptr;
            }
            Ok(placed.word().to_i64())
        }
        Ok(placed) => place_spilled(caller.as_context_mut(), placed),
        Err(failed) => fail(caller.as_context_mut(), spec, &failed),
    }
}

/// The arguments and the reply window, both in one memory. No window where they overlap, so that the
/// arguments are read as they were before the call; no arguments where they are not all in the memory.
#[inline]
fn cut(memory: &mut [u8], ptr: usize, len: usize, window: Window) -> (&[u8], &mut [u8]) {
    let (start, cap) = (window.ptr as usize, window.cap as usize);
    let end = ptr.saturating_add(len);
    if len == 0 || end > memory.len() {
        return (&[], memory.get_mut(start..start.saturating_add(cap)).unwrap_or_default());
    }
    if end <= start {
        // a window is set only where there is memory, and memories never shrink
        return match memory.split_at_mut_checked(start) {
            Some((low, high)) => (&low[ptr..end], high.get_mut(..cap).unwrap_or_default()),
            None => (&[], &mut []),
        };
    }
    let (low, high) = memory.split_at_mut(ptr);
    (&high[..len], low.get_mut(start..start.saturating_add(cap)).unwrap_or_default())
}

/// Section 6 of the ABI: the window if the reply fits, else a block of the guest's own, else
/// `NO_ROOM`; an error reply that finds no room is dropped.
#[cold]
fn place_spilled(mut store: StoreContextMut<'_, Guest>, placed: Placed) -> wasmtime::Result<i64> {
    let reply = store.data_mut().env.take_spilled();
    let at = place(store.as_context_mut(), &reply)?;
    let guest = store.data_mut();
    guest.env.give_back(reply);
    let (status, len) = match at {
        Some(ptr) => {
            guest.frame.reply_ptr = ptr;
            (placed.status(), placed.len())
        }
        None if placed.status().is_ok() => (Status::NO_ROOM, 0),
        None => (placed.status(), 0),
    };
    Ok(Word::new(status, len).to_i64())
}

fn place(mut store: StoreContextMut<'_, Guest>, reply: &[u8]) -> wasmtime::Result<Option<u32>> {
    let Some(memory) = store.data().memory else {
        return Ok(None);
    };
    let Ok(len) = u32::try_from(reply.len()) else {
        return Ok(None);
    };
    let window = store.data().window;
    let ptr = if len <= window.cap { Some(window.ptr) } else { alloc(store.as_context_mut(), len)? };
    // looked up anew: `plugin_alloc` may have grown the memory
    let bytes = memory.data_mut(&mut store);
    Ok(ptr.filter(|&ptr| match range_mut(bytes, ptr, len) {
        Some(block) => {
            block.copy_from_slice(reply);
            true
        }
        None => false,
    }))
}

#[cold]
fn fail(
    mut store: StoreContextMut<'_, Guest>,
    spec: &'static HostFnSpec,
    failed: &Failed,
) -> wasmtime::Result<i64> {
    let Failed { placed, fault } = failed;
    let guest = store.data_mut();
    if fault.is_panic() {
        guest.tell(&Event::Panicked { spec, message: fault.message() });
        guest.poison(format!("{}: {}", spec.name(), fault.message()));
    } else if let (Status::NO_CAPABILITY, Some(capability)) = (fault.status(), spec.capability()) {
        guest.tell(&Event::Denied { spec, capability, message: fault.message() });
    } else {
        let function = format!("{}.{}", spec.module(), spec.name());
        guest.tell(&Event::Fault { function: &function, status: fault.status(), message: fault.message() });
    }
    if placed.is_spilled() {
        return place_spilled(store, *placed);
    }
    if placed.len() > 0 {
        guest.frame.reply_ptr = guest.window.ptr;
    }
    Ok(placed.word().to_i64())
}
