use hostfn::{HostFn, host_fn};

#[host_fn(capability = none)]
fn ring(#[state] scoped: &mut u32, call: u32, reply: u32, name: &str) -> u32 {
    *scoped + call + reply + u32::from(name.is_empty())
}

fn main() {
    let names: Vec<&str> = ring::SPEC.params().iter().map(hostfn::spec::Param::name).collect();
    assert_eq!(names, ["scoped", "call", "reply", "name"]);
}
