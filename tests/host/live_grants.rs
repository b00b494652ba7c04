//! Grants that change while an instance runs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use hostfn::engine::MissingCapability;
use hostfn::error::Code;
use hostfn::{Error, Grants, Host, HostFn, Instance, Scope, Status, capabilities, host_fn};
use test_support::probe::{guest, host, registry, relay};

capabilities! {
    /// Greet people by name.
    pub GREET = "greet";
    /// Read files beneath granted directories.
    pub FS_READ = "fs.read" in path;
    /// Use a store.
    pub STORE = "kv.read" in name;
}

/// Build a greeting.
#[host_fn(capability = GREET)]
fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

/// Return the path, and the scope that it was matched against.
#[host_fn(capability = FS_READ(path))]
fn fs_read(#[grant] grant: &Scope, path: &str) -> String {
    format!("{path} in {grant}")
}

fn plugin_host() -> Host {
    host(&[greet::SPEC, fs_read::SPEC])
}

fn wasm() -> Vec<u8> {
    guest(&["greet", "fs_read"], &[relay("greet"), relay("fs_read")].concat())
}

fn operator() -> Grants {
    Grants::none().allow(&GREET).allow_within(&FS_READ, ["/data/**"]).unwrap()
}

fn paths(allow: &[&str]) -> Scope {
    Scope::new(FS_READ.scope_kind(), allow, &[]).unwrap()
}

fn start(grants: &Grants, ceiling: &Grants) -> Result<Instance, Error> {
    plugin_host().load("probe", &wasm())?.start(grants).ceiling(ceiling).run()
}

fn read(instance: &mut Instance, path: &str) -> Result<String, Status> {
    instance.call("fs_read", (path,)).map_err(|error| match error {
        Error::Guest { status, .. } => status,
        other => panic!("{other:?}"),
    })
}

#[test]
fn narrowed_scope_holds_from_the_next_call() {
    let mut instance = start(&operator(), &operator()).unwrap();
    let live = instance.grants();
    assert!(read(&mut instance, "/data/a").is_ok());
    assert!(live.narrow(&FS_READ, &paths(&["/data/notes/**", "/etc/**"])));
    assert_eq!(read(&mut instance, "/data/a"), Err(Status::NO_CAPABILITY));
    assert!(read(&mut instance, "/data/notes/a").is_ok());
    assert_eq!(read(&mut instance, "/etc/passwd"), Err(Status::NO_CAPABILITY));
    // narrowing again never gives anything back
    assert!(live.narrow(&FS_READ, &paths(&["/data/**"])));
    assert_eq!(read(&mut instance, "/data/a"), Err(Status::NO_CAPABILITY));
    assert!(!live.narrow(&FS_READ, &paths(&["/srv/**"])));
    assert!(!live.is_granted(&FS_READ));
    assert!(!live.narrow(&FS_READ, &paths(&["/data/**"])), "narrowing opened a closed gate");
}

#[test]
fn widened_scope_ends_at_the_ceiling() {
    let mut instance = start(&Grants::none(), &operator()).unwrap();
    let live = instance.grants();
    assert_eq!(read(&mut instance, "/data/a"), Err(Status::NO_CAPABILITY));
    assert!(live.set(&FS_READ, &Scope::everything(FS_READ.scope_kind())));
    assert!(read(&mut instance, "/data/a").is_ok());
    assert_eq!(read(&mut instance, "/etc/passwd"), Err(Status::NO_CAPABILITY));
    assert!(!live.set(&FS_READ, &paths(&["/etc/**"])));
    assert_eq!(read(&mut instance, "/data/a"), Err(Status::NO_CAPABILITY));
    assert!(!live.set(&STORE, &Scope::everything(STORE.scope_kind())), "nothing imports it");
}

