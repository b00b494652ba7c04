//! The plugins of a directory, of which new versions replace old ones.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::host::Host;
use super::load::hex_digest;
use super::plugin::Plugin;
use crate::engine::{Pool, PoolBuilder};
use crate::error::{Error, Result};
use crate::link::{self, Artifact};

/// The plugins of a directory, each with a [`Pool`]. [`refresh`](PluginSet::refresh) loads what is new, replaces what
/// changed without losing a request, and closes what is gone.
///
/// ```no_run
/// # use hostfn_core::{Grants, Host, PluginSet};
/// # async fn example(host: &Host, grants: Grants) -> hostfn_core::Result<()> {
/// let set = PluginSet::new(host, "plugins", move |plugin| plugin.pool(&grants).size(4));
/// let report = set.refresh().await?; // at the start, after a signal, or every few seconds
/// for (path, error) in report.refused() {
///     eprintln!("{}: {error}", path.display()); // an old version goes on
/// }
/// if let Some(pool) = set.pool("notes") {
///     let count: u64 = pool.call("count", ()).await?;
/// }
/// # Ok(())
/// # }
/// ```
pub struct PluginSet {
    host: Host,
    directory: PathBuf,
    pool: Box<Build>,
    entries: Mutex<BTreeMap<PathBuf, Pool<Plugin>>>,
}

/// Decides the grants and the size of a plugin's pool.
type Build = dyn Fn(&Plugin) -> PoolBuilder<Plugin> + Send + Sync;

/// The outcome of [`PluginSet::refresh`].
#[derive(Debug, Default)]
pub struct RefreshReport {
    added: Vec<String>,
    replaced: Vec<String>,
    removed: Vec<String>,
    refused: Vec<(PathBuf, Error)>,
}

impl RefreshReport {
    /// Returns the names of plugins that are new, sorted by path.
    pub fn added(&self) -> &[String] {
        &self.added
    }

    /// Returns the names of plugins that a new version replaced, sorted by path.
    pub fn replaced(&self) -> &[String] {
        &self.replaced
    }

    /// Returns the names of plugins whose file is gone, sorted by path.
    pub fn removed(&self) -> &[String] {
        &self.removed
    }

    /// Returns the files that were refused, and why, sorted by path. Where an old version runs, it goes on.
    pub fn refused(&self) -> &[(PathBuf, Error)] {
        &self.refused
    }
}

/// The outcome for a file.
enum Refreshed {
    Same,
    Added(String),
    Replaced(String),
}

impl PluginSet {
    /// The time a refresh waits for the leases of a plugin whose file is gone.
    const CLOSE: Duration = Duration::from_secs(10);

    /// Creates an empty set; `pool` decides the grants and the size of a plugin's pool.
    pub fn new(
        host: &Host,
        directory: impl Into<PathBuf>,
        pool: impl Fn(&Plugin) -> PoolBuilder<Plugin> + Send + Sync + 'static,
    ) -> Self {
        let (host, directory, pool) = (host.clone(), directory.into(), Box::new(pool));
        Self { host, directory, pool, entries: Mutex::default() }
    }

    /// Compares the directory with the set. A module with another digest is loaded, checked as [`Pool::replace`] does and
    /// swapped in; one that is refused leaves the old version running. Modules that did not change are not compiled.
    ///
    /// Compiling blocks the thread; with a [cache](crate::HostBuilder::cache), only for modules that are new to it. Call it
    /// from one task at a time.
    ///
    /// # Errors
    /// `H0301` when the directory cannot be read; the set stays as it is.
    pub async fn refresh(&self) -> Result<RefreshReport> {
        let found = link::plugins(&self.directory)?;
        let mut report = RefreshReport::default();
        let mut present = Vec::new();
        for found in found {
            let (path, refreshed) = match found {
                Ok(path) => {
                    let refreshed = self.file(&path).await;
                    (path, refreshed)
                }
                Err((path, problem)) => (path, Err(problem.into())),
            };
            present.push(path.clone());
            match refreshed {
                Ok(Refreshed::Same) => {}
                Ok(Refreshed::Added(name)) => report.added.push(name),
                Ok(Refreshed::Replaced(name)) => report.replaced.push(name),
                Err(error) => report.refused.push((path, error)),
            }
        }
        let gone: Vec<_> =
            self.entries().extract_if(.., |path, _| !present.contains(path)).map(|(_, pool)| pool).collect();
        for pool in gone {
            report.removed.push(pool.source().name().to_owned());
            pool.close(Self::CLOSE).await;
        }
        Ok(report)
    }

    async fn file(&self, path: &Path) -> Result<Refreshed> {
        let old = self.entries().get(path).cloned();
        let artifact = Artifact::read(path, &self.host.limits().load)?;
        if old.as_ref().is_some_and(|old| old.source().digest() == hex_digest(artifact.wasm())) {
            return Ok(Refreshed::Same);
        }
        drop(artifact);
        let plugin = self.host.load_file(path)?;
        let name = plugin.name().to_owned();
        let taken = self
            .entries()
            .iter()
            .find(|(other, pool)| **other != *path && pool.source().name() == name)
            .map(|(other, _)| other.clone());
        if let Some(other) = taken {
            return Err(link::same_name(&name, path, &other).into());
        }
        if let Some(old) = old {
            old.replace(&plugin).await?;
            return Ok(Refreshed::Replaced(name));
        }
        let pool = (self.pool)(&plugin).build()?;
        self.entries().insert(path.to_owned(), pool);
        Ok(Refreshed::Added(name))
    }

    /// Returns the pool of the plugin with this name.
    pub fn pool(&self, name: &str) -> Option<Pool<Plugin>> {
        self.entries().values().find(|pool| pool.source().name() == name).cloned()
    }

    /// Returns the pools, sorted by path.
    pub fn pools(&self) -> Vec<Pool<Plugin>> {
        self.entries().values().cloned().collect()
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Pool<Plugin>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for PluginSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PluginSet").field("directory", &self.directory).finish_non_exhaustive()
    }
}
