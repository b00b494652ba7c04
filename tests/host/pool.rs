//! Pools of instances.

use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use hostfn::contract::ContractSpec;
use hostfn::engine::{Pool, PoolSource, PoolStart, Starting, Subject};
use hostfn::error::{Code, Limit};
use hostfn::state::Shared;
use hostfn::{Caller, Error, Grants, Host, HostFn, Instance, Plugin, Problem, Status, capabilities, host_fn};
use pollster::block_on;
use test_support::probe::{export, guest, registry, relay};

use crate::handle_contracts::{NoPaper, PrinterClient, printer};

capabilities! {
    /// Greet people by name.
    pub GREET = "greet";
}

/// Build a greeting.
#[host_fn(capability = GREET)]
fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

type Users = Mutex<BTreeMap<u64, u32>>;

/// Stay in the call for a moment; fails when the instance runs two calls.
#[host_fn(capability = none)]
fn stay(#[caller] caller: &Caller, #[state] users: &Shared<Users>) -> u32 {
    let count = |by: i32| {
        let mut users = users.lock().unwrap();
        let count = users.entry(caller.instance()).or_default();
        *count = count.wrapping_add_signed(by);
        *count
    };
    let now = count(1);
    thread::yield_now();
    count(-1);
    now
}

/// Never return.
#[host_fn(capability = none)]
async fn hang() {
    std::future::pending::<()>().await;
}

pub(crate) fn plugin_host() -> Host {
    let specs = [greet::SPEC, stay::SPEC, hang::SPEC];
    Host::builder(registry(&specs)).shared("users", Users::default()).build().unwrap()
}

/// A guest that returns its version, and calls what it imports.
pub(crate) fn version(number: u8, more: &str) -> Vec<u8> {
    let body = [
        format!("(data (i32.const 64) \"\\{number:02x}\")"),
        export("version", "(call $set_result (i32.const 64) (i32.const 1))", "(i64.const 0x100000000)"),
        export("trap", "unreachable", "(i64.const 0)"),
        export("forever", "(loop $l (br $l))", "(i64.const 0)"),
        relay("greet"),
        relay("stay"),
        relay("hang"),
        more.to_owned(),
    ];
    guest(&["greet", "stay", "hang"], &body.concat())
}

pub(crate) fn granted() -> Grants {
    Grants::none().allow(&GREET)
}

fn plugin() -> Plugin {
    plugin_host().load("probe", &version(1, "")).unwrap()
}

