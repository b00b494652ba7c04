use hostfn::{HostFn, host_fn};

#[host_fn(capability = none)]
fn first(data: &[u8]) -> Option<&[u8]> {
    data.get(..1)
}

#[host_fn(capability = none)]
fn version() -> &'static str {
    "1.0"
}

fn main() {
    assert_eq!(first::SPEC.reply().type_name(), "core::option::Option<&[u8]>");
    assert_eq!(version::SPEC.reply().type_name(), "&str");
    assert_eq!((first(&[7, 8]), version()), (Some(&[7][..]), "1.0"));
}
