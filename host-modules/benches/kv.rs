//! The cost of `kv_get` and `kv_set` from a guest, beside the same call made natively, on every kind of store.
//!
//! `cargo bench -p hostfn-modules --bench kv` prints microseconds per call, and what the boundary adds.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{BenchmarkId, Criterion, Throughput};
use hostfn::{Host, Instance, Registry};
use hostfn_modules::kv::{self, Options, Store, Stores};
use serde_bytes::Bytes;

const KINDS: [&str; 3] = ["memory", "json", "redb"];

/// The time that the boundary may add, in microseconds.
const MOST: f64 = 0.5;

const KEY: &str = "settings/theme";
const VALUE: &[u8] = &[b'x'; 100];

/// A guest that calls a function over and over with the arguments that it is given.
fn guest(times: u32) -> Vec<u8> {
    let run = |name: &str| {
        format!(
            r#"(func (export "run_{name}") (param $ptr i32) (param $len i32) (result i64) (local $n i32)
                (drop (call $window (i32.const 0x20000) (i32.const 0x10000)))
                (local.set $n (i32.const {times}))
                (loop $again
                    (if (i32.wrap_i64 (call ${name} (local.get $ptr) (local.get $len))) (then unreachable))
                    (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                i64.const 0)"#
        )
    };
    wat::parse_str(format!(
        r#"(module
            (import "host" "kv_open" (func $open (param i32 i32) (result i64)))
            (import "host" "kv_get" (func $kv_get (param i32 i32) (result i64)))
            (import "host" "kv_set" (func $kv_set (param i32 i32) (result i64)))
            (import "host" "host_set_window" (func $window (param i32 i32) (result i32)))
            (import "host" "host_set_result" (func $set_result (param i32 i32)))
            (memory (export "memory") 4)
            (func (export "plugin_alloc") (param i32) (result i32) i32.const 0x10000)
            (func (export "open") (param i32 i32) (result i64) (local $word i64)
                (drop (call $window (i32.const 0x20000) (i32.const 0x10000)))
                (local.set $word (call $open (local.get 0) (local.get 1)))
                (call $set_result (i32.const 0x20000) (i32.wrap_i64 (i64.shr_u (local.get $word) (i64.const 32))))
                (local.get $word))
            {}
            {})"#,
        run("kv_get"),
        run("kv_set"),
    ))
    .expect("the guest is valid")
}

fn options(kind: &str, dir: &Path) -> Options {
    match kind {
        "memory" => kv::module().memory("notes"),
        "json" => kv::module().json("notes", dir.join("notes.json")),
        _ => kv::module().redb("notes", dir.join("notes.redb")),
    }
}

/// Calls within one call of the guest: few of those that wait for a disk.
fn times(kind: &str, function: &str) -> u32 {
    if function == "set" && kind != "memory" { 10 } else { 1_000 }
}

fn instance(stores: &Stores, times: u32) -> (Instance, u64) {
    let registry = Registry::builder().module(stores.clone()).build().expect("the module is sound");
    let grants = registry.grant_everything();
    let host = Host::builder(registry).build().expect("the host builds");
    let plugin = host.load("bench", &guest(times)).expect("the guest loads");
    let mut instance = plugin.instantiate(&grants).expect("the guest starts");
    let handle = instance.call("open", ("notes",)).expect("the store opens");
    (instance, handle)
}

fn natively(store: &Store, function: &str) {
    match function {
        "get" => {
            black_box(store.get(black_box(KEY)).expect("it is read"));
        }
        _ => store.set(black_box(KEY), black_box(VALUE), None).expect("it is written"),
    }
}

fn from_guest(instance: &mut Instance, handle: u64, function: &str) {
    let called: hostfn::Result<()> = match function {
        "get" => instance.call("run_kv_get", (handle, KEY)),
        _ => instance.call("run_kv_set", (handle, KEY, Bytes::new(VALUE), None::<u64>)),
    };
    called.unwrap_or_else(|error| panic!("{function}: {error}"));
}

fn measure(criterion: &mut Criterion, kind: &str) {
    let dir = tempfile::tempdir().expect("there is room");
    let stores = options(kind, dir.path()).open().expect("the store opens");
    let store = stores.get("notes").expect("it was named");
    store.set(KEY, VALUE, None).expect("it is written");
    for function in ["get", "set"] {
        let times = times(kind, function);
        let mut group = criterion.benchmark_group(format!("kv_{function}_{kind}"));
        group.throughput(Throughput::Elements(times.into())).sample_size(30);
        group.bench_function(BenchmarkId::from_parameter("native"), |b| {
            b.iter(|| (0..times).for_each(|_| natively(store, function)));
        });
        let (mut instance, handle) = instance(&stores, times);
        group.bench_function(BenchmarkId::from_parameter("guest"), |b| {
            b.iter(|| from_guest(&mut instance, handle, function));
        });
        group.finish();
    }
}

/// Microseconds per call, and half the width of their confidence interval, from what criterion has just written down.
fn median(kind: &str, function: &str, side: &str) -> Option<(f64, f64)> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "../target".into(), PathBuf::from);
    let group = target.join("criterion").join(format!("kv_{function}_{kind}"));
    let text = std::fs::read_to_string(group.join(side).join("new/estimates.json")).ok()?;
    let median = &serde_json::from_str::<serde_json::Value>(&text).ok()?["median"];
    let interval = &median["confidence_interval"];
    let micros = |value: &serde_json::Value| {
        value.as_f64().map(|nanos| nanos / 1_000.0 / f64::from(times(kind, function)))
    };
    let width = micros(&interval["upper_bound"])? - micros(&interval["lower_bound"])?;
    Some((micros(&median["point_estimate"])?, width / 2.0))
}

fn print_differences() {
    println!("\n{:<12} {:>12} {:>12} {:>12}", "us a call", "native", "guest", "boundary");
    for (function, kind) in ["get", "set"].into_iter().flat_map(|f| KINDS.map(|kind| (f, kind))) {
        let (Some((native, one)), Some((guest, other))) =
            (median(kind, function, "native"), median(kind, function, "guest"))
        else {
            continue;
        };
        let (added, within) = (guest - native, one + other);
        let verdict = match added {
            _ if within > MOST => "no telling: the disk varies by more",
            added if added <= MOST => "<= 0.5",
            _ => "OVER 0.5",
        };
        let name = format!("{function} {kind}");
        println!("{name:<12} {native:>12.3} {guest:>12.3} {added:>12.3} +- {within:.3} ({verdict})");
    }
}

fn main() {
    let mut criterion = Criterion::default().without_plots().configure_from_args();
    for kind in KINDS {
        measure(&mut criterion, kind);
    }
    criterion.final_summary();
    print_differences();
}
