//! The scope of one grant.

mod error;
mod host;
mod lists;
mod locate;
mod name;
mod path;
mod pattern;
mod walk;
mod wild;

use std::fmt;
use std::sync::Arc;

use crate::spec::ScopeKind;

pub use self::error::{PatternError, PatternErrors};
use self::error::{Wrong, too_many};
use self::host::HostPattern;
use self::lists::{Lists, chosen, once};
pub use self::locate::{LastLink, LocateError, Location};
use self::name::NamePattern;
use self::path::PathPattern;
use self::pattern::{List, Pattern, Unscoped};
use self::wild::{Wild, needs_wild};

/// The scope of one grant: the values that its allow list matches and its deny list does not.
///
/// An empty allow list covers nothing. A denial always wins. A pattern that makes no sense is an error when the
/// scope is made.
///
/// ```
/// use hostfn_core::{Scope, ScopeKind};
///
/// let scope = Scope::new(ScopeKind::Path, &["/data/**"], &["/data/secret/**"])?;
/// assert!(scope.allows("/data/notes/today.txt"));
/// assert!(!scope.allows("/data/notes/../../etc/passwd"));
/// assert!(!scope.allows("/data/secret/key"));
/// assert_eq!(scope.to_string(), "/data/** but not /data/secret/**");
/// # Ok::<(), hostfn_core::PatternErrors>(())
/// ```
///
/// # Paths
/// Patterns and values are absolute and `/`-separated, and a backslash is refused in both, so that
/// grants mean the same on every platform. Values are normalised first: empty and `.` segments are
/// dropped and `..` is resolved by the text alone, never above the root. Then whole segments are
/// compared, case-sensitively: `*` is any run of characters within one segment and `**`, which must be
/// a whole segment, is any number of segments. So `/data/**` covers `/data` itself, and neither it nor
/// `/data` covers `/data_evil`. No other character is special.
///
/// A scope judges text. Links and processes that change the disk are outside its view: open paths with
/// [`locate`](Scope::locate) only. Where a file system ignores case or normalises Unicode, prefer allow lists to denials:
/// a denial matches one spelling of a name.
///
/// # Hosts
/// Patterns are `[scheme://]name[:port]`. In an allow list, no scheme means http and https, and no port
/// means the scheme's own; in a deny list, what is left out means any, so that `evil.example` is denied
/// on every port. `*.example.com` is every name below `example.com` at any depth and not
/// `example.com`; `*` is every host.
///
/// Values are URLs, read as browsers read them (by the [`url`](https://docs.rs/url) crate, which is
/// also the one to connect with): case, a trailing dot, punycode, user info, default ports and the many
/// spellings of one IP address make no difference. An address is matched by that address or `*` only.
/// What a name resolves to is not looked up.
///
/// # Names
/// Patterns hold at most one `*`, for any run of characters. Names are compared case-sensitively.
///
/// # Limits
/// | kind | a pattern, in bytes | a value, in bytes |
/// |---|---|---|
/// | path | 4,096 | 4,096 |
/// | host | 1,024, its name 253 in ASCII | 8,192, its host 253 in ASCII |
/// | name | 1,024 | 1,024 |
///
/// A longer pattern is an error, and a longer value is never covered. A scope has at most
/// [`MAX_PATTERNS`](Scope::MAX_PATTERNS) patterns in a list and [`MAX_PATTERN_BYTES`](Scope::MAX_PATTERN_BYTES) in
/// all. Matching takes time in proportion to the value times the patterns at worst, so one match is bounded, too.
///
/// Two scopes are equal when their lists are, also where one of them was cut down from a wider one.
#[derive(Clone, Debug)]
pub struct Scope {
    /// As written; `None` is everything.
    allow: Option<Box<[Box<str>]>>,
    deny: Box<[Box<str>]>,
    rules: Rules,
    /// Those of paths that it was cut down to, the operator's last: the directory that is opened is theirs.
    outer: Box<[Arc<Scope>]>,
}

impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        (&self.allow, &self.deny, &self.rules) == (&other.allow, &other.deny, &other.rules)
    }
}

impl Eq for Scope {}

impl Scope {
    /// The most patterns of an allow list, and of a deny list.
    pub const MAX_PATTERNS: usize = 1_024;

    /// The most bytes of all patterns of a scope together. A path pattern with `**` before its end counts 8 times: a match
    /// tries what follows at every segment.
    pub const MAX_PATTERN_BYTES: usize = 64 << 10;

