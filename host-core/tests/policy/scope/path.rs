//! Scopes of paths.

use std::time::Duration;

use hostfn_core::{Scope, ScopeKind};
use proptest::prelude::*;
use test_support::processor_time;

use super::{check, check_refused, paths};

#[test]
fn paths_match_segment_by_segment() {
    check(
        ScopeKind::Path,
        &[
            ("/data", "/data", true, "a literal means itself"),
            ("/data", "/data/x", false, "and nothing beneath it"),
            ("/data", "/data_evil", false, "a prefix of the string is no match"),
            ("/data", "/DATA", false, "case counts"),
            ("/data/**", "/data", true, "`**` is also no segment at all"),
            ("/data/**", "/data/a", true, "one"),
            ("/data/**", "/data/a/b/c", true, "many"),
            ("/data/**", "/data_evil", false, "whole segments only"),
            ("/data/**", "/data_evil/x", false, "whole segments only"),
            ("/data/**", "/", false, "the root is above"),
            ("/data*", "/data_evil", true, "`*` is any run within a segment"),
            ("/data*", "/data", true, "an empty run too"),
            ("/data*", "/data_evil/x", false, "but never goes past a `/`"),
            ("/data/*", "/data/a", true, "`*` is a whole segment"),
            ("/data/*", "/data", false, "but not none"),
            ("/data/*", "/data/a/b", false, "nor two"),
            ("/data/*.t*t", "/data/notes.txt", true, "several in one segment"),
            ("/data/*.txt", "/data/.txt", true, "hidden files are not special"),
            ("/d/a*a", "/d/a", false, "the ends do not overlap"),
            ("/d/a*a", "/d/aa", true, "the ends do not overlap"),
            ("/d/*a*a", "/d/a", false, "nor does the part before an end"),
            ("/d/*ab*bc*", "/d/abc", false, "nor do the parts between stars"),
            ("/d/*ab*bc*", "/d/xabxbcx", true, "nor do the parts between stars"),
            ("/**/secret", "/secret", true, "`**` at the front, none"),
            ("/**/secret", "/a/b/secret", true, "`**` at the front, many"),
            ("/**/secret", "/a/secret/b", false, "what follows `**` is the end"),
            ("/a/**/b/**/c", "/a/x/b/y/b/c", true, "two `**`"),
            ("/a/**/b/**/c", "/a/c/b", false, "in order"),
            ("/a/**/**/c", "/a/c", true, "two in a row are one"),
            ("/**", "/", true, "`/**` is everything"),
            ("/", "/", true, "the root is the root"),
            ("/", "/a", false, "and nothing beneath it"),
            ("/data/[ab]?{c}", "/data/[ab]?{c}", true, "no other character is special"),
            ("/data/[ab]", "/data/a", false, "no other character is special"),
            ("/köln/*", "/köln/ö", true, "characters beyond ASCII"),
        ],
    );
}

#[test]
fn paths_are_normalised_by_their_text() {
    check(
        ScopeKind::Path,
        &[
            ("/data/x", "/data/missing/../x", true, "`..` needs nothing on the disk"),
            ("/data/**", "/data/../etc/passwd", false, "`..` leaves the directory"),
            ("/data/**", "/data/a/../../data/b", true, "and may come back"),
            ("/data/**", "/../data/a", false, "never above the root"),
            ("/data/**", "/data/../../data/a", false, "not even for a moment"),
            ("/data/x", "/data/./x", true, "`.` is dropped"),
            ("/data/x", "//data///x", true, "so are empty segments"),
            ("/data/x", "/data/x/", true, "a trailing slash makes no difference"),
            ("/data/x", "/data/x//", true, "nor do two"),
            ("/data/x", "/data/x/.", true, "nor does a trailing `.`"),
            ("//data/./x/", "/data/x", true, "patterns likewise"),
            ("/data/..x", "/data/..x", true, "dots in a name are a name"),
            ("/data/.../x", "/data/.../x", true, "dots in a name are a name"),
            ("/**", "/%2e%2e/etc", true, "percent signs are literal"),
            ("/data/**", "/data/%2e%2e/etc", true, "so this is a directory called `%2e%2e`"),
            ("/etc", "/data/%2e%2e/etc", false, "and leads nowhere else"),
        ],
    );
}

#[test]
fn what_is_no_absolute_path_is_not_covered() {
    for value in [
        "",
        "data/x",
        "./data",
        "..",
        "/..",
        "/data/../..",
        "/data\0",
        "/data\\x",
        "\\data",
        "C:\\data",
        "C:/data",
    ] {
        assert!(!Scope::everything(ScopeKind::Path).allows(value), "`{value}`");
        assert!(!paths(&["/**"], &[]).allows(value), "`{value}`");
    }
}

