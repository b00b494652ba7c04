//! The builder of a host, and its checks.

use std::any::Any;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use wasmtime::{Engine, Linker};

use super::cache::Cache;
use super::compile::{CompileChild, Compiler, Compilers, Settings};
use super::host::{Host, HostParts};
use super::{builtins, dispatch, places, reserve};
use crate::engine::{Composition, CompositionBuilder, CutOff, MissingCapability};
use crate::error::{Code, Error, Problem, Problems, Result};
use crate::observe::Observer;
use crate::policy::Limits;
use crate::registry::Registry;
use crate::state::{BoxError, StateCx};

/// Gathers what a [`Host`] is made of.
#[must_use = "a host is there after `build`"]
pub struct HostBuilder {
    parts: CompositionBuilder,
    cache: Option<PathBuf>,
    compiler: Compiler,
    child: Option<CompileChild>,
    reserve: Option<u64>,
    pool: Option<u32>,
}

impl HostBuilder {
    pub(super) fn new(registry: Registry) -> Self {
        Self {
            parts: Composition::builder(registry),
            cache: None,
            compiler: Compiler::default(),
            child: None,
            reserve: None,
            pool: None,
        }
    }

    /// Gives every instance a state of type `S`, which functions reach as `#[state] s: &mut S`.
    /// Initialisers run in the order they were added, those of the registry's [modules](crate::HostModule) first, and all
    /// before any of the plugin's code.
    #[track_caller]
    pub fn state<S, E>(
        mut self,
        id: &'static str,
        init: impl Fn(&StateCx<'_>) -> Result<S, E> + Send + Sync + 'static,
    ) -> Self
    where
        S: Any + Send,
        E: Into<BoxError>,
    {
        self.parts = self.parts.state(id, init);
        self
    }

    /// Closes each instance's state of type `S` when the instance ends, or when its start fails.
    /// What cannot be closed is reported by [`Instance::close`](crate::Instance::close); a state without a
    /// closer is dropped.
    ///
    /// ```
    /// use hostfn_core::{Host, Registry};
    ///
    /// struct Journal(Vec<String>);
    ///
    /// let host = Host::builder(Registry::builder().build()?)
    ///     .state("journal", |_| Ok::<_, std::io::Error>(Journal(Vec::new())))
    ///     .on_close(|journal: Journal| std::fs::write("/dev/null", journal.0.concat()))
    ///     .build()?;
    /// # Ok::<(), hostfn_core::Error>(())
    /// ```
    #[track_caller]
    pub fn on_close<S, E>(mut self, close: impl Fn(S) -> Result<(), E> + Send + Sync + 'static) -> Self
    where
        S: Any + Send,
        E: Into<BoxError>,
    {
        self.parts = self.parts.on_close(close);
        self
    }

    /// Gives every instance a handle on one state of type `S`, which functions reach as
    /// `#[state] s: Shared<S>`.
    #[track_caller]
    pub fn shared<S: Any + Send + Sync>(mut self, id: &'static str, state: S) -> Self {
        self.parts = self.parts.shared(id, state);
        self
    }

    /// Adds an observer.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.parts = self.parts.observer(observer);
        self
    }

    /// Sets what each instance may use up, instead of the defaults.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.parts = self.parts.limits(limits);
        self
    }

    /// Sets what happens to a plugin that imports a function it is not granted.
    pub fn missing(mut self, missing: MissingCapability) -> Self {
        self.parts = self.parts.missing(missing);
        self
    }

    /// Sets what becomes of an instance whose guest was cut off: it ends, or can be called again.
    pub fn cut_off(mut self, cut_off: CutOff) -> Self {
        self.parts = self.parts.cut_off(cut_off);
        self
    }

    /// Accepts a build with `panic = "abort"`, which [`build`](HostBuilder::build) refuses otherwise: a host function
    /// that panics ends the process, instead of its call and its instance.
    pub fn accept_abort_on_panic(mut self) -> Self {
        self.parts = self.parts.accept_abort_on_panic();
        self
    }

    /// Keeps compiled modules in this directory, which is made if need be: a plugin that was loaded
    /// before, by this process or another, is not compiled again. See
    /// [`Plugin::from_cache`](crate::Plugin::from_cache).
    ///
    /// What is found there runs as native code. So the directory has to belong to this process's user,
    /// and nobody else may write to it, which is checked on Unix; elsewhere, name one beneath the user's
    /// own. An entry is used if it carries a tag made with the directory's `key` file; one that is
    /// damaged, copied from elsewhere or of another wasmtime, setting or processor is compiled again.
    /// The entries take up a gigabyte at most, the oldest going first.
    pub fn cache(mut self, dir: impl Into<PathBuf>) -> Self {
        self.cache = Some(dir.into());
        self
    }

    /// Generates code with this compiler.
    pub fn compiler(mut self, compiler: Compiler) -> Self {
        self.compiler = compiler;
        self
    }

