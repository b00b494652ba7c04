//! Scopes: a table for each rule.

mod host;
mod limits;
#[cfg(unix)]
mod locate;
mod name;
mod path;
mod within;

use hostfn_core::{Capability, Scope, ScopeKind};
use proptest::prelude::*;

static FS_READ: Capability = Capability::new("fs.read", "Read files.").scoped(ScopeKind::Path);

/// Pattern, value, whether it is covered, and the rule that says so.
type Row = (&'static str, &'static str, bool, &'static str);

fn check(kind: ScopeKind, table: &[Row]) {
    for (pattern, value, expected, why) in table {
        let scope = Scope::new(kind, &[pattern], &[]).unwrap_or_else(|errors| panic!("{errors:?}"));
        assert_eq!(scope.allows(value), *expected, "`{pattern}` on `{value}`: {why}");
    }
}

/// Pattern, what is wrong, and a word of the remedy.
fn check_refused(kind: ScopeKind, table: &[(&str, &str, &str)]) {
    for (pattern, what, remedy) in table {
        let errors = Scope::new(kind, &[pattern], &[]).expect_err(pattern);
        let [error] = &*errors else { panic!("`{pattern}` has one problem: {errors:?}") };
        assert_eq!(error.pattern(), *pattern);
        assert!(error.message().contains(what), "`{pattern}`: {error}");
        assert!(error.help().contains(remedy), "`{pattern}`: {error}");
    }
}

fn paths(allow: &[&str], deny: &[&str]) -> Scope {
    Scope::new(ScopeKind::Path, allow, deny).unwrap()
}

fn hosts(allow: &[&str], deny: &[&str]) -> Scope {
    Scope::new(ScopeKind::Host, allow, deny).unwrap()
}

#[test]
fn an_empty_allow_list_covers_nothing_and_a_denial_wins() {
    for (kind, pattern, value) in
        [(ScopeKind::Path, "/**", "/a"), (ScopeKind::Host, "*", "https://a.com"), (ScopeKind::Name, "*", "a")]
    {
        let none: &[&str] = &[];
        let scope = |allow: &[&str], deny: &[&str]| Scope::new(kind, allow, deny).unwrap();
        assert!(!scope(none, none).allows(value), "{kind}");
        assert!(scope(none, none).is_nothing(), "{kind}");
        assert!(scope(&[pattern], none).allows(value), "{kind}");
        assert!(!scope(&[pattern], &[pattern]).allows(value), "{kind}");
        assert!(Scope::everything(kind).allows(value), "{kind}");
        assert!(!Scope::everything_but(kind, &[pattern]).unwrap().allows(value), "{kind}");
    }
    let but = paths(&["/data/**"], &["/data/secret/**"]);
    assert!(but.allows("/data/x"));
    assert!(!but.allows("/data/secret"));
    assert!(!but.allows("/data/x/../secret/key"));
}

#[test]
fn a_scope_says_what_it_covers() {
    let everything = Scope::everything(ScopeKind::Path);
    let but = Scope::everything_but(ScopeKind::Path, &["/etc/**", "/proc/**"]).unwrap();
    let both = paths(&["/data/**", "/tmp/*"], &["/data/secret/**"]);
    let nothing = paths(&[], &["/x"]);
    for (scope, text) in [
        (&everything, "everything"),
        (&but, "everything but /etc/**, /proc/**"),
        (&both, "/data/**, /tmp/* but not /data/secret/**"),
        (&paths(&["/data//x/"], &[]), "/data//x/"),
        (&nothing, "nothing"),
        (&Scope::everything(ScopeKind::None), "granted"),
    ] {
        assert_eq!(scope.to_string(), text);
        assert_eq!(scope.is_everything(), matches!(text, "everything" | "granted"), "{text}");
        assert_eq!(scope.is_nothing(), text == "nothing");
    }
    assert!(everything.allow_patterns().is_none());
    assert!(but.allow_patterns().is_none());
    assert_eq!(both.allow_patterns().unwrap().collect::<Vec<_>>(), ["/data/**", "/tmp/*"]);
    assert_eq!(both.deny_patterns().collect::<Vec<_>>(), ["/data/secret/**"]);
    assert_eq!(both.kind(), ScopeKind::Path);
}

#[test]
fn bad_patterns_come_all_at_once() {
    let errors = Scope::new(ScopeKind::Path, &["a", "/b", "/c/.."], &["d\\e"]).unwrap_err();
    let texts: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "`a` is not absolute; start it with `/`",
            "`/c/..` climbs with `..`; write the path that it leads to",
            "`d\\\\e` has a backslash in it; separate segments with `/`, on every platform",
        ]
    );
    let errors = Scope::new(ScopeKind::None, &["x"], &[]).unwrap_err();
    assert_eq!(errors[0].to_string(), "`x` narrows what has no scope; leave it out");
}

proptest! {
    #[test]
    fn nothing_panics(pattern in any::<String>(), value in any::<String>()) {
        for kind in [ScopeKind::None, ScopeKind::Path, ScopeKind::Host, ScopeKind::Name] {
            for pattern in [&pattern, &format!("/{pattern}"), &format!("https://{pattern}")] {
                let _ = Scope::new(kind, &[pattern], &[]).map(|scope| scope.allows(&value));
                let _ = Scope::everything_but(kind, &[pattern]).map(|scope| scope.allows(&value));
            }
            for value in [&value, &format!("/{value}"), &format!("https://{value}"), &format!("x://{value}")] {
                Scope::everything(kind).allows(value);
            }
        }
    }
}
