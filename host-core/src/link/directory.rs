//! Plugins of a directory.

use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::error::{Code, NOT_REGULAR, Problem, cannot_be_read};

/// The manifest of a folder with one module.
pub(super) const MANIFEST: &str = "plugin.toml";

/// A module, or a folder without one.
pub type Found = Result<PathBuf, (PathBuf, Problem)>;

/// Returns the plugins of a directory, sorted: its own modules, and those of its folders. A folder with a manifest and
/// without a module is a plugin whose module is missing.
///
/// # Errors
/// `H0301` when the directory cannot be read.
pub fn plugins(directory: &Path) -> Result<Vec<Found>, Problem> {
    let mut plugins: Vec<_> = modules(directory)?.into_iter().map(Ok).collect();
    for folder in entries(directory)?.into_iter().filter(|path| path.is_dir()) {
        match modules(&folder) {
            Ok(modules) if modules.is_empty() && exists(&folder.join(MANIFEST)) => {
                let problem = no_module(&folder);
                plugins.push(Err((folder, problem)));
            }
            Ok(modules) => plugins.extend(modules.into_iter().map(Ok)),
            Err(problem) => plugins.push(Err((folder, problem))),
        }
    }
    Ok(plugins)
}

/// The problem of a plugin with the name of another one of the directory.
pub fn same_name(name: &str, path: &Path, other: &Path) -> Problem {
    Problem::new(
        Code::DuplicatePlugin,
        path.display().to_string(),
        format!("it is named `{name}`, as {} is", other.display()),
        "give one of them another name in its manifest",
    )
}

/// Returns whether a folder has a manifest and no module.
pub(super) fn holds_manifest_alone(folder: &Path) -> bool {
    exists(&folder.join(MANIFEST)) && modules(folder).is_ok_and(|modules| modules.is_empty())
}

/// The modules of a folder, sorted.
pub(super) fn modules(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let mut modules = entries(folder)?;
    modules.retain(|path| path.extension() == Some(OsStr::new("wasm")));
    Ok(modules)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let read =
        || -> io::Result<Vec<_>> { std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect() };
    let mut entries = read().map_err(|error| unreadable(folder, &error))?;
    entries.sort();
    Ok(entries)
}

/// Returns whether anything has this name, a link to nothing included: reading reports its kind.
pub(super) fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// The problem of a folder with a manifest and without a module.
pub(super) fn no_module(folder: &Path) -> Problem {
    Problem::new(
        Code::Unreadable,
        folder.display().to_string(),
        format!("there is a `{MANIFEST}` and no module"),
        "put the plugin's `.wasm` file beside its manifest",
    )
}

pub(super) fn unreadable(path: &Path, error: &io::Error) -> Problem {
    let place = path.display().to_string();
    if error.kind() == ErrorKind::InvalidInput {
        let remedy = "put the module or manifest itself there";
        return Problem::new(Code::NotAFile, place, NOT_REGULAR, remedy);
    }
    let what = cannot_be_read(error);
    Problem::new(Code::Unreadable, place, what, "check the path and its permissions")
}
