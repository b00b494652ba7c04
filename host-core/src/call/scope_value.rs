use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// A value that a capability's scope can be matched against: text and paths.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot name a path, host or name",
    label = "the capability's scope cannot be matched against this",
    note = "use `&str`, `String`, `&Path` or `PathBuf`, or implement `hostfn::ScopeValue` for your type"
)]
pub trait ScopeValue {
    /// The text to match; `None` when there is none, which is outside every scope.
    fn scope_value(&self) -> Option<&str>;
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
}

impl<T: ScopeValue + ?Sized> ScopeValue for Box<T> {
    fn scope_value(&self) -> Option<&str> {
        (**self).scope_value()
    }
}