#[test]
fn restored_capability_is_the_operators_again() {
    let mut instance = start(&operator(), &operator()).unwrap();
    let live = instance.grants();
    let before = read(&mut instance, "/data/a").unwrap();
    assert!(live.revoke(&FS_READ) && live.revoke(&GREET));
    assert!(!live.revoke(&FS_READ), "it was revoked already");
    assert_eq!(live.to_grants(), Grants::none());
    assert!(live.restore(&FS_READ));
    assert_eq!(read(&mut instance, "/data/a").unwrap(), before);
    assert_eq!(live.to_grants(), operator().without(&GREET));
    assert_eq!(live.ceiling(), operator());
    live.set_all(&Grants::none().allow(&GREET));
    assert_eq!(live.to_grants(), Grants::none().allow(&GREET));
    live.set_all(&operator());
    assert_eq!(read(&mut instance, "/data/a").unwrap(), before, "an equal scope is the operator's own");
}

#[test]
fn start_below_the_ceiling_passes_the_link_gate() {
    let error = start(&operator(), &Grants::none()).unwrap_err();
    assert_eq!(error.problems().iter().map(hostfn::Problem::code).collect::<Vec<_>>(), [Code::NotGranted; 2]);
    let mut instance = start(&Grants::none(), &operator()).unwrap();
    let status = match instance.call::<_, String>("greet", ("Ada",)) {
        Err(Error::Guest { status, .. }) => status,
        other => panic!("{other:?}"),
    };
    assert_eq!(status, Status::NO_CAPABILITY);
    assert!(instance.grants().restore(&GREET));
    assert_eq!(instance.call::<_, String>("greet", ("Ada",)).unwrap(), "Hello, Ada!");
}

#[test]
fn grants_beyond_the_ceiling_are_cut_down() {
    let all = Grants::none().allow(&GREET).allow(&FS_READ);
    let mut instance = start(&all, &operator()).unwrap();
    assert!(read(&mut instance, "/data/a").is_ok());
    assert_eq!(read(&mut instance, "/etc/passwd"), Err(Status::NO_CAPABILITY));
}

#[test]
fn missing_is_chosen_for_each_start() {
    let plugin = plugin_host().load("probe", &wasm()).unwrap();
    assert!(plugin.instantiate(&Grants::none()).is_err());
    let denied = plugin.start(&Grants::none()).missing(MissingCapability::Deny).run();
    assert_eq!(read(&mut denied.unwrap(), "/data/a"), Err(Status::NO_CAPABILITY));

    let host = Host::builder(registry(&[greet::SPEC, fs_read::SPEC]));
    let host = host.missing(MissingCapability::Deny).build().unwrap();
    let plugin = host.load("probe", &wasm()).unwrap();
    assert!(plugin.instantiate(&Grants::none()).is_ok());
    assert!(plugin.start(&Grants::none()).missing(MissingCapability::Fail).run().is_err());
}

#[test]
fn scope_changes_from_another_thread_are_never_torn() {
    let mut instance = start(&operator(), &operator()).unwrap();
    let live = instance.grants();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            // bounded, so that a failed assertion below ends the test
            for i in 0..20_000 {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                match i % 3 {
                    0 => live.set(&FS_READ, &paths(&["/data/a/**"])),
                    1 => live.restore(&FS_READ),
                    _ => live.revoke(&FS_READ),
                };
            }
        });
        for _ in 0..300 {
            for path in ["/data/a/b", "/data/b"] {
                // what a function receives is what its argument was matched against
                match read(&mut instance, path) {
                    Ok(text) => {
                        assert!(path == "/data/a/b" || !text.contains("/data/a/**"), "{text}");
                    }
                    Err(status) => assert_eq!(status, Status::NO_CAPABILITY),
                }
            }
            assert!(read(&mut instance, "/etc/passwd").is_err());
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn registry_finds_a_capability_by_name() {
    let registry = registry(&[greet::SPEC, fs_read::SPEC]);
    assert_eq!(registry.capability("fs.read").map(hostfn::Capability::name), Some("fs.read"));
    assert!(registry.capability("kv.read").is_none());
}
