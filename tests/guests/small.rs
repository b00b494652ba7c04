//! Sizes of the smallest guests, which also work.
//!
//! `HOSTFN_GUESTS` names a folder of freshly built guests to test instead of the committed ones.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use hostfn::error::Code;
use hostfn::observe::{Event, EventKind};
use hostfn::{Error, Grants, Host, HostFn, HostFnSpec, Instance, Registry, Status, capabilities, host_fn};

capabilities! {
    /// Greet people by name.
    GREET = "greet";
}

/// Build a greeting.
#[host_fn(capability = GREET)]
fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

/// Ring the bell.
#[host_fn(capability = none)]
fn ring(times: u32) -> String {
    "dong ".repeat(usize::try_from(times).unwrap()).trim_end().to_owned()
}

fn path(name: &str) -> PathBuf {
    let committed = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/guests");
    std::env::var_os("HOSTFN_GUESTS").map_or_else(committed, PathBuf::from).join(name).with_extension("wasm")
}

fn start(name: &str, spec: &'static HostFnSpec, grants: &Grants) -> (Instance, Arc<Mutex<Vec<String>>>) {
    let log = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&log);
    let host = Host::builder(Registry::builder().add(spec).build().unwrap())
        .missing(hostfn::engine::MissingCapability::Deny)
        .observer(move |event: &Event<'_>| {
            if let EventKind::Log { level, text, .. } = event.what {
                sink.lock().unwrap().push(format!("{level}: {text}"));
            }
        })
        .build()
        .unwrap();
    (host.load_file(path(name)).unwrap().instantiate(grants).unwrap(), log)
}

fn status(error: Error) -> Status {
    match error {
        Error::Guest { status, .. } => status,
        other => panic!("{other}"),
    }
}

#[test]
fn they_are_small() {
    for (name, most) in
        [("tiny-rs", 1024), ("bell-rs", 50 * 1024), ("greeter-rs", 58 * 1024), ("ledger-rs", 87 * 1024)]
    {
        let size = std::fs::metadata(path(name)).unwrap().len();
        assert!(size < most, "{name} has {size} bytes, and may have fewer than {most}");
    }
}

#[test]
fn one_without_an_allocator_greets() {
    let (mut guest, log) = start("tiny-rs", greet::SPEC, &Grants::none().allow(&GREET));
    for who in ["world", "", "Zoë", &"x".repeat(100)] {
        assert_eq!(guest.call::<_, String>("run", (who,)).unwrap(), format!("Hello, {who}!"));
        assert_eq!(log.lock().unwrap().pop().unwrap(), "info: greeting");
    }
    for _ in 0..1_000 {
        guest.call::<_, String>("run", ("again",)).unwrap();
    }
}

#[test]
fn one_without_an_allocator_says_what_does_not_fit() {
    let (mut guest, _) = start("tiny-rs", greet::SPEC, &Grants::none().allow(&GREET));
    // the arguments fit its 128 bytes and the greeting does not
    let no_room = guest.call::<_, String>("run", ("x".repeat(122),)).unwrap_err();
    assert_eq!(status(no_room), Status::NO_ROOM);
    let too_long = guest.call::<_, String>("run", ("x".repeat(130),)).unwrap_err();
    assert_eq!(too_long.code(), Code::BadArguments, "{too_long}");
    assert_eq!(status(guest.call::<_, String>("run", (5,)).unwrap_err()), Status::BAD_INPUT);
    assert_eq!(guest.call::<_, String>("run", ("still there",)).unwrap(), "Hello, still there!");

    let (mut guest, _) = start("tiny-rs", greet::SPEC, &Grants::none());
    assert_eq!(status(guest.call::<_, String>("run", ("world",)).unwrap_err()), Status::NO_CAPABILITY);
}

#[test]
fn one_without_std_rings() {
    let (mut guest, _) = start("bell-rs", ring::SPEC, &Grants::none());
    assert_eq!(guest.call::<_, String>("run", (2,)).unwrap(), "dong dong");
    // more than its window of 64 bytes
    assert_eq!(guest.call::<_, String>("run", (1_000,)).unwrap().len(), 4_999);
    assert_eq!(guest.call::<_, u32>("strict", (9,)).unwrap(), 9);
}

#[test]
fn one_without_std_says_why_it_panicked() {
    let (mut guest, log) = start("bell-rs", ring::SPEC, &Grants::none());
    let error = guest.call::<_, u32>("strict", (10,)).unwrap_err();
    assert_eq!(error.code(), Code::Trapped);
    let said = log.lock().unwrap().join("\n");
    let (place, message) = said.split_once(": 10 ").unwrap();
    assert!(place.starts_with("error: panicked at bell-rs/src/lib.rs:"), "{said}");
    assert_eq!(message, "times is too often, and the neighbours complain");
}
