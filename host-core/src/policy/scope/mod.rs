//! What one grant covers.

mod host;
mod locate;
mod name;
mod path;
mod wild;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use crate::error::{Code, Problem};
use crate::spec::ScopeKind;

use self::host::HostPattern;
pub use self::locate::{LastLink, LocateError, Location};
use self::name::NamePattern;
use self::path::PathPattern;
use self::wild::{Wild, needs_wild};

/// What one grant covers: the values that its allow list matches and its deny list does not.
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
/// # Ok::<(), Vec<hostfn_core::PatternError>>(())
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

    /// The most bytes of all patterns of a scope together.
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
    pub fn everything_but<S: AsRef<str>>(kind: ScopeKind, deny: &[S]) -> Result<Self, Vec<PatternError>> {
        Self::checked(kind, None, deny)
    }

    /// What `allow` matches and `deny` does not.
    ///
    /// # Errors
    /// Every bad pattern.
    pub fn new<S: AsRef<str>>(kind: ScopeKind, allow: &[S], deny: &[S]) -> Result<Self, Vec<PatternError>> {
        Self::checked(kind, Some(allow), deny)
    }

    fn checked<S: AsRef<str>>(
        kind: ScopeKind,
        allow: Option<&[S]>,
        deny: &[S],
    ) -> Result<Self, Vec<PatternError>> {
        if let Some(error) = too_many(allow.unwrap_or_default(), deny) {
            return Err(vec![error]);
        }
        let (scope, errors) = Self::read(kind, allow, deny);
        if errors.is_empty() { Ok(scope) } else { Err(errors) }
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

    /// What the patterns are matched against.
    pub fn kind(&self) -> ScopeKind {
        match self.rules {
            Rules::None(_) => ScopeKind::None,
            Rules::Path(_) => ScopeKind::Path,
            Rules::Host(_) => ScopeKind::Host,
            Rules::Name(_) => ScopeKind::Name,
        }
    }

    /// Whether it covers `value`. A value that is none of its kind (a relative path, a URL without a
    /// host, an empty name) is never covered, not even by everything.
    pub fn allows(&self, value: &str) -> bool {
        match &self.rules {
            Rules::None(lists) => lists.allows(value),
            Rules::Path(lists) => lists.allows(value),
            Rules::Host(lists) => lists.allows(value),
            Rules::Name(lists) => lists.allows(value),
        }
    }

    /// What both cover, from below: it covers no value that either does not.
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
    /// # Ok::<(), Vec<hostfn_core::PatternError>>(())
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

    /// Whether it covers every value that `inner` covers. A `true` is always so; a `false` may only mean
    /// that no pattern alone shows it.
    ///
    /// ```
    /// use hostfn_core::{Scope, ScopeKind};
    ///
    /// let data = Scope::new(ScopeKind::Path, &["/data/**"], &[])?;
    /// assert!(data.covers(&Scope::new(ScopeKind::Path, &["/data/*/notes"], &[])?));
    /// assert!(!data.covers(&Scope::everything(ScopeKind::Path)));
    /// # Ok::<(), Vec<hostfn_core::PatternError>>(())
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
    /// else, unless it has a `*`. `None` when there is none.
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

    /// Whether nothing is left out.
    pub fn is_everything(&self) -> bool {
        self.allow.is_none() && self.deny.is_empty()
    }

    /// Whether the allow list is empty.
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

/// The first pattern that makes a scope larger than it may be.
fn too_many<S: AsRef<str>>(allow: &[S], deny: &[S]) -> Option<PatternError> {
    let error = |pattern: &S, what: String, remedy| PatternError {
        pattern: pattern.as_ref().to_owned(),
        wrong: Wrong { what: what.into(), remedy },
    };
    if let Some((list, first)) =
        [allow, deny].into_iter().find_map(|list| Some((list, list.get(Scope::MAX_PATTERNS)?)))
    {
        let what = format!("is one of {} in its list", list.len());
        return Some(error(
            first,
            what,
            "keep a list to 1,024 patterns, with a `*` where one stands for many",
        ));
    }
    let mut bytes = 0;
    let first = allow.iter().chain(deny).find(|pattern| {
        // one that is too long by itself is refused as such
        bytes += pattern.as_ref().len().min(4_096);
        bytes > Scope::MAX_PATTERN_BYTES
    })?;
    let remedy = "keep them to 64 KiB, with a `*` where one stands for many";
    Some(error(first, "brings the patterns of its scope to more than 64 KiB".to_owned(), remedy))
}

/// A pattern that is not one of its kind: what is wrong with it and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` {}; {}", shown(pattern), wrong.what, wrong.remedy)]
pub struct PatternError {
    pattern: String,
    wrong: Wrong,
}

impl PatternError {
    /// The pattern as written.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// What is the matter with it, such as `is not absolute`.
    pub fn what(&self) -> &str {
        &self.wrong.what
    }

    /// What to do about it.
    pub fn remedy(&self) -> &str {
        self.wrong.remedy
    }

    pub(crate) fn at(&self, place: impl Into<String>) -> Problem {
        let what = format!("the pattern `{}` {}", shown(&self.pattern), self.what());
        Problem::new(Code::BadPattern, place, what, self.remedy())
    }
}

/// A pattern in a message: in one line, and cut where it is long.
fn shown(pattern: &str) -> String {
    const LONGEST: usize = 256;
    let cut = pattern.floor_char_boundary(LONGEST);
    let rest = if cut < pattern.len() { "..." } else { "" };
    format!("{}{rest}", pattern[..cut].escape_debug())
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Wrong {
    what: Cow<'static, str>,
    remedy: &'static str,
}

impl Wrong {
    const fn new(what: &'static str, remedy: &'static str) -> Self {
        Self { what: Cow::Borrowed(what), remedy }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rules {
    None(Lists<Unscoped>),
    Path(Lists<PathPattern>),
    Host(Lists<HostPattern>),
    Name(Lists<NamePattern>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Lists<P> {
    allow: Box<[P]>,
    deny: Box<[P]>,
}

impl<P: Pattern> Lists<P> {
    fn read<S: AsRef<str>>(allow: Option<&[S]>, deny: &[S], errors: &mut Vec<PatternError>) -> Self {
        let mut read = |patterns: &[S], list| {
            let patterns = patterns.iter().map(AsRef::as_ref);
            let read = patterns.filter_map(|text| match read_pattern(text, list) {
                Ok(pattern) => Some(pattern),
                Err(wrong) => {
                    errors.push(PatternError { pattern: text.to_owned(), wrong });
                    None
                }
            });
            read.collect()
        };
        Self {
            allow: allow.map_or_else(|| [P::everything()].into(), |allow| read(allow, List::Allow)),
            deny: read(deny, List::Deny),
        }
    }

    fn allows(&self, value: &str) -> bool {
        P::value(value).is_some_and(|value| self.admitting(&value).is_some())
    }

    /// The allow pattern that lets `value` through.
    fn admitting(&self, value: &P::Value<'_>) -> Option<&P> {
        let admitting = self.allow.iter().find(|pattern| pattern.matches(value))?;
        let denied = self.deny.iter().any(|pattern| pattern.matches(value));
        (!denied).then_some(admitting)
    }

    /// Of what may be hostile, the inner side, no two patterns are compared with each other: the time is in
    /// proportion to its length, not to the square.
    fn within(&self, outer: &Self) -> Kept {
        let fits: Vec<bool> = self.allow.iter().map(|pattern| covered(&outer.allow, pattern)).collect();
        // of what does not fit, an outer pattern may be a part; to what fits, it would add nothing
        let part = |pattern| !covered(chosen(&self.allow, &fits), pattern) && covered(&self.allow, pattern);
        let inner: Vec<bool> = self
            .allow
            .iter()
            .zip(&fits)
            .map(|(pattern, fits)| *fits && !covered(&outer.deny, pattern))
            .collect();
        let denied = |pattern| covered(&self.deny, pattern) || covered(&outer.deny, pattern);
        let outside: Vec<bool> =
            outer.allow.iter().map(|pattern| part(pattern) && !denied(pattern)).collect();
        let matters = |denial: &P| {
            chosen(&self.allow, &inner)
                .chain(chosen(&outer.allow, &outside))
                .any(|pattern| pattern.overlaps(denial))
        };
        let deny = outer.deny.iter().map(|denial| matters(denial) && !covered(&self.deny, denial)).collect();
        Kept { inner, outer: outside, deny }
    }

    fn cover(&self, inner: &Self) -> bool {
        let cuts = |denial: &P| {
            inner.allow.iter().any(|pattern| pattern.overlaps(denial)) && !covered(&inner.deny, denial)
        };
        inner.allow.iter().all(|pattern| covered(&self.allow, pattern)) && !self.deny.iter().any(cuts)
    }
}

/// Which patterns stay when a scope is cut down to an outer one.
struct Kept {
    inner: Vec<bool>,
    outer: Vec<bool>,
    /// Of the outer deny list; all of the inner one stay.
    deny: Vec<bool>,
}

fn chosen<'p, P>(patterns: &'p [P], chosen: &[bool]) -> impl Iterator<Item = &'p P> {
    patterns.iter().zip(chosen).filter(|(_, chosen)| **chosen).map(|(pattern, _)| pattern)
}

/// Each of them at its first place only.
fn once<'p>(patterns: impl Iterator<Item = &'p Box<str>>) -> Vec<&'p str> {
    let mut seen = HashSet::new();
    patterns.map(AsRef::as_ref).filter(|pattern| seen.insert(*pattern)).collect()
}

fn covered<'p, P: Pattern + 'p>(by: impl IntoIterator<Item = &'p P>, pattern: &P) -> bool {
    by.into_iter().any(|outer| outer.covers(pattern))
}

fn read_pattern<P: Pattern>(text: &str, list: List) -> Result<P, Wrong> {
    if text.is_empty() {
        return Err(Wrong::new("is empty", "leave it out"));
    }
    if text.len() > P::LONGEST {
        let what = format!("is {} bytes long, and one of its kind has at most {}", text.len(), P::LONGEST);
        return Err(Wrong { what: what.into(), remedy: "shorten it, or let a `*` cover a part of it" });
    }
    if text.contains(char::is_control) {
        return Err(Wrong::new("has a control character in it", "leave it out, or let a `*` cover it"));
    }
    P::read(text, list)
}

/// The list that a pattern stands in.
#[derive(Clone, Copy)]
enum List {
    Allow,
    Deny,
}

/// One kind of pattern.
trait Pattern: Sized {
    /// Bytes of a pattern.
    const LONGEST: usize;

    /// A value in the form that is matched.
    type Value<'v>;

    /// What matches every value.
    fn everything() -> Self;

    /// Reads a pattern that is not empty and has no control characters.
    fn read(text: &str, list: List) -> Result<Self, Wrong>;

    /// `None` for what is no value of this kind, or too long to be matched.
    fn value(text: &str) -> Option<Self::Value<'_>>;

    fn matches(&self, value: &Self::Value<'_>) -> bool;

    /// Whether it is certain that it matches every value that `other` matches.
    fn covers(&self, other: &Self) -> bool;

    /// Whether there may be a value that both match.
    fn overlaps(&self, other: &Self) -> bool;

    /// What to write for a pattern that matches `value` and as little else as can be.
    fn narrowest(value: &Self::Value<'_>) -> String;
}

/// The pattern of a capability without a scope, which cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Unscoped;

impl Pattern for Unscoped {
    const LONGEST: usize = 1_024;

    type Value<'v> = ();

    fn everything() -> Self {
        Unscoped
    }

    fn read(_: &str, _: List) -> Result<Self, Wrong> {
        Err(Wrong::new("narrows what has no scope", "leave it out"))
    }

    fn value(_: &str) -> Option<()> {
        Some(())
    }

    fn matches(&self, (): &()) -> bool {
        true
    }

    fn covers(&self, _: &Self) -> bool {
        true
    }

    fn overlaps(&self, _: &Self) -> bool {
        true
    }

    fn narrowest((): &()) -> String {
        String::new()
    }
}
