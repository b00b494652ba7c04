//! Handles as what a capability's scope is matched against, of a table that the instance has and of one behind a lock.

use std::convert::Infallible;
use std::sync::Mutex;

use hostfn::abi::codec;
use hostfn::engine::CompositionBuilder;
use hostfn::state::Shared;
use hostfn::{Grants, HostFn, HostFnSpec, MemoryBudget, Resource, Resources, Status, capabilities, host_fn};
use test_support::session::Caller;

capabilities! {
    /// Use a store.
    pub STORE = "kv.read" in name;
}

struct Store(u64);

/// Returns what is in the store.
#[host_fn(capability = STORE(store))]
fn own(#[state] stores: &Resources<Store>, store: Resource<Store>) -> u64 {
    stores.get(store).map_or(0, |store| store.0)
}

/// Returns what is in the store.
#[host_fn(capability = STORE(store))]
fn behind_a_lock(#[state] stores: &Shared<Mutex<Resources<Store>>>, store: Resource<Store>) -> u64 {
    stores.lock().unwrap().get(store).map_or(0, |store| store.0)
}

/// Returns what is in the store.
#[host_fn(capability = STORE(store))]
async fn later(#[state] stores: Shared<Mutex<Resources<Store>>>, store: Resource<Store>) -> u64 {
    std::future::ready(()).await;
    stores.lock().unwrap().get(store).map_or(0, |store| store.0)
}

/// Returns nothing of a table that the instance does not have.
#[host_fn(capability = STORE(store))]
fn tableless(store: Resource<Store>) -> u64 {
    let _ = store;
    0
}

/// Handles on a store that is granted, one that is not, one of the instance's own, one of no scope, and one that was
/// closed.
fn fill(stores: &mut Resources<Store>) -> [Resource<Store>; 5] {
    let handles = [
        stores.insert_on("notes", Store(1)).unwrap(),
        stores.insert_on("secrets", Store(2)).unwrap(),
        stores.insert_private(Store(3)).unwrap(),
        stores.insert(Store(4)).unwrap(),
        stores.insert_on("notes", Store(5)).unwrap(),
    ];
    stores.remove(handles[4]).unwrap();
    handles
}

const ANSWERS: [(Status, Option<u64>); 5] = [
    (Status::OK, Some(1)),
    (Status::NO_CAPABILITY, None),
    (Status::OK, Some(3)),
    (Status::NO_CAPABILITY, None),
    (Status::NOT_FOUND, None),
];

type Locked = Shared<Mutex<Resources<Store>>>;

fn start(spec: &'static HostFnSpec, states: impl FnOnce(CompositionBuilder) -> CompositionBuilder) -> Caller {
    Caller::new(spec, (1_000, 1_000), &Grants::none().allow_within(&STORE, ["notes"]).unwrap(), states)
}

fn call(caller: &mut Caller, is_async: bool, store: Resource<Store>) -> (Status, Option<u64>) {
    let args = codec::to_vec(&(store,)).unwrap();
    let answer = if is_async { caller.call_async(&args, 100).0 } else { caller.call(&args, 100) };
    (answer.status, codec::decode(&answer.bytes).ok())
}

#[test]
fn a_handle_is_matched_by_what_it_was_opened_on() {
    let mut caller = start(own::SPEC, |builder| {
        builder.state("stores", |cx| Ok::<_, Infallible>(Resources::<Store>::from_cx(cx)))
    });
    let handles = fill(caller.session.state_mut().unwrap());
    for (i, answer) in ANSWERS.into_iter().enumerate() {
        assert_eq!(call(&mut caller, false, handles[i]), answer, "{i}");
    }
}

#[test]
fn a_handle_of_a_table_behind_a_lock_is_matched_like_any_other() {
    for spec in [behind_a_lock::SPEC, later::SPEC] {
        let mut caller = start(spec, |builder| {
            builder.state("stores", |cx| {
                Ok::<_, Infallible>(Shared::new(Mutex::new(Resources::<Store>::from_cx(cx))))
            })
        });
        let handles = fill(&mut caller.session.state::<Locked>().unwrap().lock().unwrap());
        for (i, answer) in ANSWERS.into_iter().enumerate() {
            assert_eq!(call(&mut caller, spec.is_async(), handles[i]), answer, "{} {i}", spec.name());
        }
    }
}

#[test]
fn a_handle_of_no_table_is_the_host_s_mistake() {
    let handles = fill(&mut Resources::new(&MemoryBudget::new(1 << 20)));
    let mut caller = start(tableless::SPEC, |builder| builder);
    assert_eq!(call(&mut caller, false, handles[0]), (Status::INTERNAL, None));
}
