//! The two gates: at link and at call.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use hostfn::engine::MissingCapability;
use hostfn::error::Code;
use hostfn::observe::Event;
use hostfn::{Grants, Host, HostFn, Instance, Status, capabilities, host_fn};
use test_support::probe::{Probe, answer, host, message, registry, text};

capabilities! {
    /// Greet people by name.
    pub GREET = "greet";
    /// Read files beneath granted directories.
    pub FS_READ = "fs.read" in path;
    /// Talk to servers.
    pub FETCH = "http.fetch" in host;
    /// Use a store.
    pub STORE = "kv.read" in name;
}

/// Build a greeting.
#[host_fn(capability = GREET)]
fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

static READS: AtomicU32 = AtomicU32::new(0);

/// Read a whole file.
#[host_fn(capability = FS_READ(path))]
fn fs_read(offset: u64, path: &str) -> String {
    READS.fetch_add(1, Ordering::Relaxed);
    format!("{path} from {offset}")
}

/// Fetch a page.
#[host_fn(capability = FETCH(url))]
fn fetch(url: String) -> String {
    url
}

/// Look a value up.
#[host_fn(capability = STORE(store))]
fn lookup(store: &str, key: &str) -> String {
    format!("{store}/{key}")
}

/// Add two numbers.
#[host_fn(capability = none)]
fn add(a: u64, b: u64) -> u64 {
    a.wrapping_add(b)
}

fn both() -> Host {
    host(&[greet::SPEC, fs_read::SPEC, add::SPEC, fetch::SPEC, lookup::SPEC])
}

/// A guest that imports every function, and traps at once if any of its code runs.
fn greedy() -> Vec<u8> {
    wat::parse_str(
        r#"(module
            (import "host" "greet" (func (param i32 i32) (result i64)))
            (import "host" "add" (func (param i32 i32) (result i64)))
            (import "host" "fs_read" (func (param i32 i32) (result i64)))
            (memory (export "memory") 1)
            (func $start unreachable)
            (start $start))"#,
    )
    .unwrap()
}

#[test]
fn ungranted_imports_are_refused_together_before_any_code_runs() {
    let plugin = both().load("greedy", &greedy()).unwrap();
    let error = plugin.instantiate(&Grants::none()).unwrap_err();
    let problems: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "H0310 plugin `greedy`: it imports `fs_read` of module `host`, which requires the capability \
             `fs.read`; to allow it, add to its grants: \"fs.read\" = { allow = [\"/a/directory/**\"] }",
            "H0310 plugin `greedy`: it imports `greet` of module `host`, which requires the capability \
             `greet`; to allow it, add to its grants: \"greet\" = true",
        ]
    );
    assert_eq!(error.code(), Code::NotGranted);
}

#[test]
fn the_remedy_of_a_refusal_is_a_line_that_allows_it() {
    let host = both();
    let plugin = host.load("greedy", &greedy()).unwrap();
    let error = plugin.check(&Grants::none()).unwrap_err();
    let lines: Vec<&str> =
        error.problems().iter().map(|p| p.help().split_once("grants: ").unwrap().1).collect();
    let grants = host.registry().read_grants(&lines.join("\n")).unwrap();
    plugin.check(&grants).unwrap();
}

#[test]
fn an_empty_allow_list_does_not_link() {
    let host = both();
    let plugin = host.load("reader", &Probe::with("fs_read", (0, "/data/a")).wasm()).unwrap();
    let nothing = Grants::none().allow_within(&FS_READ, &[] as &[&str]).unwrap();
    assert_eq!(plugin.instantiate(&nothing).unwrap_err().code(), Code::NotGranted);
}

#[test]
fn a_denied_import_that_is_let_in_is_refused_at_the_call() {
    let host = Host::builder(registry(&[greet::SPEC])).missing(MissingCapability::Deny).build().unwrap();
    let (status, reply) = Probe::with("greet", ("world",)).ask(&host, &Grants::none());
    assert_eq!(status, Status::NO_CAPABILITY);
    assert_eq!(message(reply.as_ref()), "the capability `greet` is not granted");
    let (status, reply) = Probe::with("greet", ("world",)).ask(&host, &Grants::none().allow(&GREET));
    assert_eq!((status, reply), (Status::OK, text("Hello, world!")));
}

#[test]
fn arguments_are_not_decoded_before_the_grant_is_checked() {
    let host = Host::builder(registry(&[greet::SPEC])).missing(MissingCapability::Deny).build().unwrap();
    let garbage = Probe::new("greet", b"\xc1\xff");
    assert_eq!(garbage.ask(&host, &Grants::none()).0, Status::NO_CAPABILITY);
    assert_eq!(garbage.clone().range(u32::MAX, 9).ask(&host, &Grants::none()).0, Status::NO_CAPABILITY);
    assert_eq!(garbage.ask(&host, &Grants::none().allow(&GREET)).0, Status::BAD_INPUT);
}

#[test]
fn a_revoked_grant_denies_the_very_next_call() {
    let grants = Grants::none().allow(&GREET);
    let mut instance = Probe::with("greet", ("world",)).start(&both(), &grants);
    assert_eq!(answer(&mut instance).0, Status::OK);
    let live = instance.grants();
    assert!(live.is_granted(&GREET));
    assert!(std::thread::spawn(move || live.revoke(&GREET)).join().unwrap());
    assert_eq!(answer(&mut instance).0, Status::NO_CAPABILITY);
    assert!(!instance.grants().is_granted(&GREET));
    assert!(!instance.grants().revoke(&GREET));
}

