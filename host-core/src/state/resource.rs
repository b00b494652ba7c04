//! Per-instance handle table for host resources.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use hostfn_abi::Status;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::observe::Fault;
use crate::spec::{ErrorKind, HandleNumber, HostError};
use crate::state::{
    MemoryBudget, MemoryReservation, OutOfMemory, ScopeText, ScopeValue, Shared, StateCx, States,
};

/// A guest's handle on a `T` of its instance's [`Resources<T>`]: a number that means nothing elsewhere.
///
/// On the wire it is a 64-bit integer; in a listing it is `handle<T>`, and in the bindings of guests a type of its own
/// for each `T`. The name of `T` is a part of the interface: plugins that were built against another one are refused
/// when they are loaded. No two handles of a process are alike, whatever their type, so a handle
/// that is stale, forged or another instance's is simply not there. Where it is the parameter of a capability's scope,
/// `capability = FS_READ(file)`, it stands for what it was opened on: the grant is matched against that, by every call.
/// A call with a handle that does not exist fails in the same way, by the function or before it runs: `NOT_FOUND`, with the
/// code `no_such_handle` of [`ResourceError::NoSuchHandle`].
pub struct Resource<T> {
    number: u64,
    of: PhantomData<fn() -> T>,
}

impl<T> Resource<T> {
    fn numbered(number: u64) -> Self {
        Self { number, of: PhantomData }
    }
}

impl<T> Clone for Resource<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Resource<T> {}

impl<T> PartialEq for Resource<T> {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl<T> Eq for Resource<T> {}

impl<T> fmt::Debug for Resource<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resource({:016x})", self.number)
    }
}

impl<T> Serialize for Resource<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(std::any::type_name::<T>(), &self.number)
    }
}

impl<'de, T> Deserialize<'de> for Resource<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        HandleNumber::deserialize::<T, D>(deserializer).map(|HandleNumber(number)| Self::numbered(number))
    }
}

impl<T: Send + 'static> ScopeValue for Resource<T> {
    fn scope_value(&self) -> Option<&str> {
        None
    }

    fn scope_text<'a>(&'a self, states: &'a States) -> Result<ScopeText<'a>, Fault> {
        if let Some(resources) = states.get::<Resources<T>>() {
            return match resources.on(*self)? {
                On::Value(value) => Ok(ScopeText::Value(value)),
                On::Private => Ok(ScopeText::Private),
                On::Nothing => Ok(ScopeText::Missing),
            };
        }
        let Some(shared) = states.get::<Shared<Mutex<Resources<T>>>>() else {
            return Err(Fault::internal(format!(
                "the instance has no table of `{}`",
                std::any::type_name::<T>()
            )));
        };
        match shared.lock().unwrap_or_else(PoisonError::into_inner).on(*self)? {
            On::Value(value) => Ok(ScopeText::Shared(Arc::clone(value))),
            On::Private => Ok(ScopeText::Private),
            On::Nothing => Ok(ScopeText::Missing),
        }
    }
}

/// Numbers that are given out once in a process. They are scrambled with a key of the process's own, so that none of
/// them tells how many others there are.
static NEXT: AtomicU64 = AtomicU64::new(0);
static KEY: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(std::process::id()));

