//! A guest that many can call: one owner runs it, and the others hold handles.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};

use futures_channel::{mpsc, oneshot};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::async_callee::{AsyncCallee, AsyncContract, Calling, Calls, call_on};
use super::callee::Callee;
use super::exports::Exports;
use super::grants::LiveGrants;
use super::life::LifeStatus;
use crate::error::{Error, Limit, Problems, Result, SetBy};
use crate::policy::Limits;
use crate::state::CancelToken;

/// A handle on a guest that one owner runs: cheap to clone, usable from any thread. `I` is the engine's instance.
///
/// Calls are queued and run one after the other, in the order in which they came. A call that was dropped
/// before its turn is skipped; one that runs is not disturbed when its caller goes away.
///
/// ```no_run
/// # use hostfn_core::engine::{Exports, Handle};
/// # mod tokio { pub fn spawn<F: Future + Send + 'static>(_: F) {} }
/// # async fn example(instance: impl Exports) -> hostfn_core::Result<()> {
/// let (handle, owner) = Handle::new(instance);
/// tokio::spawn(owner); // or, on a thread of its own, `pollster::block_on(owner)`
/// let sum: u64 = handle.call("add", (1_u64, 2_u64)).await?;
/// handle.post("note", (sum,))?;
/// handle.wait_idle().await?;
/// handle.close().await?;
/// # Ok(())
/// # }
/// ```
pub struct Handle<I> {
    work: mpsc::UnboundedSender<Work<I>>,
    shared: Arc<Queue>,
}

struct Queue {
    plugin: String,
    id: u64,
    life: CancelToken,
    standing: Arc<LifeStatus>,
    /// The calls that wait for their turn.
    waiting: AtomicU32,
    grants: LiveGrants,
    limits: Limits,
}

type Running<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
type Job<I> = Box<dyn for<'a> FnOnce(&'a mut I) -> Running<'a> + Send>;

enum Work<I> {
    Run(Job<I>),
    Idle(oneshot::Sender<()>),
    Close(oneshot::Sender<Result<()>>),
}

/// Runs a guest for those who hold a handle on it. A future without a runtime of its own: spawn it on any executor, or
/// block a thread on it; a guest that cannot wait blocks whatever polls this.
///
/// Completes when the instance is closed, cancelled, or the last handle is dropped. Returns the result of closing, unless
/// [`Handle::close`] already did.
#[must_use = "the instance runs only while its owner is polled"]
pub struct InstanceDriver(Pin<Box<dyn Future<Output = Result<()>> + Send>>);

impl<I: Exports> Handle<I> {
    /// Hands the guest to an owner, and returns a handle for everyone else.
    pub fn new(guest: I) -> (Self, InstanceDriver) {
        let (work, queue) = mpsc::unbounded();
        let session = guest.session();
        let shared = Arc::new(Queue {
            plugin: session.subject().name().to_owned(),
            id: session.number(),
            life: session.lifetime().clone(),
            standing: Arc::clone(session.standing()),
            waiting: AtomicU32::new(0),
            grants: session.grants(),
            limits: *session.limits(),
        });
        (Handle { work, shared }, InstanceDriver(Box::pin(own(guest, queue))))
    }