#[test]
fn revoking_one_instance_leaves_the_other() {
    let (host, grants) = (both(), Grants::none().allow(&GREET));
    let plugin = host.load("probe", &Probe::with("greet", ("world",)).wasm()).unwrap();
    let (mut a, mut b) = (plugin.instantiate(&grants).unwrap(), plugin.instantiate(&grants).unwrap());
    a.grants().revoke(&GREET);
    assert_eq!(answer(&mut a).0, Status::NO_CAPABILITY);
    assert_eq!(answer(&mut b).0, Status::OK);
}

#[test]
fn an_argument_outside_the_scope_is_refused_before_the_function_runs() {
    let host = both();
    let grants = Grants::none().allow_within(&FS_READ, ["/data/**"]).unwrap();
    let ask = |path: &str| Probe::with("fs_read", (7, path)).ask(&host, &grants);
    assert_eq!(ask("/data/a.txt"), (Status::OK, text("/data/a.txt from 7")));
    let before = READS.load(Ordering::Relaxed);
    for path in ["/etc/passwd", "/data/../etc/passwd", "/data_evil/a", "data/a", "", "/data/a\0"] {
        let (status, reply) = ask(path);
        assert_eq!(status, Status::NO_CAPABILITY, "{path:?}");
        let text = message(reply.as_ref());
        assert_eq!(text, "the capability `fs.read` is not granted for this `path`");
    }
    assert_eq!(READS.load(Ordering::Relaxed), before);
}

#[test]
fn a_scoped_argument_that_does_not_decode_is_bad_input() {
    let grants = Grants::none().allow_within(&FS_READ, ["/data/**"]).unwrap();
    let (status, reply) = Probe::with("fs_read", (7, 8)).ask(&both(), &grants);
    assert_eq!(status, Status::BAD_INPUT);
    assert!(message(reply.as_ref()).starts_with("argument `path`: "), "{reply:?}");
}

#[test]
fn hosts_and_names_are_matched_too() {
    let host = both();
    let grants = Grants::none()
        .allow_within(&FETCH, ["*.example.com"])
        .and_then(|grants| grants.allow_within(&STORE, ["notes-*"]))
        .unwrap();
    let fetch = |url: &str| Probe::with("fetch", (url,)).ask(&host, &grants).0;
    assert_eq!(fetch("https://www.Example.com/a"), Status::OK);
    assert_eq!(fetch("https://www.example.com@evil.com/a"), Status::NO_CAPABILITY);
    let lookup = |store: &str| Probe::with("lookup", (store, "k")).ask(&host, &grants).0;
    assert_eq!(lookup("notes-2026"), Status::OK);
    assert_eq!(lookup("secrets"), Status::NO_CAPABILITY);
}

#[test]
fn what_is_always_available_needs_no_grant() {
    let (status, sum) = Probe::with("add", (5, 7)).ask(&both(), &Grants::none());
    assert_eq!((status, sum), (Status::OK, Some(hostfn::abi::Value::Unsigned(12))));
}

/// Returns what an observer was told, a line each.
fn recorded(run: impl FnOnce(&Host) -> Instance) -> Vec<String> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let host = Host::builder(registry(&[greet::SPEC, fs_read::SPEC]))
        .missing(MissingCapability::Deny)
        .observer(|_: &Event<'_>| panic!("this observer is broken"))
        .observer(move |event: &Event<'_>| {
            if let Some((spec, capability)) = event.denied() {
                let line = format!("{}: {} without {capability}", event.plugin, spec.name());
                sink.lock().unwrap().push(line);
            }
        })
        .build()
        .unwrap();
    drop(run(&host));
    std::mem::take(&mut *lines.lock().unwrap())
}

#[test]
fn a_denial_is_recorded_and_a_failing_observer_changes_nothing() {
    let lines = recorded(|host| {
        let mut instance = Probe::with("greet", ("world",)).start(host, &Grants::none());
        assert_eq!(answer(&mut instance).0, Status::NO_CAPABILITY);
        instance
    });
    assert_eq!(lines, ["probe: greet without greet"]);
    let lines = recorded(|host| {
        let grants = Grants::none().allow_within(&FS_READ, ["/data/**"]).unwrap();
        let mut instance = Probe::with("fs_read", (0, "/etc/passwd")).start(host, &grants);
        assert_eq!(answer(&mut instance).0, Status::NO_CAPABILITY);
        instance
    });
    assert_eq!(lines, ["probe: fs_read without fs.read"]);
}

#[test]
fn a_plugins_own_words_cannot_make_a_terminal_lie() {
    let hostile = wat::parse_str(
        r#"(module
            (import "host" "\1b[2Jgreet\u{202e}" (func (param i32 i32) (result i64)))
            (memory (export "memory") 1))"#,
    )
    .unwrap();
    let message = both().load("hostile", &hostile).unwrap_err().to_string();
    assert!(!message.contains(['\u{1b}', '\u{202e}']), "{message:?}");
    assert!(message.contains("greet"), "{message}");
}
