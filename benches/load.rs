//! The cost of loading a plugin of a mebibyte the first time, and from a cache of compiled modules.
//!
//! `cargo bench --bench load` prints milliseconds per load and the ratio.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::{BatchSize, Criterion, SamplingMode};
use hostfn::{Host, Plugin, Registry};

/// The least that a warm load has to be faster.
const LEAST: f64 = 20.0;

const SIZE: usize = 1 << 20;

/// A module of at least `SIZE` bytes, nearly all of it code: functions that loop, branch, read and
/// write memory and call each other, no two alike.
fn module() -> Vec<u8> {
    let mut functions = 4_000;
    loop {
        let wasm = module_of(functions);
        if wasm.len() >= SIZE {
            return wasm;
        }
        functions += functions / 8;
    }
}

fn module_of(functions: u32) -> Vec<u8> {
    let mut wat = String::from("(module (memory (export \"memory\") 16)\n");
    for i in 0..functions {
        let seed = i.wrapping_mul(2_654_435_761);
        let (a, b, c) = (seed >> 5, seed >> 11 | 1, seed >> 17);
        let (address, next) = (seed % 60_000, (i + 1) % functions);
        write!(
            wat,
            "(func $f{i} (param $n i32) (param $x i64) (result i64) (local $y i64) (local $at i32)
                (local.set $y (i64.const {a}))
                (block $done (loop $again
                    (br_if $done (i32.eqz (local.get $n)))
                    (local.set $at (i32.and (i32.add (local.get $n) (i32.const {address})) (i32.const 0xfff8)))
                    (local.set $x (i64.xor (i64.mul (local.get $x) (i64.const {b})) (i64.load (local.get $at))))
                    (if (i64.lt_u (local.get $x) (i64.const {seed}))
                        (then (local.set $y (i64.rotl (i64.add (local.get $y) (local.get $x)) (i64.const {c}))))
                        (else (local.set $y (i64.trunc_sat_f64_s (f64.sqrt (f64.convert_i64_u (local.get $y)))))))
                    (i64.store offset={a} (local.get $at) (i64.sub (local.get $x) (local.get $y)))
                    (i32.store8 (i32.const {address}) (i32.popcnt (i32.wrap_i64 (local.get $y))))
                    (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                    (br $again)))
                (if (result i64) (i64.eq (local.get $y) (i64.const {c}))
                    (then (call $f{next} (i32.const {c}) (local.get $x)))
                    (else (select (local.get $x) (local.get $y) (i32.lt_s (local.get $n) (local.get $at))))))\n"
        )
        .expect("there is memory");
    }
    wat += "(func (export \"run\") (param i32 i32) (result i64) (call $f0 (i32.const 9) (i64.const 9))))";
    wat::parse_str(wat).expect("the module is valid")
}

fn host(dir: &Path) -> Host {
    let registry = Registry::builder().build().expect("no functions are sound functions");
    Host::builder(registry).cache(dir).build().expect("the host builds")
}

/// Removes what is compiled, and not the key.
fn empty(dir: &Path) {
    for entry in std::fs::read_dir(dir).expect("the directory is there") {
        let path = entry.expect("it can be read").path();
        if !path.ends_with("key") {
            std::fs::remove_file(path).expect("it can be removed");
        }
    }
}

fn load(host: &Host, wasm: &[u8], cached: bool) -> Plugin {
    let plugin = host.load("bench", wasm).expect("the module loads");
    assert_eq!(plugin.from_cache(), cached);
    plugin
}

fn measure(criterion: &mut Criterion, wasm: &[u8]) {
    let dir = tempfile::tempdir().expect("a directory can be made");
    let host = host(dir.path());
    let mut group = criterion.benchmark_group("load");
    group.sampling_mode(SamplingMode::Flat).sample_size(10).measurement_time(Duration::from_secs(10));
    group.bench_function("cold", |b| {
        b.iter_batched(|| empty(dir.path()), |()| load(&host, wasm, false), BatchSize::PerIteration);
    });
    group.sample_size(50);
    // the first may find nothing, where the cold load was filtered out
    drop(host.load("bench", wasm));
    group.bench_function("warm", |b| b.iter(|| load(&host, wasm, true)));
    group.finish();
}

/// Milliseconds, from what criterion has just written down.
fn median(name: &str) -> Option<f64> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    let path = target.join("criterion/load").join(name).join("new/estimates.json");
    let estimates: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
    Some(estimates["median"]["point_estimate"].as_f64()? / 1e6)
}

fn main() {
    let wasm = module();
    let mut criterion = Criterion::default().without_plots().configure_from_args();
    measure(&mut criterion, &wasm);
    criterion.final_summary();
    if let (Some(cold), Some(warm)) = (median("cold"), median("warm")) {
        let ratio = cold / warm;
        let verdict = if ratio >= LEAST { ">=" } else { "UNDER" };
        println!("\na module of {} KiB: cold {cold:.1} ms, warm {warm:.2} ms", wasm.len() >> 10);
        println!("a warm load is {ratio:.0} times faster ({verdict} {LEAST:.0})");
    }
}
