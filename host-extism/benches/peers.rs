//! The cost of a call beside `extism::host_fn!`, in one run: `cargo bench --manifest-path host-extism/Cargo.toml`.
//!
//! Extism's allocator walks its blocks, and a guest of the Rust PDK frees none: a call costs more the more calls the
//! guest has made before. The rows have few calls for each call of the guest.

use std::time::Instant;

use extism::{Manifest, PluginBuilder, UserData, ValType, Wasm};
use hostfn::engine::Composition;
use hostfn::{Grants, Limits, Registry, host_fn};
use hostfn_extism::ExtismPlugin;

/// The same functions by Extism's macro.
mod plain {
    extism::host_fn!(pub greet(_data: (); name: String) -> String { Ok(format!("Hello, {name}!")) });
    extism::host_fn!(pub add(_data: (); a: u64, b: u64) -> u64 { Ok(a.wrapping_add(b)) });
    extism::host_fn!(pub flip(_data: (); data: Vec<u8>) -> Vec<u8> { let reversed: Vec<u8> = data.into_iter().rev().collect(); Ok(reversed) });
}

/// Greets someone.
#[host_fn(capability = none)]
fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

/// Adds two numbers.
#[host_fn(capability = none)]
fn add(a: u64, b: u64) -> u64 {
    a.wrapping_add(b)
}

/// Reverses bytes.
#[host_fn(capability = none)]
fn flip(data: &[u8]) -> serde_bytes::ByteBuf {
    data.iter().rev().copied().collect::<Vec<u8>>().into()
}

/// A guest whose export `NAME` calls the function so many times with blocks of this size.
fn guest() -> Vec<u8> {
    let calls = |name: &str, args: &str| {
        format!(
            "(func (export \"{name}\") (result i32) (local $n i64) (local $a i64)
               (local.set $n (i64.const {CALLS}))
               (loop $next
                 {args}
                 (br_if $next (i64.gt_s (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0))))
               (i32.const 0))"
        )
    };
    let block = |bytes: u32| format!("(local.set $a (call $alloc (i64.const {bytes})))");
    let text = format!(
        "(module
           (import \"extism:host/env\" \"alloc\" (func $alloc (param i64) (result i64)))
           (import \"extism:host/user\" \"greet\" (func $greet (param i64) (result i64)))
           (import \"extism:host/user\" \"add\" (func $add (param i64 i64) (result i64)))
           (import \"extism:host/user\" \"flip\" (func $flip (param i64) (result i64)))
           {} {} {} {})",
        calls("alone", &block(8)),
        calls("add", &format!("{} (drop (call $add (local.get $a) (local.get $a)))", block(8))),
        calls("greet", &format!("{} (drop (call $greet (local.get $a)))", block(16))),
        calls("flip", &format!("{} (drop (call $flip (local.get $a)))", block(65_536)))
    );
    wat::parse_str(text).unwrap()
}

const CALLS: u32 = 10;

/// Nanoseconds of a call: the best of many.
fn best(mut call: impl FnMut()) -> f64 {
    let rounds = (0..400).map(|_| {
        let start = Instant::now();
        call();
        start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
    });
    rounds.fold(f64::MAX, f64::min)
}

fn main() {
    let wasm = guest();
    let user = || UserData::new(());
    let mut plain = PluginBuilder::new(Manifest::new([Wasm::data(wasm.clone())]))
        .with_function("greet", [ValType::I64], [ValType::I64], user(), plain::greet)
        .with_function("add", [ValType::I64, ValType::I64], [ValType::I64], user(), plain::add)
        .with_function("flip", [ValType::I64], [ValType::I64], user(), plain::flip)
        .with_cache_disabled()
        .build()
        .unwrap();
    let composition =
        Composition::builder(Registry::collect().unwrap()).limits(Limits::default()).build().unwrap();
    let mut gated = ExtismPlugin::load(&composition, &wasm, &Grants::none()).unwrap();
    println!("ns per call, {CALLS} calls in one call of the guest, best of 400, three times in turn");
    for _ in 0..3 {
        for export in ["alone", "add", "greet", "flip"] {
            let by_extism = best(|| drop(plain.call::<&[u8], &[u8]>(export, b"").map(<[u8]>::len)));
            let by_hostfn = best(|| drop(gated.call(export, b"").unwrap()));
            println!(
                "{export:6} host_fn! {by_extism:9.0}  hostfn {by_hostfn:9.0}  {:.2} x",
                by_hostfn / by_extism
            );
        }
    }
}
