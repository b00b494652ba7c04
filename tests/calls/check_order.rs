//! Section 8 of the ABI: in which order a call is checked, and that a call which fails a check has
//! done nothing.

use hostfn::abi::Value;
use hostfn::engine::MissingCapability;
use hostfn::error::Code;
use hostfn::{Grants, Host, HostError, HostFn, Instance, Status, capabilities, host_fn};
use test_support::probe::{Probe, answer, message, registry};

capabilities! {
    /// Read files beneath granted directories.
    pub FS_READ = "fs.read" in path;
}

/// The number of times the function ran.
struct Runs(u32);

#[derive(Debug, thiserror::Error)]
#[error("there is nothing that long")]
struct TooLong;

impl HostError for TooLong {
    fn code(&self) -> &'static str {
        "too_long"
    }
}

/// Read so much of a file.
#[host_fn(capability = FS_READ(path), max_args = "32 B", max_reply = "16 B", quota = 2)]
fn read(#[state] runs: &mut Runs, path: &str, count: usize) -> Result<String, TooLong> {
    runs.0 += 1;
    if count > 100 { Err(TooLong) } else { Ok(path.chars().cycle().take(count).collect()) }
}

/// Makes the call three times, and tells of the last.
const THRICE: &str = r#"(func (export "thrice") (param i32 i32) (result i64)
    (drop (call $call (i32.const 0) (i32.const 0)))
    (drop (call $call (i32.const 0) (i32.const 0)))
    (call $call (i32.const 0) (i32.const 0)))"#;

fn start(probe: &Probe, grants: &Grants) -> Instance {
    let host = Host::builder(registry(&[read::SPEC]))
        .missing(MissingCapability::Deny)
        .state("runs", |_| Ok::<_, hostfn::Error>(Runs(0)))
        .build()
        .unwrap();
    probe.clone().extra(THRICE).start(&host, grants)
}

fn runs(instance: &Instance) -> u32 {
    instance.state::<Runs>().unwrap().0
}

/// The status of the call, its message if it has one, and how often the function ran.
fn outcome(probe: &Probe, grants: &Grants) -> (Status, String, u32) {
    let mut instance = start(probe, grants);
    let (status, reply) = answer(&mut instance);
    let said = if status.is_ok() || reply.is_none() { String::new() } else { message(reply.as_ref()) };
    (status, said, runs(&instance))
}

/// Each step puts right what the step before failed at, and nothing else: what is wrong further on is
/// wrong from the start.
#[test]
fn checks_come_in_the_order_of_the_abi() {
    let nothing = Grants::none();
    let data = Grants::none().allow_within(&FS_READ, ["/data/**"]).unwrap();
    let outside_memory = 4 * 65_536 - 1;
    let failed = |status: Status, message: &str, runs: u32| (status, message.to_owned(), runs);

    let too_many_bytes = Probe::new("read", b"").range(outside_memory, 33);
    assert_eq!(
        outcome(&too_many_bytes, &nothing),
        failed(Status::NO_CAPABILITY, "the capability `fs.read` is not granted", 0)
    );
    assert_eq!(
        outcome(&too_many_bytes, &data),
        failed(Status::QUOTA_EXCEEDED, "more than 32 bytes of arguments", 0)
    );

    let out_of_range = Probe::new("read", b"").range(outside_memory, 32);
    let mut instance = start(&out_of_range, &data);
    let error = instance.call::<_, Value>("thrice", ()).unwrap_err();
    assert!(error.to_string().contains("more than 2 calls"), "{error}");
    assert_eq!((error.code(), runs(&instance)), (Code::GuestError, 0));
    assert_eq!(
        outcome(&out_of_range, &data),
        failed(Status::BAD_INPUT, "the arguments' range is not inside the memory", 0)
    );

    let malformed = Probe::new("read", b"\x92\xa9/etc/shad\xc1");
    let (status, said, ran) = outcome(&malformed, &data);
    assert_eq!((status, ran), (Status::BAD_INPUT, 0));
    assert!(said.starts_with("argument `count`: "), "{said}");

    let out_of_scope = Probe::with("read", ("/etc/shadow", 101));
    assert_eq!(
        outcome(&out_of_scope, &data),
        failed(Status::NO_CAPABILITY, "the capability `fs.read` is not granted for this `path`", 0)
    );

    let fails = Probe::with("read", ("/data/a", 101));
    assert_eq!(outcome(&fails, &data), failed(Status::FAILED, "there is nothing that long", 1));

    let too_large = Probe::with("read", ("/data/a", 100)).no_alloc();
    assert_eq!(outcome(&too_large, &data), failed(Status::QUOTA_EXCEEDED, "", 1));

    let no_room = Probe::with("read", ("/data/a", 10)).no_alloc();
    assert_eq!(outcome(&no_room, &data), failed(Status::NO_ROOM, "", 1));

    let good = Probe::with("read", ("/data/a", 10));
    assert_eq!(outcome(&good, &data), failed(Status::OK, "", 1));
}
