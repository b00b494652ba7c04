//! Lengths of patterns and values, and the cost of matching.

use std::time::Duration;

use hostfn_core::{Code, Grants, LastLink, LocateError, Scope, ScopeKind};
use test_support::processor_time;

use super::{FS_READ, hosts};

const KINDS: [ScopeKind; 3] = [ScopeKind::Path, ScopeKind::Host, ScopeKind::Name];

fn domain(bytes: usize) -> String {
    "a.".repeat(bytes / 2) + &"b".repeat(bytes - bytes / 2 * 2)
}

/// A pattern of so many bytes that is sound but for its length, and a value of so many bytes.
fn of(kind: ScopeKind, bytes: usize) -> (String, String) {
    match kind {
        ScopeKind::Path => (format!("/{}", "p".repeat(bytes - 1)), format!("/{}", "p".repeat(bytes - 1))),
        ScopeKind::Host => {
            let url = format!("https://a.example/{}", "p".repeat(bytes.saturating_sub(18)));
            (domain(bytes), url)
        }
        _ => ("n".repeat(bytes), "n".repeat(bytes)),
    }
}

#[test]
fn pattern_beyond_its_limit_is_an_error() {
    for (kind, limit) in [(ScopeKind::Path, 4_096), (ScopeKind::Host, 253), (ScopeKind::Name, 1_024)] {
        Scope::new(kind, &[of(kind, limit).0], &[]).unwrap();
        for bytes in [limit + 2, 80_000] {
            let pattern = of(kind, bytes).0;
            let errors = Scope::new(kind, &[&pattern], &[]).unwrap_err();
            let denied = Scope::everything_but(kind, &[&pattern]).unwrap_err();
            assert_eq!(errors.len(), 1, "{kind}");
            assert!(errors[0].to_string().len() < 500 && denied[0].to_string().len() < 500, "{kind}");
            assert!(errors[0].message().contains("bytes"), "{kind}: {}", errors[0]);
            assert_eq!(errors[0].pattern(), pattern);
        }
    }
    let below = format!("*.{}", domain(255));
    assert!(Scope::new(ScopeKind::Host, &[below], &[]).is_err());
    let with_port = format!("https://{}:65535", domain(253));
    assert!(Scope::new(ScopeKind::Host, &[with_port], &[]).is_ok());
}

#[test]
fn value_beyond_its_limit_is_denied() {
    for (kind, limit) in [(ScopeKind::Path, 4_096), (ScopeKind::Host, 8_192), (ScopeKind::Name, 1_024)] {
        let everything = Scope::everything(kind);
        assert!(everything.allows(&of(kind, limit).1), "{kind}");
        assert!(!everything.allows(&of(kind, limit + 1).1), "{kind}");
    }
    let too_long = of(ScopeKind::Path, 4_097).1;
    let everything = Scope::everything(ScopeKind::Path);
    assert!(matches!(everything.locate(&too_long, LastLink::Follow), Err(LocateError::NotCovered)));
    let url = |host: String| format!("https://{host}/");
    assert!(hosts(&["*"], &[]).allows(&url(domain(253))));
    assert!(hosts(&["*"], &[]).allows(&url(domain(253) + ".")));
    assert!(!hosts(&["*"], &[]).allows(&url(domain(255))));
}

#[test]
fn scope_of_too_many_patterns_is_an_error() {
    for kind in KINDS {
        let many: Vec<String> = (0..=Scope::MAX_PATTERNS).map(|i| format!("/{i}")).collect();
        let many: Vec<&str> =
            many.iter().map(|text| if kind == ScopeKind::Path { &**text } else { &text[1..] }).collect();
        let most = &many[1..];
        assert!(Scope::new(kind, most, most).is_ok(), "{kind}");
        for (allow, deny) in [(&many[..], &[][..]), (&[][..], &many[..])] {
            let errors = Scope::new(kind, allow, deny).unwrap_err();
            assert_eq!(errors.len(), 1, "{kind}");
            assert_eq!(errors[0].message(), "is one of 1025 in its list", "{kind}");
        }
    }
    let long: Vec<String> = (0..17).map(|i| format!("/{i:04094}")).collect();
    assert!(Scope::new(ScopeKind::Path, &long[..16], &[]).is_ok(), "65,520 bytes");
    assert!(Scope::new(ScopeKind::Path, &long, &[]).is_err());
    assert!(Scope::new(ScopeKind::Path, &long[..8], &long[8..]).is_err(), "both lists count");
    let deep: Vec<String> = (0..17).map(|i| format!("/**/{i:0507}b")).collect();
    assert!(Scope::new(ScopeKind::Path, &deep[..16], &[]).is_ok(), "65,536 bytes, counted 8 times");
    let errors = Scope::new(ScopeKind::Path, &deep, &[]).unwrap_err();
    assert_eq!(errors[0].pattern(), deep[16]);
}

#[test]
fn grants_of_too_many_patterns_name_the_line() {
    let list: Vec<String> = (0..100_000).map(|i| format!("\"/{i}\"")).collect();
    let text = format!("\"fs.read\" = {{ allow = [\n{}\n] }}", list.join(",\n"));
    let problems = Grants::from_toml(&text, [&FS_READ]).unwrap_err();
    assert_eq!(problems.iter().count(), 1);
    assert_eq!(problems.first().code(), Code::BadPattern);
    assert_eq!(problems.first().location(), "grants line 1026");
}

/// The costliest scope that there can be, on the costliest value: 0.1 s in a release build.
#[test]
fn match_at_every_limit_takes_bounded_time() {
    let value = "/a".repeat(2_047) + "/b";
    let deep = format!("/**{}/c", "/a".repeat(1_000));
    let wild = format!("/**{}/c", "/*a*".repeat(500));
    let some = |pattern: &str| vec![pattern.to_owned(); Scope::MAX_PATTERN_BYTES / 8 / pattern.len()];
    for patterns in [some(&deep), some(&wild), some("/**/a/a/a/c")] {
        let scope = Scope::new(ScopeKind::Path, &patterns, &[]).unwrap();
        let took = processor_time(|| assert!(!scope.allows(&value)));
        assert!(took < Duration::from_secs(10), "{took:?}");
    }
    let name = "n".repeat(1_024);
    let names: Vec<String> = (0..64).map(|i| format!("{}*{i}x", "n".repeat(500))).collect();
    let took = processor_time(|| assert!(!Scope::new(ScopeKind::Name, &names, &[]).unwrap().allows(&name)));
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn narrowing_at_every_limit_takes_bounded_time() {
    let wild = |i: usize| format!("/{i}/**{}/b", "/*a*/**".repeat(8));
    let inner: Vec<String> = (0..100).map(wild).collect();
    let outer: Vec<String> = (0..50).map(wild).collect();
    let took = processor_time(|| {
        let (inner, outer) = (paths_of(&inner, &outer[..1]), paths_of(&outer, &inner[..50]));
        assert!(outer.covers(&inner.within(&outer)));
    });
    assert!(took < Duration::from_secs(10), "{took:?}");
}

fn paths_of(allow: &[String], deny: &[String]) -> Scope {
    Scope::new(ScopeKind::Path, allow, deny).unwrap()
}
