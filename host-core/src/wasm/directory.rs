//! Many plugins at once.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::load::Loader;
use super::plugin::Plugin;
use crate::error::{Error, Result, Untrusted};
use crate::link;

/// The outcome of loading a directory: see [`Host::load_dir`](crate::Host::load_dir).
#[derive(Debug)]
pub struct LoadReport {
    loaded: Vec<(PathBuf, Plugin)>,
    refused: Vec<(PathBuf, Error)>,
}

impl LoadReport {
    pub(super) fn load(loader: &Loader<'_>, directory: &Path) -> Result<Self> {
        let mut report = LoadReport { loaded: Vec::new(), refused: Vec::new() };
        let mut names: HashMap<String, PathBuf> = HashMap::new();
        for found in link::plugins(directory)? {
            let (path, result) = match found {
                Ok(path) => {
                    let result = loader.load_file(&path);
                    (path, result)
                }
                Err((path, problem)) => (path, Err(problem.into())),
            };
            match result {
                Ok(plugin) => {
                    if let Some(other) = names.get(plugin.name()) {
                        let error = link::same_name(plugin.name(), &path, other).into();
                        report.refused.push((path, error));
                    } else {
                        names.insert(plugin.name().to_owned(), path.clone());
                        report.loaded.push((path, plugin));
                    }
                }
                Err(error) => report.refused.push((path, error)),
            }
        }
        Ok(report)
    }

    /// Returns how many plugins were found.
    pub fn found(&self) -> usize {
        self.loaded.len() + self.refused.len()
    }

    /// The plugins that were loaded, and where from, sorted by path.
    pub fn loaded(&self) -> &[(PathBuf, Plugin)] {
        &self.loaded
    }

    /// The plugins that were refused, and why, sorted by path.
    pub fn refused(&self) -> &[(PathBuf, Error)] {
        &self.refused
    }

    /// The plugins that were loaded.
    pub fn into_plugins(self) -> Vec<Plugin> {
        self.loaded.into_iter().map(|(_, plugin)| plugin).collect()
    }
}

/// A line for each plugin, and one for each problem.
impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (loaded, refused) = (self.loaded.len(), self.refused.len());
        write!(f, "{} found, {loaded} loaded, {refused} refused", self.found())?;
        for (path, plugin) in &self.loaded {
            let path = path.display().to_string();
            write!(
                f,
                "\nloaded  {} from {}",
                Untrusted::new(plugin.name()),
                Untrusted::new(&path).at_most(4096)
            )?;
        }
        for (path, error) in &self.refused {
            write!(f, "\nrefused {}", Untrusted::new(&path.display().to_string()).at_most(4096))?;
            for line in error.to_string().lines() {
                write!(f, "\n        {line}")?;
            }
        }
        Ok(())
    }
}
