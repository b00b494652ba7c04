#![allow(unused_variables)]

use hostfn::{HostFn, capabilities, host_fn};

capabilities! {
    /// Move files.
    FS_MOVE = "fs.move" in path;
}

#[host_fn(capability = FS_MOVE(r#in))]
fn r#move(r#in: &str, r#type: u8) {}

fn main() {
    let spec = r#move::SPEC;
    assert_eq!((spec.name(), spec.requirement().scoped_param()), ("move", Some("in")));
    assert_eq!(spec.params()[1].name(), "type");
}