    /// Compiles each module in a child process with limits on memory and processor time, for hosts that load plugins
    /// of strangers. [`Limits::load`] still holds. It takes 10 to 20 ms more for each module that is not in the
    /// [cache](Self::cache).
    ///
    /// The child is this program again, or [`CompileChild::program`]; its `main` has to begin with
    /// [`compile_worker`](crate::compile_worker). It gets an empty environment and no files, and limits itself before
    /// it reads the module. It protects the host's memory and time, and not against a compiler that a module exploits:
    /// the code that a child sends runs in this process. Available on Unix; macOS does not enforce the limit of
    /// memory.
    pub fn compile_in_child(mut self, child: CompileChild) -> Self {
        self.child = Some(child);
        self
    }

    /// Reserves this much address space for the memory of each instance, in bytes. It costs no memory.
    ///
    /// By default it is 4 GiB, or [`Limits::memory`] where the process has a limit of address space (`ulimit -v`), which is
    /// found on Linux. With less than 4 GiB, each access of a guest to its memory is checked, so its code is slower; with
    /// less than it uses, its memory is copied when it grows. A process that holds many thousands of instances, or a
    /// container with a limit that is not found, sets less.
    pub fn reserve_memory(mut self, bytes: u64) -> Self {
        self.reserve = Some(bytes);
        self
    }

    /// Keeps places for this many instances of all plugins together, so that an instance starts several times faster and
    /// needs no system call for its memory. An instance beyond them is refused with `H0420`. By default there are no places,
    /// and each instance maps memory of its own.
    ///
    /// A place is reserved for the largest instance that [`Limits`] allow: address space, and no memory until it is used. It
    /// is cleared before another instance gets it. An instance can use up its own place and no other.
    ///
    /// ```
    /// use hostfn_core::{Code, Grants, Host, Registry};
    ///
    /// let host = Host::builder(Registry::builder().build()?).pool(1).build()?;
    /// // a module with one page of memory
    /// let wasm = b"\0asm\x01\0\0\0\x05\x03\x01\0\x01\x07\x0a\x01\x06memory\x02\0";
    /// let plugin = host.load("notes", wasm)?;
    /// let first = plugin.instantiate(&Grants::none())?;
    /// assert_eq!(plugin.instantiate(&Grants::none()).unwrap_err().code(), Code::PlacesInUse);
    /// drop(first);
    /// plugin.instantiate(&Grants::none())?;
    /// # Ok::<(), hostfn_core::Error>(())
    /// ```
    pub fn pool(mut self, instances: u32) -> Self {
        self.pool = Some(instances);
        self
    }

    /// Checks everything and builds the host.
    ///
    /// # Errors
    /// Every problem at once (`H0111` to `H0117`): a state that a function needs and nobody provides,
    /// two states of one id or type, a blank id, a limit that lets nothing run, a closer without a state,
    /// two closers of one. `H0417` when the build aborts on
    /// a panic, which is not accepted. `H0331` when the cache's directory cannot be used or is not this user's alone. `H0410` when the
    /// engine cannot be set up on this machine.
    pub fn build(self) -> Result<Host> {
        let HostBuilder { mut parts, cache, compiler, child, reserve, pool } = self;
        let mut problems = parts.problems();
        if let Some(child) = &child {
            child.problems(&mut problems);
        }
        let cache = cache.and_then(|dir| Cache::open(&dir).map_err(|problem| problems.push(problem)).ok());
        Problems::check(problems)?;

        let limits = parts.limits_so_far();
        let settings = Settings::new(limits, compiler, reserve::reservation(reserve, limits, pool.is_some()));
        let engine = settings.config().and_then(|mut config| {
            if let Some(instances) = pool {
                places::configure(&mut config, instances, limits);
            }
            Engine::new(&config)
        });
        let engine = engine.map_err(|error| no_compiler(compiler, &error))?;
        let compilers = child.map(|child| Compilers::new(child, settings));
        let ticking = engine.weak();
        let parts = parts.tick(move || {
            if let Some(engine) = ticking.upgrade() {
                engine.increment_epoch();
            }
        });
        let composition = parts.assemble()?;
        let mut linker = Linker::new(&engine);
        builtins::define(&mut linker).map_err(|error| no_engine(&error))?;
        dispatch::define(&mut linker, &composition).map_err(|error| no_engine(&error))?;
        let (waiting, features) = (OnceLock::new(), compiler.features());
        let parts = HostParts { composition, engine, linker, waiting, cache, features, compilers };
        Ok(Host { parts: Arc::new(parts) })
    }
}

fn no_compiler(compiler: Compiler, error: &wasmtime::Error) -> Error {
    if compiler == Compiler::default() {
        return no_engine(error);
    }
    let what = format!("{compiler:?} cannot be used: {error:#}");
    Problem::new(Code::CompilerUnavailable, "the compiler", what, "use the default compiler here").into()
}

fn no_engine(error: &wasmtime::Error) -> Error {
    Problem::new(
        Code::Engine,
        "the WebAssembly engine",
        format!("it cannot be set up: {error:#}"),
        "check that the machine's processor and limits suit wasmtime",
    )
    .into()
}