fn pool(size: u32) -> Pool<Plugin> {
    plugin().pool(&granted()).size(size).build().unwrap()
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Runs `request` on 6 threads while `work` runs. Returns how many requests were served.
fn under_load(request: impl Fn() + Sync, work: impl FnOnce()) -> u32 {
    let (done, served) = (AtomicBool::new(false), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    request();
                    served.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        // the threads end also when the work panics
        let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        done.store(true, Ordering::Relaxed);
        worked.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
    served.into_inner()
}

#[test]
fn pool_loses_no_request_in_1000_replacements() {
    let host = plugin_host();
    let versions = [1, 2].map(|number| host.load("probe", &version(number, "")).unwrap());
    let pool = versions[0].pool(&granted()).size(4).build().unwrap();
    let request = || {
        let number: u8 = block_on(pool.call("version", ())).unwrap();
        assert!(number == 1 || number == 2);
    };
    let served = under_load(request, || {
        for i in 1..=1_000_u32 {
            let new = usize::from(i % 2 == 1);
            block_on(pool.replace(&versions[new])).unwrap();
            let number: u8 = block_on(pool.call("version", ())).unwrap();
            assert_eq!(usize::from(number), new + 1, "the old version served after it was replaced");
        }
    });
    assert!(served > 0);
    let stats = pool.stats();
    assert_eq!((stats.replaced, stats.leased, stats.waiting), (1_000, 0, 0));
    assert_eq!(stats.started - stats.ended, u64::from(stats.idle), "instances got lost: {stats:?}");
}

#[test]
fn pool_loses_no_request_in_1000_revokes() {
    let pool = pool(4);
    let ask = || match block_on(pool.call::<_, String>("greet", ("Ada",))) {
        Ok(text) => {
            assert_eq!(text, "Hello, Ada!");
            true
        }
        Err(Error::Guest { status, .. }) => {
            assert_eq!(status, Status::NO_CAPABILITY);
            false
        }
        Err(other) => panic!("{other:?}"),
    };
    let request = || {
        ask();
        // instances that end are replaced, under the grants of that moment
        let lease = block_on(pool.lease()).unwrap();
        lease.lifetime().cancel();
    };
    under_load(request, || {
        for _ in 0..1_000 {
            assert!(pool.revoke(&GREET));
            assert!(!ask(), "it was granted after it was revoked");
            assert!(pool.restore(&GREET));
            assert!(ask(), "it was not granted after it was restored");
        }
    });
    assert_eq!((pool.stats().leased, pool.grants()), (0, granted()));
}

#[test]
fn pool_instance_runs_one_call_at_a_time() {
    let pool = pool(3);
    let request = || assert_eq!(block_on(pool.call::<_, u32>("stay", ())).unwrap(), 1);
    let served = under_load(request, || (0..500).for_each(|_| request()));
    assert!(served > 0);
    let stats = pool.stats();
    assert!(stats.started <= 3 && stats.leases > 500, "{stats:?}");
}

#[test]
fn pool_serves_the_first_in_line_first() {
    let pool = pool(1);
    let held = block_on(pool.lease()).unwrap();
    let mut line: Vec<_> = (0..5).map(|_| Box::pin(pool.lease())).collect();
    for waiting in &mut line {
        assert!(poll(waiting.as_mut()).is_pending());
    }
    assert_eq!(pool.stats().waiting, 5);
    // the second leaves the line
    drop(line.remove(1));
    assert_eq!(pool.stats().waiting, 4);
    drop(held);
    while !line.is_empty() {
        // those behind are asked first, and are not served
        for later in line.iter_mut().skip(1).rev() {
            assert!(poll(later.as_mut()).is_pending());
        }
        // one that comes now does not overtake
        assert!(poll(pin!(pool.lease())).is_pending());
        let mut first = line.remove(0);
        assert!(matches!(poll(first.as_mut()), Poll::Ready(Ok(_))), "{} behind it", line.len());
    }
    assert_eq!((pool.stats().idle, pool.stats().started), (1, 1));
}

#[test]
fn pool_permit_that_nobody_takes_goes_to_the_next() {
    let pool = pool(1);
    let held = block_on(pool.lease()).unwrap();
    let (mut first, mut second) = (Box::pin(pool.lease()), Box::pin(pool.lease()));
    assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending());
    // it is the first's turn, and it goes away without looking
    drop(held);
    drop(first);
    let Poll::Ready(Ok(lease)) = poll(second.as_mut()) else { panic!("the permit got lost") };
    assert_eq!(pool.stats().leased, 1);
    drop(lease);
    assert_eq!((pool.stats().leased, pool.stats().idle), (0, 1));
}

#[test]
fn pool_call_dropped_half_way_is_replaced() {
    let pool = pool(1);
    {
        let mut call = pin!(pool.call::<_, ()>("hang", ()));
        assert!(poll(call.as_mut()).is_pending());
        assert_eq!(pool.stats().leased, 1);
    }
    let stats = pool.stats();
    assert_eq!((stats.leased, stats.idle, stats.ended), (0, 0, 1));
    assert_eq!(block_on(pool.call::<_, u8>("version", ())).unwrap(), 1);
    assert_eq!(pool.stats().started, 2);
}

#[test]
fn pool_instance_that_trapped_is_replaced() {
    let pool = pool(1);
    assert_eq!(block_on(pool.call::<_, ()>("trap", ())).unwrap_err().code(), Code::Trapped);
    assert_eq!(block_on(pool.call::<_, u8>("version", ())).unwrap(), 1);
    assert_eq!((pool.stats().started, pool.stats().ended), (2, 1));
}

#[test]
fn pool_plugin_that_does_not_start_fails_every_request() {
    let broken = "(func (export \"plugin_init\") (result i32) (i32.const -6))";
    let plugin = plugin_host().load("probe", &version(1, broken)).unwrap();
    let pool = plugin.pool(&granted()).size(2).build().unwrap();
    let codes: Vec<_> = thread::scope(|scope| {
        let ask = || block_on(pool.call::<_, u8>("version", ())).unwrap_err().code();
        let requests: Vec<_> = (0..20).map(|_| scope.spawn(ask)).collect();
        requests.into_iter().map(|request| request.join().unwrap()).collect()
    });
    assert_eq!(codes, [Code::InitFailed; 20]);
    let stats = pool.stats();
    assert_eq!((stats.leased, stats.idle, stats.waiting, stats.started), (0, 0, 0, 0));
}

/// A plugin whose start never completes while `stuck`.
#[derive(Clone)]
struct Slow(Plugin, Arc<AtomicBool>);

impl PoolSource for Slow {
    type Guest = Instance;

    fn subject(&self) -> &Subject {
        PoolSource::subject(&self.0)
    }

    fn contracts(&self) -> Vec<&'static ContractSpec> {
        self.0.contracts()
    }

    fn missing_entries(&self, contract: &ContractSpec) -> Vec<Problem> {
        PoolSource::missing_entries(&self.0, contract)
    }

    fn start<'a>(&'a self, start: PoolStart<'a>) -> Starting<'a, Instance> {
        Box::pin(async move {
            if self.1.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            PoolSource::start(&self.0, start).await
        })
    }
}

