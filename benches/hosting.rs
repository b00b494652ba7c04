//! The cost of hosting, beside costs that do not depend on it: building a host of many functions, making an
//! instance in it, and a healthy instance beside hostile ones.
//!
//! `cargo bench --bench hosting` prints nanoseconds and the ratios.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use criterion::Criterion;
use hostfn::{Grants, Host, HostFnSpec, Limits, Plugin, Registry};
use wasmtime::{Engine, InstancePre, Linker, Module, PoolingAllocationConfig, Store};

/// So many functions, all alike but for their names.
fn registry(functions: usize) -> Registry {
    let spec = |i: usize| -> &'static HostFnSpec {
        let name: &'static str = Box::leak(format!("f{i:05}").into_boxed_str());
        let spec = HostFnSpec::new("host", name, |call| {
            let mut call = call.authorize()?;
            let () = call.args::<()>()?;
            call.reply(&())
        });
        Box::leak(Box::new(spec.always_available()))
    };
    Registry::builder().add_all((0..functions).map(spec)).build().expect("the names differ")
}

fn host(registry: &Registry) -> Host {
    Host::builder(registry.clone()).build().expect("a host")
}

/// Imports one function and has exports to be called.
fn guest() -> Vec<u8> {
    wat::parse_str(
        r#"(module
            (import "host" "f00000" (func $f (param i32 i32) (result i64)))
            (memory (export "memory") 1)
            (func (export "run") (param i32 i32) (result i64) (call $f (i32.const 0) (i32.const 0)))
            (func (export "empty") (param i32 i32) (result i64) (i64.const 0))
            (func (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
            (func (export "spin") (param i32 i32) (result i64) (loop $l (br $l)) (i64.const 0)))"#,
    )
    .expect("the guest is valid WAT")
}

fn plugin(host: &Host) -> Plugin {
    host.load("bench", &guest()).expect("it links")
}

/// Returns what an engine makes instances of, with nothing around it.
fn bare(pool: bool) -> InstancePre<()> {
    let mut config = wasmtime::Config::new();
    config.epoch_interruption(true);
    if pool {
        config.allocation_strategy(PoolingAllocationConfig::new());
    }
    let engine = Engine::new(&config).expect("the engine starts");
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "f00000", |_: u32, _: u32| 0_i64).expect("the name is free");
    let module = Module::new(&engine, guest()).expect("the guest compiles");
    linker.instantiate_pre(&module).expect("it links")
}

/// The median of what was measured by the benchmark of this name.
fn median(group: &str, name: &str) -> f64 {
    let path = format!("{}/criterion/{group}/{name}/new/estimates.json", target());
    let text = std::fs::read_to_string(path).expect("criterion has written its estimates");
    let estimates: serde_json::Value = serde_json::from_str(&text).expect("they are JSON");
    estimates["median"]["point_estimate"].as_f64().expect("there is a median")
}

fn target() -> String {
    std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| format!("{}/target", env!("CARGO_MANIFEST_DIR")))
}

fn build(c: &mut Criterion) {
    let mut group = c.benchmark_group("build");
    for functions in [10, 1_000, 10_000] {
        let registry = registry(functions);
        group.bench_function(functions.to_string(), |b| b.iter(|| black_box(host(&registry))));
    }
    group.finish();
    let [some, many] = [1_000, 10_000].map(|functions| median("build", &functions.to_string()));
    println!("a host of 10,000 functions takes {:.1} times as long to build as one of 1,000", many / some);
}

fn instantiate(c: &mut Criterion) {
    let mut group = c.benchmark_group("instantiate");
    for pool in [false, true] {
        let kind = if pool { "pool" } else { "map" };
        let pre = bare(pool);
        group.bench_function(format!("{kind} engine"), |b| {
            b.iter(|| {
                let mut store = Store::new(pre.module().engine(), ());
                store.set_epoch_deadline(1 << 40);
                pre.instantiate(&mut store).map(|_| store)
            });
        });
        for functions in [10, 10_000] {
            let host = Host::builder(registry(functions));
            let host = if pool { host.pool(100) } else { host };
            let plugin = plugin(&host.build().expect("a host"));
            let grants = Grants::none();
            group.bench_function(format!("{kind} {functions}"), |b| b.iter(|| plugin.instantiate(&grants)));
        }
    }
    group.finish();
    for kind in ["map", "pool"] {
        let [engine, few, many] =
            ["engine", "10", "10000"].map(|what| median("instantiate", &format!("{kind} {what}")));
        println!(
            "{kind}: an instance takes {few:.0} ns, {:.2} times as long as the engine's; in a host of 10,000 functions \
             {:.2} times as long as in one of 10",
            few / engine,
            many / few
        );
    }
}

