//! Address space: a process may have little of it, whatever its guests use.

use std::process::Command;

use hostfn::error::Code;
use hostfn::{Grants, Host};
use test_support::probe::{export, guest, registry};

/// For a child: the size to reserve.
const CHILD: &str = "HOSTFN_TEST_RESERVE";

/// Runs this test again in a process with so little address space as a small container has.
fn in_container(reserve: &str) {
    let child = Command::new("sh")
        .args([
            "-c",
            "ulimit -v 2500000; exec \"$0\" --exact space::small_container_starts_a_guest --nocapture",
        ])
        .arg(std::env::current_exe().unwrap())
        .env(CHILD, reserve)
        .env("RUST_TEST_THREADS", "1")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        child.status.success(),
        "{reserve}: {}\n{}\n{}",
        child.status,
        text(&child.stdout),
        text(&child.stderr)
    );
}

#[test]
fn small_container_starts_a_guest() {
    let Ok(reserve) = std::env::var(CHILD) else {
        return ["default", "1048576", "4294967296"].into_iter().for_each(in_container);
    };
    let mut host = Host::builder(registry(&[]));
    if let Ok(bytes) = reserve.parse() {
        host = host.reserve_memory(bytes);
    }
    let grow = export("run", "(drop (memory.grow (i32.const 100)))", "(i64.const 0)");
    let plugin = host.build().unwrap().load("probe", &guest(&[], &grow)).unwrap();
    if reserve == "4294967296" {
        let error = plugin.instantiate(&Grants::none()).unwrap_err();
        assert_eq!(error.code(), Code::AddressSpace, "{error}");
        assert!(error.to_string().contains("ulimit -v"), "{error}");
        return;
    }
    let mut instances: Vec<_> = (0..4).map(|_| plugin.instantiate(&Grants::none()).unwrap()).collect();
    for instance in &mut instances {
        instance.call::<_, ()>("run", ()).unwrap();
    }
}
