//! Grants in code and in TOML.

use std::sync::Arc;
use std::time::Duration;

use hostfn_core::{Capability, Code, Grants, Problem, Problems, Scope, ScopeKind};
use proptest::prelude::*;
use test_support::processor_time;

static GREET: Capability = Capability::new("greet", "Greet people by name.");
static FS: Capability = Capability::new("fs", "Know the disk.").scoped(ScopeKind::Name);
static FS_READ: Capability = Capability::new("fs.read", "Read files.").scoped(ScopeKind::Path);
static FS_WRITE: Capability = Capability::new("fs.write", "Write files.").scoped(ScopeKind::Path);
static NET: Capability = Capability::new("net", "Fetch.").scoped(ScopeKind::Host);
static ENV: Capability = Capability::new("env.get", "Read the environment.").scoped(ScopeKind::Name);

fn known() -> [&'static Capability; 5] {
    [&GREET, &FS_READ, &FS_WRITE, &NET, &ENV]
}

fn read(text: &str) -> Result<Grants, Problems> {
    Grants::from_toml(text, known())
}

fn problems(text: &str) -> Vec<Problem> {
    read(text).expect_err(text).iter().cloned().collect()
}

fn lines(problems: &Problems) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn nothing_is_granted_that_was_not() {
    let none = Grants::none();
    assert!(!none.allows(&GREET));
    assert!(none.scope_of(&FS_READ).is_none());
    assert_eq!(none.to_string(), "nothing");
    assert_eq!(none, Grants::default());

    let some = none.allow(&FS_READ);
    assert!(some.allows(&FS_READ));
    assert!(!some.allows(&FS_WRITE));
    assert!(!some.allows(&GREET));
}

#[test]
fn a_scoped_capability_is_granted_whole_within_or_except() -> Result<(), Problems> {
    let covers = |grants: &Grants, path| grants.scope_of(&FS_READ).is_some_and(|scope| scope.allows(path));

    let whole = Grants::none().allow(&FS_READ);
    assert!(covers(&whole, "/etc/passwd"));
    let within = Grants::none().allow_within(&FS_READ, ["/data/**"])?;
    assert!(covers(&within, "/data/x") && !covers(&within, "/etc/passwd"));
    let except = Grants::none().allow_except(&FS_READ, ["/etc/**"])?;
    assert!(covers(&except, "/data/x") && !covers(&except, "/etc/passwd"));
    let scope = Scope::new(ScopeKind::Path, &["/data/**"], &["/data/x"]).unwrap();
    let both = Grants::none().allow_scope(&FS_READ, scope)?;
    assert!(covers(&both, "/data/y") && !covers(&both, "/data/x"));

    let nothing = Grants::none().allow_within(&FS_READ, [""; 0])?;
    assert!(!nothing.allows(&FS_READ), "an empty allow list allows nothing");
    assert!(!covers(&nothing, "/data/x"));
    Ok(())
}

#[test]
fn the_last_grant_replaces_the_others() -> Result<(), Problems> {
    let grants =
        Grants::none().allow(&FS_READ).allow_within(&FS_READ, ["/a"])?.allow_within(&FS_READ, ["/b"])?;
    assert_eq!(grants.to_string(), "fs.read = /b");
    Ok(())
}

#[test]
fn a_grant_of_another_kind_under_the_same_name_is_none() {
    let unscoped = Capability::new("fs.read", "Read files.");
    let grants = Grants::none().allow(&unscoped);
    assert!(grants.allows(&unscoped));
    assert!(!grants.allows(&FS_READ));
    assert!(grants.scope_of(&FS_READ).is_none());
    assert!(grants.get("fs.read").is_some());
}

#[test]
fn grants_are_sorted_and_cheap_to_share() -> Result<(), Problems> {
    let grants = Grants::none().allow(&NET).allow(&GREET).allow_except(&FS_READ, ["/etc/**", "/proc/**"])?;
    assert_eq!(grants.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["fs.read", "greet", "net"]);
    assert_eq!(
        grants.to_string(),
        "fs.read = everything but /etc/**, /proc/**\ngreet = granted\nnet = everything"
    );
    let copy = grants.clone();
    assert!(Arc::ptr_eq(grants.scope_of(&NET).unwrap(), copy.scope_of(&NET).unwrap()));
    Ok(())
}

