//! Calls of guests that wait: the same as in `dispatch`, on an executor.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use hostfn_abi::{Status, Word};
use wasmtime::{AsContextMut, Caller, Linker, Memory, StoreContextMut};

use super::clock::Clock;
use super::dispatch::{answered, cut, in_window, incoming, place_spilled};
use super::entry::{Entry, OpenEntry};
use super::guest::{Guest, alloc_waiting, find_exports};
use super::stack::{on_own, polled_on_own};
use super::stop::Stop;
use crate::call::{AsyncOutcome, CallFailure, CallFuture, ReplySlot};
use crate::observe::{Fault, Phase, PhaseGuard};
use crate::registry::{HostFnSpec, Registry};
use crate::state::CancelToken;

/// Defines every function of the registry, async or not: on the stack of a guest that waits, nothing may
/// call into the guest but what waits too.
pub(super) fn define(linker: &mut Linker<Guest>, registry: &Registry) -> wasmtime::Result<()> {
    for (index, spec) in registry.iter().enumerate() {
        linker.func_wrap_async(
            spec.module(),
            spec.name(),
            move |caller: Caller<'_, Guest>, (ptr, len): (u32, u32)| {
                Box::new(host_call(caller, spec, index, ptr, len))
            },
        )?;
    }
    Ok(())
}

async fn host_call(
    mut caller: Caller<'_, Guest>,
    spec: &'static HostFnSpec,
    index: usize,
    ptr: u32,
    len: u32,
) -> wasmtime::Result<i64> {
    let internal = Word::new(Status::INTERNAL, 0).to_i64();
    let Some(memory) = caller.data().memory.or_else(|| find_exports(&mut caller)) else {
        return Ok(internal);
    };
    let mut watch = caller.data().begin(Phase::HostCall, |scene| scene.of_function(spec));
    let (bytes, guest) = memory.data_and_store_mut(&mut caller);
    guest.env.record(watch.is_wanted());
    let Some(incoming) = incoming(bytes, guest, index, ptr, len) else {
        return Ok(internal);
    };
    let ran = if spec.is_async() {
        match on_own(|| watch.within(|| spec.start(incoming))) {
            Ok(task) => {
                let entry = Entry::take(caller.data_mut(), spec, len, None, &watch);
                let mut open = OpenEntry::wait(caller.data(), entry);
                let patience = Patience::of(caller.data());
                match polled_on_own(watch.around(patience.wait_for(task))).await {
                    Ok(finished) => {
                        let ended = answer(&mut caller, memory, finished);
                        return end(caller, spec, ended, open, watch).await;
                    }
                    Err(stop) => {
                        // the guest is stopped where it waits, and gets no answer
                        let fault = Fault::new(Status::QUOTA_EXCEEDED, format!("the wait ended: {stop}"));
                        let status = fault.status();
                        open.returned(Some(fault), status, &watch);
                        open.tell(Word::new(status, 0));
                        return Err(stop.into());
                    }
                }
            }
            Err(failed) => Err(failed),
        }
    } else {
        on_own(|| watch.within(|| spec.run(incoming)))
    };
    let entry = Entry::take(caller.data_mut(), spec, len, None, &watch);
    let open = OpenEntry::keep(caller.data(), entry, Status::OK);
    end(caller, spec, ran, open, watch).await
}

/// Places the reply, which may run the guest's allocator, and reports the call as it was before.
async fn end(
    mut caller: Caller<'_, Guest>,
    spec: &'static HostFnSpec,
    ended: Result<ReplySlot, CallFailure>,
    mut open: OpenEntry,
    watch: PhaseGuard,
) -> wasmtime::Result<i64> {
    let (placed, fault) = match ended {
        Ok(placed) => (placed, None),
        Err(CallFailure { placed, fault }) => (placed, Some(fault)),
    };
    let mut stopped = Ok(());
    if let Some(fault) = &fault {
        let guest = caller.data_mut();
        guest.suffer(spec, fault);
        stopped = guest.meter.refuse();
    }
    open.returned(fault, placed.status(), &watch);
    stopped?;
    let word = leave(caller.as_context_mut(), placed).await;
    open.tell(answered(placed, &word));
    word
}

/// How long a task is waited for: within the guest's time, and for as long as the instance is to live.
struct Patience {
    clock: Arc<Clock>,
    deadline: Option<Instant>,
    life: CancelToken,
    startup: Option<CancelToken>,
}

impl Patience {
    fn of(guest: &Guest) -> Self {
        Self {
            clock: Arc::clone(&guest.clock),
            deadline: guest.interrupt.deadline(),
            life: guest.life.clone(),
            startup: guest.startup.clone(),
        }
    }

    async fn wait_for(self, task: CallFuture) -> Result<AsyncOutcome, Stop> {
        let (mut task, mut time) = (pin!(task), pin!(self.clock.until(self.deadline)));
        let mut end = pin!(self.life.cancelled());
        let mut start = pin!(called_off(self.startup.as_ref()));
        poll_fn(|cx| {
            if let Poll::Ready(finished) = task.as_mut().poll(cx) {
                return Poll::Ready(Ok(finished));
            }
            if end.as_mut().poll(cx).is_ready() || start.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err(Stop::Cancelled));
            }
            time.as_mut().poll(cx).map(|()| Err(Stop::Time))
        })
        .await
    }
}

async fn called_off(startup: Option<&CancelToken>) {
    match startup {
        Some(startup) => startup.cancelled().await,
        None => std::future::pending().await,
    }
}

/// Puts a reply into the window, which is looked up anew: the memory may have grown meanwhile.
fn answer(
    caller: &mut Caller<'_, Guest>,
    memory: Memory,
    finished: AsyncOutcome,
) -> Result<ReplySlot, CallFailure> {
    let (bytes, guest) = memory.data_and_store_mut(caller);
    let (_, window) = cut(bytes, 0, 0, guest.window);
    guest.env.finish(finished, window)
}

async fn leave(mut store: StoreContextMut<'_, Guest>, placed: ReplySlot) -> wasmtime::Result<i64> {
    if let Some(word) = in_window(&mut store, placed) {
        return Ok(word);
    }
    let reply = store.data_mut().env.take_spilled();
    let block = alloc_waiting(store.as_context_mut(), placed.len()).await?;
    Ok(place_spilled(store, placed, reply, block))
}
