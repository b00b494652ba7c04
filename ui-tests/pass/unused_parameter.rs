#![deny(unused)]

use hostfn::{HostFn, host_fn};

#[host_fn(capability = none)]
fn ignore(_name: String, __: u32) {}

fn main() {
    let names: Vec<&str> = ignore::SPEC.wire_params().map(hostfn::spec::Param::name).collect();
    assert_eq!(names, ["_name", "__"]);
}
