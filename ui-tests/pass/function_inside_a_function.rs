use hostfn::{HostFn, HostFnSpec, host_fn};

fn outer() -> &'static HostFnSpec {
    /// Tick.
    #[host_fn(capability = none)]
    fn inner() {}

    inner();
    inner::SPEC
}

fn main() {
    assert_eq!((outer().name(), outer().docs()), ("inner", "Tick."));
}
