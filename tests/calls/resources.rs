//! Handles as what a capability's scope is matched against, of a table that the instance has and of one behind a lock.

use std::sync::{Arc, Mutex};

use hostfn::abi::codec;
use hostfn::engine::{Access, Env, Gate, Incoming};
use hostfn::scope::ScopeKind;
use hostfn::spec::CallFailure;
use hostfn::state::{Shared, States};
use hostfn::{
    Caller, HostFn, HostFnSpec, MemoryBudget, Resource, Resources, Scope, Status, capabilities, host_fn,
};

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

/// Handles on a store that is granted, one that is not, one of the instance's own, one of no scope, and one that was
/// closed.
fn stores() -> (Resources<Store>, [Resource<Store>; 5]) {
    let mut stores = Resources::new(&MemoryBudget::new(1 << 20));
    let handles = [
        stores.insert_on("notes", Store(1)).unwrap(),
        stores.insert_on("secrets", Store(2)).unwrap(),
        stores.insert_private(Store(3)).unwrap(),
        stores.insert(Store(4)).unwrap(),
        stores.insert_on("notes", Store(5)).unwrap(),
    ];
    stores.remove(handles[4]).unwrap();
    (stores, handles)
}

const ANSWERS: [(Status, Option<u64>); 5] = [
    (Status::OK, Some(1)),
    (Status::NO_CAPABILITY, None),
    (Status::OK, Some(3)),
    (Status::NO_CAPABILITY, None),
    (Status::NOT_FOUND, None),
];

fn call(spec: &'static HostFnSpec, states: States, store: Resource<Store>) -> (Status, Option<u64>) {
    let scope = Scope::new(ScopeKind::Name, &["notes"], &[]).unwrap();
    let gate = Arc::new(Gate::new(&STORE, Some(Arc::new(scope))));
    let mut env = Env::new(Caller::new("probe", 7), states, 1_000, 1_000);
    let mut window = vec![0; 100];
    let args = codec::to_vec(&(store,)).unwrap();
    let incoming = Incoming {
        access: &mut Access::new(spec, Some(gate), u32::MAX),
        args: &args,
        args_len: u32::try_from(args.len()).unwrap(),
        window: &mut window,
        env: &mut env,
    };
    let placed = if spec.is_async() {
        spec.start(incoming).and_then(|task| env.finish(pollster::block_on(task), &mut window))
    } else {
        spec.run(incoming)
    };
    match placed {
        Ok(placed) => (placed.status(), codec::decode(&window[..placed.len() as usize]).ok()),
        Err(CallFailure { placed, .. }) => (placed.status(), None),
    }
}

#[test]
fn a_handle_is_matched_by_what_it_was_opened_on() {
    for (i, answer) in ANSWERS.into_iter().enumerate() {
        let (stores, handles) = stores();
        let mut states = States::new();
        states.push("stores", stores);
        assert_eq!(call(own::SPEC, states, handles[i]), answer, "{i}");
    }
}

#[test]
fn a_handle_of_a_table_behind_a_lock_is_matched_like_any_other() {
    for spec in [behind_a_lock::SPEC, later::SPEC] {
        for (i, answer) in ANSWERS.into_iter().enumerate() {
            let (stores, handles) = stores();
            let mut states = States::new();
            states.push("stores", Shared::new(Mutex::new(stores)));
            assert_eq!(call(spec, states, handles[i]), answer, "{} {i}", spec.name());
        }
    }
}

#[test]
fn a_handle_of_no_table_is_the_host_s_mistake() {
    let (_, handles) = stores();
    assert_eq!(call(own::SPEC, States::new(), handles[0]), (Status::INTERNAL, None));
}
