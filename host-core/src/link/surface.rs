//! Hosts that a plugin is checked against: a registry, or the listing of one.

use std::borrow::Cow;

use crate::registry::Registry;
use crate::spec::Capability;
use crate::surface::{ContractRow, FunctionRow};

/// The functions, capabilities and contracts that a host offers: of a registry, or of the listing of one.
pub trait Surface {
    /// Returns the index of the function that a guest imports as `name` from `module`.
    fn position(&self, module: &str, name: &str) -> Option<usize>;

    /// Returns the row of the function at this index.
    fn row(&self, at: usize) -> Cow<'_, FunctionRow>;

    /// Returns the names of the functions of a module.
    fn names_of(&self, module: &str) -> Vec<&str>;

    /// Returns the capabilities, which manifests and grants name.
    fn capabilities(&self) -> Vec<&'static Capability>;

    /// Returns the contracts.
    fn contracts(&self) -> Cow<'_, [ContractRow]>;
}

impl Surface for Registry {
    fn position(&self, module: &str, name: &str) -> Option<usize> {
        Registry::position(self, module, name)
    }

    fn row(&self, at: usize) -> Cow<'_, FunctionRow> {
        Cow::Owned(FunctionRow::at(self, at))
    }

    fn names_of(&self, module: &str) -> Vec<&str> {
        self.iter().filter(|spec| spec.module() == module).map(|spec| spec.name()).collect()
    }

    fn capabilities(&self) -> Vec<&'static Capability> {
        Registry::capabilities(self)
    }

    fn contracts(&self) -> Cow<'_, [ContractRow]> {
        Registry::contracts(self).map(ContractRow::from_spec).collect()
    }
}