fn next_number() -> u64 {
    // SplitMix64's finalizer (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): a
    // bijection, so that what is counted never repeats
    let mut n = NEXT.fetch_add(1, Ordering::Relaxed) ^ *KEY;
    n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// The things of one type that a guest holds handles on. A state of the instance: dropped, with all that is in it, when
/// the instance ends.
///
/// ```
/// use hostfn_core::{MemoryBudget, Resource, ResourceError, Resources};
///
/// let mut files = Resources::new(&MemoryBudget::new(1 << 20)).at_most(2);
/// let log: Resource<String> = files.insert("log".to_owned())?;
/// assert_eq!(files.get(log)?, "log");
///
/// files.insert("notes".to_owned())?;
/// assert_eq!(files.insert("more".to_owned()), Err(ResourceError::TooMany(2)));
///
/// files.remove(log)?;
/// assert_eq!(files.get(log), Err(ResourceError::NoSuchHandle));
/// # Ok::<(), ResourceError>(())
/// ```
///
/// As a state: `.state("files", |cx| Ok::<_, Infallible>(Resources::<File>::from_cx(cx)))`, and then `#[state] files: &mut
/// Resources<File>`. An async function reaches one that is behind a lock, as a state of type
/// `Shared<Mutex<Resources<File>>>`; a capability is matched against a handle of either.
pub struct Resources<T> {
    entries: HashMap<u64, Entry<T>>,
    most: usize,
    memory: MemoryBudget,
}

struct Entry<T> {
    value: T,
    on: On,
    _held: MemoryReservation,
}

/// The value that a resource was opened on: see [`Resources::insert_on`].
#[derive(Clone)]
enum On {
    Value(Arc<str>),
    Private,
    Nothing,
}

/// A table that grows is up to an eighth more than half empty, and is copied.
const TABLE: usize = 3;

impl<T> Resources<T> {
    /// None yet, and 1,024 at most.
    pub fn new(memory: &MemoryBudget) -> Self {
        Self { entries: HashMap::new(), most: 1_024, memory: memory.clone() }
    }

    /// The same, for an instance that is about to be.
    pub fn from_cx(cx: &StateCx<'_>) -> Self {
        Self::new(cx.memory())
    }

    /// At most `most` at once.
    #[must_use]
    pub fn at_most(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// A handle on `value`, which belongs to no scope: no capability with one can be matched against it.
    ///
    /// # Errors
    /// When there are as many as there may be, or the instance's memory is used up.
    pub fn insert(&mut self, value: T) -> Result<Resource<T>, ResourceError> {
        self.put(On::Nothing, value)
    }

    /// A handle on `value`, which was opened on what `scope_value` names: a path, a URL, a name. A capability that is
    /// matched against the handle is matched against that.
    ///
    /// # Errors
    /// Those of [`insert`](Resources::insert).
    pub fn insert_on(&mut self, scope_value: &str, value: T) -> Result<Resource<T>, ResourceError> {
        self.put(On::Value(scope_value.into()), value)
    }

    /// A handle on `value`, which is the instance's own and reaches nothing outside it, a database in memory: it lies
    /// within every grant of a capability that is matched against it.
    ///
    /// # Errors
    /// Those of [`insert`](Resources::insert).
    pub fn insert_private(&mut self, value: T) -> Result<Resource<T>, ResourceError> {
        self.put(On::Private, value)
    }

    /// A handle on `value`, which was opened on the same as `other`, such as a statement on its database's path.
    ///
    /// # Errors
    /// Those of [`insert`](Resources::insert), and when `other` is not there.
    pub fn insert_like<U>(
        &mut self,
        (others, other): (&Resources<U>, Resource<U>),
        value: T,
    ) -> Result<Resource<T>, ResourceError> {
        self.put(others.entry(other)?.on.clone(), value)
    }

    fn put(&mut self, on: On, value: T) -> Result<Resource<T>, ResourceError> {
        if self.entries.len() >= self.most {
            return Err(ResourceError::TooMany(self.most));
        }
        let text = if let On::Value(value) = &on { value.len() } else { 0 };
        let held = self.memory.take(TABLE * size_of::<(u64, Entry<T>)>() + text)?;
        let number = next_number();
        self.entries.insert(number, Entry { value, on, _held: held });
        Ok(Resource::numbered(number))
    }

    fn on(&self, handle: Resource<T>) -> Result<&On, Fault> {
        let entry = self.entry(handle).map_err(|error| Fault::from_error(&error))?;
        Ok(&entry.on)
    }

    fn entry(&self, handle: Resource<T>) -> Result<&Entry<T>, ResourceError> {
        self.entries.get(&handle.number).ok_or(ResourceError::NoSuchHandle)
    }

    /// Returns what the handle stands for.
    ///
    /// # Errors
    /// When it is not there (any more).
    pub fn get(&self, handle: Resource<T>) -> Result<&T, ResourceError> {
        self.entry(handle).map(|entry| &entry.value)
    }

    /// Returns what the handle stands for, to change.
    ///
    /// # Errors
    /// When it is not there (any more).
    pub fn get_mut(&mut self, handle: Resource<T>) -> Result<&mut T, ResourceError> {
        let entry = self.entries.get_mut(&handle.number).ok_or(ResourceError::NoSuchHandle)?;
        Ok(&mut entry.value)
    }

    /// Takes what the handle stands for out of the table; the handle means nothing any more.
    ///
    /// # Errors
    /// When it is not there (any more).
    pub fn remove(&mut self, handle: Resource<T>) -> Result<T, ResourceError> {
        let entry = self.entries.remove(&handle.number).ok_or(ResourceError::NoSuchHandle)?;
        Ok(entry.value)
    }

    /// Keeps those of which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(Resource<T>, &mut T) -> bool) {
        self.entries.retain(|&number, entry| keep(Resource::numbered(number), &mut entry.value));
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The memory that they, and what they hold, count against.
    pub fn memory(&self) -> &MemoryBudget {
        &self.memory
    }
}

impl<T> fmt::Debug for Resources<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resources({} of {} {})", self.len(), self.most, std::any::type_name::<T>())
    }
}

/// Errors of handles and of opening one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResourceError {
    /// There is nothing of this handle: it was closed, or never given out.
    #[error("the handle does not exist, or was closed")]
    NoSuchHandle,
    /// The instance holds as many as it may.
    #[error("the limit of {0} open handles is reached")]
    TooMany(usize),
    /// The instance's memory is used up.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
}

impl HostError for ResourceError {
    const KINDS: &'static [ErrorKind] = &[
        ErrorKind {
            code: "no_such_handle",
            status: Status::NOT_FOUND,
            docs: "There is nothing of this handle: it was closed, or never given out.",
        },
        ErrorKind {
            code: "too_many_open",
            status: Status::QUOTA_EXCEEDED,
            docs: "The instance holds as many as it may.",
        },
        OutOfMemory::KINDS[0],
    ];

    fn status(&self) -> Status {
        match self {
            ResourceError::NoSuchHandle => Status::NOT_FOUND,
            ResourceError::TooMany(_) => Status::QUOTA_EXCEEDED,
            ResourceError::OutOfMemory(error) => error.status(),
        }
    }

    fn code(&self) -> &str {
        match self {
            ResourceError::NoSuchHandle => "no_such_handle",
            ResourceError::TooMany(_) => "too_many_open",
            ResourceError::OutOfMemory(error) => error.code(),
        }
    }
}
