//! Key-value stores: in memory, in a JSON file, in a `redb` file, or in something of the host's own.
//!
//! ```
//! use hostfn_modules::kv;
//! use hostfn::Registry;
//!
//! let stores = kv::module().memory("notes").max_value(64 << 10).open()?;
//! let notes = stores.get("notes").expect("it was just named");
//! notes.set("greeting", b"hello", None)?; // the host's own use of what its guests see
//!
//! let registry = Registry::builder().module(stores.clone()).build()?;
//! assert_eq!(registry.len(), 10);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Grants, by the store's name:
//!
//! ```toml
//! "kv.read" = { allow = ["notes"] }
//! "kv.write" = { allow = ["notes", "drafts-*"] }
//! ```
//!
//! A plugin that is granted `kv.write` alone writes without reading, but for what two functions tell it in passing:
//! `kv_compare_and_set` whether a value is what it thinks, and `kv_increment` the number it comes to.
//!
//! # Stores
//! All instances of a host share its stores, and each call is one step that no other comes between. A file belongs to
//! one host at a time; a second one is refused. What is in it is checked when it is opened, and a file that is damaged or
//! something else is an error, and left as it is. [`Options::open`] opens the stores at once; otherwise the first
//! instance does, and is not made when that fails.
//!
//! A change that was acknowledged is on the disk, and a process that is killed at any moment loses none. A JSON file is
//! written as a whole by every change, so a JSON store takes up at most [4 MiB](Options::max_json_store).
//!
//! Changes of one store are made in the order in which guests ask for them: one that makes many waits behind the others
//! each time. Those that wait take no thread.
//!
//! The functions that change something block while the disk is written, by their own call or by one that was first. They
//! end early, with `interrupted`, when the guest's time is up or its instance is cancelled: a change that has not begun
//! is not made then, and one that has is made whole, before any that comes later. They are no async functions, so that a
//! store in memory costs no more than a call, and so that a plugin of an instance that cannot wait has them too. Functions
//! that only read wait for no change.
//!
//! # Expiry
//! An entry's time to live ends by the wall clock. From then on it is not there, for any function, and the changes that
//! follow drop it: each drops at most 1,000, and until then an expired entry takes up room.
//!
//! # Limits
//! [`Options::max_key`], [`Options::max_value`] and [`Options::max_store`] answer `QUOTA_EXCEEDED`. A page of keys has at
//! most 1,000 of them, and ends early beyond 1 MiB. An instance holds at most 1,024 handles.

mod backend;
mod error;
mod file;
mod image;
mod json;
mod options;
#[cfg(feature = "kv-redb")]
mod redb;
mod store;
mod turn;
mod wait;

use std::convert::Infallible;
use std::ops::ControlFlow;

use hostfn::state::OutOfMemory;
use hostfn::{HostFn, HostModule, Resource, Resources, capabilities, host_fn};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

pub use self::backend::{Backend, BackendError, Before, Change, Entry, entry_bytes};
pub use self::error::{FileError, KvError, OpenError};
pub use self::options::{Options, Stores};
pub use self::store::Store;
pub use self::wait::Waiting;

capabilities! {
    /// Read stores: their keys and values.
    pub KV_READ = "kv.read" in name;
    /// Change stores. Increments and compare-and-sets tell what is there.
    pub KV_WRITE = "kv.write" in name;
}

/// The module. It needs a store, or several.
pub fn module() -> Options {
    Options::new()
}

fn functions() -> HostModule {
    HostModule::new("kv")
        .functions([kv_open::SPEC, kv_get::SPEC, kv_list::SPEC, kv_count::SPEC, kv_close::SPEC])
        .functions([kv_open_to_write::SPEC, kv_set::SPEC, kv_delete::SPEC])
        .functions([kv_compare_and_set::SPEC, kv_increment::SPEC])
        .state("kv-open", |cx| Ok::<_, Infallible>(Resources::<Store>::from_cx(cx)))
        .state("kv-waiting", |cx| Ok::<_, Infallible>(Waiting { interrupt: cx.interrupt().clone() }))
}

/// Keys in a page at most.
const PAGE_KEYS: usize = 1_000;

/// Bytes of keys after which a page ends.
const PAGE_BYTES: usize = 1 << 20;

/// Some of a store's keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The keys, in the order of their bytes.
    pub keys: Vec<String>,
    /// The last key of this page, where the next one starts; nothing when there is no more.
    pub next: Option<String>,
}

fn open(stores: &Stores, open: &mut Resources<Store>, store: &str) -> Result<Resource<Store>, KvError> {
    let opened = stores.get(store).ok_or(KvError::NoSuchStore)?;
    Ok(open.insert_on(store, opened.clone())?)
}

/// Open a store by its name. The handle is good for every function that is granted on the store.
#[host_fn(capability = KV_READ(store), collect = false)]
pub fn kv_open(
    #[state] stores: &Stores,
    #[state] handles: &mut Resources<Store>,
    store: &str,
) -> Result<Resource<Store>, KvError> {
    open(stores, handles, store)
}

/// The value of a key; nothing if it is not there.
#[host_fn(capability = KV_READ(store), collect = false)]
pub fn kv_get(
    #[state] handles: &Resources<Store>,
    store: Resource<Store>,
    key: &str,
) -> Result<Option<ByteBuf>, KvError> {
    let memory = handles.memory();
    let mut value = Ok(None);
    handles.get(store)?.read(key, &mut |found| {
        value = memory.take(found.len()).map(|held| Some((ByteBuf::from(found), held)));
    })?;
    Ok(value?.map(|(value, _held)| value))
}

