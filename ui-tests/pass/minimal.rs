use hostfn::{HostFn, host_fn};

#[host_fn(capability = none)]
fn tick() {}

fn main() {
    let spec = tick::SPEC;
    assert_eq!((spec.module(), spec.name(), spec.documentation()), ("host", "tick", ""));
    assert!(matches!(spec.requirement(), hostfn::spec::Requires::Nothing));
    assert_eq!((spec.parameters().len(), spec.reply_shape().type_name()), (0, "()"));
}
