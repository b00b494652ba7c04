//! An export of one instance, found once.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::enter::Target;
use super::instance::Instance;
use crate::error::{Code, Problem, Result};

/// An export of one instance: see [`Instance::export`]. A call of it searches for nothing.
#[derive(Clone, Debug)]
pub struct Export {
    pub(super) instance: u64,
    /// Among the exports that the instance keeps.
    pub(super) at: usize,
    pub(super) name: Arc<str>,
}

impl Export {
    /// Returns the name of the export.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Calls the export of `instance`, which it was found in, as [`Instance::call`] does.
    ///
    /// # Errors
    /// Those of [`Instance::call`]; `H0414` for another instance.
    pub fn call<A: Serialize, R: DeserializeOwned>(&self, instance: &mut Instance, args: A) -> Result<R> {
        instance.call_at(self.target(instance)?, &args)
    }

    /// Calls the export of `instance`, which it was found in, as [`Instance::call_async`] does.
    ///
    /// # Errors
    /// Those of [`Instance::call_async`]; `H0414` for another instance.
    pub fn call_async<A: Serialize, R: DeserializeOwned>(
        &self,
        instance: &mut Instance,
        args: A,
    ) -> impl Future<Output = Result<R>> + Send {
        let target = self.target(instance);
        let called = target.map(|target| instance.call_async_at(target, args));
        async move { called?.await }
    }

    #[inline]
    fn target(&self, instance: &Instance) -> Result<Target<'_>> {
        if instance.id() == self.instance {
            return Ok(Target::Found(&self.name, self.at));
        }
        Err(self.of_another(instance))
    }

    #[cold]
    fn of_another(&self, instance: &Instance) -> crate::error::Error {
        let place = format!("plugin `{}`, export `{}`", instance.plugin(), self.name);
        let what =
            format!("it was found in instance {}, and this is instance {}", self.instance, instance.id());
        Problem::new(Code::WrongCall, place, what, "find it in this instance with `Instance::export`").into()
    }
}
