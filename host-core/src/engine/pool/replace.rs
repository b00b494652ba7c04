//! Another version of the plugin, while requests go on.

use super::{Pool, PoolSource, PoolStart};
use crate::engine::Exports;
use crate::error::{Problems, Result};
use std::sync::Arc;

impl<S: PoolSource> Pool<S> {
    /// Replaces the plugin, without losing a request: leases that are out keep their instances of the old version, which
    /// are closed when they come back, and every later lease has an instance of the new one.
    ///
    /// Before that, the new version is checked beside the old one: it provides every contract that the old one provides,
    /// it may import what it imports, and an instance of it starts. When a check fails, the old version stays.
    ///
    /// # Errors
    /// `H0312` for each entry of a contract that the old version has and the new one does not, `H0310` for each import
    /// that is not granted, `H0413` when the pool was closed, and those of starting an instance.
    pub async fn replace(&self, source: &S) -> Result<()> {
        let (old, grants, ceiling) = {
            let state = self.0.state();
            state.closed()?;
            (state.source.clone(), Arc::clone(&state.grants), Arc::clone(&state.ceiling))
        };
        let missing = old.contracts().into_iter().flat_map(|contract| source.missing_entries(contract));
        Problems::check(missing.collect())?;
        let start = PoolStart { grants: &grants, ceiling: &ceiling, waits: self.0.options.waits };
        let guest = source.start(start).await?;
        let replaced = {
            let mut state = self.0.state();
            state.closed()?;
            let idle = std::mem::take(&mut state.idle);
            for guest in &idle {
                state.leave(guest);
            }
            state.replaced(source.clone());
            state.enter(&guest);
            state.idle.push_back(guest);
            idle
        };
        // states are closed outside the lock; an error of a closer is what observers receive
        for mut guest in replaced {
            let _ = guest.session_mut().close();
        }
        Ok(())
    }
}
