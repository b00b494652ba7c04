//! The cost of `fs_read` of 64 KiB from a guest, beside the same call made natively.
//!
//! `cargo bench -p hostfn-modules --bench fs` prints microseconds per call, medians of rounds that take turns, and what
//! the boundary adds: a crossing, and a copy of the file into the guest's memory.

use std::hint::black_box;
use std::time::Instant;

use hostfn::scope::ScopeKind;
use hostfn::{CancelToken, Host, Interrupt, MemoryBudget, Registry, Scope};
use hostfn_modules::fs::{Files, fs_read, module};

const ROUNDS: usize = 101;
const CALLS: u32 = 200;

/// A guest that calls `fs_read` over and over with the arguments that it is given, and has a window for the reply.
fn guest() -> Vec<u8> {
    wat::parse_str(format!(
        r#"(module
            (import "host" "fs_read" (func $fs_read (param i32 i32) (result i64)))
            (import "host" "host_set_window" (func $window (param i32 i32) (result i32)))
            (memory (export "memory") 8)
            (func (export "plugin_alloc") (param i32) (result i32) i32.const 0x10000)
            (func (export "run") (param $ptr i32) (param $len i32) (result i64) (local $n i32)
                (drop (call $window (i32.const 0x20000) (i32.const 0x20000)))
                (local.set $n (i32.const {CALLS}))
                (loop $again
                    (if (i32.wrap_i64 (call $fs_read (local.get $ptr) (local.get $len))) (then unreachable))
                    (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                i64.const 0))"#
    ))
    .expect("the guest is valid")
}

fn main() {
    let dir = tempfile::tempdir().expect("there is room");
    let path = dir.path().join("file");
    std::fs::write(&path, vec![b'x'; 64 << 10]).expect("it is written");
    let path = path.to_str().expect("a path in Unicode");
    let pattern = format!("{}/**", dir.path().display());

    let registry = Registry::builder().module(module()).build().expect("the module is sound");
    let grants = registry.read_grants(&format!("\"fs.read\" = {{ allow = [\"{pattern}\"] }}"));
    let host = Host::builder(registry).build().expect("the host builds");
    let plugin = host.load("bench", &guest()).expect("the guest loads");
    let mut instance = plugin.instantiate(&grants.expect("they are grants")).expect("the guest starts");

    let grant = Scope::new(ScopeKind::Path, &[&pattern], &[]).expect("it is a pattern");
    let files = Files::new(module(), &MemoryBudget::new(64 << 20), &Interrupt::new(&CancelToken::new()));
    let mut natively = || {
        for _ in 0..CALLS {
            black_box(fs_read(&files, &grant, black_box(path)).expect("it is read"));
        }
    };
    let mut copied = vec![0_u8; 64 << 10];
    let source = vec![b'x'; 64 << 10];
    let mut copy = || {
        for _ in 0..CALLS {
            black_box(&mut copied).copy_from_slice(black_box(&source));
        }
    };
    let mut from_guest = || instance.call::<_, ()>("run", (path,)).expect("it is read");

    let mut rounds: [Vec<f64>; 3] = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        rounds[0].push(micros(&mut natively));
        rounds[1].push(micros(&mut from_guest));
        rounds[2].push(micros(&mut copy));
    }
    let [native, guest, copy] = rounds.map(|mut round| {
        round.sort_by(f64::total_cmp);
        round[round.len() / 2]
    });
    println!("{:>10} {:>10} {:>10} {:>22}", "native", "guest", "boundary", "of that, one copy");
    println!("{native:>10.3} {guest:>10.3} {:>10.3} {copy:>22.3}  us a call", guest - native);
}

fn micros(call: &mut impl FnMut()) -> f64 {
    let begun = Instant::now();
    call();
    begun.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS)
}
