use std::any::TypeId;

use hostfn::spec::Param;
use hostfn::{HostFn, host_fn};

struct Log(Vec<String>);
struct Clock(u64);

#[host_fn(capability = none)]
fn log(#[state] log: &mut Log, #[state] clock: &Clock, line: &str) {
    log.0.push(format!("{} {line}", clock.0));
}

fn main() {
    let states: Vec<_> = log::SPEC.params().iter().map(Param::state_id).collect();
    assert_eq!(states, [Some(TypeId::of::<Log>()), Some(TypeId::of::<Clock>()), None]);
    assert_eq!(log::SPEC.wire_params().map(Param::name).collect::<Vec<_>>(), ["line"]);

    let mut lines = Log(Vec::new());
    log(&mut lines, &Clock(3), "ready");
    assert_eq!(lines.0, ["3 ready"]);
}