#[test]
fn wrong_grants_in_code_are_refused() {
    let path = Scope::everything(ScopeKind::Path);
    let table = [
        (
            Grants::none().allow_within(&GREET, ["x"]),
            "H0204 grant of `greet`: `greet` has no scope to narrow; grant it with `allow`",
        ),
        (
            Grants::none().allow_except(&GREET, [""; 0]),
            "H0204 grant of `greet`: `greet` has no scope to narrow; grant it with `allow`",
        ),
        (
            Grants::none().allow_scope(&GREET, path.clone()),
            "H0204 grant of `greet`: `greet` has no scope to narrow; grant it with `allow`",
        ),
        (
            Grants::none().allow_scope(&NET, path),
            "H0203 grant of `net`: `net` takes a scope of kind host, and this one is of kind path; \
             make it with `ScopeKind::Host`",
        ),
        (
            Grants::none().allow_within(&FS_READ, ["data", "/ok", "a"]),
            "H0203 grant of `fs.read`: the pattern `a` is not absolute; start it with `/`\n\
             H0203 grant of `fs.read`: the pattern `data` is not absolute; start it with `/`",
        ),
    ];
    for (result, expected) in table {
        assert_eq!(result.unwrap_err().to_string(), expected);
    }
}

#[test]
fn toml_means_what_the_builder_means() -> Result<(), Problems> {
    let none = Grants::none();
    let data = none.clone().allow_within(&FS_READ, ["/data/**"])?;
    for (text, expected) in [
        ("", none.clone()),
        ("# nothing\n", none.clone()),
        ("greet = true", none.clone().allow(&GREET)),
        ("\"greet\" = true", none.clone().allow(&GREET)),
        ("greet = false", none.clone()),
        ("\"fs.read\" = true", none.clone().allow(&FS_READ)),
        ("\"fs.read\" = false", none.clone()),
        ("fs.read = true", none.clone().allow(&FS_READ)),
        ("fs = { read = true, write = true }", none.clone().allow(&FS_READ).allow(&FS_WRITE)),
        ("[fs]\nread = true\nwrite = false", none.clone().allow(&FS_READ)),
        ("\"fs.read\" = { allow = [\"/data/**\"] }", data.clone()),
        ("fs.read = { allow = [\"/data/**\"] }", data.clone()),
        ("fs.read.allow = [\"/data/**\"]", data.clone()),
        ("[fs.read]\nallow = [\"/data/**\"]\ndeny = []", data),
        ("[\"fs.read\"]\nallow = []", none.clone().allow_within(&FS_READ, [""; 0])?),
        ("fs.read = { allow = true }", none.clone().allow(&FS_READ)),
        (
            "fs.read = { allow = true, deny = [\"/etc/**\"] }",
            none.clone().allow_except(&FS_READ, ["/etc/**"])?,
        ),
        (
            "env.get = { allow = [\"*\"], deny = [\"*_KEY\"] }",
            none.allow_scope(&ENV, Scope::new(ScopeKind::Name, &["*"], &["*_KEY"]).unwrap())?,
        ),
    ] {
        assert_eq!(read(text)?, expected, "{text}");
    }
    Ok(())
}