#[test]
fn path_patterns_are_refused_with_a_remedy() {
    check_refused(
        ScopeKind::Path,
        &[
            ("", "empty", "leave it out"),
            ("data/**", "not absolute", "start it with `/`"),
            ("~/data", "not absolute", "start it with `/`"),
            ("**", "not absolute", "start it with `/`"),
            ("C:\\data", "backslash", "`/`"),
            ("/data\\x", "backslash", "`/`"),
            ("/data/\0", "control character", "leave it out"),
            ("/data/\nx", "control character", "leave it out"),
            ("/data/../x", "climbs", "leads to"),
            ("/..", "climbs", "leads to"),
            ("/data/**.txt", "part of a segment", "`*` within one"),
            ("/data/***", "part of a segment", "`*` within one"),
        ],
    );
}

#[test]
fn hostile_patterns_and_values_take_no_time() {
    let took = processor_time(|| {
        for (pattern, value) in [
            ("/**/a".repeat(200), format!("{}/b", "/a".repeat(2_000))),
            (format!("/**{}/b", "/a".repeat(200)), "/a".repeat(2_000)),
            (format!("/**{}/b", "/*a*a*".repeat(100)), "/aaaa".repeat(800)),
            (format!("/{}b", "*a".repeat(200)), format!("/{}", "a".repeat(4_000))),
            (format!("/*{}b*", "a".repeat(200)), format!("/{}", "a".repeat(4_000))),
            ("/a".to_owned(), "/../a/..".repeat(400)),
            ("/a".to_owned(), "/a/..".repeat(800)),
        ] {
            assert!(!paths(&[&pattern], &[]).allows(&value));
        }
    });
    assert!(took < Duration::from_secs(20), "took {took:?}");
}

fn path_text() -> impl Strategy<Value = String> {
    let segment = prop_oneof![
        Just(String::new()),
        Just(".".to_owned()),
        Just("..".to_owned()),
        Just("data".to_owned()),
        "[a-z.%é\\\\]{0,4}",
    ];
    prop::collection::vec(segment, 0..8).prop_map(|segments| format!("/{}", segments.join("/")))
}

/// The slow and obvious way: every `**` tried at every length.
fn path_matches(pattern: &[&str], value: &[&str]) -> bool {
    match (pattern, value) {
        ([], []) => true,
        (["**", rest @ ..], _) => (0..=value.len()).any(|run| path_matches(rest, &value[run..])),
        ([one, pattern @ ..], [segment, value @ ..]) => {
            let (one, segment): (Vec<char>, Vec<char>) = (one.chars().collect(), segment.chars().collect());
            segment_matches(&one, &segment) && path_matches(pattern, value)
        }
        _ => false,
    }
}

fn segment_matches(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        (['*', rest @ ..], _) => (0..=text.len()).any(|run| segment_matches(rest, &text[run..])),
        ([one, pattern @ ..], [char, text @ ..]) => one == char && segment_matches(pattern, text),
        _ => false,
    }
}

proptest! {
    #[test]
    fn nothing_climbs_out_of_a_literal_prefix(value in path_text()) {
        if paths(&["/data/**"], &[]).allows(&value) {
            let mut open = Vec::new();
            for segment in value.split('/').filter(|segment| !matches!(*segment, "" | ".")) {
                if segment == ".." { open.pop(); } else { open.push(segment); }
            }
            prop_assert_eq!(open.first(), Some(&"data"));
        }
    }

    #[test]
    fn segments_match_as_the_obvious_matcher_does(
        pattern in "[ab*]{1,8}".prop_filter("one `*` at a time", |s| !s.contains("**")),
        segment in "[ab]{1,6}",
    ) {
        let scope = paths(&[&format!("/{pattern}")], &[]);
        let expected = path_matches(&[&pattern], &[&segment]);
        prop_assert_eq!(scope.allows(&format!("/{segment}")), expected);
    }

    #[test]
    fn paths_match_as_the_obvious_matcher_does(
        pattern in prop::collection::vec("\\*\\*|[ab*]{1,4}".prop_filter("`**` whole", |s| s == "**" || !s.contains("**")), 0..6),
        value in prop::collection::vec("[ab]{1,4}", 0..8),
    ) {
        let scope = paths(&[&format!("/{}", pattern.join("/"))], &[]);
        let expected = path_matches(
            &pattern.iter().map(String::as_str).collect::<Vec<_>>(),
            &value.iter().map(String::as_str).collect::<Vec<_>>(),
        );
        prop_assert_eq!(scope.allows(&format!("/{}", value.join("/"))), expected);
    }
}
