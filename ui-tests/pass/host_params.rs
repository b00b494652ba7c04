use hostfn::spec::Param;
use hostfn::state::Shared;
use hostfn::{Caller, HostFn, Scope, capabilities, host_fn};

capabilities! {
    /// Use a store.
    KV_READ = "kv.read" in name;
}

#[host_fn(capability = KV_READ(store))]
fn read(
    #[grant] grant: &Scope,
    #[caller] caller: &Caller,
    #[state] reads: Shared<Vec<u32>>,
    #[state] last: &mut String,
    store: &str,
) -> usize {
    last.push_str(caller.plugin());
    reads.len() + usize::from(grant.allows(store))
}

#[host_fn(capability = none)]
fn depth(#[caller] caller: Caller) -> u32 {
    caller.depth()
}

fn main() {
    let names: Vec<&str> = read::SPEC.params().iter().map(Param::name).collect();
    assert_eq!(names, ["grant", "caller", "reads", "last", "store"]);
    assert_eq!(read::SPEC.wire_params().map(Param::name).collect::<Vec<_>>(), ["store"]);
    assert_eq!(depth(Caller::new("me", 1)), 0);
    assert_eq!(depth::SPEC.wire_params().count(), 0);
}