#[test]
fn a_wrong_file_teaches() {
    for (text, expected) in [
        (
            "\"fs.raed\" = true",
            "H0202 grants line 1: no registered function requires `fs.raed`; did you mean `fs.read`?",
        ),
        (
            "fs.raed.allow = [\"/x\"]",
            "H0202 grants line 1: no registered function requires `fs.raed`; did you mean `fs.read`?",
        ),
        (
            "fs = true",
            "H0202 grants line 1: no registered function requires `fs`; did you mean `fs.read` or `fs.write`?",
        ),
        (
            "quantum = {}",
            "H0202 grants line 1: no registered function requires `quantum`; \
             leave it out, or register a function that requires it",
        ),
        (
            "\n\"fs.read\" = { allow = [\"data\"] }",
            "H0203 grants line 2: the pattern `data` is not absolute; start it with `/`",
        ),
        (
            "greet = { allow = [\"x\"] }",
            "H0204 grants line 1: `greet` has no scope to narrow; write `\"greet\" = true`",
        ),
        ("greet = [\"x\"]", "H0204 grants line 1: `greet` has no scope to narrow; write `\"greet\" = true`"),
        ("greet = 1", "H0205 grants line 1: `greet` is given as an integer; write `true`"),
        (
            "fs.read = \"/data\"",
            "H0205 grants line 1: `fs.read` is given as a string; write `true`, or `{ allow = [\"...\"] }` with patterns",
        ),
        (
            "fs.read = [\"/data\"]",
            "H0205 grants line 1: `fs.read` is given as an array; write `true`, or `{ allow = [\"...\"] }` with patterns",
        ),
        (
            "\"fs.read\" = { deny = [\"/x\"] }",
            "H0205 grants line 1: the table of `fs.read` has no `allow`; \
             add `allow = [\"...\"]`, or `allow = true` for everything that `deny` does not match",
        ),
        (
            "\"fs.read\" = {}",
            "H0205 grants line 1: the table of `fs.read` has no `allow`; \
             add `allow = [\"...\"]`, or `allow = true` for everything that `deny` does not match",
        ),
        (
            "[\"fs.read\"]\nallow = true\nalow = []",
            "H0205 grants line 3: the table of `fs.read` has the key `alow`; did you mean `allow`?",
        ),
        (
            "[\"fs.read\"]\nallow = true\nreason = 'x'",
            "H0205 grants line 3: the table of `fs.read` has the key `reason`; a grant has no keys but `allow`, `deny`",
        ),
        (
            "[\"fs.read\"]\nallow = \"/data\"",
            "H0205 grants line 2: `allow` is a string; write a list of patterns, or `true` for everything",
        ),
        (
            "[\"fs.read\"]\nallow = false",
            "H0205 grants line 2: `allow` is a boolean; write a list of patterns, or `true` for everything",
        ),
        (
            "fs.read = { allow = true, deny = true }",
            "H0205 grants line 1: `deny` is a boolean; write a list of patterns",
        ),
        (
            "[\"fs.read\"]\nallow = [\n  '/x',\n  1,\n]",
            "H0205 grants line 4: `allow` has an integer in its list; write each pattern as a string",
        ),
        (
            "fs.read = true\n\"fs.read\" = false",
            "H0205 grants line 2: `fs.read` has another entry in line 1; keep one of the two",
        ),
        (
            "\"fs.read\" = false\nfs.read = true",
            "H0205 grants line 2: `fs.read` has another entry in line 1; keep one of the two",
        ),
    ] {
        assert_eq!(lines(&read(text).expect_err(text)), [expected], "{text}");
    }
}

#[test]
fn what_is_asked_for_is_cut_down_to_what_is_granted() -> Result<(), Problems> {
    let asked = Grants::none()
        .allow(&GREET)
        .allow_within(&FS_READ, ["/data/notes/**", "/etc/**"])?
        .allow_within(&FS_WRITE, ["/tmp/**"])?
        .allow(&NET);
    let granted = Grants::none()
        .allow(&GREET)
        .allow_within(&FS_READ, ["/data/**"])?
        .allow_within(&FS_WRITE, ["/var/**"])?
        .allow_except(&NET, ["*.internal.example"])?
        .allow(&ENV);
    let effective = asked.within(&granted);
    assert_eq!(
        effective.to_string(),
        "fs.read = /data/notes/**\ngreet = granted\nnet = everything but *.internal.example"
    );
    assert!(effective.get("fs.write").is_none(), "nothing of it is left");
    assert_eq!(asked.within(&Grants::none()), Grants::none());
    assert_eq!(Grants::none().within(&granted), Grants::none());
    assert_eq!(asked.within(&asked), asked);

    let other_kind = Capability::new("fs.read", "Read files.");
    assert_eq!(asked.within(&Grants::none().allow(&other_kind)), Grants::none());
    Ok(())
}

#[test]
fn a_name_that_is_also_the_start_of_another_is_quoted() {
    let both = [&FS, &FS_READ];
    let wrong = Grants::from_toml("fs.read = true\nfs.allow = ['x']", both).unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "H0205 grants line 1: the table of `fs` has the key `read`; write `\"fs.read\"`, quoted, as an entry of its own"
    );
    let grants = Grants::from_toml("\"fs.read\" = true\nfs.allow = ['x']", both).unwrap();
    assert_eq!(grants.to_string(), "fs = x\nfs.read = everything");
}

#[test]
fn a_syntax_error_has_its_line_and_column() {
    for (text, place) in [
        ("greet = true\nfs.read = {", "grants line 2, column 12"),
        ("greet = true\ngreet = true", "grants line 2, column 1"),
        ("grüße = = true", "grants line 1, column 9"),
    ] {
        let problems = problems(text);
        let [problem] = &*problems else { panic!("{problems:?}") };
        assert_eq!(problem.code(), Code::GrantsSyntax);
        assert_eq!(problem.location(), place, "{problem}");
        assert!(problem.help().contains("\"greet\" = true"), "{problem}");
        assert!(!problem.message().is_empty() && !problem.message().contains('\n'), "{problem}");
    }
}

