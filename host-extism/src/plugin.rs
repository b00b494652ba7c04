//! A plugin that owns its session.

use extism::{CancelHandle, PluginBuilder, Wasm};
use hostfn::engine::{Composition, LiveGrants, MissingCapability};
use hostfn::error::Code;
use hostfn::{CancelToken, Grants, Manifest, Problem, Problems, Result};

use crate::link;
use crate::module;
use crate::session::{ExtismSession, Values};

/// Bytes of a page of memory.
const PAGE: usize = 1 << 16;

/// A running Extism plugin. Its imports were checked against its grants before anything of it was compiled.
#[derive(Debug)]
pub struct ExtismPlugin {
    plugin: extism::Plugin,
    session: ExtismSession,
}

/// Options of a plugin: see [`ExtismPlugin::loader`].
#[derive(Debug)]
#[must_use = "a plugin exists after `load`"]
pub struct Loader<'a> {
    composition: &'a Composition,
    name: &'a str,
    manifest: Option<Manifest>,
    values: Values,
}

impl<'a> Loader<'a> {
    /// Sets the plugin's name in errors and records, which is `extism` otherwise.
    pub fn name(mut self, name: &'a str) -> Self {
        self.name = name;
        self
    }

    /// Sets the plugin's manifest: it gets no more than that asks for.
    pub fn manifest(mut self, manifest: Manifest) -> Self {
        self.manifest = Some(manifest);
        self
    }

    /// Sets the form of values that are no text, bytes or numbers.
    pub fn values(mut self, values: Values) -> Self {
        self.values = values;
        self
    }

    /// Checks the module's imports against `grants`, compiles it, and opens its session.
    ///
    /// # Errors
    /// All of these at once: `H0303` for each function that the host does not offer, `H0304` for each that is declared
    /// with other parameters, `H0308` for each async one, `H0310` for each that is not granted. Before them, `H0302` for
    /// bytes that are no module, `H0340` and `H0361` for a module that Extism cannot limit. After them, `H0401` when a
    /// state cannot be created, and `H0410` when Extism does not compile the module.
    pub fn load(self, wasm: &[u8], grants: &Grants) -> Result<ExtismPlugin> {
        let Self { composition, name, manifest, values } = self;
        let limits = *composition.limits();
        let limits = manifest.as_ref().map_or(limits, |manifest| limits.within(manifest.limits()));
        let imported = module::imports(name, wasm, &limits)
            .or_else(|problems| Problems::check(problems).map(|()| Vec::new()))?;
        let (linked, mut problems) = link::link(composition, name, &imported);
        let subject = composition.subject(name, manifest, linked.iter().map(|linked| linked.import))?;
        if composition.missing() == MissingCapability::Fail
            && let Err(error) = subject.check(grants)
        {
            problems.extend_from_slice(error.problems());
        }
        Problems::check(problems)?;
        subject.session(grants).run(
            |session| {
                let limits = *session.limits();
                let session = ExtismSession::new(session, linked, values);
                let pages = u32::try_from(limits.memory / PAGE).unwrap_or(u32::MAX);
                let manifest = extism::Manifest::new([Wasm::data(wasm)])
                    .with_memory_max(pages)
                    .with_timeout(limits.time);
                let builder = PluginBuilder::new(manifest)
                    .with_wasi(false)
                    .with_cache_disabled()
                    .with_functions(session.functions());
                let builder = match limits.fuel {
                    Some(fuel) => builder.with_fuel_limit(fuel),
                    None => builder,
                };
                let plugin = builder.build().map_err(|error| {
                    let what = format!("Extism does not load it: {error:#}");
                    Problem::new(
                        Code::Engine,
                        format!("plugin `{name}`"),
                        what,
                        "build it with an Extism PDK",
                    )
                })?;
                session.bind(&plugin);
                Ok(ExtismPlugin { plugin, session })
            },
            |_| Ok(()),
        )
    }
}

impl ExtismPlugin {
    /// Loads a plugin by the name `extism`, without a manifest, with JSON for values.
    ///
    /// # Errors
    /// Those of [`Loader::load`].
    pub fn load(composition: &Composition, wasm: &[u8], grants: &Grants) -> Result<Self> {
        Self::loader(composition).load(wasm, grants)
    }

    /// Begins to load a plugin with options.
    pub fn loader(composition: &Composition) -> Loader<'_> {
        Loader { composition, name: "extism", manifest: None, values: Values::default() }
    }

    /// Calls an export with this input, and returns its output.
    ///
    /// # Errors
    /// Those of [`ExtismSession::call`].
    pub fn call(&mut self, export: &str, input: &[u8]) -> Result<Vec<u8>> {
        self.session.call(&mut self.plugin, export, input)
    }

    /// Returns whether the plugin exports a function of this name that Extism can call.
    pub fn has(&self, export: &str) -> bool {
        self.plugin.function_exists(export)
    }

    /// The plugin's session.
    pub fn session(&self) -> &ExtismSession {
        &self.session
    }

    /// A handle on the grants, to revoke or narrow them from any thread.
    pub fn grants(&self) -> LiveGrants {
        self.session.grants()
    }

    /// A handle that ends the plugin from any thread.
    pub fn canceller(&self) -> Canceller {
        Canceller { life: self.session.lifetime(), handle: self.plugin.cancel_handle() }
    }

    /// Ends the plugin and closes its states, the last one first.
    ///
    /// # Errors
    /// An `H0415` for each state whose closer failed.
    pub fn close(self) -> Result<()> {
        self.session.close()
    }
}

/// Ends a plugin from any thread: a running call stops, and every later one is refused.
#[derive(Clone)]
pub struct Canceller {
    life: CancelToken,
    handle: CancelHandle,
}

impl Canceller {
    /// Ends the plugin.
    pub fn cancel(&self) {
        self.life.cancel();
        // without a timer there is no call to stop
        let _ = self.handle.cancel();
    }
}

impl std::fmt::Debug for Canceller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Canceller").field("life", &self.life).finish_non_exhaustive()
    }
}
