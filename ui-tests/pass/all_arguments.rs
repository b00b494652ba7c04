use hostfn::{HostFn, host_fn};

#[host_fn(
    since = 2,
    quota = 1_000,
    max_reply = "1 MiB",
    max_args = "64 KiB",
    module = "acme/v2",
    name = "tick-tock",
    crate = ::hostfn,
    capability = none,
)]
fn tick() {}

fn main() {
    let spec = tick::SPEC;
    assert_eq!((spec.module(), spec.name(), spec.since()), ("acme/v2", "tick-tock", 2));
    assert_eq!((spec.max_args(), spec.max_reply()), (Some(65_536), Some(1_048_576)));
    assert_eq!((spec.quota(), spec.capability().is_none()), (Some(1000), true));
}