#[test]
fn every_problem_of_a_file_comes_at_once() {
    let text = r#"
greet = { allow = [] }
"fs.raed" = true
net = { deny = ["a b"] }

["fs.read"]
allow = [
    "/ok",
    "data",
    "/data/../x",
]
deny = ["data"]
"#;
    let found: Vec<_> =
        problems(text).iter().map(|problem| (problem.code(), problem.location().to_owned())).collect();
    let expected = [
        (Code::UnknownCapability, "grants line 3"),
        (Code::BadPattern, "grants line 10"),
        (Code::BadPattern, "grants line 12"),
        (Code::BadPattern, "grants line 4"),
        (Code::BadPattern, "grants line 9"),
        (Code::ScopeNotTaken, "grants line 2"),
        (Code::BadGrant, "grants line 4"),
    ];
    assert_eq!(found, expected.map(|(code, place)| (code, place.to_owned())));
}

#[test]
fn hostile_files_take_no_time() {
    let took = processor_time(|| {
        let deep = vec!["a"; 500_000].join(".");
        let many: String = (0..50_000).map(|i| format!("a{i} = 1\n")).collect();
        for text in [format!("{deep} = 1"), format!("[{deep}]"), format!("a = {}", "[".repeat(1 << 20)), many]
        {
            assert!(read(&text).is_err());
        }
    });
    assert!(took < Duration::from_secs(20), "took {took:?}");
}

#[test]
fn toml_reads_back() -> Result<(), Problems> {
    let grants = Grants::none()
        .allow(&GREET)
        .allow_within(&FS_READ, ["/data/**", "/it's/\"quoted\"/*"])?
        .allow_scope(&FS_WRITE, Scope::new(ScopeKind::Path, &["/tmp//x/"], &["/tmp/y"]).unwrap())?
        .allow_except(&NET, ["*.internal.example", "169.254.169.254"])?
        .allow_within(&ENV, [r"APP\*"])?;
    let text = grants.to_toml();
    assert_eq!(
        text,
        r#""env.get" = { allow = ["APP\\*"] }
"fs.read" = { allow = ["/data/**", "/it's/\"quoted\"/*"] }
"fs.write" = { allow = ["/tmp//x/"], deny = ["/tmp/y"] }
"greet" = true
"net" = { allow = true, deny = ["*.internal.example", "169.254.169.254"] }
"#
    );
    assert_eq!(read(&text)?, grants);
    assert_eq!(Grants::none().to_toml(), "");
    Ok(())
}

fn some_grants() -> impl Strategy<Value = Grants> {
    let patterns = || prop::option::of(prop::collection::vec("/([ab]|\\*)(/([ab]|\\*\\*))?", 0..3));
    (any::<bool>(), patterns(), patterns()).prop_map(|(greet, read, write)| {
        let mut grants = if greet { Grants::none().allow(&GREET) } else { Grants::none() };
        if let Some(patterns) = read {
            grants = grants.allow_within(&FS_READ, patterns).unwrap();
        }
        if let Some(patterns) = write {
            grants = grants.allow_except(&FS_WRITE, patterns).unwrap();
        }
        grants
    })
}

proptest! {
    #[test]
    fn cutting_down_never_allows_what_either_does_not(
        asked in some_grants(),
        granted in some_grants(),
        paths in prop::collection::vec("/[abc](/[abc])?", 16),
    ) {
        let effective = asked.within(&granted);
        for capability in known() {
            prop_assert!(
                !effective.allows(capability) || asked.allows(capability) && granted.allows(capability)
            );
            for path in &paths {
                let [all, a, b] = [&effective, &asked, &granted]
                    .map(|grants| grants.scope_of(capability).is_some_and(|scope| scope.allows(path)));
                prop_assert!(!all || a && b, "{}, cut down to {}: `{}`", asked, granted, path);
            }
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>(), pattern in any::<String>()) {
        let _ = read(&text);
        let _ = read(&format!("\"fs.read\" = {{ allow = [{text}] }}"));
        let _ = read(&format!("fs.read = {text}"));
        let _ = read(&format!("net.allow = ['{pattern}']"));
    }

    #[test]
    fn what_is_written_reads_back(
        paths in prop::collection::vec("/\\PC{0,8}", 0..3),
        names in prop::collection::vec("\\PC{1,8}", 0..3),
        whole in any::<bool>(),
    ) {
        let mut grants = Grants::none();
        if whole {
            grants = grants.allow(&NET).allow(&GREET);
        }
        if let Ok(more) = grants.clone().allow_within(&FS_READ, &paths).and_then(|more| more.allow_except(&ENV, &names)) {
            grants = more;
        }
        prop_assert_eq!(read(&grants.to_toml()), Ok(grants));
    }
}