    /// Calls an export of the guest, as [`Callee::call_async`] does, when it is its turn.
    ///
    /// # Errors
    /// Those of [`Callee::call_async`]; `H0411` when too much waits already, `H0413` when the instance has
    /// ended, before its turn or while it ran.
    pub async fn call<A, R>(&self, export: &str, args: A) -> Result<R>
    where
        A: Serialize + Send + 'static,
        R: DeserializeOwned + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let name = export.to_owned();
        self.queue(export, move |instance| {
            Box::pin(async move {
                if !reply.is_canceled() {
                    let _ = reply.send(Callee::new(instance).call_async(&name, args).await);
                }
            })
        })?;
        answer.await.unwrap_or_else(|_| Err(self.closed()))
    }

    /// Queues a call whose result nobody waits for; an error is what the host's observers see.
    ///
    /// # Errors
    /// `H0411` when too much waits already, `H0413` when the instance has ended.
    pub fn post<A: Serialize + Send + 'static>(&self, export: &str, args: A) -> Result<()> {
        let name = export.to_owned();
        self.queue(export, move |instance| {
            Box::pin(async move {
                let _ = Callee::new(instance).call_discarding(&name, args).await;
            })
        })
    }

    /// Runs `f` with the instance, when it is its turn: to look at a state, or to call it through a contract.
    ///
    /// # Errors
    /// `H0411` when too much waits already, `H0413` when the instance has ended.
    pub async fn with<T: Send + 'static>(&self, f: impl FnOnce(&mut I) -> T + Send + 'static) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.queue("a closure", move |instance| {
            if !reply.is_canceled() {
                let _ = reply.send(f(instance));
            }
            Box::pin(std::future::ready(()))
        })?;
        answer.await.map_err(|_| self.closed())
    }

    /// Runs `f` with the instance, and waits for its future, when it is its turn: to make several calls of which none
    /// comes between.
    ///
    /// ```no_run
    /// # use hostfn_core::engine::{Exports, Handle};
    /// # use hostfn_core::Callee;
    /// # async fn example(handle: Handle<impl Exports>) -> hostfn_core::Result<()> {
    /// let sum: u64 = handle
    ///     .with_async(|instance| {
    ///         Box::pin(async move {
    ///             let mut callee = Callee::new(instance);
    ///             let first: u64 = callee.call_async("next", ()).await?;
    ///             let second: u64 = callee.call_async("next", ()).await?;
    ///             Ok::<_, hostfn_core::Error>(first + second)
    ///         })
    ///     })
    ///     .await??;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `H0411` when too much waits already, `H0413` when the instance has ended.
    pub async fn with_async<T, F>(&self, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut I) -> Pin<Box<dyn Future<Output = T> + Send + 'a>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.queue("a closure", move |instance| {
            Box::pin(async move {
                if !reply.is_canceled() {
                    let _ = reply.send(f(instance).await);
                }
            })
        })?;
        answer.await.map_err(|_| self.closed())
    }

    /// Returns the async client of a contract, once the instance is known to have all of its entries:
    /// `handle.contract::<GreeterClient>().await?`. Its methods are called as [`call`](Handle::call) is, with arguments
    /// and replies that the compiler checks.
    ///
    /// # Errors
    /// `H0312` for each entry that the instance does not export, or not as a function that the host can call; `H0321` to
    /// `H0326` when it was built against another version of the contract; `H0411` when too much waits already, `H0413` when the instance has ended.
    pub async fn contract<C: AsyncContract>(&self) -> Result<C::Client> {
        let missing = |instance: &mut I| {
            let plugin = instance.session().subject().clone();
            Problems::check(plugin.contract_problems(C::CONTRACT, |entry| instance.has(entry)))
        };
        self.with(missing).await??;
        Ok(C::shared(AsyncCallee::new(self.clone())))
    }

    /// Waits until all that was queued before has run.
    ///
    /// # Errors
    /// `H0413` when the instance has ended.
    pub async fn wait_idle(&self) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        self.work.unbounded_send(Work::Idle(reply)).map_err(|_| self.closed())?;
        answer.await.map_err(|_| self.closed())
    }

    /// Ends the instance: stops a running call, answers those that wait with `H0413`, closes its states.
    /// Closing it again does nothing.
    ///
    /// # Errors
    /// Those of [`Session::close`](super::Session::close), to the first who closes it.
    pub async fn close(&self) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        let sent = self.work.unbounded_send(Work::Close(reply));
        self.lifetime().cancel();
        match sent {
            Ok(()) => answer.await.unwrap_or(Ok(())),
            Err(_) => Ok(()),
        }
    }

    /// The instance's end: see [`Session::lifetime`](super::Session::lifetime).
    pub fn lifetime(&self) -> &CancelToken {
        &self.shared.life
    }

    /// A handle on the instance's grants: see [`Session::grants`](super::Session::grants).
    pub fn grants(&self) -> &LiveGrants {
        &self.shared.grants
    }

    /// The instance's limits.
    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// Returns how many calls wait for their turn.
    pub fn queue_len(&self) -> usize {
        self.shared.waiting.load(Ordering::Relaxed) as usize
    }

    /// Returns whether the instance was closed or cancelled, or its driver dropped.
    pub fn is_closed(&self) -> bool {
        self.shared.life.is_cancelled() || self.work.is_closed()
    }

    /// Returns whether the instance takes calls: see [`Session::is_usable`](super::Session::is_usable).
    pub fn is_usable(&self) -> bool {
        !self.shared.life.is_cancelled() && !self.shared.standing.is_spent()
    }

    /// The plugin's name.
    pub fn plugin(&self) -> &str {
        &self.shared.plugin
    }

    /// The instance's number.
    pub fn id(&self) -> u64 {
        self.shared.id
    }

    fn queue(
        &self,
        export: &str,
        job: impl for<'a> FnOnce(&'a mut I) -> Running<'a> + Send + 'static,
    ) -> Result<()> {
        let turn = Turn::take(&self.shared, export)?;
        let job: Job<I> = Box::new(move |instance| {
            drop(turn);
            job(instance)
        });
        self.work.unbounded_send(Work::Run(job)).map_err(|_| self.closed())
    }

    fn closed(&self) -> Error {
        Error::Closed { plugin: self.plugin().to_owned() }
    }
}

