//! A plugin as it is found: a module, and the manifest beside it or in it.

use std::borrow::Cow;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::counts::check_bytes;
use super::directory::{MANIFEST, exists, holds_manifest_alone, modules, no_module, unreadable};
use super::module::place;
use crate::error::{Code, Problem, open_regular_file, printable, read_text_file};
use crate::policy::document::quoted;
use crate::policy::{LoadLimits, Metric};
use crate::surface::drift::sections;

/// The custom section that holds a manifest.
const SECTION: &str = "hostfn.manifest";

/// Bytes of a manifest that are read. The reader of manifests has a lower limit, and names the length of what exceeds it.
const MOST_TEXT: u64 = 2 << 20;

/// A plugin as it is found: its module, and the manifest beside it.
#[derive(Debug)]
pub struct Artifact<'w> {
    name: String,
    /// The operator chose the name, so a manifest in the module cannot claim another.
    is_named: bool,
    wasm: Cow<'w, [u8]>,
    /// The manifest beside the module: where it is, and its text.
    beside: Option<Result<(String, String), Problem>>,
}

/// A manifest that was found.
#[derive(Clone, Debug)]
pub struct ManifestSource<'a> {
    /// The location: a file, or the section of a module.
    pub place: String,
    /// Its text.
    pub text: &'a str,
    /// It is in the module, so it comes from the plugin's author and not from the operator.
    pub is_within: bool,
}

impl<'w> Artifact<'w> {
    /// A module under the name that the operator gives it.
    pub fn named(name: impl Into<String>, wasm: &'w [u8]) -> Self {
        Self { name: name.into(), is_named: true, wasm: Cow::Borrowed(wasm), beside: None }
    }

    /// A module and the text of its manifest, which names it.
    pub fn with_manifest(manifest: &str, wasm: &'w [u8]) -> Self {
        let beside = Some(Ok(("its manifest".to_owned(), manifest.to_owned())));
        Self { beside, ..Self::named("unnamed", wasm) }
    }

    /// The module of this file and the manifest beside it: `NAME.toml` for `NAME.wasm`, or `plugin.toml` where the folder
    /// has no other module.
    ///
    /// # Errors
    /// `H0301` when the module cannot be read, `H0360` when it is not a regular file, `H0340` when it has more bytes than
    /// the limits allow. The check of the plugin reports what is wrong with its manifest.
    pub fn read(path: &Path, limits: &LoadLimits) -> Result<Artifact<'static>, Problem> {
        let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let file = open_regular_file(path).map_err(|error| {
            if path.is_dir() && holds_manifest_alone(path) {
                return no_module(path);
            }
            unreadable(path, &error)
        })?;
        let length = file.metadata().map_err(|error| unreadable(path, &error))?.len();
        check_bytes(&name, length, limits)?;
        let wasm = module_bytes(&name, file, length, limits, |error| unreadable(path, error))?;
        let text = |path: PathBuf| {
            let text = read_text_file(&path, MOST_TEXT).map_err(|error| unreadable(&path, &error))?;
            Ok((path.display().to_string(), text))
        };
        let beside = manifest_of(path).and_then(|path| path.map(text).transpose()).transpose();
        Ok(Artifact { name, is_named: true, wasm: Cow::Owned(wasm), beside })
    }

    /// The module of a stream, such as standard input. Its manifest names it; `name` is for messages.
    ///
    /// # Errors
    /// `H0301` when the stream cannot be read, and `H0340` when it has more bytes than the limits allow.
    pub fn from_reader(
        name: &str,
        reader: impl Read,
        limits: &LoadLimits,
    ) -> Result<Artifact<'static>, Problem> {
        let wasm = module_bytes(name, reader, 0, limits, |error| unreadable(Path::new(name), error))?;
        Ok(Artifact { name: name.to_owned(), is_named: false, wasm: Cow::Owned(wasm), beside: None })
    }

    /// Returns the name that the operator gave it, or the file's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the bytes of the module.
    pub fn wasm(&self) -> &[u8] {
        &self.wasm
    }

    /// Returns the manifests that were found, the one beside the module first. A plugin has at most one: what is wrong
    /// goes to `problems`.
    pub fn manifests(&self, problems: &mut Vec<Problem>) -> Vec<ManifestSource<'_>> {
        let mut found = Vec::new();
        match &self.beside {
            None => {}
            Some(Ok((place, text))) => {
                found.push(ManifestSource { place: place.clone(), text, is_within: false });
            }
            Some(Err(problem)) => problems.push(problem.clone()),
        }
        // a module can have a million sections of this name
        for section in sections(&self.wasm, SECTION).take(2) {
            let place = format!("{}, section `{SECTION}`", place(&self.name));
            match std::str::from_utf8(section) {
                Ok(text) => found.push(ManifestSource { place, text, is_within: true }),
                Err(_) => {
                    problems.push(invalid(place, "it is not UTF-8", "write the manifest's text into it"));
                }
            }
        }
        if let [first, other, ..] = &found[..] {
            let what = format!("there is another manifest, {}", other.place);
            problems.push(invalid(first.place.clone(), &what, "keep one of them"));
        }
        found
    }

    /// Checks the name in a manifest. A manifest beside the module comes from the operator and names the plugin; one in the
    /// module must have the name that the operator gave.
    pub(super) fn check_name(&self, manifest: &ManifestSource<'_>, claimed: &str) -> Result<(), Problem> {
        if !manifest.is_within || !self.is_named || claimed == self.name {
            return Ok(());
        }
        let what = format!("it claims the name `{}`", printable(claimed));
        let remedy = format!("load the plugin under that name, or write `name = {}`", quoted(&self.name));
        Err(Problem::new(Code::ClaimedName, manifest.place.clone(), what, remedy))
    }
}

/// Reads at most one byte more than the limits allow, whatever the file system reports as the length.
fn module_bytes(
    plugin: &str,
    reader: impl Read,
    length: u64,
    limits: &LoadLimits,
    unreadable: impl Fn(&io::Error) -> Problem,
) -> Result<Vec<u8>, Problem> {
    let most = limits.get(Metric::ModuleBytes);
    let room = length.min(most).saturating_add(1);
    let mut wasm = Vec::with_capacity(usize::try_from(room).unwrap_or(0));
    reader.take(most.saturating_add(1)).read_to_end(&mut wasm).map_err(|error| unreadable(&error))?;
    check_bytes(plugin, wasm.len() as u64, limits)?;
    Ok(wasm)
}

fn manifest_of(module: &Path) -> Result<Option<PathBuf>, Problem> {
    let named = module.with_extension("toml");
    if exists(&named) {
        return Ok(Some(named));
    }
    let general = module.with_file_name(MANIFEST);
    if !exists(&general) {
        return Ok(None);
    }
    let folder = module.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    if modules(folder)?.len() > 1 {
        let remedy = format!("name it `{}`, after its module", file_name(&named));
        return Err(invalid(general.display().to_string(), "it is beside several modules", &remedy));
    }
    Ok(Some(general))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn invalid(place: String, what: &str, remedy: &str) -> Problem {
    Problem::new(Code::ManifestInvalid, place, what, remedy)
}
