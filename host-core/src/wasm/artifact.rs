//! What is read of a plugin before it is compiled.

use std::ffi::OsStr;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::load::too_large;
use crate::error::{Code, Problem, open_regular_file, printable, read_text_file};
use crate::policy::Manifest;
use crate::policy::document::quoted;
use crate::registry::Registry;
use crate::surface::drift::sections;

/// The custom section that a manifest is in.
const SECTION: &str = "hostfn.manifest";

/// The manifest's name in a folder with one module.
const MANIFEST: &str = "plugin.toml";

/// Bytes of a manifest that are read. What is longer than a manifest may be and not than this is told its length.
const MOST_TEXT: u64 = 2 << 20;

/// A plugin as it was found.
pub(super) struct Artifact {
    pub(super) name: String,
    pub(super) wasm: Vec<u8>,
    /// The manifest beside the module: where it is, and its text.
    pub(super) beside: Option<(String, String)>,
}

impl Artifact {
    /// The module in this file, and the manifest beside it: `NAME.toml` for `NAME.wasm`, or `plugin.toml`
    /// where there is no other module. A module has at most `most` bytes.
    pub(super) fn read(path: &Path, most: u64) -> Result<Self, Problem> {
        let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let read = || {
            let file = open_regular_file(path)?;
            let bytes = file.metadata()?.len();
            if bytes > most {
                return Ok((bytes, Vec::new()));
            }
            let mut wasm = Vec::new();
            // not read to the end, whatever the file's system says of its size
            file.take(most.saturating_add(1)).read_to_end(&mut wasm)?;
            Ok((bytes.max(wasm.len() as u64), wasm))
        };
        let (bytes, wasm) = read().map_err(|error| unreadable(path, &error))?;
        if bytes > most {
            return Err(too_large(&name, bytes, most));
        }
        let beside = match manifest_of(path)? {
            None => None,
            Some(manifest) => {
                let text =
                    read_text_file(&manifest, MOST_TEXT).map_err(|error| unreadable(&manifest, &error))?;
                Some((manifest.display().to_string(), text))
            }
        };
        Ok(Self { name, wasm, beside })
    }

    /// Its manifest, from beside the module or from within; what is wrong with it goes to `problems`.
    pub(super) fn manifest(&self, registry: &Registry, problems: &mut Vec<Problem>) -> Option<Manifest> {
        let mut found: Vec<(String, &str)> =
            self.beside.iter().map(|(place, text)| (place.clone(), text.as_str())).collect();
        for section in sections(&self.wasm, SECTION) {
            let place = format!("plugin `{}`, section `{SECTION}`", self.name);
            match std::str::from_utf8(section) {
                Ok(text) => found.push((place, text)),
                Err(_) => {
                    problems.push(invalid(place, "it is not UTF-8", "write the manifest's text into it"));
                }
            }
        }
        if let [_, (other, _), ..] = &found[..] {
            let what = format!("there is another manifest, {other}");
            problems.push(invalid(found[0].0.clone(), &what, "keep one of them"));
            return None;
        }
        let (place, text) = found.pop()?;
        let manifest = Manifest::from_toml(text, registry.capabilities())
            .map_err(|found| problems.extend(found.iter().map(|problem| problem.within(&place))))
            .ok()?;
        // what is beside the module was put there by the operator; what is in it comes from its author
        if self.beside.is_none() && manifest.name() != self.name {
            problems.push(claimed_name(&place, manifest.name(), &self.name));
            return None;
        }
        Some(manifest)
    }
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
        let what = "it is beside several modules";
        let remedy = format!("name it `{}`, after its module", file_name(&named));
        return Err(invalid(general.display().to_string(), what, &remedy));
    }
    Ok(Some(general))
}

/// Whether anything has this name. What it is shows when it is read.
fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// The modules of a folder, sorted.
fn modules(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let mut modules = entries(folder)?;
    modules.retain(|path| path.extension() == Some(OsStr::new("wasm")));
    Ok(modules)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let read =
        || -> std::io::Result<Vec<_>> { std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect() };
    let mut entries = read().map_err(|error| unreadable(folder, &error))?;
    entries.sort();
    Ok(entries)
}

/// A module, or a folder that has none.
pub(super) type Found = Result<PathBuf, (PathBuf, Problem)>;

/// Where the plugins of a directory are, sorted: its own modules, and those of its folders. A folder with a
/// manifest and without a module is a plugin whose module is missing.
pub(super) fn plugins(directory: &Path) -> Result<Vec<Found>, Problem> {
    let mut plugins: Vec<_> = modules(directory)?.into_iter().map(Ok).collect();
    for folder in entries(directory)?.into_iter().filter(|path| path.is_dir()) {
        match modules(&folder) {
            Ok(modules) if modules.is_empty() && exists(&folder.join(MANIFEST)) => {
                let problem = missing(&folder);
                plugins.push(Err((folder, problem)));
            }
            Ok(modules) => plugins.extend(modules.into_iter().map(Ok)),
            Err(problem) => plugins.push(Err((folder, problem))),
        }
    }
    Ok(plugins)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn missing(folder: &Path) -> Problem {
    Problem::new(
        Code::Unreadable,
        folder.display().to_string(),
        format!("there is a `{MANIFEST}` and no module"),
        "put the plugin's `.wasm` file beside its manifest",
    )
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    if error.kind() == ErrorKind::InvalidInput {
        let what = "it is not a regular file";
        let remedy = "put the module or manifest itself there";
        return Problem::new(Code::NotAFile, path.display().to_string(), what, remedy);
    }
    Problem::new(
        Code::Unreadable,
        path.display().to_string(),
        format!("it cannot be read: {error}"),
        "check the path and its permissions",
    )
}

/// A module that calls itself something else than the operator does, such as by the name of another plugin.
fn claimed_name(place: &str, claimed: &str, name: &str) -> Problem {
    let what = format!("it claims the name `{}`", printable(claimed));
    let remedy = format!("load the plugin under that name, or write `name = {}`", quoted(name));
    Problem::new(Code::ClaimedName, place, what, remedy)
}

fn invalid(place: String, what: &str, remedy: &str) -> Problem {
    Problem::new(Code::ManifestInvalid, place, what, remedy)
}
