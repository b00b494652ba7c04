//! The cost of a checked, serialised host call, beside careful hand-written glue on
//! wasmtime and rmp-serde: with `plugin_alloc` for every reply, and with a reply window.
//!
//! `cargo bench --bench calls` prints nanoseconds per call and the ratios.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use hostfn::abi::codec;
use hostfn::{Grants, Host, Instance, Registry, capabilities, host_fn};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wasmtime::{Caller, Engine, Linker, Memory, Module, Store, TypedFunc};

capabilities! {
    /// Everything that is measured.
    pub BENCH = "bench";
}

#[derive(Clone, Serialize, Deserialize)]
struct Person {
    name: String,
    street: String,
    city: String,
    country: String,
}

#[host_fn(capability = BENCH)]
fn add(a: u64, b: u64) -> u64 {
    a.wrapping_add(b)
}

#[host_fn(capability = none)]
fn add_ungated(a: u64, b: u64) -> u64 {
    a.wrapping_add(b)
}

#[host_fn(capability = BENCH)]
fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

#[host_fn(capability = BENCH)]
fn person(person: Person) -> Person {
    person
}

#[host_fn(capability = BENCH)]
fn bytes_in(data: &[u8]) -> usize {
    data.len()
}

#[host_fn(capability = BENCH)]
fn echo(data: &[u8]) -> &[u8] {
    data
}

/// Calls of the host function within one call of `run`.
const CALLS: u32 = 1_000;

const SIZE: usize = 64 << 10;

/// A guest that calls `import` over and over with the same arguments. Its allocator returns one and
/// the same block: the cheapest there can be.
fn guest(import: &str, args: &[u8], window: bool) -> Vec<u8> {
    let data: String = args.iter().map(|b| format!("\\{b:02x}")).collect();
    let set_window = if window { "(drop (call $w (i32.const 0x200000) (i32.const 0x100000)))" } else { "" };
    wat::parse_str(format!(
        r#"(module
            (import "host" "{import}" (func $f (param i32 i32) (result i64)))
            (import "host" "host_set_window" (func $w (param i32 i32) (result i32)))
            (memory (export "memory") 64)
            (data (i32.const 1024) "{data}")
            (func (export "plugin_alloc") (param i32) (result i32) i32.const 0x100000)
            (func (export "run") (param i32 i32) (result i64)
                (local $n i32)
                {set_window}
                (local.set $n (i32.const {CALLS}))
                (loop $again
                    (if (i32.wrap_i64 (call $f (i32.const 1024) (i32.const {len}))) (then unreachable))
                    (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                i64.const 0))"#,
        len = args.len(),
    ))
    .expect("the guest is valid")
}

/// `#[host_fn]`, as a plugin host uses it.
fn annotated(import: &str, args: &[u8]) -> Instance {
    let registry = Registry::collect().expect("the functions are sound");
    let host = Host::builder(registry).build().expect("the host builds");
    let plugin = host.load("bench", &guest(import, args, true)).expect("the guest loads");
    plugin.instantiate(&Grants::none().allow(&BENCH)).expect("the guest starts")
}

/// State of careful glue for a guest: its handles, and a buffer that is used again.
struct Kept {
    memory: Option<Memory>,
    alloc: Option<TypedFunc<u32, u32>>,
    scratch: Vec<u8>,
    window: (usize, usize),
}

struct ByHand {
    store: Store<Kept>,
    run: TypedFunc<(u32, u32), i64>,
}

type Glue = fn(Caller<'_, Kept>, u32, u32) -> wasmtime::Result<u64>;

fn by_hand(args: &[u8], window: bool, glue: Glue) -> ByHand {
    let engine = Engine::new(wasmtime::Config::new().epoch_interruption(true)).expect("the engine starts");
    let module = Module::new(&engine, guest("f", args, window)).expect("the guest compiles");
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "f", glue).expect("the name is free");
    linker
        .func_wrap("host", "host_set_window", |mut caller: Caller<'_, Kept>, ptr: u32, cap: u32| -> u32 {
            caller.data_mut().window = (ptr as usize, cap as usize);
            0
        })
        .expect("the name is free");
    let kept = Kept { memory: None, alloc: None, scratch: Vec::new(), window: (0, 0) };
    let mut store = Store::new(&engine, kept);
    store.set_epoch_deadline(1 << 40);
    let instance = linker.instantiate(&mut store, &module).expect("the guest starts");
    store.data_mut().memory = instance.get_memory(&mut store, "memory");
    store.data_mut().alloc = instance.get_typed_func(&mut store, "plugin_alloc").ok();
    let run = instance.get_typed_func(&mut store, "run").expect("the guest exports `run`");
    ByHand { store, run }
}

