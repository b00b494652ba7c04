//! Scopes of names.

use hostfn_core::{Scope, ScopeKind};

use super::{check, check_refused};

#[test]
fn names_take_one_wildcard() {
    check(
        ScopeKind::Name,
        &[
            ("HOME", "HOME", true, "a literal means itself"),
            ("HOME", "home", false, "case counts"),
            ("HOME", "HOMES", false, "all of it"),
            ("APP_*", "APP_KEY", true, "any run"),
            ("APP_*", "APP_", true, "an empty one too"),
            ("APP_*", "MYAPP_KEY", false, "from the start"),
            ("*_KEY", "APP_KEY", true, "at the front"),
            ("*_KEY", "APP_KEYS", false, "to the end"),
            ("A*Z", "A/b.Z", true, "no character is special"),
            ("A*A", "A", false, "the ends do not overlap"),
            ("A*A", "AA", true, "the ends do not overlap"),
            ("AB*BC", "ABC", false, "the ends do not overlap"),
            ("*", "x", true, "everything"),
            ("*", "", false, "but nothing is no name"),
            ("*", "a\0b", false, "nor is what a C string cuts short"),
            ("ключ*", "ключи", true, "characters beyond ASCII"),
        ],
    );
    assert!(!Scope::everything(ScopeKind::Name).allows(""));
    check_refused(
        ScopeKind::Name,
        &[
            ("", "empty", "leave it out"),
            ("a\0", "control character", "leave it out"),
            ("A**", "more than one `*`", "several patterns"),
            ("*A*", "more than one `*`", "several patterns"),
        ],
    );
}