    /// Every value of `kind`.
    #[must_use]
    pub fn everything(kind: ScopeKind) -> Self {
        Self::read::<&str>(kind, None, &[]).0
    }

    /// Every value of `kind` but those that `deny` matches.
    ///
    /// # Errors
    /// Every bad pattern.
    pub fn everything_but<S: AsRef<str>>(kind: ScopeKind, deny: &[S]) -> Result<Self, PatternErrors> {
        Self::checked(kind, None, deny)
    }

    /// Returns what `allow` matches and `deny` does not.
    ///
    /// # Errors
    /// Every bad pattern.
    pub fn new<S: AsRef<str>>(kind: ScopeKind, allow: &[S], deny: &[S]) -> Result<Self, PatternErrors> {
        Self::checked(kind, Some(allow), deny)
    }

    fn checked<S: AsRef<str>>(
        kind: ScopeKind,
        allow: Option<&[S]>,
        deny: &[S],
    ) -> Result<Self, PatternErrors> {
        if let Some(error) = too_many(kind, allow.unwrap_or_default(), deny) {
            PatternErrors::check(vec![error])?;
        }
        let (scope, errors) = Self::read(kind, allow, deny);
        PatternErrors::check(errors).map(|()| scope)
    }

    fn read<S: AsRef<str>>(kind: ScopeKind, allow: Option<&[S]>, deny: &[S]) -> (Self, Vec<PatternError>) {
        let written = |list: &[S]| list.iter().map(|pattern| pattern.as_ref().into()).collect();
        let mut errors = Vec::new();
        let rules = match kind {
            ScopeKind::None => Rules::None(Lists::read(allow, deny, &mut errors)),
            ScopeKind::Path => Rules::Path(Lists::read(allow, deny, &mut errors)),
            ScopeKind::Host => Rules::Host(Lists::read(allow, deny, &mut errors)),
            ScopeKind::Name => Rules::Name(Lists::read(allow, deny, &mut errors)),
        };
        (Self { allow: allow.map(written), deny: written(deny), rules, outer: Box::default() }, errors)
    }

    /// Returns what the patterns are matched against.
    pub fn kind(&self) -> ScopeKind {
        match self.rules {
            Rules::None(_) => ScopeKind::None,
            Rules::Path(_) => ScopeKind::Path,
            Rules::Host(_) => ScopeKind::Host,
            Rules::Name(_) => ScopeKind::Name,
        }
    }

    /// Returns whether it covers `value`. A value of another kind (a relative path, a URL without a
    /// host, an empty name) is never covered, not even by everything.
    pub fn allows(&self, value: &str) -> bool {
        match &self.rules {
            Rules::None(lists) => lists.allows(value),
            Rules::Path(lists) => lists.allows(value),
            Rules::Host(lists) => lists.allows(value),
            Rules::Name(lists) => lists.allows(value),
        }
    }

    /// Returns what both cover, from below: it covers no value that either does not.
    ///
    /// A pattern of one allow list stays where a pattern of the other covers all that it matches, so two
    /// patterns that merely overlap leave nothing. Denials of both hold; of the outer ones, those stay that
    /// can still matter. A scope that fits in `outer` as a whole comes back as it was, and scopes of two
    /// kinds have nothing in common. A scope of paths remembers `outer`, for [`locate`](Scope::locate).
    ///
    /// ```
    /// use hostfn_core::{Scope, ScopeKind};
    ///
    /// let asked = Scope::new(ScopeKind::Path, &["/data/notes/**", "/etc/hosts", "/tmp/*"], &[])?;
    /// let granted = Scope::new(ScopeKind::Path, &["/data/**", "/tmp/a"], &["/data/*/secret", "/var/**"])?;
    /// assert_eq!(asked.within(&granted).to_string(), "/data/notes/**, /tmp/a but not /data/*/secret");
    /// # Ok::<(), hostfn_core::PatternErrors>(())
    /// ```
    #[must_use]
    pub fn within(&self, outer: &Scope) -> Scope {
        let kept = match (&self.rules, &outer.rules) {
            (Rules::None(inner), Rules::None(outer)) => inner.within(outer),
            (Rules::Path(inner), Rules::Path(outer)) => inner.within(outer),
            (Rules::Host(inner), Rules::Host(outer)) => inner.within(outer),
            (Rules::Name(inner), Rules::Name(outer)) => inner.within(outer),
            _ => return Self::read::<&str>(self.kind(), Some(&[]), &[]).0,
        };
        let whole = self.allow.is_none() && kept.inner == [true];
        let inner = chosen(self.allow.as_deref().unwrap_or_default(), &kept.inner);
        let allow = once(inner.chain(chosen(outer.allow.as_deref().unwrap_or_default(), &kept.outer)));
        let deny = once(self.deny.iter().chain(chosen(&outer.deny, &kept.deny)));
        let scope = Self::read(self.kind(), (!whole).then_some(&*allow), &deny).0;
        Scope { outer: self.outer_with(outer), ..scope }
    }

