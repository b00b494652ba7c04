use hostfn::{HostFn, host_fn};

/// Tick.
///
#[doc = include_str!("docs_from_a_file.rs")]
#[host_fn(capability = none)]
fn tick() {}

/** Tock,
in a block. */
#[host_fn(capability = none)]
fn tock() {}

fn main() {
    let docs = tick::SPEC.docs();
    assert!(docs.trim_start().starts_with("Tick.\n"), "{docs}");
    assert!(docs.contains(include_str!("docs_from_a_file.rs")), "{docs}");
    assert_eq!(tock::SPEC.docs(), "Tock,\nin a block.");
}