#[test]
fn pool_start_that_never_ends_does_not_hang_the_line() {
    let stuck = Arc::new(AtomicBool::new(true));
    let slow = Slow(plugin(), Arc::clone(&stuck));
    let pool = Pool::builder(&slow, &granted()).size(1).wait(Duration::from_millis(20)).build().unwrap();
    let mut starting = Box::pin(pool.lease());
    assert!(poll(starting.as_mut()).is_pending());
    let error = block_on(pool.lease()).unwrap_err();
    assert_eq!(error.code(), Code::PoolTimeout, "{error}");
    assert_eq!((pool.stats().timed_out, pool.stats().waiting), (1, 0));
    // the request that starts it is dropped, and the next starts one of its own
    let mut next = Box::pin(pool.lease());
    assert!(poll(next.as_mut()).is_pending());
    stuck.store(false, Ordering::Relaxed);
    drop(starting);
    block_on(next).unwrap();
    assert_eq!(pool.stats().started, 1);
}

#[test]
fn pool_bounds_how_many_wait() {
    let pool = plugin().pool(&granted()).size(1).waiting(1).build().unwrap();
    let held = block_on(pool.lease()).unwrap();
    let mut first = pin!(pool.lease());
    assert!(poll(first.as_mut()).is_pending());
    let error = block_on(pool.lease()).unwrap_err();
    assert!(matches!(error, Error::Exhausted { limit: Limit::Queue, .. }), "{error:?}");
    assert_eq!(pool.stats().refused, 1);
    drop(held);
    assert!(matches!(poll(first), Poll::Ready(Ok(_))));
    assert_eq!(plugin().pool(&granted()).size(0).build().unwrap_err().code(), Code::BadLimit);
}

#[test]
fn pool_close_refuses_the_line_and_waits_for_leases() {
    let pool = pool(1);
    let held = block_on(pool.lease()).unwrap();
    let mut waiting = pin!(pool.lease());
    assert!(poll(waiting.as_mut()).is_pending());
    let closing = pool.clone();
    let closing = thread::spawn(move || block_on(closing.close(Duration::from_mins(1))));
    assert_eq!(block_on(waiting).unwrap_err().code(), Code::Closed);
    assert_eq!(block_on(pool.lease()).unwrap_err().code(), Code::Closed);
    assert!(held.is_usable());
    drop(held);
    assert_eq!(closing.join().unwrap(), 0);
    assert_eq!((pool.stats().idle, pool.stats().leased), (0, 0));
}

