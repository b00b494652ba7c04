//! The cost of observers: the same checked call of `add` with no observer, and with each of those that
//! come with the host.
//!
//! `cargo bench --bench observe` prints nanoseconds per call, and what each adds.

use std::time::Duration;

use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, measurement::WallTime};
use hostfn::abi::codec;
use hostfn::observe::{AuditFile, Event, Observer, Phase, Recorder, TracingObserver};
use hostfn::wasm::HostBuilder;
use hostfn::{Grants, Host, Instance, Registry, capabilities, host_fn};

capabilities! {
    /// Everything that is measured.
    pub BENCH = "bench";
}

#[host_fn(capability = BENCH)]
fn add(a: u64, b: u64) -> u64 {
    a.wrapping_add(b)
}

/// Calls of the host function within one call of `run`.
const CALLS: u32 = 1_000;

const GROUP: &str = "observe";
const ALONE: &str = "no observer";
const NOBODY: &str = "one that wants nothing";
const DISABLED: &str = "tracing, disabled";

/// The time that a disabled level may add to a call, in nanoseconds.
const MOST: f64 = 3.0;

/// The least that an observer can cost.
struct WantsNothing;

impl Observer for WantsNothing {
    fn observe(&self, _: &Event<'_>) {}

    fn wants(&self, _: Phase) -> bool {
        false
    }
}

fn guest() -> Vec<u8> {
    let args = codec::to_vec(&(5_u64, 7_u64)).expect("the arguments can be encoded");
    let data: String = args.iter().map(|b| format!("\\{b:02x}")).collect();
    wat::parse_str(format!(
        r#"(module
            (import "host" "add" (func $f (param i32 i32) (result i64)))
            (import "host" "host_set_window" (func $w (param i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 1024) "{data}")
            (func (export "run") (param i32 i32) (result i64)
                (local $n i32)
                (drop (call $w (i32.const 2048) (i32.const 1024)))
                (local.set $n (i32.const {CALLS}))
                (loop $again
                    (if (i32.wrap_i64 (call $f (i32.const 1024) (i32.const {len}))) (then unreachable))
                    (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                i64.const 0))"#,
        len = args.len(),
    ))
    .expect("the guest is valid")
}

fn instance(watched: impl FnOnce(HostBuilder) -> HostBuilder) -> Instance {
    let registry = Registry::collect().expect("the functions are sound");
    let host = watched(Host::builder(registry)).build().expect("the host builds");
    let plugin = host.load("bench", &guest()).expect("the guest loads");
    plugin.instantiate(&Grants::none().allow(&BENCH)).expect("the guest starts")
}

fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    watched: impl FnOnce(HostBuilder) -> HostBuilder,
    between: impl Fn(),
) {
    let mut instance = instance(watched);
    group.bench_function(BenchmarkId::from_parameter(name), |b| {
        b.iter(|| instance.call::<_, ()>("run", ()).expect("it runs"));
        between();
    });
}

/// Nanoseconds per call, from what criterion has just written down.
fn median(name: &str) -> Option<f64> {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), std::path::PathBuf::from);
    let path = target.join("criterion").join(GROUP).join(name).join("new/estimates.json");
    let estimates: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
    Some(estimates["median"]["point_estimate"].as_f64()? / f64::from(CALLS))
}

fn print_costs(names: &[&str]) {
    let Some(alone) = median(ALONE) else { return };
    println!("\n{:<24} {:>10} {:>10} {:>7}", "add", "ns a call", "more", "ratio");
    for name in names {
        let Some(ns) = median(name) else { continue };
        let judged = match ns - alone {
            _ if *name != DISABLED => String::new(),
            more if more <= MOST => format!("  <= {MOST} ns"),
            _ => format!("  OVER {MOST} ns"),
        };
        println!("{name:<24} {ns:>10.1} {:>10.1} {:>7.2}{judged}", ns - alone, ns / alone);
    }
}

fn main() {
    let mut criterion = Criterion::default().without_plots().configure_from_args();
    let mut group = criterion.benchmark_group(GROUP);
    group
        .throughput(Throughput::Elements(CALLS.into()))
        .sample_size(30)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1500));
    let dir = tempfile::tempdir().expect("there is room for files");
    let audit = AuditFile::create(dir.path().join("audit.jsonl")).expect("the file can be written");
    let recorder = Recorder::new();
    measure(&mut group, ALONE, |host| host, || ());
    measure(&mut group, NOBODY, |host| host.observer(WantsNothing), || ());
    measure(&mut group, DISABLED, |host| host.observer(TracingObserver::new()), || ());
    measure(&mut group, "recorder", |host| host.observer(recorder.clone()), || recorder.clear());
    measure(&mut group, "audit file", |host| host.observer(audit.clone()), || ());
    group.finish();
    criterion.final_summary();
    print_costs(&[ALONE, NOBODY, DISABLED, "recorder", "audit file"]);
}