/// The keys that begin with a prefix, page by page: those after the key `after`, at most `most` of them and never more
/// than 1,000. The page's `next` is the `after` of the next one.
#[host_fn(capability = KV_READ(store), collect = false)]
pub fn kv_list(
    #[state] handles: &Resources<Store>,
    store: Resource<Store>,
    prefix: &str,
    after: Option<&str>,
    most: u32,
) -> Result<Page, KvError> {
    let most = (most as usize).clamp(1, PAGE_KEYS);
    let mut held = handles.memory().take(0)?;
    let mut out_of_memory = None::<OutOfMemory>;
    let (mut keys, mut bytes, mut more) = (Vec::new(), 0_usize, false);
    handles.get(store)?.keys(prefix, after, &mut |key| {
        if keys.len() == most || bytes > PAGE_BYTES {
            more = true;
            return ControlFlow::Break(());
        }
        bytes = bytes.saturating_add(key.len());
        if let Err(error) = held.resize(bytes.saturating_add((keys.len() + 1) * size_of::<String>())) {
            out_of_memory = Some(error);
            return ControlFlow::Break(());
        }
        keys.push(key.to_owned());
        ControlFlow::Continue(())
    })?;
    match out_of_memory {
        Some(error) => Err(error.into()),
        None => Ok(Page { next: keys.last().filter(|_| more).cloned(), keys }),
    }
}

/// Returns how many entries the store has.
#[host_fn(capability = KV_READ(store), collect = false)]
pub fn kv_count(#[state] handles: &Resources<Store>, store: Resource<Store>) -> Result<u64, KvError> {
    handles.get(store)?.count()
}

/// Close a handle, which means nothing from then on. What was written stays.
#[host_fn(capability = none, collect = false)]
pub fn kv_close(#[state] handles: &mut Resources<Store>, store: Resource<Store>) -> Result<(), KvError> {
    handles.remove(store)?;
    Ok(())
}

/// Open a store by its name, for a plugin that may write to it and perhaps not read. The handle is the same as that of
/// `kv_open`.
#[host_fn(capability = KV_WRITE(store), collect = false)]
pub fn kv_open_to_write(
    #[state] stores: &Stores,
    #[state] handles: &mut Resources<Store>,
    store: &str,
) -> Result<Resource<Store>, KvError> {
    open(stores, handles, store)
}

/// Set a key to a value, for `ttl_ms` milliseconds or, without, for good. It is on the disk when this answers.
#[host_fn(capability = KV_WRITE(store), collect = false)]
pub fn kv_set(
    #[state] handles: &Resources<Store>,
    #[state] waiting: &Waiting,
    store: Resource<Store>,
    key: &str,
    value: &[u8],
    ttl_ms: Option<u64>,
) -> Result<(), KvError> {
    let store = handles.get(store)?;
    if !store.waits() {
        return store.set(key, value, ttl_ms);
    }
    let held = handles.memory().take(key.len() + value.len())?;
    let (key, value) = (key.to_owned(), value.to_owned());
    waiting.run(store, held, move |store| store.set(&key, &value, ttl_ms))
}

/// Delete a key; whether it was there.
#[host_fn(capability = KV_WRITE(store), collect = false)]
pub fn kv_delete(
    #[state] handles: &Resources<Store>,
    #[state] waiting: &Waiting,
    store: Resource<Store>,
    key: &str,
) -> Result<bool, KvError> {
    let store = handles.get(store)?;
    if !store.waits() {
        return store.delete(key);
    }
    let (held, key) = (handles.memory().take(key.len())?, key.to_owned());
    waiting.run(store, held, move |store| store.delete(&key))
}

/// Set a key as `kv_set` does if its value is the expected one, or, where nothing is expected, if it is not there;
/// whether it was.
#[host_fn(capability = KV_WRITE(store), collect = false)]
pub fn kv_compare_and_set(
    #[state] handles: &Resources<Store>,
    #[state] waiting: &Waiting,
    store: Resource<Store>,
    key: &str,
    expected: Option<&[u8]>,
    value: &[u8],
    ttl_ms: Option<u64>,
) -> Result<bool, KvError> {
    let store = handles.get(store)?;
    if !store.waits() {
        return store.compare_and_set(key, expected, value, ttl_ms);
    }
    let held = handles.memory().take(key.len() + expected.map_or(0, <[u8]>::len) + value.len())?;
    let (key, expected, value) = (key.to_owned(), expected.map(<[u8]>::to_vec), value.to_owned());
    waiting.run(store, held, move |store| store.compare_and_set(&key, expected.as_deref(), &value, ttl_ms))
}

/// Add to a number, and get the sum. A number is a value of decimal digits, with a `-` before them or not; a key that is
/// not there counts as 0. When the key expires stays as it was.
#[host_fn(capability = KV_WRITE(store), collect = false)]
pub fn kv_increment(
    #[state] handles: &Resources<Store>,
    #[state] waiting: &Waiting,
    store: Resource<Store>,
    key: &str,
    by: i64,
) -> Result<i64, KvError> {
    let store = handles.get(store)?;
    if !store.waits() {
        return store.increment(key, by);
    }
    let (held, key) = (handles.memory().take(key.len())?, key.to_owned());
    waiting.run(store, held, move |store| store.increment(&key, by))
}
