//! The grants of one plugin.

mod toml;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::error::{Code, Problem, Problems};
use crate::policy::document::unscoped;
use crate::policy::{PatternErrors, Scope};
use crate::spec::Capability;

/// The grants of one plugin: its capabilities, each with its [`Scope`].
///
/// ```
/// use hostfn_core::{Capability, Grants, ScopeKind};
///
/// static GREET: Capability = Capability::new("greet", "Greet people by name.");
/// static FS_READ: Capability =
///     Capability::new("fs.read", "Read files beneath granted directories.").scoped(ScopeKind::Path);
///
/// let grants = Grants::none().allow(&GREET).allow_within(&FS_READ, ["/data/**"])?;
/// assert!(grants.allows(&GREET));
/// assert!(grants.scope_of(&FS_READ).is_some_and(|scope| scope.allows("/data/a.txt")));
/// assert_eq!(grants.to_string(), "fs.read = /data/**\ngreet = granted");
/// # Ok::<(), hostfn_core::Problems>(())
/// ```
///
/// Where a capability is granted more than once, the last call is the one that counts: it replaces the
/// earlier grant and never adds to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants(BTreeMap<&'static str, Arc<Scope>>);

impl Grants {
    /// Nothing at all.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Also `capability`, everything that its scope could narrow included.
    #[must_use]
    pub fn allow(self, capability: &Capability) -> Self {
        self.with(capability, Scope::everything(capability.scope_kind()))
    }

    /// Also what `patterns` match of `capability`.
    ///
    /// # Errors
    /// [`Code::ScopeNotTaken`] for a capability without a scope, else a [`Code::BadPattern`] for each
    /// pattern that is not one of its kind.
    pub fn allow_within<S: AsRef<str>>(
        self,
        capability: &Capability,
        patterns: impl IntoIterator<Item = S>,
    ) -> Result<Self, Problems> {
        let allow: Vec<S> = patterns.into_iter().collect();
        self.narrowed(capability, Scope::new(capability.scope_kind(), &allow, &[]))
    }

    /// Also all of `capability` but what `patterns` match.
    ///
    /// # Errors
    /// Those of [`allow_within`](Grants::allow_within).
    pub fn allow_except<S: AsRef<str>>(
        self,
        capability: &Capability,
        patterns: impl IntoIterator<Item = S>,
    ) -> Result<Self, Problems> {
        let deny: Vec<S> = patterns.into_iter().collect();
        self.narrowed(capability, Scope::everything_but(capability.scope_kind(), &deny))
    }

    /// Also `scope` of `capability`.
    ///
    /// # Errors
    /// [`Code::ScopeNotTaken`] for a capability without a scope, [`Code::BadPattern`] for a scope of
    /// another kind than the capability's.
    pub fn allow_scope(self, capability: &Capability, scope: Scope) -> Result<Self, Problems> {
        let (wanted, given) = (capability.scope_kind(), scope.kind());
        if capability.is_scoped() && wanted != given {
            let what =
                format!("`{capability}` takes a scope of kind {wanted}, and this one is of kind {given}");
            let remedy = format!("make it with `ScopeKind::{wanted:?}`");
            return Err(Problem::new(Code::BadPattern, place(capability), what, remedy).into());
        }
        self.narrowed(capability, Ok(scope))
    }

    /// The same, without `capability`.
    ///
    /// ```
    /// use hostfn_core::{Capability, Grants};
    ///
    /// static GREET: Capability = Capability::new("greet", "Greet people by name.");
    ///
    /// let grants = Grants::none().allow(&GREET);
    /// assert_eq!(grants.without(&GREET), Grants::none());
    /// ```
    #[must_use]
    pub fn without(mut self, capability: &Capability) -> Self {
        self.0.remove(capability.name());
        self
    }

    /// Also `scope` of `capability`; all of one that has no scope.
    pub(crate) fn also(mut self, capability: &Capability, scope: Option<Arc<Scope>>) -> Self {
        let scope = scope.unwrap_or_else(|| Arc::new(Scope::everything(capability.scope_kind())));
        self.0.insert(capability.name(), scope);
        self
    }