#[test]
fn pool_close_cancels_calls_that_outlast_it() {
    let pool = pool(1);
    let running = pool.clone();
    let running = thread::spawn(move || block_on(running.call::<_, ()>("hang", ())).unwrap_err().code());
    while pool.stats().leases == 0 {
        thread::yield_now();
    }
    assert_eq!(block_on(pool.close(Duration::from_millis(10))), 1);
    assert!(matches!(running.join().unwrap(), Code::Cancelled | Code::Closed));
    assert_eq!(pool.stats().leased, 0);
}

#[test]
fn pool_warm_starts_instances_before_requests() {
    let pool = pool(3);
    block_on(pool.warm(2)).unwrap();
    assert_eq!((pool.stats().idle, pool.stats().started), (2, 2));
    block_on(pool.warm(9)).unwrap();
    assert_eq!((pool.stats().idle, pool.stats().started), (3, 3));
}

#[test]
fn pool_contract_calls_by_type() {
    let host = Host::builder(registry(&[])).build().unwrap();
    let plugin = host.load("printer", &printer()).unwrap();
    for waits in [true, false] {
        let builder = plugin.pool(&Grants::none()).size(2);
        let pool = if waits { builder } else { builder.blocking() }.build().unwrap();
        let client = pool.contract::<PrinterClient>().unwrap();
        block_on(async {
            assert_eq!(client.echo("Ada").await.unwrap(), "Ada");
            assert_eq!(client.print().await.unwrap(), Err(NoPaper));
        });
    }
    let error = pool(1).contract::<PrinterClient>().map(drop).unwrap_err();
    assert_eq!(error.code(), Code::EntryMissing);
}

#[test]
fn pool_refuses_a_version_that_lacks_what_the_old_one_has() {
    let registry = hostfn::Registry::builder().add(greet::SPEC);
    let registry = registry.contract(<PrinterClient<'_> as hostfn::contract::GuestContract<'_>>::CONTRACT);
    let host = Host::builder(registry.build().unwrap()).build().unwrap();
    let old = host.load("printer", &printer()).unwrap();
    let pool = old.pool(&Grants::none()).size(1).build().unwrap();
    let client = pool.contract::<PrinterClient>().unwrap();

    let lacking = host.load("printer", &guest(&[], "")).unwrap();
    assert_eq!(block_on(pool.replace(&lacking)).unwrap_err().code(), Code::EntryMissing);
    assert_eq!(block_on(client.echo("Ada")).unwrap(), "Ada");
    assert_eq!((pool.stats().replaced, pool.stats().ended), (0, 0));

    let greedy = Host::clone(&host).load("greedy", &guest(&["greet"], &relay("greet"))).unwrap();
    let modest = host.load("modest", &guest(&[], "")).unwrap();
    let pool = modest.pool(&Grants::none()).size(1).build().unwrap();
    assert_eq!(block_on(pool.replace(&greedy)).unwrap_err().code(), Code::NotGranted);
    assert_eq!(pool.source().name(), "modest");
}

#[test]
fn pool_restores_no_more_than_the_ceiling() {
    let pool = plugin().pool(&Grants::none()).ceiling(&granted()).size(1).build().unwrap();
    let ask = || block_on(pool.call::<_, String>("greet", ("Ada",))).is_ok();
    assert!(!ask());
    assert!(pool.restore(&GREET));
    assert!(ask());
    pool.set_grants(&Grants::none());
    assert!(!ask());
    // a replacement has the grants of the pool, and the same ceiling
    block_on(pool.call::<_, ()>("trap", ())).unwrap_err();
    assert!(!ask());
    assert!(pool.restore(&GREET));
    assert!(ask());
}

#[tokio::test]
async fn pool_requests_are_send() {
    let pool = tokio::task::spawn_blocking(|| pool(2)).await.unwrap();
    let requests: Vec<_> = (0..20)
        .map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move { pool.call::<_, u8>("version", ()).await.unwrap() })
        })
        .collect();
    for request in requests {
        assert_eq!(request.await.unwrap(), 1);
    }
    assert_eq!(pool.close(Duration::from_secs(10)).await, 0);
}