const OUT_OF_RANGE: u64 = 0xffff_fffd;

/// Decodes in place, encodes to a kept buffer, and copies that to a block of the guest's allocator.
macro_rules! glue_alloc {
    ($args:ty, $run:expr) => {
        |mut caller, ptr, len| {
            let memory = caller.data().memory.expect("the handle is kept");
            let (bytes, kept) = memory.data_and_store_mut(&mut caller);
            let Some(args) = bytes.get(ptr as usize..ptr as usize + len as usize) else {
                return Ok(OUT_OF_RANGE);
            };
            let Ok(args) = rmp_serde::from_slice::<$args>(args) else {
                return Ok(OUT_OF_RANGE);
            };
            kept.scratch.clear();
            let reply = ($run)(args);
            rmp_serde::encode::write_named(&mut kept.scratch, &reply)?;
            let len = u32::try_from(kept.scratch.len())?;
            let alloc = kept.alloc.take().expect("the handle is kept");
            let scratch = std::mem::take(&mut kept.scratch);
            let ptr = alloc.call(&mut caller, len)? as usize;
            caller.data_mut().alloc = Some(alloc);
            let (bytes, kept) = memory.data_and_store_mut(&mut caller);
            let Some(block) = bytes.get_mut(ptr..ptr + scratch.len()) else {
                return Ok(OUT_OF_RANGE);
            };
            block.copy_from_slice(&scratch);
            kept.scratch = scratch;
            Ok(u64::from(len) << 32)
        }
    };
}

/// Decodes in place and encodes straight into the window.
macro_rules! glue_window {
    ($args:ty, $run:expr) => {
        |mut caller, ptr, len| {
            let memory = caller.data().memory.expect("the handle is kept");
            let (bytes, kept) = memory.data_and_store_mut(&mut caller);
            let (start, cap) = kept.window;
            let (ptr, len) = (ptr as usize, len as usize);
            if ptr + len > start || start + cap > bytes.len() {
                return Ok(OUT_OF_RANGE);
            }
            let (low, high) = bytes.split_at_mut(start);
            let Ok(args) = rmp_serde::from_slice::<$args>(&low[ptr..ptr + len]) else {
                return Ok(OUT_OF_RANGE);
            };
            let reply = ($run)(args);
            let mut window = &mut high[..cap];
            rmp_serde::encode::write_named(&mut window, &reply)?;
            let written = cap - window.len();
            Ok((written as u64) << 32)
        }
    };
}

