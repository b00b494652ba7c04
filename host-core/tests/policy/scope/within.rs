//! Scopes cut down to others.

use std::time::Duration;

use hostfn_core::{Scope, ScopeKind};
use proptest::prelude::*;
use test_support::processor_time;

/// True if all that the second pattern matches, the first matches too.
type Row = (&'static str, &'static str, bool, &'static str);

fn one(kind: ScopeKind, pattern: &str) -> Scope {
    Scope::new(kind, &[pattern], &[]).unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn check(kind: ScopeKind, table: &[Row]) {
    for (outer, inner, expected, why) in table {
        let covers = one(kind, outer).covers(&one(kind, inner));
        assert_eq!(covers, *expected, "`{outer}` over `{inner}`: {why}");
    }
}

#[test]
fn paths_cover_paths() {
    check(
        ScopeKind::Path,
        &[
            ("/data", "/data", true, "itself"),
            ("/data", "//data/./", true, "in another spelling"),
            ("/data/**", "/data", true, "`**` is also no segment at all"),
            ("/data/**", "/data/a/b", true, "a literal beneath"),
            ("/data/**", "/data/*/b*", true, "wildcards beneath"),
            ("/data/**", "/data/**/x/**", true, "any depth beneath"),
            ("/data/**", "/data_evil/**", false, "whole segments"),
            ("/data/**", "/**", false, "wider"),
            ("/data/**", "/*/**", false, "wider"),
            ("/data/*", "/data/**", false, "deeper"),
            ("/data/*", "/data/*/*", false, "deeper"),
            ("/data/*", "/data/a*b", true, "within a segment"),
            ("/data/a*", "/data/*", false, "wider within a segment"),
            ("/data/a*c", "/data/ab*bc", true, "longer ends"),
            ("/data/a*c", "/data/a*", false, "an end is missing"),
            ("/data/a*a", "/data/a", false, "the ends do not overlap"),
            ("/data/a*b*c", "/data/a*bx*c", true, "a longer middle"),
            ("/data/a*b*c", "/data/ac*c", false, "no middle"),
            ("/data/*b*", "/data/a*c", false, "what `*` stands for need have no `b`"),
            ("/**/x", "/**/a/x", true, "what follows `**`"),
            ("/**/x", "/a/**/x", true, "what follows `**`"),
            ("/**/x", "/**/x/a", false, "it is the end"),
            ("/**/x", "/x/**", false, "it is the end"),
            ("/a/**/b/**/c", "/a/b/**/c", true, "one `**` stands for nothing"),
            ("/a/**/b/**/c", "/a/**/c", false, "a `b` is missing"),
            ("/a/**/b/**/c", "/a/**/x/b/**/c", true, "more between them"),
            ("/**/**", "/**", true, "two in a row are one"),
            ("/**", "/**/**", true, "two in a row are one"),
            ("/**/*", "/*/**", true, "both are one segment or more"),
            ("/*/**", "/**/*", true, "both are one segment or more"),
            ("/*/**/*", "/**/*/*", true, "both are two or more"),
            ("/*/**/*", "/**/*", false, "two or more, and one"),
            ("/**/*", "/**/a*", true, "one or more, and one of them is known"),
            ("/*/**", "/", false, "one or more, and none"),
            ("/**", "/", true, "the root"),
            ("/", "/**", false, "the root alone"),
        ],
    );
}

#[test]
fn hosts_cover_hosts() {
    check(
        ScopeKind::Host,
        &[
            ("example.com", "example.com", true, "itself"),
            ("example.com", "EXAMPLE.com.", true, "in another spelling"),
            ("example.com", "https://example.com", true, "one of its schemes"),
            ("example.com", "https://example.com:443", true, "and its port"),
            ("example.com", "https://example.com:80", false, "not the other's port"),
            ("example.com", "example.com:443", false, "http on 443 is more"),
            ("https://example.com", "example.com", false, "http is more"),
            ("example.com", "ws://example.com", false, "another scheme"),
            ("example.com:8443", "https://example.com:8443", true, "the port given"),
            ("*", "example.com", true, "any host"),
            ("*", "*.example.com", true, "any host"),
            ("*", "127.0.0.1", true, "any address"),
            ("*", "*:8443", false, "its scheme's own port only"),
            ("*", "example.com:8443", false, "its scheme's own port only"),
            ("*.example.com", "*", false, "wider"),
            ("*.example.com", "a.example.com", true, "below"),
            ("*.example.com", "*.a.example.com", true, "further below"),
            ("*.a.example.com", "*.example.com", false, "above"),
            ("*.example.com", "example.com", false, "not the name itself"),
            ("*.example.com", "*.evilexample.com", false, "whole labels"),
            ("a.example.com", "*.example.com", false, "one of many"),
            ("127.0.0.1", "0x7f.1", true, "one address in two spellings"),
            ("127.0.0.1", "[::ffff:127.0.0.1]", true, "one address in two spellings"),
        ],
    );
}

#[test]
fn names_cover_names() {
    check(
        ScopeKind::Name,
        &[
            ("*", "*", true, "itself"),
            ("*", "APP_*", true, "everything"),
            ("APP_*", "*", false, "wider"),
            ("APP_*", "APP_KEY", true, "one of them"),
            ("APP_*", "APP_X*", true, "some of them"),
            ("APP_*", "APP*", false, "`APP` is more"),
            ("A*Z", "AB*YZ", true, "longer ends"),
            ("A*Z", "A*", false, "an end is missing"),
            ("A*A", "A", false, "the ends do not overlap"),
            ("APP_KEY", "APP_*", false, "one of many"),
        ],
    );
}

#[test]
fn what_both_cover_from_below() {
    let scope = |allow: Option<&[&str]>, deny: &[&str]| match allow {
        Some(allow) => Scope::new(ScopeKind::Path, allow, deny).unwrap(),
        None => Scope::everything_but(ScopeKind::Path, deny).unwrap(),
    };
    for (inner, outer, expected) in [
        (scope(None, &[]), scope(None, &[]), "everything"),
        (scope(None, &[]), scope(Some(&["/data/**"]), &[]), "/data/**"),
        (scope(Some(&["/data/**"]), &[]), scope(None, &[]), "/data/**"),
        (scope(None, &[]), scope(Some(&["/**"]), &[]), "everything"),
        (scope(Some(&["/**"]), &[]), scope(None, &[]), "/**"),
        (scope(Some(&[]), &[]), scope(None, &[]), "nothing"),
        (scope(None, &[]), scope(Some(&[]), &[]), "nothing"),
        (scope(Some(&["/a/**"]), &[]), scope(Some(&["/b/**"]), &[]), "nothing"),
        (scope(Some(&["/a/b/**"]), &[]), scope(Some(&["/a/**", "/c"]), &[]), "/a/b/**"),
        (scope(Some(&["/a/**"]), &[]), scope(Some(&["/a/b/**", "/c"]), &[]), "/a/b/**"),
        (scope(Some(&["/a/**", "/b"]), &[]), scope(Some(&["/b/**", "/a/x"]), &[]), "/b, /a/x"),
        // overlapping, and neither covers the other
        (scope(Some(&["/a/*"]), &[]), scope(Some(&["/*/b"]), &[]), "nothing"),
        // what fits as a whole needs no part of itself
        (scope(Some(&["/a/**"]), &[]), scope(Some(&["/a/**", "/a/x"]), &[]), "/a/**"),
        (scope(Some(&["/a", "/a", "/b"]), &[]), scope(None, &[]), "/a, /b"),
        (scope(Some(&["/**"]), &["/x"]), scope(None, &["/y", "/x"]), "/** but not /x, /y"),
        (scope(None, &["/x/**"]), scope(None, &["/x/y", "/y"]), "everything but /x/**, /y"),
        // a denial that cannot matter
        (scope(Some(&["/a/**"]), &[]), scope(None, &["/b/**", "/*/x"]), "/a/** but not /*/x"),
        // one that leaves nothing
        (scope(Some(&["/a/b", "/c"]), &[]), scope(None, &["/a/**"]), "/c"),
        (scope(Some(&["/a/b"]), &[]), scope(None, &["/a/**"]), "nothing"),
        (scope(None, &[]), scope(None, &["/**"]), "nothing"),
        (scope(None, &["/a/**"]), scope(Some(&["/a/b", "/c"]), &[]), "/c but not /a/**"),
    ] {
        assert_eq!(inner.within(&outer).to_string(), expected, "`{inner}` within `{outer}`");
        let whole = inner.within(&outer).to_string() == inner.to_string();
        assert!(!whole || outer.covers(&inner), "`{inner}` within `{outer}`");
    }
}

#[test]
fn scopes_of_two_kinds_have_nothing_in_common() {
    let kinds = [ScopeKind::None, ScopeKind::Path, ScopeKind::Host, ScopeKind::Name];
    for a in kinds {
        for b in kinds {
            let (inner, outer) = (Scope::everything(a), Scope::everything(b));
            assert_eq!(inner.within(&outer).is_nothing(), a != b, "{a} within {b}");
            assert_eq!(outer.covers(&inner), a == b, "{b} over {a}");
            assert_eq!(inner.within(&outer).kind(), a);
        }
    }
}

#[test]
fn hostile_patterns_take_no_time() {
    let took = processor_time(|| {
        let wild = |part: &str, count| format!("/**{}/b", part.repeat(count));
        for (outer, inner) in [
            (wild("/**/a", 400), wild("/a/**/*", 500)),
            (wild("/*a*", 400), wild("/*a*a", 800)),
            (format!("/{}b", "*a".repeat(400)), format!("/{}", "a*".repeat(2_000))),
            (wild("/**/*", 400), wild("/*/**", 800)),
        ] {
            let (outer, inner) = (one(ScopeKind::Path, &outer), one(ScopeKind::Path, &inner));
            assert!(!outer.covers(&inner) || inner.within(&outer).covers(&inner));
            let denied: Vec<_> = outer.allow_patterns().unwrap().collect();
            assert!(!inner.within(&Scope::everything_but(ScopeKind::Path, &denied).unwrap()).is_everything());
        }
        let many: Vec<String> = (0..1_024).map(|i| format!("/data/{i}/**")).collect();
        let asked = Scope::new(ScopeKind::Path, &many, &many).unwrap();
        let granted =
            Scope::new(ScopeKind::Path, &["/data/**", "/data/7/x"], &["/data/1/**", "/etc/**"]).unwrap();
        assert_eq!(asked.within(&granted).allow_patterns().unwrap().len(), 1_023);
    });
    assert!(took < Duration::from_secs(20), "took {took:?}");
}

/// A kind, two allow lists, two deny lists, and values.
type Case = (ScopeKind, [Option<Vec<String>>; 2], [Vec<String>; 2], Vec<String>);

/// Patterns and values of a kind, so few of each that they often meet.
fn kinds() -> impl Strategy<Value = Case> {
    let path = |segment: &'static str| {
        prop::collection::vec(segment, 0..5).prop_map(|segments| format!("/{}", segments.join("/")))
    };
    let host = "(https?://)?(\\*|(\\*\\.)?([ab]\\.){0,2}c|127\\.1)(:(80|443))?";
    let url = "(https?|ws)://(([ab]\\.){0,3}c|127\\.0\\.0\\.1)(:(80|443))?/";
    prop_oneof![
        of(ScopeKind::Path, path("\\*\\*|\\*|[ab]{1,2}|a?\\*b?|\\*a\\*"), path("[ab]{1,3}")),
        of(ScopeKind::Host, host, url),
        of(ScopeKind::Name, "[ab]{0,2}\\*[ab]{0,2}|[ab]{1,3}", "[ab]{1,5}"),
    ]
}

fn of(
    kind: ScopeKind,
    pattern: impl Strategy<Value = String> + 'static,
    value: impl Strategy<Value = String>,
) -> impl Strategy<Value = Case> {
    let pattern = pattern.boxed();
    let list = |most| prop::collection::vec(pattern.clone(), 0..most);
    let allow = || prop::option::weighted(0.9, list(4));
    let values = prop::collection::vec(value, 32);
    (Just(kind), [allow(), allow()], [list(2), list(2)], values)
}

fn scope(kind: ScopeKind, allow: Option<&[String]>, deny: &[String]) -> Scope {
    match allow {
        Some(allow) => Scope::new(kind, allow, deny).unwrap(),
        None => Scope::everything_but(kind, deny).unwrap(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn never_wider_than_either((kind, allow, deny, values) in kinds()) {
        let [a, b] = [0, 1].map(|i| scope(kind, allow[i].as_deref(), &deny[i]));
        let both = a.within(&b);
        for value in &values {
            prop_assert!(
                !both.allows(value) || a.allows(value) && b.allows(value),
                "`{}` within `{}` is `{}` and allows `{}`", a, b, both, value
            );
            prop_assert!(
                !b.covers(&a) || !a.allows(value) || b.allows(value),
                "`{}` over `{}` and `{}`", b, a, value
            );
            if b.covers(&a) {
                prop_assert_eq!(both.allows(value), a.allows(value), "`{}` fits in `{}`: `{}`", a, b, value);
            }
        }
        prop_assert!(a.covers(&both) && b.covers(&both), "`{}` within `{}` is `{}`", a, b, both);
    }

    #[test]
    fn cutting_down_again_changes_nothing((kind, allow, deny, values) in kinds()) {
        let [a, b] = [0, 1].map(|i| scope(kind, allow[i].as_deref(), &deny[i]));
        let both = a.within(&b);
        prop_assert_eq!(&both.within(&b), &both);
        prop_assert_eq!(&both.within(&Scope::everything(kind)), &both);
        let itself = both.within(&both);
        for value in &values {
            prop_assert_eq!(itself.allows(value), both.allows(value), "`{}` within itself: `{}`", both, value);
        }
    }

    #[test]
    fn one_pattern_covers_what_it_is_said_to((kind, allow, _, values) in kinds()) {
        let patterns: Vec<_> = allow.iter().flatten().flatten().map(|pattern| one(kind, pattern)).collect();
        for outer in &patterns {
            prop_assert!(outer.covers(outer));
            for inner in &patterns {
                let missed = values.iter().find(|value| inner.allows(value) && !outer.allows(value));
                prop_assert!(!outer.covers(inner) || missed.is_none(), "`{}` over `{}`: {:?}", outer, inner, missed);
            }
        }
    }
}
