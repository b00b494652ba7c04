use std::collections::BTreeSet;

use hostfn_core::{Decision, Grants, HostFnSpec, Learner};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{
    FETCH, FETCH_FN, FS_READ, GREET, GREET_FN, LOOKUP_FN, READ_FN, STORE, call, call_of, registry, watched_by,
};

/// Returns what is learnt from these calls under everything.
fn learnt(calls: &[(&'static HostFnSpec, &str)]) -> Learner {
    let learner = Learner::new();
    let observers = watched_by(learner.clone());
    for (spec, value) in calls {
        call(&observers, &registry().grant_everything(), spec, value);
    }
    learner
}

#[test]
fn the_grants_are_what_was_used_and_no_more() {
    let learner = learnt(&[
        (&READ_FN, "/data/b"),
        (&READ_FN, "/data/./x/../a"),
        (&READ_FN, "/data//b/"),
        (&READ_FN, "/fault"),
        (&READ_FN, "/panic"),
        (&FETCH_FN, "https://User@Example.COM./path?query"),
        (&FETCH_FN, "http://[::ffff:7f00:1]:8080/"),
        (&LOOKUP_FN, "a \"quoted\" \\ name"),
        (&GREET_FN, "you"),
        (&GREET_FN, "me"),
    ]);
    assert_eq!(
        learner.to_toml("plugin"),
        r#"# what `plugin` used
"fs.read" = { allow = ["/data/a", "/data/b", "/fault", "/panic"] }
"greet" = true
"http.fetch" = { allow = ["http://127.0.0.1:8080", "https://example.com:443"] }
"kv.read" = { allow = ["a \"quoted\" \\ name"] }
"#
    );
    let grants = registry().read_grants(&learner.to_toml("plugin")).unwrap();
    assert_eq!(grants, learner.grants("plugin"));
    assert_eq!(learner.plugins(), ["plugin"]);
    assert_eq!(learner.grants("other"), Grants::none());
    assert_eq!(learner.to_toml("oth\ner"), "# `oth\\ner` used no capability\n");
}

#[test]
fn what_was_only_refused_is_named_and_not_granted() {
    let learner = Learner::new();
    let observers = watched_by(learner.clone());
    let grants = Grants::none().allow_within(&FS_READ, ["/data/**"]).unwrap().allow(&STORE);
    call(&observers, &grants, &GREET_FN, "you");
    call(&observers, &grants, &FETCH_FN, "https://example.com");
    call(&observers, &grants, &READ_FN, "/data/a");
    call(&observers, &grants, &READ_FN, "/etc/passwd");
    call_of(&observers, "plugin", &grants, &LOOKUP_FN, b"\xc1");
    assert_eq!(
        learner.to_toml("plugin"),
        r#"# what `plugin` used
"fs.read" = { allow = ["/data/a"] }
# not granted: `greet`, refused: host.greet
# not granted: `http.fetch`, refused: host.fetch
# not granted: `kv.read`, called without a value for it: host.lookup
"#
    );
    assert_eq!(learner.grants("plugin").to_string(), "fs.read = /data/a");
}

#[test]
fn each_plugin_is_learnt_by_itself() {
    let learner = Learner::new();
    let observers = watched_by(learner.clone());
    let args = hostfn_abi::codec::to_vec(&("x",)).unwrap();
    call_of(&observers, "b", &registry().grant_everything(), &GREET_FN, &args);
    call_of(&observers, "a", &registry().grant_everything(), &LOOKUP_FN, &args);
    assert_eq!(learner.plugins(), ["a", "b"]);
    assert_eq!(learner.grants("a").to_string(), "kv.read = x");
    assert_eq!(learner.grants("b").to_string(), "greet = granted");
    assert_eq!(format!("{learner:?}"), "Learner, plugins: 2");
}

#[test]
fn learner_grants_nothing_wider_than_what_was_used() {
    for (spec, value, pattern) in [
        (&READ_FN, "/a/*/b", "/a/*/b"),
        (&READ_FN, "/a/**/b**c", "/a/*/b*c"),
        (&READ_FN, "/a/x\n\x1b*y/b", "/a/x*y/b"),
        (&READ_FN, "/\x01/\x01", "/*/*"),
        (&LOOKUP_FN, "a*b*c", "a*c"),
        (&LOOKUP_FN, "a\nb", "a*b"),
        (&LOOKUP_FN, "\x01", "*"),
        (&FETCH_FN, "https://*.example.com", "https://*.example.com:443"),
        (&FETCH_FN, "https://a*.example.com:1", "https://*.example.com:1"),
        (&FETCH_FN, "https://a.b*", "https://*:443"),
    ] {
        let learner = learnt(&[(spec, value)]);
        let name = spec.capability().unwrap().name();
        assert_eq!(learner.grants("plugin"), Grants::none(), "{value:?}");
        let comment = format!(
            "\n# not granted of `{name}`, because it is wider than what was used, which cannot be written: `{pattern}`\n"
        );
        let toml = learner.to_toml("plugin");
        assert!(toml.contains(&comment), "{toml}");
        assert_eq!(registry().read_grants(&toml).unwrap(), Grants::none());
    }
}

#[test]
fn what_no_pattern_can_say_is_not_granted_and_a_comment_says_so() {
    let learner = learnt(&[
        (&FETCH_FN, "gopher://example.com/"),
        (&FETCH_FN, "http://example.com:0/"),
        (&FETCH_FN, "https://example.com/"),
    ]);
    assert_eq!(
        learner.to_toml("plugin"),
        r#"# what `plugin` used
# not granted of `http.fetch`, because no pattern can be written for it: `gopher://example.com/`
# not granted of `http.fetch`, because no pattern can be written for it: `http://example.com:0/`
"http.fetch" = { allow = ["https://example.com:443"] }
"#
    );
}

#[test]
fn a_guest_cannot_write_grants_of_its_own() {
    let hostile = "x\"]}\n\"greet\" = true\n# \u{202e}";
    let learner =
        learnt(&[(&LOOKUP_FN, hostile), (&LOOKUP_FN, "\u{202e}txt"), (&READ_FN, "/\"]}\r\"greet\"=true")]);
    let toml = learner.to_toml("plugin");
    let grants = registry().read_grants(&toml).unwrap();
    assert!(!grants.allows(&GREET) && grants.allows(&STORE) && !grants.allows(&FS_READ), "{toml}");
    assert!(!toml.contains(['\u{202e}', '\r', '\x1b']), "{toml}");
    assert!(grants.scope_of(&STORE).unwrap().allows("\u{202e}txt"), "{toml}");
}

#[test]
fn it_stops_learning_values_and_says_so() {
    let learner = Learner::new();
    let observers = watched_by(learner.clone());
    let everything = registry().grant_everything();
    for n in 0..1_027 {
        call(&observers, &everything, &LOOKUP_FN, &format!("{n:05}"));
    }
    call(&observers, &everything, &LOOKUP_FN, "00000");
    for n in 0..20 {
        call(&observers, &everything, &READ_FN, &format!("/{n:04000}"));
    }
    let grants = learner.grants("plugin");
    assert_eq!(grants.get("kv.read").unwrap().allow_patterns().unwrap().len(), 1_024);
    assert_eq!(grants.get("fs.read").unwrap().allow_patterns().unwrap().len(), 16);
    let toml = learner.to_toml("plugin");
    let stopped = |name, n| {
        format!(
            "# not complete: learning `{name}` stopped at 1024 values, or 64 KiB of them, and {n} more uses had others\n"
        )
    };
    assert!(toml.contains(&stopped("kv.read", 3)) && toml.contains(&stopped("fs.read", 4)));
    assert_eq!(registry().read_grants(&toml).unwrap(), grants);
}

/// A value of each kind, and what it comes down to.
fn paths() -> impl Strategy<Value = (String, String)> {
    vec(
        prop_oneof![
            Just("."),
            Just(".."),
            Just(""),
            Just("**"),
            Just("a"),
            Just("b"),
            Just("a*"),
            Just("a\n*b")
        ],
        1..5,
    )
    .prop_filter_map("climbs", |segments| {
        let mut kept = Vec::new();
        for segment in &segments {
            match *segment {
                "." | "" => {}
                ".." => drop(kept.pop()?),
                name => kept.push(name),
            }
        }
        Some((format!("/{}", segments.join("/")), kept.join("/")))
    })
}

fn hosts() -> impl Strategy<Value = (String, String)> {
    let name = prop_oneof![
        "[ab]{1,2}(\\.[ab*]{1,2}){0,2}",
        "[a*]{1,2}\\.b",
        Just("127.0.0.1".to_owned()),
        Just("[::1]".to_owned()),
    ];
    let scheme = prop_oneof![Just(("http", 80)), Just(("https", 443)), Just(("ws", 80))];
    (name, scheme, prop_oneof![Just(None), (79_u16..82).prop_map(Some)], "[A-Z]{0,2}").prop_map(
        |(name, (scheme, default), port, path)| {
            let end = port.map(|port| format!(":{port}")).unwrap_or_default();
            let exact = format!("{scheme}://{name}:{}", port.unwrap_or(default));
            (format!("{scheme}://{}{end}/{path}", name.to_uppercase()), exact)
        },
    )
}

fn names() -> impl Strategy<Value = (String, String)> {
    "[ab*\n\"\\\\ ]{1,4}".prop_map(|name| (name.clone(), name))
}

type Values = Vec<(String, String)>;

fn can_be_written(value: &str) -> bool {
    !value.contains(|c: char| c == '*' || c.is_control())
}

fn used_and_others() -> impl Strategy<Value = (&'static HostFnSpec, Values, Values)> {
    let sets = |values: BoxedStrategy<_>| (vec(values.clone(), 0..6), vec(values, 0..24));
    prop_oneof![
        sets(paths().boxed()).prop_map(|(used, others)| (&READ_FN, used, others)),
        sets(hosts().boxed()).prop_map(|(used, others)| (&FETCH_FN, used, others)),
        sets(names().boxed()).prop_map(|(used, others)| (&LOOKUP_FN, used, others)),
    ]
}

proptest! {
    #[test]
    fn a_run_under_what_was_learnt_is_decided_the_same((spec, used, others) in used_and_others()) {
        let calls: Vec<_> = used.iter().map(|(value, _)| (spec, &**value)).collect();
        let learner = learnt(&calls);
        let toml = learner.to_toml("plugin");
        let grants = registry().read_grants(&toml).unwrap();
        prop_assert_eq!(&grants, &learner.grants("plugin"));

        let again = Learner::new();
        let observers = watched_by(again.clone());
        for (value, form) in &used {
            let granted = call(&observers, &grants, spec, value) == Decision::Granted;
            prop_assert_eq!(granted, can_be_written(form), "{:?}\n{}", value, toml);
        }
        prop_assert_eq!(again.grants("plugin"), grants.clone());

        let exact: BTreeSet<_> =
            used.iter().map(|(_, exact)| exact).filter(|exact| can_be_written(exact)).collect();
        for (value, form) in &others {
            let allowed = call(&observers, &grants, spec, value) == Decision::Granted;
            prop_assert_eq!(allowed, exact.contains(form), "{:?}\n{}", value, toml);
        }
    }
}

#[test]
fn everything_is_every_capability_and_all_of_it() {
    let everything = registry().grant_everything();
    assert!(everything.allows(&GREET) && everything.iter().all(|(_, scope)| scope.is_everything()));
    assert_eq!(
        everything.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        ["fs.read", "greet", "http.fetch", "kv.read"]
    );
    assert!(everything.allows(&FETCH));
}