/// The engine's own crossing: two numbers in, one out, nothing encoded.
fn raw() -> ByHand {
    let engine = Engine::new(wasmtime::Config::new().epoch_interruption(true)).expect("the engine starts");
    let wat = format!(
        r#"(module
            (import "host" "f" (func $f (param i64 i64) (result i64)))
            (func (export "run") (param i32 i32) (result i64)
                (local $n i32)
                (local.set $n (i32.const {CALLS}))
                (loop $again
                    (if (i32.wrap_i64 (i64.shr_u (call $f (i64.const 5) (i64.const 7)) (i64.const 60)))
                        (then unreachable))
                    (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                i64.const 0))"#
    );
    let module = Module::new(&engine, wat::parse_str(wat).expect("the guest is valid")).expect("it compiles");
    let mut linker = Linker::new(&engine);
    let f = |_: Caller<'_, Kept>, a: u64, b: u64| add(a, b);
    linker.func_wrap("host", "f", f).expect("the name is free");
    let kept = Kept { memory: None, alloc: None, scratch: Vec::new(), window: (0, 0) };
    let mut store = Store::new(&engine, kept);
    store.set_epoch_deadline(1 << 40);
    let instance = linker.instantiate(&mut store, &module).expect("the guest starts");
    let run = instance.get_typed_func(&mut store, "run").expect("the guest exports `run`");
    ByHand { store, run }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Raw,
    Codec,
    Alloc,
    Window,
    Annotated,
    Ungated,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Side::Raw => "engine alone",
            Side::Codec => "decode, run, encode",
            Side::Alloc => "by hand, plugin_alloc",
            Side::Window => "by hand, window",
            Side::Annotated => "host_fn",
            Side::Ungated => "host_fn, always",
        }
    }
}

struct Workload {
    name: &'static str,
    args: Vec<u8>,
    alloc: Glue,
    window: Glue,
    /// Decoding, running and encoding alone, with hostfn's own codec.
    codec: fn(&[u8], &mut [u8]) -> usize,
    /// The upper bound of the ratio to each.
    most: [f64; 2],
}

fn natively<'a, A: Deserialize<'a>, R: Serialize>(
    args: &'a [u8],
    room: &mut [u8],
    run: impl Fn(A) -> R,
) -> usize {
    let args = codec::decode_args(args).expect("the arguments are sound");
    codec::to_slice(&run(args), room).expect("there is room")
}

type Bytes<'a> = &'a serde_bytes::Bytes;