    /// The scopes that one is cut down to which is cut down to `outer` as well.
    fn outer_with(&self, outer: &Scope) -> Box<[Arc<Scope>]> {
        if self.kind() != ScopeKind::Path {
            return Box::default();
        }
        let own = Arc::new(Scope { outer: Box::default(), ..outer.clone() });
        let mut all = self.outer.to_vec();
        for scope in std::iter::once(&own).chain(&outer.outer) {
            // the last one is the operator's, so the same one counts where it stands last
            all.retain(|earlier| earlier != scope);
            all.push(Arc::clone(scope));
        }
        all.into()
    }

    /// Returns whether it covers every value that `inner` covers. A `true` is always so; a `false` may only mean
    /// that no pattern alone shows it.
    ///
    /// ```
    /// use hostfn_core::{Scope, ScopeKind};
    ///
    /// let data = Scope::new(ScopeKind::Path, &["/data/**"], &[])?;
    /// assert!(data.covers(&Scope::new(ScopeKind::Path, &["/data/*/notes"], &[])?));
    /// assert!(!data.covers(&Scope::everything(ScopeKind::Path)));
    /// # Ok::<(), hostfn_core::PatternErrors>(())
    /// ```
    pub fn covers(&self, inner: &Scope) -> bool {
        match (&self.rules, &inner.rules) {
            (Rules::None(outer), Rules::None(inner)) => outer.cover(inner),
            (Rules::Path(outer), Rules::Path(inner)) => outer.cover(inner),
            (Rules::Host(outer), Rules::Host(inner)) => outer.cover(inner),
            (Rules::Name(outer), Rules::Name(inner)) => outer.cover(inner),
            _ => inner.is_nothing(),
        }
    }

    /// The narrowest pattern of `kind` that an allow list can have for `value`: one that matches nothing
    /// else, unless it has a `*`. `None` if absent.
    pub(crate) fn narrowest(kind: ScopeKind, value: &str) -> Option<String> {
        let pattern = match kind {
            ScopeKind::None => return None,
            ScopeKind::Path => PathPattern::narrowest(&PathPattern::value(value)?),
            ScopeKind::Host => HostPattern::narrowest(&HostPattern::value(value)?),
            ScopeKind::Name => NamePattern::narrowest(&NamePattern::value(value)?),
        };
        let scope = Scope::new(kind, &[&pattern], &[]).ok()?;
        scope.allows(value).then_some(pattern)
    }

    /// Returns whether nothing is left out.
    pub fn is_everything(&self) -> bool {
        self.allow.is_none() && self.deny.is_empty()
    }

    /// Returns whether the allow list is empty.
    pub fn is_nothing(&self) -> bool {
        self.allow.as_ref().is_some_and(|allow| allow.is_empty())
    }

    /// The allow list as written; `None` when everything is allowed that is not denied.
    pub fn allow_patterns(&self) -> Option<impl ExactSizeIterator<Item = &str>> {
        self.allow.as_ref().map(|allow| allow.iter().map(AsRef::as_ref))
    }

    /// The deny list as written.
    pub fn deny_patterns(&self) -> impl ExactSizeIterator<Item = &str> {
        self.deny.iter().map(AsRef::as_ref)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deny = self.deny.join(", ");
        match &self.allow {
            None if self.kind() == ScopeKind::None => f.write_str("granted"),
            None if deny.is_empty() => f.write_str("everything"),
            None => write!(f, "everything but {deny}"),
            Some(allow) if allow.is_empty() => f.write_str("nothing"),
            Some(allow) if deny.is_empty() => f.write_str(&allow.join(", ")),
            Some(allow) => write!(f, "{} but not {deny}", allow.join(", ")),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rules {
    None(Lists<Unscoped>),
    Path(Lists<PathPattern>),
    Host(Lists<HostPattern>),
    Name(Lists<NamePattern>),
}
