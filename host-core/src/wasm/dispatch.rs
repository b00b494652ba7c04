//! From a guest's call of a host function to the word that it gets back.

use hostfn_abi::{Status, Word};
use wasmtime::{AsContextMut, Caller, Linker, StoreContextMut};

use super::guest::{Guest, Window, alloc, find_exports, range_mut};
use crate::call::{ReplySlot, Spill};
use crate::engine::{Composition, Import, Outcome, RecordedCall};

/// Defines every function of the registry. One closure serves them all.
pub(super) fn define(linker: &mut Linker<Guest>, composition: &Composition) -> wasmtime::Result<()> {
    for import in composition.imports() {
        linker.func_wrap(
            import.spec().module(),
            import.spec().name(),
            move |caller: Caller<'_, Guest>, ptr: u32, len: u32| host_call(caller, import, ptr, len),
        )?;
    }
    Ok(())
}

#[inline]
fn host_call(mut caller: Caller<'_, Guest>, import: Import, ptr: u32, len: u32) -> wasmtime::Result<i64> {
    let memory = match caller.data().memory {
        Some(memory) => memory,
        None => match find_exports(&mut caller) {
            Some(memory) => memory,
            None => return Ok(Word::new(Status::INTERNAL, 0).to_i64()),
        },
    };
    let (bytes, guest) = memory.data_and_store_mut(&mut caller);
    let Guest { session, window, frame, .. } = guest;
    let (args, room) = cut(bytes, ptr as usize, len as usize, *window);
    match session.call_into(import, args, len, room) {
        Outcome::Unrecorded(placed) if !placed.is_spilled() => {
            frame.reply_ptr = if placed.len() > 0 { window.ptr } else { 0 };
            Ok(placed.word().to_i64())
        }
        Outcome::Unrecorded(placed) => leave(caller.as_context_mut(), placed),
        Outcome::Recorded(call) => answer(caller, call),
    }
}

/// Places the reply, which may run the guest's allocator, and records the call as it was before.
#[cold]
#[inline(never)]
#[expect(clippy::boxed_local, reason = "out of the box, it is moved for calls that are not recorded too")]
fn answer(mut caller: Caller<'_, Guest>, call: Box<RecordedCall>) -> wasmtime::Result<i64> {
    let placed = call.placed()?;
    let word = leave(caller.as_context_mut(), placed)?;
    call.report(Word::from_i64(word));
    Ok(word)
}

/// The arguments and the reply window, both in one memory. No window where they overlap, so that the
/// arguments are read as they were before the call; no arguments where they are not all in the memory.
#[inline]
pub(super) fn cut(memory: &mut [u8], ptr: usize, len: usize, window: Window) -> (&[u8], &mut [u8]) {
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

/// The word that the guest gets, once the reply is where it belongs. Out of line: what few calls need would take registers
/// and stack from all.
#[inline(never)]
fn leave(mut store: StoreContextMut<'_, Guest>, placed: ReplySlot) -> wasmtime::Result<i64> {
    if let Some(word) = in_window(&mut store, placed) {
        return Ok(word);
    }
    // taken out first: the allocator may call host functions of its own
    let reply = store.data_mut().session.take_spilled();
    let block = alloc(store.as_context_mut(), placed.len())?;
    Ok(place_spilled(store, placed, reply, block))
}

/// The word of a reply that is in the window, or fits there.
#[inline]
pub(super) fn in_window(store: &mut StoreContextMut<'_, Guest>, placed: ReplySlot) -> Option<i64> {
    let Guest { window, frame, .. } = store.data_mut();
    if placed.is_spilled() {
        let window = *window;
        if placed.len() > window.cap {
            return None;
        }
        let reply = store.data_mut().session.take_spilled();
        return Some(place_spilled(store.as_context_mut(), placed, reply, Some(window.ptr)));
    }
    frame.reply_ptr = if placed.len() > 0 { window.ptr } else { 0 };
    Some(placed.word().to_i64())
}

/// Section 6 of the ABI: into the block if there is one inside the memory, else `NO_ROOM`; an error reply
/// that finds no room is dropped.
#[inline]
pub(super) fn place_spilled(
    mut store: StoreContextMut<'_, Guest>,
    placed: ReplySlot,
    reply: Spill,
    block: Option<u32>,
) -> i64 {
    let memory = store.data().memory;
    let at = block.zip(memory).filter(|&(ptr, memory)| {
        // looked up again: `plugin_alloc` may have grown the memory
        let room = range_mut(memory.data_mut(&mut store), ptr, placed.len());
        room.filter(|room| room.len() == reply.len()).map(|room| room.copy_from_slice(&reply)).is_some()
    });
    let guest = store.data_mut();
    guest.session.give_back(reply);
    guest.frame.reply_ptr = at.map_or(0, |(ptr, _)| ptr);
    let (status, len) = match at {
        Some(_) => (placed.status(), placed.len()),
        None if placed.status().is_ok() => (Status::NO_ROOM, 0),
        None => (placed.status(), 0),
    };
    Word::new(status, len).to_i64()
}