impl<I: Exports> Calls for Handle<I> {
    fn call<'a>(&'a self, entry: &'a str, args: Vec<u8>) -> Calling<'a> {
        let (reply, answer) = oneshot::channel();
        let name = entry.to_owned();
        let queued = self.queue(entry, move |instance| {
            Box::pin(async move {
                if !reply.is_canceled() {
                    let _ = reply.send(call_on(instance, &name, args).await);
                }
            })
        });
        Box::pin(async move {
            queued?;
            answer.await.unwrap_or_else(|_| Err(self.closed()))
        })
    }

    fn plugin(&self) -> String {
        self.plugin().to_owned()
    }
}

/// One of the calls that wait, of which there are only so many.
struct Turn(Arc<Queue>);

impl Turn {
    fn take(queue: &Arc<Queue>, export: &str) -> Result<Self> {
        let turn = Turn(Arc::clone(queue));
        if queue.waiting.fetch_add(1, Ordering::Relaxed) < queue.limits.queued {
            return Ok(turn);
        }
        let (plugin, export) = (queue.plugin.clone(), export.to_owned());
        Err(Error::Exhausted {
            plugin,
            export,
            limit: Limit::Queue,
            set_by: SetBy::Host,
            cut_off: false,
            source: None,
        })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn own<I: Exports>(mut instance: I, mut queue: mpsc::UnboundedReceiver<Work<I>>) -> Result<()> {
    let life = instance.session().lifetime().clone();
    let mut closers = Vec::new();
    while let Some(work) = next(&mut queue, &life).await {
        match work {
            Work::Run(job) => job(&mut instance).await,
            Work::Idle(reply) => drop(reply.send(())),
            Work::Close(reply) => {
                closers.push(reply);
                break;
            }
        }
    }
    queue.close();
    while let Ok(work) = queue.try_recv() {
        if let Work::Close(reply) = work {
            closers.push(reply);
        }
    }
    let mut closed = instance.session_mut().close();
    for reply in closers {
        // the first error is returned; the driver reports the others
        if let Err(Err(error)) = reply.send(std::mem::replace(&mut closed, Ok(()))) {
            closed = Err(error);
        }
    }
    closed
}

/// The next piece of work; `None` when there will be none, or the instance is to end.
async fn next<I>(queue: &mut mpsc::UnboundedReceiver<Work<I>>, life: &CancelToken) -> Option<Work<I>> {
    let (mut work, mut end) = (pin!(queue.recv()), pin!(life.cancelled()));
    poll_fn(|cx| {
        if end.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        work.as_mut().poll(cx).map(Result::ok)
    })
    .await
}

impl Future for InstanceDriver {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for InstanceDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstanceDriver").finish_non_exhaustive()
    }
}

impl<I> Clone for Handle<I> {
    fn clone(&self) -> Self {
        Handle { work: self.work.clone(), shared: Arc::clone(&self.shared) }
    }
}

impl<I> fmt::Debug for Handle<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("plugin", &self.shared.plugin)
            .field("instance", &self.shared.id)
            .finish_non_exhaustive()
    }
}
