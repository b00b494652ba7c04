//! Host calls in a loop, for instruction counts: `scripts/instructions.sh` runs it under callgrind with two counts and
//! divides the difference, so that loading and starting cancel out.
//!
//! `instructions ROW RUNS`: a row is a function and `window` or `alloc`, such as `greet-window`, or `call-none`,
//! `call-two`: calls from the host of an export that does nothing, without arguments and with two integers. A run is 1,000
//! calls. `start-map` and `start-pool` start instances, which map memory of their own or have a place in the host's pool.

use hostfn::abi::codec;
use hostfn::{Grants, Host, Registry, capabilities, host_fn};
use serde::{Deserialize, Serialize};

capabilities! {
    /// Everything that is counted.
    pub COUNT = "count";
}

#[derive(Serialize, Deserialize)]
struct Person {
    name: String,
    street: String,
    city: String,
    country: String,
}

#[host_fn(capability = COUNT)]
fn add(a: u64, b: u64) -> u64 {
    a.wrapping_add(b)
}

#[host_fn(capability = COUNT)]
fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

#[host_fn(capability = COUNT)]
fn person(person: Person) -> Person {
    person
}

#[host_fn(capability = COUNT)]
fn echo(data: &[u8]) -> &[u8] {
    data
}

/// As [`echo`], with bytes that the function owns.
#[host_fn(capability = COUNT)]
fn owned(data: Vec<u8>) -> Vec<u8> {
    data
}

/// The lines that were written.
#[derive(Default)]
struct Lines(u64);

#[host_fn(capability = COUNT)]
fn log(#[state] lines: &mut Lines, line: &str) {
    lines.0 += line.len() as u64;
}

/// Bytes of `echo` and `owned`.
const SIZE: usize = 1024;

fn encoded(value: &impl Serialize) -> Vec<u8> {
    codec::to_vec(value).expect("the arguments can be encoded")
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let [row, runs] = &args[..] else {
        println!("instructions ROW RUNS; see scripts/instructions.sh");
        return;
    };
    let (import, place) = row.split_once('-').expect("a row is FUNCTION-PLACE");
    let data = match import {
        "add" => encoded(&(5_u64, 7_u64)),
        "greet" | "log" => encoded(&("sixteen letters!",)),
        "person" => {
            let text = |text: &str| text.to_owned();
            encoded(&(Person {
                name: text("Ada Lovelace"),
                street: text("12 St James's Square"),
                city: text("London"),
                country: text("England"),
            },))
        }
        "echo" | "owned" => encoded(&(vec![7_u8; SIZE],)),
        "call" | "start" => Vec::new(),
        other => panic!("`{other}` is not a row"),
    };
    let bytes: String = data.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let window = "(drop (call $w (i32.const 0x200000) (i32.const 0x100000)))";
    let call = match import {
        "call" | "start" => String::new(),
        _ => format!(
            r"(if (i32.wrap_i64 (call $f (i32.const 1024) (i32.const {}))) (then unreachable))",
            data.len()
        ),
    };
    let function = if matches!(import, "call" | "start") { "add" } else { import };
    let guest = wat::parse_str(format!(
        r#"(module
            (import "host" "{function}" (func $f (param i32 i32) (result i64)))
            (import "host" "host_set_window" (func $w (param i32 i32) (result i32)))
            (memory (export "memory") 64)
            (data (i32.const 1024) "{bytes}")
            (func (export "plugin_alloc") (param i32) (result i32) i32.const 0x100000)
            (func (export "run") (param i32 i32) (result i64)
                (local $n i32)
                {window}
                (local.set $n (i32.const 1000))
                (loop $again
                    {call}
                    (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                i64.const 0)
            (func (export "nothing") (param i32 i32) (result i64) i64.const 0))"#,
        window = if place == "window" { window } else { "" },
    ))
    .expect("the guest is valid");
    let host = Host::builder(Registry::collect().expect("the functions are sound"))
        .state("lines", |_| Ok::<_, hostfn::Error>(Lines::default()));
    let host = if place == "pool" { host.pool(10) } else { host };
    let plugin = host.build().expect("the host builds").load("count", &guest).expect("the guest loads");
    let grants = Grants::none().allow(&COUNT);
    let start = || plugin.instantiate(&grants).expect("the guest starts");
    let mut instance = start();
    let nothing = instance.export("nothing").expect("the guest exports it");
    for _ in 0..runs.parse().expect("RUNS is a number") {
        match &row[..] {
            "call-none" => (0..1000).for_each(|_| nothing.call(&mut instance, ()).expect("the guest runs")),
            "call-two" => {
                (0..1000).for_each(|_| nothing.call(&mut instance, (5_u64, 7_u64)).expect("the guest runs"));
            }
            "start-map" | "start-pool" => (0..1000).for_each(|_| drop(start())),
            _ => instance.call("run", ()).expect("the guest runs"),
        }
    }
}
