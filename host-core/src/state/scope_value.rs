use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::observe::Fault;
use crate::state::States;

/// A value that a capability's scope can be matched against: text, paths, and handles on what was opened on one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot name a path, host or name",
    label = "the capability's scope cannot be matched against this",
    note = "use `&str`, `String`, `&Path`, `PathBuf` or `Resource<T>`, or implement `hostfn::spec::ScopeValue` for your type"
)]
pub trait ScopeValue {
    /// The text to match; `None` if absent, which is outside every scope.
    fn scope_value(&self) -> Option<&str>;

    /// The same, of a value that only says where the text is: a handle on what one of the instance's states has.
    ///
    /// # Errors
    /// When the value means nothing there.
    #[inline]
    fn scope_text<'a>(&'a self, _states: &'a States) -> Result<ScopeText<'a>, Fault> {
        Ok(self.scope_value().map_or(ScopeText::Missing, ScopeText::Value))
    }
}

/// The text that a capability's scope is matched against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeText<'a> {
    /// This text.
    Value(&'a str),
    /// This text, of what is behind a lock.
    Shared(Arc<str>),
    /// Something of the instance's own, that reaches nothing outside it: inside every grant.
    Private,
    /// Nothing that could be matched: outside every scope.
    Missing,
}

impl ScopeText<'_> {
    /// The text, if it is one.
    #[inline]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            ScopeText::Value(text) => Some(text),
            ScopeText::Shared(text) => Some(text),
            ScopeText::Private | ScopeText::Missing => None,
        }
    }
}

impl ScopeValue for str {
    fn scope_value(&self) -> Option<&str> {
        Some(self)
    }
}

impl ScopeValue for String {
    fn scope_value(&self) -> Option<&str> {
        Some(self)
    }
}

impl ScopeValue for Path {
    fn scope_value(&self) -> Option<&str> {
        self.to_str()
    }
}

impl ScopeValue for PathBuf {
    fn scope_value(&self) -> Option<&str> {
        self.to_str()
    }
}

impl<T: ScopeValue + ToOwned + ?Sized> ScopeValue for Cow<'_, T> {
    fn scope_value(&self) -> Option<&str> {
        self.as_ref().scope_value()
    }
}

impl<T: ScopeValue + ?Sized> ScopeValue for &T {
    fn scope_value(&self) -> Option<&str> {
        (**self).scope_value()
    }

    fn scope_text<'a>(&'a self, states: &'a States) -> Result<ScopeText<'a>, Fault> {
        (**self).scope_text(states)
    }
}

/// Nothing is outside every scope.
impl<T: ScopeValue> ScopeValue for Option<T> {
    fn scope_value(&self) -> Option<&str> {
        self.as_ref()?.scope_value()
    }

    fn scope_text<'a>(&'a self, states: &'a States) -> Result<ScopeText<'a>, Fault> {
        self.as_ref().map_or(Ok(ScopeText::Missing), |value| value.scope_text(states))
    }
}

impl<T: ScopeValue + ?Sized> ScopeValue for Box<T> {
    fn scope_value(&self) -> Option<&str> {
        (**self).scope_value()
    }

    fn scope_text<'a>(&'a self, states: &'a States) -> Result<ScopeText<'a>, Fault> {
        (**self).scope_text(states)
    }
}
