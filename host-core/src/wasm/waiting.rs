//! Calls of guests that wait: the same as in `dispatch`, on an executor.

use std::future::ready;

use hostfn_abi::{Status, Word};
use wasmtime::{AsContextMut, Caller, Linker, Memory, StoreContextMut};

use super::dispatch::{cut, in_window, place_spilled};
use super::guest::{Guest, alloc_waiting, find_exports};
use super::stack::{on_own, polled_on_own};
use crate::call::ReplySlot;
use crate::engine::{Completed, Composition, Import, Outcome, RecordedCall};

/// Defines every function of the registry, async or not: on the stack of a guest that waits, nothing may
/// call into the guest but what waits too.
pub(super) fn define(linker: &mut Linker<Guest>, composition: &Composition) -> wasmtime::Result<()> {
    for import in composition.imports() {
        linker.func_wrap_async(
            import.spec().module(),
            import.spec().name(),
            move |caller: Caller<'_, Guest>, (ptr, len): (u32, u32)| {
                if import.spec().is_async() {
                    Box::new(wait(caller, import, ptr, len))
                } else {
                    host_call(caller, import, ptr, len)
                }
            },
        )?;
    }
    Ok(())
}

type Answer<'a> = Box<dyn Future<Output = wasmtime::Result<i64>> + Send + 'a>;

/// A function that is not async has returned when its future is made. Most need no more than that: a future that can
/// call the guest's allocator is large.
fn host_call(mut caller: Caller<'_, Guest>, import: Import, ptr: u32, len: u32) -> Answer<'_> {
    let Some(memory) = caller.data().memory.or_else(|| find_exports(&mut caller)) else {
        return Box::new(ready(Ok(Word::new(Status::INTERNAL, 0).to_i64())));
    };
    let (bytes, guest) = memory.data_and_store_mut(&mut caller);
    let Guest { session, window, frame, .. } = guest;
    let (args, room) = cut(bytes, ptr as usize, len as usize, *window);
    frame.reply_ptr = 0;
    let outcome = on_own(|| session.call_into(import, args, len, room));
    if let Outcome::Unrecorded(placed) = outcome
        && let Some(word) = in_window(&mut caller.as_context_mut(), placed)
    {
        return Box::new(ready(Ok(word)));
    }
    Box::new(end(caller, outcome))
}

async fn wait(mut caller: Caller<'_, Guest>, import: Import, ptr: u32, len: u32) -> wasmtime::Result<i64> {
    let Some(memory) = caller.data().memory.or_else(|| find_exports(&mut caller)) else {
        return Ok(Word::new(Status::INTERNAL, 0).to_i64());
    };
    let (bytes, guest) = memory.data_and_store_mut(&mut caller);
    let Guest { session, window, frame, .. } = guest;
    let (args, _) = cut(bytes, ptr as usize, len as usize, *window);
    frame.reply_ptr = 0;
    let call = match on_own(|| session.start_in(import, args, len)) {
        Ok(pending) => {
            let completed = polled_on_own(pending.wait()).await;
            finish(&mut caller, memory, completed)
        }
        Err(refused) => refused,
    };
    end(caller, Outcome::Recorded(Box::new(call))).await
}

/// Places the reply, and then records the call.
async fn end(mut caller: Caller<'_, Guest>, outcome: Outcome) -> wasmtime::Result<i64> {
    match outcome {
        Outcome::Unrecorded(placed) => leave(caller.as_context_mut(), placed).await,
        Outcome::Recorded(call) => {
            let placed = call.placed()?;
            let word = leave(caller.as_context_mut(), placed).await?;
            call.report(Word::from_i64(word));
            Ok(word)
        }
    }
}

/// Puts a reply into the window, which is looked up again: the memory may have grown meanwhile.
fn finish(caller: &mut Caller<'_, Guest>, memory: Memory, completed: Completed) -> RecordedCall {
    let (bytes, guest) = memory.data_and_store_mut(caller);
    let (_, window) = cut(bytes, 0, 0, guest.window);
    guest.session.finish_into(completed, window)
}

async fn leave(mut store: StoreContextMut<'_, Guest>, placed: ReplySlot) -> wasmtime::Result<i64> {
    if let Some(word) = in_window(&mut store, placed) {
        return Ok(word);
    }
    let reply = store.data_mut().session.take_spilled();
    let block = alloc_waiting(store.as_context_mut(), placed.len()).await?;
    Ok(place_spilled(store, placed, reply, block))
}
