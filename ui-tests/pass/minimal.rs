use hostfn::{HostFn, host_fn};

#[host_fn(capability = none)]
fn tick() {}

fn main() {
    let spec = tick::SPEC;
    assert_eq!((spec.module(), spec.name(), spec.docs()), ("host", "tick", ""));
    assert!(matches!(spec.requirement(), hostfn::spec::Requires::Nothing));
    assert_eq!((spec.params().len(), spec.reply().type_name()), (0, "()"));
}
