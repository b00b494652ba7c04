use hostfn::{HostFn, host_fn};

/// Nothing.
#[host_fn(capability = none)]
fn nothing() {}

fn main() {
    let call = |incoming| nothing::SPEC.run(incoming);
    let start = |incoming| nothing::SPEC.start(incoming);
}