fn call(c: &mut Criterion) {
    let plugin = plugin(&host(&registry(10)));
    let grants = Grants::none();
    let mut group = c.benchmark_group("call");
    let mut blocking = plugin.instantiate(&grants).expect("it starts");
    group.bench_function("blocking", |b| b.iter(|| blocking.call::<_, ()>("run", ())));
    let mut waiting = pollster::block_on(plugin.instantiate_async(&grants)).expect("it starts");
    group.bench_function("waiting", |b| {
        b.iter(|| pollster::block_on(waiting.call_async::<_, ()>("run", ())));
    });
    group.finish();
    compare(c);
    println!("a call of an instance that can wait takes {:.1} times as long", {
        median("call", "waiting") / median("call", "blocking")
    });
}

/// Measures the cost of a call of an empty export beyond the engine's own typed call.
fn compare(c: &mut Criterion) {
    let plugin = plugin(&host(&registry(10)));
    let mut instance = plugin.instantiate(&Grants::none()).expect("it starts");
    let empty = instance.export("empty").expect("the guest exports it");
    let mut group = c.benchmark_group("export");
    group.bench_function("name", |b| b.iter(|| instance.call::<_, ()>("empty", ())));
    group.bench_function("none", |b| b.iter(|| empty.call::<_, ()>(&mut instance, ())));
    group.bench_function("two", |b| b.iter(|| empty.call::<_, ()>(&mut instance, black_box((5_u64, 7_u64)))));
    let engine = Engine::new(wasmtime::Config::new().epoch_interruption(true)).expect("the engine starts");
    let wat = r#"(module (func (export "empty") (param i32 i32) (result i64) (i64.const 0)))"#;
    let module = Module::new(&engine, wat::parse_str(wat).expect("it is valid WAT")).expect("it compiles");
    let mut store = Store::new(&engine, ());
    store.set_epoch_deadline(1 << 40);
    let typed = wasmtime::Instance::new(&mut store, &module, &[]).expect("it starts");
    let typed = typed.get_typed_func::<(u32, u32), i64>(&mut store, "empty").expect("the guest exports it");
    group.bench_function("engine", |b| b.iter(|| typed.call(&mut store, black_box((0, 0)))));
    group.finish();
    let [none, two, engine] = ["none", "two", "engine"].map(|name| median("export", name));
    println!(
        "a call of an empty export takes {:.0} ns beyond the engine's {engine:.0} ns, with two integers {:.0} ns",
        none - engine,
        two - engine
    );
}

/// The median of a healthy instance's calls, alone and beside one that does nothing but loop until it is
/// stopped, over and over.
fn neighbours(_: &mut Criterion) {
    let mut limits = Limits::default();
    limits.time = Duration::from_millis(20);
    let host = Host::builder(registry(10)).limits(limits).build().expect("a host");
    let plugin = plugin(&host);
    let grants = Grants::none();
    let mut healthy = plugin.instantiate(&grants).expect("it starts");
    let mut measure = || {
        let mut times: Vec<u128> = (0..20_000)
            .map(|_| {
                let since = Instant::now();
                healthy.call::<_, ()>("run", ()).expect("it answers");
                since.elapsed().as_nanos()
            })
            .collect();
        times.sort_unstable();
        times[times.len() / 2]
    };
    let alone = measure();
    let done = AtomicBool::new(false);
    let beside = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let mut hostile = plugin.instantiate(&grants).expect("it starts");
                hostile.call::<_, ()>("spin", ()).expect_err("it never ends");
            }
        });
        let beside = measure();
        done.store(true, Ordering::Relaxed);
        beside
    });
    println!("a healthy call: {alone} ns alone, {beside} ns beside a hostile instance");
}

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    build(&mut criterion);
    instantiate(&mut criterion);
    call(&mut criterion);
    neighbours(&mut criterion);
    criterion.final_summary();
}
