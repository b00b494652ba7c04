//! A driver on a thread of its own.

use std::io;
use std::thread::{self, JoinHandle};

use super::block::block_on;
use super::handle::InstanceDriver;
use crate::error::Result;

impl InstanceDriver {
    /// Runs the instance on a thread of its own, named `name`, so that a plugin that computes for long holds no thread of
    /// an executor. The thread ends with the instance, or when the last handle is dropped; joining it returns the result
    /// of closing.
    ///
    /// ```no_run
    /// # async fn example(instance: hostfn_core::Instance) -> Result<(), Box<dyn std::error::Error>> {
    /// let (handle, driver) = instance.into_handle();
    /// let thread = driver.spawn_thread("plugin-notes")?;
    /// let sum: u64 = handle.call("add", (1_u64, 2_u64)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the system cannot start a thread; the instance is closed then.
    pub fn spawn_thread(self, name: impl Into<String>) -> io::Result<JoinHandle<Result<()>>> {
        thread::Builder::new().name(name.into()).spawn(|| block_on(self))
    }
}
