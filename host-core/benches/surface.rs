//! The cost of a listing of ten thousand functions: time and memory for each form, for reading them back, and for a diff.
//!
//! `cargo bench -p hostfn-core --no-default-features --bench surface`

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use hostfn_core::{
    Call, Capability, HostFnSpec, Listing, Param, Registry, Reply, ScopeKind, here, reply_shape,
};
use serde::{Deserialize, Serialize};

const FUNCTIONS: usize = 10_000;

/// The upper bound of each step.
const SLOWEST: Duration = Duration::from_secs(2);
const LARGEST: u64 = 200 << 20;

#[derive(Serialize, Deserialize)]
struct Entry {
    name: String,
    size: u64,
    owner: Option<Owner>,
    labels: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
enum Owner {
    Nobody,
    User(u32),
    Group { id: u32, members: Vec<u32> },
}

fn nothing(call: Call<'_>) -> Reply {
    call.authorize()?.reply(&())
}

fn leaked(text: String) -> &'static str {
    text.leak()
}

/// Functions of a size as they are, in a hundred modules, with a capability for every hundred of them.
fn registry(functions: usize, quota: u32) -> Registry {
    let capabilities: Vec<&'static Capability> = (0..functions.div_ceil(100))
        .map(|i| {
            let name = leaked(format!("area{i}.read"));
            &*Box::leak(Box::new(Capability::new(name, "Read in this area.").scoped(ScopeKind::Path)))
        })
        .collect();
    let specs = (0..functions).map(|i| {
        let (module, name) = (leaked(format!("module{:02}", i % 100)), leaked(format!("list_{i:05}")));
        let params = vec![Param::new::<&str>("path"), Param::new::<Option<Entry>>("after")].leak();
        let spec = HostFnSpec::new(module, name, nothing)
            .requires_on(capabilities[i / 100], "path")
            .with_params(params)
            .with_reply(reply_shape!(Vec<Entry>))
            .with_quota(quota)
            .with_docs("The entries of a directory, from one on.")
            .declared_at(here!());
        &*Box::leak(Box::new(spec))
    });
    Registry::builder().add_all(specs).build().expect("the functions have names of their own")
}

/// Runs a step, and says what it cost.
fn step<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let mut value = None;
    let start = Instant::now();
    let cost = allocation_counter::measure(|| value = Some(run()));
    let time = start.elapsed();
    let mebibytes = cost.bytes_max.div_ceil(1 << 20);
    println!("{what:<24}{:>8.3} s {mebibytes:>6} MiB at most", time.as_secs_f64());
    assert!(time < SLOWEST, "{what} took {time:?}");
    assert!(cost.bytes_max < LARGEST, "{what} took {mebibytes} MiB");
    value.expect("the step was run")
}

fn main() {
    let (before, after) = (registry(FUNCTIONS, 1), registry(FUNCTIONS + 100, 2));
    let old = step("registry to listing", || before.listing());
    let new = after.listing();
    println!("listing: {} functions, {} capabilities", old.functions.len(), old.capabilities.len());
    step("listing to text", || black_box(old.to_text()));
    step("listing to Markdown", || black_box(old.to_markdown()));
    let json = step("listing to JSON", || old.to_json());
    let lock = step("listing to lock", || old.to_lock());
    println!(
        "JSON: {} KiB, lock: {} KiB, {} lines",
        json.len() >> 10,
        lock.len() >> 10,
        lock.lines().count()
    );
    step("JSON to listing", || Listing::from_json(&json).expect("it is one"));
    let read = step("lock to listing", || Listing::from_lock("hostfn.lock", &lock).expect("it is one"));
    let diff = step("diff", || read.diff(&new));
    println!("diff: {}", diff.summary());
    step("diff to text", || black_box(diff.to_text()));
    step("diff to Markdown", || black_box(diff.to_markdown()));
    step("diff to JSON", || black_box(diff.to_json()));
}