    /// Reads a grants file: TOML with one entry per capability, which must be one of `known`.
    ///
    /// ```
    /// use hostfn_core::{Capability, Grants, ScopeKind};
    ///
    /// static GREET: Capability = Capability::new("greet", "Greet people by name.");
    /// static FS_READ: Capability =
    ///     Capability::new("fs.read", "Read files beneath granted directories.").scoped(ScopeKind::Path);
    /// static NET: Capability = Capability::new("net", "Fetch from the network.").scoped(ScopeKind::Host);
    ///
    /// let text = r#"
    ///     "greet" = true
    ///     "fs.read" = { allow = ["/data/**"], deny = ["/data/secret/**"] }
    ///     "net" = { allow = true, deny = ["*.internal.example"] }
    /// "#;
    /// let grants = Grants::from_toml(text, [&GREET, &FS_READ, &NET])?;
    /// assert!(grants.allows(&GREET));
    /// assert_eq!(Grants::from_toml(&grants.to_toml(), [&GREET, &FS_READ, &NET])?, grants);
    /// # Ok::<(), hostfn_core::Problems>(())
    /// ```
    ///
    /// `true` grants all of a capability and `false` nothing. In a table, `allow` is required: a list of
    /// patterns, or `true` for everything that `deny` does not match. Dotted names may be quoted
    /// (`"fs.read" = true`), bare (`fs.read = true`) or table headers (`[fs.read]`).
    ///
    /// # Errors
    /// Every problem of the file at once, each with its line: [`Code::GrantsSyntax`],
    /// [`Code::UnknownCapability`], [`Code::BadPattern`], [`Code::ScopeNotTaken`] and [`Code::BadGrant`].
    pub fn from_toml<'c>(
        text: &str,
        known: impl IntoIterator<Item = &'c Capability>,
    ) -> Result<Self, Problems> {
        toml::read(text, known)
    }

    /// The grants file that [`from_toml`](Grants::from_toml) reads back to the same grants.
    ///
    /// Of grants that were cut down with [`within`](Grants::within), the patterns that are left are written, some of them
    /// the plugin's, and not those of the operator. A file of them makes them the operator's own, whose links are
    /// trusted: grant from what the operator wrote, and use this for what a person reads first.
    pub fn to_toml(&self) -> String {
        toml::write(self)
    }

    /// Returns what is granted of `capability`. `None` if it is not granted, or was granted as one with a scope of
    /// another kind.
    pub fn scope_of(&self, capability: &Capability) -> Option<&Arc<Scope>> {
        self.get(capability.name()).filter(|scope| scope.kind() == capability.scope_kind())
    }

    /// Returns what is granted of the capability with this name.
    pub fn get(&self, name: &str) -> Option<&Arc<Scope>> {
        self.0.get(name)
    }

    /// Returns whether any of `capability` is granted at all.
    pub fn allows(&self, capability: &Capability) -> bool {
        self.scope_of(capability).is_some_and(|scope| !scope.is_nothing())
    }

    /// The capabilities granted and their scopes, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'static str, &Arc<Scope>)> {
        self.0.iter().map(|(name, scope)| (*name, scope))
    }

    /// Returns what both grant: of each capability, its scope here [`within`](Scope::within) its scope there. A
    /// capability of which nothing is left is not among them.
    ///
    /// ```
    /// use hostfn_core::{Capability, Grants, ScopeKind};
    ///
    /// static GREET: Capability = Capability::new("greet", "Greet people by name.");
    /// static FS_READ: Capability =
    ///     Capability::new("fs.read", "Read files beneath granted directories.").scoped(ScopeKind::Path);
    ///
    /// let asked = Grants::none().allow(&GREET).allow_within(&FS_READ, ["/data/notes/**", "/etc/**"])?;
    /// let granted = Grants::none().allow_within(&FS_READ, ["/data/**"])?;
    /// assert_eq!(asked.within(&granted).to_string(), "fs.read = /data/notes/**");
    /// # Ok::<(), hostfn_core::Problems>(())
    /// ```
    #[must_use]
    pub fn within(&self, granted: &Grants) -> Grants {
        let both = self.iter().filter_map(|(name, asked)| {
            let scope = asked.within(granted.get(name)?);
            (!scope.is_nothing()).then(|| (name, Arc::new(scope)))
        });
        Grants(both.collect())
    }

    /// The line of [`to_toml`](Grants::to_toml) for the capability with this name, if it is granted.
    pub(crate) fn toml_line(&self, name: &str) -> Option<String> {
        self.get(name).map(|scope| toml::line(name, scope))
    }

    fn narrowed(
        self,
        capability: &Capability,
        scope: Result<Scope, PatternErrors>,
    ) -> Result<Self, Problems> {
        if !capability.is_scoped() {
            let what = unscoped(capability);
            return Err(
                Problem::new(Code::ScopeNotTaken, place(capability), what, "grant it with `allow`").into()
            );
        }
        match scope {
            Ok(scope) => Ok(self.with(capability, scope)),
            Err(errors) => {
                let problems = errors.iter().map(|error| error.at(place(capability))).collect();
                Problems::check(problems).map(|()| self)
            }
        }
    }

    fn with(mut self, capability: &Capability, scope: Scope) -> Self {
        self.insert(capability, scope);
        self
    }

    fn insert(&mut self, capability: &Capability, scope: Scope) {
        self.0.insert(capability.name(), Arc::new(scope));
    }
}

/// The line of a grants file that grants `scope` of the capability with this name.
pub(crate) fn grant_of(name: &str, scope: &Scope) -> String {
    toml::line(name, scope)
}

fn place(capability: &Capability) -> String {
    format!("grant of `{capability}`")
}

/// One line per capability, sorted by name.
impl fmt::Display for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nothing");
        }
        for (i, (name, scope)) in self.iter().enumerate() {
            let newline = if i == 0 { "" } else { "\n" };
            write!(f, "{newline}{name} = {scope}")?;
        }
        Ok(())
    }
}
