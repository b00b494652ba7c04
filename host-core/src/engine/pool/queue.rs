//! The assignment of instances to requests.
//!
//! A permit is the right to one instance, and there are `size` of them. A permit comes with an instance, or its holder starts
//! one. Permits go to the first in line, so a request that comes later never overtakes; one that is lost on the way returns
//! itself.

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Instant;

use event_listener::{Event, listener};
use futures_channel::oneshot;

use super::options::{Options, PoolStats};
use super::{Lease, PoolSource, PoolStart};
use crate::engine::{Exports, LiveGrants};
use crate::error::{Code, Error, Limit, Problem, Result, SetBy};
use crate::policy::Grants;
use crate::state::CancelToken;

pub(super) struct Shared<S: PoolSource> {
    pub(super) options: Options,
    state: Mutex<State<S>>,
    /// A permit came back.
    returned: Event,
}

pub(super) struct State<S: PoolSource> {
    pub(super) source: S,
    /// The version of `source`, counted from 0.
    pub(super) generation: u64,
    pub(super) ceiling: Arc<Grants>,
    pub(super) grants: Arc<Grants>,
    free: u32,
    pub(super) idle: VecDeque<S::Guest>,
    line: BTreeMap<u64, oneshot::Sender<Permit<S>>>,
    next_ticket: u64,
    /// Every instance, by its number.
    live: BTreeMap<u64, (LiveGrants, CancelToken)>,
    closed: bool,
    figures: PoolStats,
}

impl<S: PoolSource> State<S> {
    /// Grants this to every instance.
    pub(super) fn grant(&mut self, grants: Grants) {
        self.live.values().for_each(|(live, _)| live.set_all(&grants));
        self.grants = Arc::new(grants);
    }

    /// Adds an instance that was started. What was granted or revoked meanwhile holds for it.
    pub(super) fn enter(&mut self, guest: &S::Guest) {
        let session = guest.session();
        let live = session.grants();
        live.set_all(&self.grants);
        self.live.insert(session.number(), (live, session.lifetime().clone()));
        self.figures.started += 1;
    }

    pub(super) fn leave(&mut self, guest: &S::Guest) {
        self.live.remove(&guest.session().number());
        self.figures.ended += 1;
    }

    fn keeps(&self, guest: &S::Guest, generation: u64) -> bool {
        !self.closed && generation == self.generation && guest.session().is_usable()
    }

    pub(super) fn replaced(&mut self, source: S) {
        self.source = source;
        self.generation += 1;
        self.figures.replaced += 1;
    }

    pub(super) fn closed(&self) -> Result<()> {
        if self.closed {
            return Err(Error::Closed { plugin: self.source.subject().name().to_owned() });
        }
        Ok(())
    }
}

impl<S: PoolSource> Shared<S> {
    pub(super) fn new(source: S, grants: Grants, ceiling: Grants, options: Options) -> Arc<Self> {
        let state = State {
            source,
            generation: 0,
            ceiling: Arc::new(ceiling),
            grants: Arc::new(grants),
            free: options.size,
            idle: VecDeque::new(),
            line: BTreeMap::new(),
            next_ticket: 0,
            live: BTreeMap::new(),
            closed: false,
            figures: PoolStats::default(),
        };
        Arc::new(Self { options, state: Mutex::new(state), returned: Event::new() })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn stats(&self) -> PoolStats {
        let state = self.state();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        PoolStats {
            size: self.options.size,
            idle: count(state.idle.len()),
            leased: self.options.size - state.free,
            waiting: count(state.line.len()),
            ..state.figures
        }
    }

    /// Takes a permit back, and passes it to the first in line.
    fn give_back(self: &Arc<Self>, guest: Option<S::Guest>, generation: u64) {
        let mut guest = guest;
        loop {
            let mut state = self.state();
            let ended = guest.take_if(|guest| !state.keeps(guest, generation));
            if let Some(guest) = &ended {
                state.leave(guest);
            }
            let next = state.line.pop_first();
            if next.is_none() {
                state.free += 1;
                state.idle.extend(guest.take());
                // a replacement that was started beside `size` others is the one too many
                let extra =
                    (state.idle.len() > state.free as usize).then(|| state.idle.pop_front()).flatten();
                if let Some(guest) = &extra {
                    state.leave(guest);
                }
                drop(state);
                self.returned.notify(usize::MAX);
                // states are closed outside the lock
                drop((ended, extra));
                return;
            }
            let instance = guest.take().or_else(|| state.idle.pop_back());
            let permit =
                Permit { shared: Some(Arc::clone(self)), guest: instance, generation: state.generation };
            drop(state);
            drop(ended);
            let Some((_, waiter)) = next else { return };
            match waiter.send(permit) {
                Ok(()) => return,
                // it went away in this moment: the next one's turn
                Err(mut permit) => {
                    permit.shared = None;
                    guest = permit.guest.take();
                }
            }
        }
    }

    pub(super) async fn close(&self, deadline: Option<Instant>) -> u32 {
        let (idle, line, clock) = {
            let mut state = self.state();
            state.closed = true;
            let idle = std::mem::take(&mut state.idle);
            for guest in &idle {
                state.leave(guest);
            }
            let clock = Arc::clone(state.source.subject().composition().clock());
            (idle, std::mem::take(&mut state.line), clock)
        };
        drop((idle, line));
        let mut until = pin!(clock.until(deadline));
        let mut all_back = pin!(self.all_back());
        let in_time = poll_fn(|cx| {
            if all_back.as_mut().poll(cx).is_ready() {
                return Poll::Ready(true);
            }
            until.as_mut().poll(cx).map(|()| false)
        });
        if in_time.await {
            return 0;
        }
        let state = self.state();
        state.live.values().for_each(|(_, life)| life.cancel());
        u32::try_from(state.live.len()).unwrap_or(u32::MAX)
    }

    async fn all_back(&self) {
        loop {
            listener!(self.returned => listening);
            if self.state().free == self.options.size {
                return;
            }
            listening.await;
        }
    }
}

/// The right to one instance.
pub(super) struct Permit<S: PoolSource> {
    /// `None` once it was given back.
    shared: Option<Arc<Shared<S>>>,
    pub(super) guest: Option<S::Guest>,
    generation: u64,
}

impl<S: PoolSource> Permit<S> {
    /// Waits in line for a permit.
    pub(super) async fn wait(shared: &Arc<Shared<S>>, deadline: Instant) -> Result<Self> {
        let (sender, receiver) = oneshot::channel();
        let (ticket, clock) = {
            let mut state = shared.state();
            state.closed()?;
            if state.free > 0 {
                state.free -= 1;
                let guest = state.idle.pop_back();
                return Ok(Permit { shared: Some(Arc::clone(shared)), guest, generation: state.generation });
            }
            if state.line.len() >= shared.options.waiting {
                state.figures.refused += 1;
                return Err(too_many(state.source.subject().name()));
            }
            let ticket = state.next_ticket;
            state.next_ticket += 1;
            state.line.insert(ticket, sender);
            (ticket, Arc::clone(state.source.subject().composition().clock()))
        };
        let mut turn = Turn { shared, ticket, receiver };
        let mut until = pin!(clock.until(Some(deadline)));
        let permit = poll_fn(|cx| {
            if let Poll::Ready(permit) = pin!(&mut turn.receiver).poll(cx) {
                return Poll::Ready(Some(permit));
            }
            until.as_mut().poll(cx).map(|()| None)
        });
        match permit.await {
            Some(Ok(permit)) => Ok(permit),
            Some(Err(_)) => Err(Error::Closed { plugin: shared.state().source.subject().name().to_owned() }),
            None => {
                let mut state = shared.state();
                state.figures.timed_out += 1;
                Err(timed_out(state.source.subject().name(), &shared.options).into())
            }
        }
    }

