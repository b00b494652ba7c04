//! The greeters in Rust and in C, as they were built from source: the same calls, the same answers.
//!
//! `HOSTFN_GUESTS` names a folder of freshly built guests to test instead of the committed ones.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use hostfn::engine::MissingCapability;
use hostfn::observe::{Event, EventKind};
use hostfn::{Error, Grants, Host, HostError, HostFn, Instance, Registry, Status, capabilities, host_fn};
use serde_bytes::ByteBuf;

const GREETERS: [&str; 2] = ["greeter-rs", "greeter-c"];

capabilities! {
    /// Greet people by name.
    GREET = "greet";
    /// Read files beneath granted directories.
    FS_READ = "fs.read" in path;
}

/// Build a greeting.
#[host_fn(capability = GREET)]
fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

#[derive(Debug, thiserror::Error)]
#[error("there is no such file")]
struct NoSuchFile;

impl HostError for NoSuchFile {
    fn status(&self) -> Status {
        Status::NOT_FOUND
    }

    fn code(&self) -> &'static str {
        "no_such_file"
    }
}

/// Read a whole file: as many bytes as its name says.
#[host_fn(capability = FS_READ(path))]
fn fs_read(path: &str) -> Result<Vec<u8>, NoSuchFile> {
    let size: usize = path.rsplit('/').next().and_then(|name| name.parse().ok()).ok_or(NoSuchFile)?;
    let mut bytes = vec![7; size];
    for (byte, i) in bytes.iter_mut().zip(0..=255) {
        *byte = i;
    }
    Ok(bytes)
}

fn guests() -> PathBuf {
    let committed = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/guests");
    std::env::var_os("HOSTFN_GUESTS").map_or_else(committed, PathBuf::from)
}

fn start(name: &str, missing: MissingCapability, grants: &Grants) -> (Instance, Arc<Mutex<Vec<String>>>) {
    let log = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&log);
    let registry = Registry::builder().add(greet::SPEC).add(fs_read::SPEC).build().unwrap();
    let host = Host::builder(registry)
        .missing(missing)
        .observer(move |event: &Event<'_>| {
            if let EventKind::Log { level, text, .. } = event.what {
                sink.lock().unwrap().push(format!("{level}: {text}"));
            }
        })
        .build()
        .unwrap();
    let plugin = host.load_file(guests().join(name).with_extension("wasm")).unwrap();
    assert_eq!(plugin.name(), name);
    (plugin.instantiate(grants).unwrap(), log)
}

fn all() -> Grants {
    Grants::none().allow(&GREET).allow_within(&FS_READ, ["/data/**"]).unwrap()
}

fn guest_error(error: Error) -> (Status, String, String) {
    match error {
        Error::Guest { status, reply: Some(reply), .. } => (status, reply.code, reply.message),
        other => panic!("{other:?}"),
    }
}

#[test]
fn they_greet_and_log() {
    for name in GREETERS {
        let (mut guest, log) = start(name, MissingCapability::Fail, &all());
        for who in ["world", "", "Zoë", &"x".repeat(31), &"x".repeat(300), &"y".repeat(70_000)] {
            let answer: String = guest.call("run", (who,)).unwrap();
            assert_eq!(answer, format!("Hello, {who}!"), "{name}");
            let logged = log.lock().unwrap().pop().unwrap();
            assert!(logged.starts_with("info: greeting "), "{name}: {logged}");
        }
    }
}

#[test]
fn they_read_files_smaller_and_larger_than_their_window() {
    for name in GREETERS {
        let (mut guest, _) = start(name, MissingCapability::Fail, &all());
        for size in [0, 1, 255, 256, 4_092, 4_093, 4_094, 5_000, 65_535, 65_536, 1_000_000] {
            let bytes: ByteBuf = guest.call("read", (format!("/data/{size}"),)).unwrap();
            assert_eq!(bytes.len(), size, "{name}");
            assert_eq!(bytes.into_vec(), fs_read(&format!("/data/{size}")).unwrap());
        }
    }
}

#[test]
fn they_pass_a_refusal_and_an_error_on() {
    for name in GREETERS {
        let (mut guest, _) = start(name, MissingCapability::Deny, &Grants::none());
        let denied = guest_error(guest.call::<_, String>("run", ("world",)).unwrap_err());
        let message = "the capability `greet` is not granted".to_owned();
        assert_eq!(denied, (Status::NO_CAPABILITY, "no_capability".to_owned(), message), "{name}");

        let (mut guest, _) = start(name, MissingCapability::Fail, &all());
        let missing = guest_error(guest.call::<_, Vec<u8>>("read", ("/data/none",)).unwrap_err());
        let message = "there is no such file".to_owned();
        assert_eq!(missing, (Status::NOT_FOUND, "no_such_file".to_owned(), message), "{name}");
        let outside = guest_error(guest.call::<_, Vec<u8>>("read", ("/etc/7",)).unwrap_err());
        assert_eq!(outside.0, Status::NO_CAPABILITY, "{name}");
    }
}

#[test]
fn they_refuse_arguments_of_another_type() {
    for name in GREETERS {
        let (mut guest, _) = start(name, MissingCapability::Fail, &all());
        let error = guest.call::<_, String>("run", (5,)).unwrap_err();
        assert!(matches!(error, Error::Guest { status: Status::BAD_INPUT, .. }), "{name}: {error:?}");
    }
}

#[test]
fn they_answer_over_and_over_in_the_memory_they_have() {
    for name in GREETERS {
        let (mut guest, _) = start(name, MissingCapability::Fail, &all());
        for _ in 0..2_000 {
            let bytes: ByteBuf = guest.call("read", ("/data/50000",)).unwrap();
            assert_eq!(bytes.len(), 50_000, "{name}");
        }
    }
}
