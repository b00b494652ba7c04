//! Pools of a plugin's instances.

use super::instance::Instance;
use super::plugin::Plugin;
use crate::engine::{Pool, PoolBuilder, PoolSource, PoolStart, Starting, Subject};
use crate::error::Problem;

use crate::policy::Grants;
use crate::spec::ContractSpec;

impl Plugin {
    /// Begins a pool of instances that may do what `grants` say, for a service: see [`Pool`].
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// # use hostfn_core::{Grants, Host};
    /// # async fn example(host: &Host, old: &[u8], new: &[u8]) -> hostfn_core::Result<()> {
    /// let plugin = host.load("numbers", old)?;
    /// let pool = plugin.pool(&Grants::none()).size(4).wait(Duration::from_secs(2)).build()?;
    /// let seven: u64 = pool.call("seven", ()).await?; // waits for an instance, at most 2 s
    ///
    /// pool.replace(&host.load("numbers", new)?).await?; // checked beside the old version; no request is lost
    /// pool.close(Duration::from_secs(5)).await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn pool(&self, grants: &Grants) -> PoolBuilder<Plugin> {
        Pool::builder(self, grants)
    }
}

impl PoolSource for Plugin {
    type Guest = Instance;

    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn contracts(&self) -> Vec<&'static ContractSpec> {
        Plugin::contracts(self)
    }

    fn missing_entries(&self, contract: &ContractSpec) -> Vec<Problem> {
        self.subject.contract_problems(contract, |entry| self.has_entry(entry))
    }

    fn start<'a>(&'a self, start: PoolStart<'a>) -> Starting<'a, Instance> {
        let begun = Plugin::start(self, start.grants).ceiling(start.ceiling);
        Box::pin(async move { if start.waits { begun.run_async().await } else { begun.run() } })
    }
}