fn workloads() -> Vec<Workload> {
    let person_value = Person {
        name: "Ada Lovelace".into(),
        street: "12 St James's Square".into(),
        city: "London".into(),
        country: "England".into(),
    };
    let data = serde_bytes::ByteBuf::from(vec![7; SIZE]);
    let args = |value: &dyn erased::Args| value.encode();
    vec![
        Workload {
            name: "add",
            args: args(&(5_u64, 7_u64)),
            alloc: glue_alloc!((u64, u64), |(a, b)| add(a, b)),
            window: glue_window!((u64, u64), |(a, b)| add(a, b)),
            codec: |a, room| natively(a, room, |(a, b)| add(a, b)),
            most: [0.65, 1.05],
        },
        Workload {
            name: "greet",
            args: args(&("sixteen letters!",)),
            alloc: glue_alloc!((&str,), |(name,)| greet(name)),
            window: glue_window!((&str,), |(name,)| greet(name)),
            codec: |a, room| natively(a, room, |(name,): (&str,)| greet(name)),
            most: [0.92, 1.05],
        },
        Workload {
            name: "person",
            args: args(&(person_value,)),
            alloc: glue_alloc!((Person,), |(p,)| person(p)),
            window: glue_window!((Person,), |(p,)| person(p)),
            codec: |a, room| natively(a, room, |(p,)| person(p)),
            most: [0.95, 1.05],
        },
        Workload {
            name: "bytes_in",
            args: args(&(&data,)),
            alloc: glue_alloc!((Bytes<'_>,), |(data,): (Bytes<'_>,)| bytes_in(data)),
            window: glue_window!((Bytes<'_>,), |(data,): (Bytes<'_>,)| bytes_in(data)),
            codec: |a, room| natively(a, room, |(data,): (&[u8],)| bytes_in(data)),
            most: [0.65, 1.05],
        },
        Workload {
            name: "echo",
            args: args(&(&data,)),
            alloc: glue_alloc!((Bytes<'_>,), |(data,)| data),
            window: glue_window!((Bytes<'_>,), |(data,)| data),
            codec: |a, room| {
                let (data,): (&[u8],) = codec::decode_args(a).expect("the arguments are sound");
                codec::to_slice(echo(data), room).expect("there is room")
            },
            most: [0.60, 1.05],
        },
    ]
}

mod erased {
    use super::codec;

    pub(crate) trait Args {
        fn encode(&self) -> Vec<u8>;
    }
    impl<T: serde::Serialize> Args for T {
        fn encode(&self) -> Vec<u8> {
            codec::to_vec(self).expect("the arguments can be encoded")
        }
    }
}

fn measure(criterion: &mut Criterion, workload: &Workload) {
    let mut group = criterion.benchmark_group(workload.name);
    group.throughput(Throughput::Elements(CALLS.into()));
    group
        .sample_size(30)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1500));
    let id = |side: Side| BenchmarkId::from_parameter(side.name());
    let mut room = vec![0; SIZE + 16];
    group.bench_function(id(Side::Codec), |b| {
        b.iter(|| {
            for _ in 0..CALLS {
                black_box((workload.codec)(black_box(&workload.args), black_box(&mut room)));
            }
        });
    });
    if workload.name == "add" {
        let mut raw = raw();
        group.bench_function(id(Side::Raw), |b| b.iter(|| raw.run.call(&mut raw.store, (0, 0))));
    }
    for (side, glue, window) in [(Side::Alloc, workload.alloc, false), (Side::Window, workload.window, true)]
    {
        let mut hand = by_hand(&workload.args, window, glue);
        group.bench_function(id(side), |b| b.iter(|| hand.run.call(&mut hand.store, (0, 0))));
    }
    for (side, import) in [(Side::Annotated, workload.name), (Side::Ungated, "add_ungated")] {
        if side == Side::Ungated && workload.name != "add" {
            continue;
        }
        let mut instance = annotated(import, &workload.args);
        group.bench_function(id(side), |b| b.iter(|| call::<()>(&mut instance)));
    }
    group.finish();
}

fn call<R: DeserializeOwned>(instance: &mut Instance) -> R {
    instance.call("run", ()).expect("it runs")
}

/// Nanoseconds per call, from what criterion has just written down.
fn median(workload: &str, side: Side) -> Option<f64> {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), std::path::PathBuf::from);
    let path = target.join("criterion").join(workload).join(side.name()).join("new/estimates.json");
    let estimates: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
    Some(estimates["median"]["point_estimate"].as_f64()? / f64::from(CALLS))
}

fn print_ratios(workloads: &[Workload]) {
    println!(
        "\n{:<10} {:>8} {:>12} {:>12} {:>9} | {:>14} {:>14} {:>9}",
        "ns a call", "codec", "hand, alloc", "hand, window", "host_fn", "to alloc", "to window", "boundary"
    );
    for workload in workloads {
        let of = |side| median(workload.name, side);
        let (Some(codec), Some(alloc), Some(window), Some(ours)) =
            (of(Side::Codec), of(Side::Alloc), of(Side::Window), of(Side::Annotated))
        else {
            continue;
        };
        let ratio = |to: f64, most: f64| {
            let ratio = ours / to;
            format!("{ratio:.2} ({}{most:.2})", if ratio <= most { "<= " } else { "OVER " })
        };
        println!(
            "{:<10} {codec:>8.1} {alloc:>12.1} {window:>12.1} {ours:>9.1} | {:>14} {:>14} {:>6.1} ns",
            workload.name,
            ratio(alloc, workload.most[0]),
            ratio(window, workload.most[1]),
            ours - codec,
        );
    }
    if let (Some(gated), Some(ungated)) = (median("add", Side::Annotated), median("add", Side::Ungated)) {
        println!("the capability check: {:.1} ns", gated - ungated);
    }
    if let Some(raw) = median("add", Side::Raw) {
        println!("the engine's own crossing, in every boundary above: {raw:.1} ns");
    }
}

fn main() {
    let workloads = workloads();
    let mut criterion = Criterion::default().without_plots().configure_from_args();
    for workload in &workloads {
        measure(&mut criterion, workload);
    }
    criterion.final_summary();
    print_ratios(&workloads);
}
