//! All checks of a plugin before code generation, in their order.

use super::abi;
use super::artifact::{Artifact, ManifestSource};
use super::counts::check_counts;
use super::entries::{drifted_entries, exported_entries};
use super::listed::check_entries;
use super::module::{Features, ModuleInfo, place};
use super::surface::Surface;
use crate::error::{Code, Problem};
use crate::policy::{Limits, LoadLimits, Manifest};
use crate::surface::{Carried, EntryRecord, FunctionRecord};

/// Checks plugins against a host, without running or compiling them.
#[derive(Debug)]
pub struct Checker<'h, S> {
    host: Option<&'h S>,
    limits: &'h Limits,
    features: Features,
}

/// A plugin's name and its manifest.
#[derive(Debug)]
pub struct Identity {
    /// The name that the manifest gives it, or the artifact's.
    pub name: String,
    /// The manifest, where it is valid.
    pub manifest: Option<Manifest>,
    problems: Vec<Problem>,
}

/// The findings of a check.
#[derive(Default)]
pub struct Checked<'w> {
    /// The module; `None` where it is refused before it is read to its end.
    pub module: Option<ModuleInfo<'w>>,
    /// The records of host functions that it was built against.
    pub records: Vec<FunctionRecord>,
    /// The records of the entries of contracts that it exports, by contract and method.
    pub entries: Vec<EntryRecord>,
    /// The indices of the host functions that it imports, each once and in the module's order.
    pub imported: Vec<usize>,
    /// The problems, in the order in which they were found; none where the host takes the plugin.
    pub problems: Vec<Problem>,
}

/// The reason a check ended early.
enum Stopped<E> {
    /// The module is refused for this, and the rest cannot be checked.
    Refused(Problem),
    /// `go_on` returned this.
    Other(E),
}

impl<E> From<Problem> for Stopped<E> {
    fn from(problem: Problem) -> Self {
        Stopped::Refused(problem)
    }
}

impl Identity {
    /// Takes the name that a manifest claims. Returns false, and keeps a problem, when the plugin cannot have it.
    pub fn take_name(&mut self, artifact: &Artifact<'_>, source: &ManifestSource<'_>, claimed: &str) -> bool {
        match artifact.check_name(source, claimed) {
            Ok(()) => claimed.clone_into(&mut self.name),
            Err(problem) => {
                self.problems.push(problem);
                return false;
            }
        }
        true
    }
}

impl<'h, S: Surface> Checker<'h, S> {
    /// Creates a checker for a host. Without a host it checks what every host does: the structure of the module and its
    /// limits.
    pub fn new(host: Option<&'h S>, limits: &'h Limits, features: Features) -> Self {
        Self { host, limits, features }
    }

    /// Reads a plugin's manifest. Without a host, capabilities are unknown and it is not read.
    pub fn identify(&self, artifact: &Artifact<'_>) -> Identity {
        let mut problems = Vec::new();
        let found = artifact.manifests(&mut problems);
        let mut identity = Identity { name: artifact.name().to_owned(), manifest: None, problems };
        let ([source], Some(host)) = (&found[..], self.host) else { return identity };
        let manifest = match Manifest::from_toml(source.text, host.capabilities()) {
            Ok(manifest) => manifest,
            Err(found) => {
                identity.problems.extend(found.within(&source.place).iter().cloned());
                return identity;
            }
        };
        if identity.take_name(artifact, source, manifest.name()) {
            identity.manifest = Some(manifest);
        }
        identity
    }

    /// Checks a plugin: structure, limits, imports, exports, manifest, records. Everything is checked that can be, but for
    /// a module that cannot be read or is too large.
    ///
    /// # Errors
    /// Those of `go_on`, which is called between two steps and before each function.
    pub fn check<'w, E>(
        &self,
        identity: &Identity,
        wasm: &'w [u8],
        go_on: impl FnMut() -> Result<(), E>,
    ) -> Result<Checked<'w>, E> {
        let mut checked = Checked { problems: identity.problems.clone(), ..Checked::default() };
        match self.steps(identity, wasm, &mut checked, go_on) {
            Ok(module) => checked.module = Some(module),
            // of many problems this one is always kept
            Err(Stopped::Refused(problem)) => checked.problems.insert(0, problem),
            Err(Stopped::Other(error)) => return Err(error),
        }
        Ok(checked)
    }

    fn steps<'w, E>(
        &self,
        identity: &Identity,
        wasm: &'w [u8],
        checked: &mut Checked<'w>,
        mut go_on: impl FnMut() -> Result<(), E>,
    ) -> Result<ModuleInfo<'w>, Stopped<E>> {
        let Identity { name, manifest, .. } = identity;
        let limits = &self.limits.load;
        check_counts(name, wasm, limits)?;
        let mut module = ModuleInfo::read(name, wasm, self.features)?;
        let problems = &mut checked.problems;
        let carried = Carried::by(name, wasm, problems);
        checked.records = carried.functions;
        checked.entries = exported_entries(carried.entries, |entry| module.export(entry).is_some());
        go_on().map_err(Stopped::Other)?;
        if let Some(host) = self.host {
            checked.imported = abi::check_imports(name, &module, host, &checked.records, problems);
            abi::check_exports(name, &module, problems);
            abi::check_version(name, &module, problems);
            if !checked.entries.is_empty() {
                let contracts = host.contracts();
                let found = contracts.iter().flat_map(|row| drifted_entries(name, &checked.entries, row));
                problems.extend(found);
            }
            if let Some(manifest) = manifest {
                problems.extend(unmetered(name, self.limits, manifest));
                let exports = manifest.exports();
                if !exports.is_empty() {
                    let entry = |entry: &str| module.exports_entry(entry);
                    problems.extend(check_entries(name, &host.contracts(), exports, entry));
                }
            }
        }
        module.measure(name, limits, || go_on().map_err(Stopped::Other))?;
        problems.extend(module.exceeded(name, limits));
        Ok(module)
    }
}

/// Reads a module that a host may refuse, to show it: every feature of WebAssembly is allowed, and limits of functions can
/// be exceeded.
///
/// # Errors
/// `H0302` or `H0318` when it is not a valid module, and `H0340` when it has more bytes, imports or functions than the
/// limits allow.
pub fn read_any<'w>(plugin: &str, wasm: &'w [u8], limits: &LoadLimits) -> Result<ModuleInfo<'w>, Problem> {
    check_counts(plugin, wasm, limits)?;
    let mut module = ModuleInfo::read(plugin, wasm, Features::Any)?;
    module.measure(plugin, limits, || Ok::<_, Problem>(()))?;
    Ok(module)
}

/// A limit of fuel that the host cannot keep: metering is a setting of the engine.
fn unmetered(plugin: &str, limits: &Limits, manifest: &Manifest) -> Option<Problem> {
    let asked = manifest.limits().fuel.filter(|_| limits.fuel.is_none())?;
    Some(Problem::new(
        Code::FuelNotMetered,
        format!("{}, its manifest", place(plugin)),
        format!("it asks for a limit of {asked} units of fuel, and the host does not meter fuel"),
        "remove `fuel` from `[limits]`, or build the host with `Limits::fuel`",
    ))
}
