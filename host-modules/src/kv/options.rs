//! The configuration of stores.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use hostfn::HostModule;

use super::backend::Backend;
use super::error::{FileError, OpenError};
use super::image::Memory;
use super::json::Json;
#[cfg(feature = "kv-redb")]
use super::redb::Redb;
use super::store::{Clock, Limits, Store};

/// The module's options: its stores, and how much goes into each.
#[must_use = "a registry takes it: `Registry::builder().module(kv::module().memory(\"notes\"))`"]
pub struct Options {
    stores: Vec<(String, Kind)>,
    limits: Limits,
    clock: Clock,
}

enum Kind {
    Memory,
    Json(PathBuf),
    #[cfg(feature = "kv-redb")]
    Redb(PathBuf),
    Custom(Arc<dyn Backend>),
}

impl Options {
    pub(super) fn new() -> Self {
        Self { stores: Vec::new(), limits: Limits::default(), clock: Arc::new(SystemTime::now) }
    }

    /// A store in memory, which is gone with the host.
    pub fn memory(self, name: impl Into<String>) -> Self {
        self.with(name, Kind::Memory)
    }

    /// A store in a JSON file, which is made if it is not there, for its owner alone to read.
    ///
    /// All of it is in memory, and each change writes the file again: it is for small stores that people read. Who
    /// edits the file does so while no host has it open. Beside it is an empty `NAME.lock`, which stays.
    pub fn json(self, name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.with(name, Kind::Json(path.into()))
    }

    /// A store in a `redb` file, which is made if it is not there, for its owner alone to read. Beside it is an empty
    /// `NAME.lock`, which stays.
    ///
    /// The whole file is read and checked when it is opened. After an error of the disk the store fails until it is
    /// opened again, with another host.
    #[cfg(feature = "kv-redb")]
    pub fn redb(self, name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.with(name, Kind::Redb(path.into()))
    }

    /// A store of the host's own making.
    pub fn backend(self, name: impl Into<String>, backend: impl Backend) -> Self {
        self.with(name, Kind::Custom(Arc::new(backend)))
    }

    fn with(mut self, name: impl Into<String>, kind: Kind) -> Self {
        self.stores.push((name.into(), kind));
        self
    }

    /// Keys have at most so many bytes: 1 KiB unless told.
    pub fn max_key(mut self, bytes: usize) -> Self {
        self.limits.key = bytes;
        self
    }

    /// Values have at most so many bytes: 1 MiB unless told.
    pub fn max_value(mut self, bytes: usize) -> Self {
        self.limits.value = bytes;
        self
    }

    /// Each store takes up at most so many bytes, its entries counted by [`entry_bytes`](super::entry_bytes): 64 MiB
    /// unless told. A file takes up more. A store that has more already can still be read, and shrink.
    pub fn max_store(mut self, bytes: u64) -> Self {
        self.limits.store = bytes;
        self
    }

    /// The same of each store in a JSON file, which every change writes as a whole: 4 MiB unless told. The smaller of the
    /// two limits holds.
    pub fn max_json_store(mut self, bytes: u64) -> Self {
        self.limits.json = bytes;
        self
    }

    /// The clock that entries expire by, instead of the system's: for tests.
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(now);
        self
    }

    /// Opens the stores now, rather than with the host's first instance.
    ///
    /// # Errors
    /// When there are none, two have one name, or a file cannot be used.
    pub fn open(self) -> Result<Stores, OpenError> {
        self.check()?;
        self.open_all()
    }

    fn check(&self) -> Result<(), OpenError> {
        if self.stores.is_empty() {
            return Err(OpenError::NoStore);
        }
        for (i, (name, _)) in self.stores.iter().enumerate() {
            if self.stores[..i].iter().any(|(other, _)| other == name) {
                return Err(OpenError::DuplicateStore(name.clone()));
            }
        }
        Ok(())
    }

    fn open_all(&self) -> Result<Stores, OpenError> {
        let open = |(name, kind): &(String, Kind)| {
            let mut limits = self.limits;
            if matches!(kind, Kind::Json(_)) {
                limits.store = limits.store.min(limits.json);
            }
            let store = Store::new(kind.open(name)?, limits, Arc::clone(&self.clock));
            Ok((name.clone(), store))
        };
        Ok(Stores(Arc::new(self.stores.iter().map(open).collect::<Result<_, OpenError>>()?)))
    }
}

impl Kind {
    fn open(&self, store: &str) -> Result<Arc<dyn Backend>, OpenError> {
        let at = |path: &PathBuf| {
            let (store, path) = (store.to_owned(), path.clone());
            move |why: FileError| OpenError::File { store, path, why }
        };
        Ok(match self {
            Kind::Memory => Arc::new(Memory::default()),
            Kind::Json(path) => Arc::new(Json::open(path).map_err(at(path))?),
            #[cfg(feature = "kv-redb")]
            Kind::Redb(path) => Arc::new(Redb::open(path).map_err(at(path))?),
            Kind::Custom(backend) => Arc::clone(backend),
        })
    }
}

/// Stores that are open, for a module and for the host itself. A clone is a handle on the same stores.
#[derive(Clone, Debug)]
pub struct Stores(Arc<BTreeMap<String, Store>>);

impl Stores {
    /// The store of this name.
    pub fn get(&self, name: &str) -> Option<&Store> {
        self.0.get(name)
    }
}

impl From<Stores> for HostModule {
    fn from(stores: Stores) -> HostModule {
        super::functions().state("kv", move |_| Ok::<_, OpenError>(stores.clone()))
    }
}

/// The stores are opened when the host's first instance is made: a registry that is only listed touches no file.
impl From<Options> for HostModule {
    fn from(options: Options) -> HostModule {
        let lack = options.check().err();
        let opened = Mutex::new(None::<Stores>);
        let module = super::functions().state("kv", move |_| {
            let mut opened = opened.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(stores) = &*opened {
                return Ok(stores.clone());
            }
            let stores = options.open_all()?;
            *opened = Some(stores.clone());
            Ok::<_, OpenError>(stores)
        });
        match lack {
            Some(lack) => module.require_config(lack.to_string(), lack.remedy()),
            None => module,
        }
    }
}
