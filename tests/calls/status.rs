//! Section 4 of the ABI: every status, and how a guest gets to see it.

use hostfn::abi::codec;
use hostfn::engine::MissingCapability;
use hostfn::spec::Fault;
use hostfn::{Grants, Host, HostError, HostFn, HostFnSpec, Status, capabilities, host_fn};
use test_support::probe::{Probe, bare_guest, expect_word, export, message, registry, text};

capabilities! {
    /// Read files beneath granted directories.
    pub FS_READ = "fs.read" in path;
}

/// Read a file.
#[host_fn(capability = FS_READ(path))]
fn read(path: &str) -> usize {
    path.len()
}

/// Do nothing, as often as it is free.
#[host_fn(capability = none, quota = 1)]
fn once() {}

/// Fail as a host does.
#[host_fn(capability = none)]
fn broken() -> u32 {
    panic!("a host function broke")
}

/// An error with this status.
#[derive(Debug, thiserror::Error)]
#[error("it was to be {0}")]
struct Wanted(i32);

impl HostError for Wanted {
    fn status(&self) -> Status {
        Status::new(self.0)
    }

    fn code(&self) -> &'static str {
        "wanted"
    }
}

/// Fail with a status.
#[host_fn(capability = none)]
fn fail(status: i32) -> Result<(), Wanted> {
    Err(Wanted(status))
}

/// An error that leaves its status to the toolkit.
#[derive(Debug, thiserror::Error)]
#[error("no luck")]
struct Unlucky;

impl HostError for Unlucky {
    fn code(&self) -> &'static str {
        "unlucky"
    }
}

/// Fail.
#[host_fn(capability = none)]
fn unlucky() -> Result<(), Unlucky> {
    Err(Unlucky)
}

/// Answer with text.
#[host_fn(capability = none)]
fn some_text() -> String {
    "text".to_owned()
}

fn host() -> Host {
    let specs = [read::SPEC, once::SPEC, broken::SPEC, fail::SPEC, unlucky::SPEC, some_text::SPEC];
    Host::builder(registry(&specs)).missing(MissingCapability::Deny).build().unwrap()
}

/// Grants, the function, its arguments, and what they lead to.
type Row = (Grants, &'static str, Vec<u8>, Status);

fn rows() -> Vec<Row> {
    let none = Grants::none;
    let data = || Grants::none().allow_within(&FS_READ, ["/data/**"]).unwrap();
    let path = |path: &str| codec::to_vec(&(path,)).unwrap();
    let status = |status: i32| codec::to_vec(&(status,)).unwrap();
    let application = |code: i32| (none(), "fail", status(code), Status::application(code));
    vec![
        (none(), "once", vec![], Status::OK),
        (none(), "read", path("/data/a"), Status::NO_CAPABILITY),
        (data(), "read", path("/etc/a"), Status::NO_CAPABILITY),
        (data(), "read", b"\x91\xc1".to_vec(), Status::BAD_INPUT),
        (none(), "broken", vec![], Status::INTERNAL),
        (none(), "fail", status(-5), Status::NOT_FOUND),
        (none(), "unlucky", vec![], Status::FAILED),
        (none(), "some_text", vec![], Status::NO_ROOM),
        application(-1024),
        application(-1025),
        application(i32::MIN),
    ]
}

/// Calls `import` so often, the last time for this word.
fn guest(import: &str, args: &[u8], times: usize, last: Status) -> Vec<u8> {
    let data: String = args.iter().map(|b| format!("\\{b:02x}")).collect();
    let call = format!("(call ${import} (i32.const 1024) (i32.const {}))", args.len());
    let body = format!("(drop {call})").repeat(times - 1) + &expect_word(&call, last);
    let data = format!("(data (i32.const 1024) \"{data}\")");
    bare_guest(&[import], &(data + &export("run", &body, "(i64.const 0)")))
}

#[test]
fn a_guest_without_room_gets_each_status_and_no_reply() {
    let host = host();
    for (grants, import, args, status) in rows() {
        let plugin = host.load("guest", &guest(import, &args, 1, status)).unwrap();
        let told = plugin.instantiate(&grants).unwrap().call::<_, ()>("run", ());
        assert!(told.is_ok(), "{import} does not answer {status}: {told:?}");
    }
    let plugin = host.load("guest", &guest("once", &[], 2, Status::QUOTA_EXCEEDED)).unwrap();
    plugin.instantiate(&Grants::none()).unwrap().call::<_, ()>("run", ()).unwrap();
}

#[test]
fn a_guest_with_room_gets_the_reason_of_every_failure_but_the_hosts_own() {
    let host = host();
    for (grants, import, args, expected) in rows().into_iter().filter(|row| !row.3.is_ok()) {
        let (status, reply) = Probe::new(import, &args).ask(&host, &grants);
        match expected {
            Status::NO_ROOM => assert_eq!((status, reply), (Status::OK, text("text"))),
            Status::INTERNAL => assert_eq!((status, reply), (expected, None)),
            _ => {
                assert_eq!(status, expected, "{import}");
                assert!(!message(reply.as_ref()).is_empty(), "{import}");
            }
        }
    }
}

#[test]
fn an_errors_status_that_is_no_failure_counts_as_failed() {
    let host = host();
    for claimed in [0, 1, i32::MAX] {
        let (status, reply) = Probe::with("fail", (claimed,)).ask(&host, &Grants::none());
        assert_eq!((status, message(reply.as_ref())), (Status::FAILED, format!("it was to be {claimed}")));
    }
}

/// Without an authorized call there is no way to an answer but a failure.
#[test]
fn a_fault_is_never_ok_and_tells_nothing_of_the_host() {
    static UNCHECKED: HostFnSpec =
        HostFnSpec::new("host", "unchecked", |_| Err(Fault::new(Status::OK, "all is well")))
            .always_available();
    static CARELESS: HostFnSpec = HostFnSpec::new("host", "careless", |_| {
        Err(Fault::new(Status::INTERNAL, "the key is under the mat"))
    })
    .always_available();
    let host = Host::builder(registry(&[&UNCHECKED, &CARELESS])).build().unwrap();
    let (status, reply) = Probe::new("unchecked", b"").ask(&host, &Grants::none());
    assert_eq!((status, message(reply.as_ref())), (Status::FAILED, "all is well".to_owned()));
    assert_eq!(Probe::new("careless", b"").ask(&host, &Grants::none()), (Status::INTERNAL, None));
}

#[test]
fn no_status_of_the_abi_is_left_out() {
    let mut reached: Vec<i32> =
        rows().iter().map(|(.., status)| status.code()).filter(|&code| code > -1024).collect();
    reached.push(Status::QUOTA_EXCEEDED.code());
    reached.sort_unstable();
    reached.dedup();
    let named: Vec<i32> = (-1023..=0).filter(|&code| Status::new(code).name().is_some()).collect();
    assert_eq!(reached, named);
}