    /// Takes a permit to start an instance, unless `count` are ready or all permits are taken.
    pub(super) fn vacant(shared: &Arc<Shared<S>>, count: u32) -> Option<Self> {
        let mut state = shared.state();
        let ready = state.idle.len();
        let more = !state.closed && ready < count as usize && (state.free as usize) > ready;
        more.then(|| {
            state.free -= 1;
            Permit { shared: Some(Arc::clone(shared)), guest: None, generation: state.generation }
        })
    }

    /// Starts an instance, unless one came with the permit.
    pub(super) async fn filled(mut self) -> Result<Lease<S>> {
        let Some(shared) = self.shared.clone() else { return Err(lost().into()) };
        let usable = |guest: &S::Guest| guest.session().is_usable();
        if let Some(ended) = self.guest.take_if(|guest| !usable(guest)) {
            shared.state().leave(&ended);
        }
        if self.guest.is_none() {
            let (source, generation, grants, ceiling) = {
                let state = shared.state();
                state.closed()?;
                (
                    state.source.clone(),
                    state.generation,
                    Arc::clone(&state.grants),
                    Arc::clone(&state.ceiling),
                )
            };
            let start = PoolStart { grants: &grants, ceiling: &ceiling, waits: shared.options.waits };
            let guest = source.start(start).await?;
            let mut state = shared.state();
            state.closed()?;
            state.enter(&guest);
            (self.guest, self.generation) = (Some(guest), generation);
        }
        shared.state().figures.leases += 1;
        Ok(Lease(self))
    }
}

impl<S: PoolSource> Drop for Permit<S> {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.take() {
            shared.give_back(self.guest.take(), self.generation);
        }
    }
}

/// A place in line. A permit that arrives when nobody takes it any more is dropped with the receiver, and goes to the next.
struct Turn<'a, S: PoolSource> {
    shared: &'a Shared<S>,
    ticket: u64,
    receiver: oneshot::Receiver<Permit<S>>,
}

impl<S: PoolSource> Drop for Turn<'_, S> {
    fn drop(&mut self) {
        let sender = self.shared.state().line.remove(&self.ticket);
        drop(sender);
    }
}

#[cold]
fn too_many(plugin: &str) -> Error {
    Error::Exhausted {
        plugin: plugin.to_owned(),
        export: "lease".to_owned(),
        limit: Limit::Queue,
        set_by: SetBy::Host,
        cut_off: false,
        source: None,
    }
}

#[cold]
fn timed_out(plugin: &str, options: &Options) -> Problem {
    Problem::new(
        Code::PoolTimeout,
        format!("pool of plugin `{plugin}`"),
        format!("none of its {} instances became free in time", options.size),
        "raise `size` or `wait`, or shorten the calls",
    )
}

#[cold]
fn lost() -> Problem {
    Problem::new(Code::PoolTimeout, "pool", "the permit was given back", "lease again")
}
