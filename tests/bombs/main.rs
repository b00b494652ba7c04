//! Modules that are made to exhaust their compiler, each loaded in a process with hard limits.
//!
//! It has a `main` of its own: the program starts itself, as a bomb's victim and as a compiler.

mod child;
mod limits;
mod module;
mod shapes;

use std::process::{Command, ExitCode};

use hostfn::{Host, Limits, Registry};
use shapes::{Expected, HEAVY, SHAPES, Shape};

/// The first argument of a process that loads a bomb.
const VICTIM: &str = "victim";

/// Bytes of address space and seconds of processor time that a victim has: the bound that is documented is 1 GiB and
/// about a minute; the program and its libraries need the rest.
const MEMORY: u64 = (1 << 30) + (512 << 20);
const SECONDS: u64 = 60;

fn main() -> ExitCode {
    hostfn::wasm::compile_worker();
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [first, name] = &args[..]
        && first == VICTIM
    {
        return victim(name);
    }
    let filter = args.iter().find(|arg| !arg.starts_with('-')).map_or("", String::as_str);
    let mut tests: Vec<(String, Box<dyn Fn()>)> = Vec::new();
    for shape in SHAPES {
        tests.push((format!("bombs::{}", shape.name), Box::new(|| defused(shape))));
    }
    // `scripts/bombs.sh`: what takes minutes in a debug build
    if std::env::var_os("HOSTFN_HEAVY_BOMBS").is_some() {
        for shape in HEAVY {
            tests.push((format!("heavy::{}", shape.name), Box::new(|| defused(shape))));
        }
    }
    for (name, test) in limits::TESTS.iter().chain(child::TESTS) {
        tests.push(((*name).to_owned(), Box::new(*test)));
    }
    let mut failed = 0;
    for (name, test) in tests.iter().filter(|(name, _)| name.contains(filter)) {
        let began = std::time::Instant::now();
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(test));
        let verdict = if done.is_ok() { "ok" } else { "FAILED" };
        failed += usize::from(done.is_err());
        println!("test {name} ... {verdict} ({} ms)", began.elapsed().as_millis());
    }
    ExitCode::from(u8::from(failed > 0))
}

fn host(limits: Limits) -> Host {
    Host::builder(Registry::builder().build().unwrap()).limits(limits).build().unwrap()
}

/// Loads one bomb, under limits that end this process, and says what became of it.
fn victim(name: &str) -> ExitCode {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let set = |resource, limit| {
        setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) }).unwrap();
    };
    set(Resource::As, MEMORY);
    set(Resource::Cpu, SECONDS);
    set(Resource::Core, 0);
    let began = std::time::Instant::now();
    let shape = SHAPES.iter().chain(HEAVY).find(|shape| shape.name == name).unwrap();
    let host = host(Limits::default());
    let wasm = (shape.build)();
    match host.load(name, &wasm) {
        Ok(_) => println!("loaded"),
        Err(error) => println!("{error}"),
    }
    let peak = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = peak.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    eprintln!("{} bytes, {:.1?}, {peak}", wasm.len(), began.elapsed());
    ExitCode::SUCCESS
}

fn defused(shape: &Shape) {
    let mut victim = Command::new(std::env::current_exe().unwrap());
    let ended = victim.args([VICTIM, shape.name]).output().unwrap();
    let said = String::from_utf8(ended.stdout).unwrap();
    let log = String::from_utf8_lossy(&ended.stderr);
    if shape.name.starts_with("most_") {
        println!("{}: {}", shape.name, log.trim());
    }
    assert!(ended.status.success(), "{}: {} {log}", shape.name, ended.status);
    match shape.expected {
        Expected::Loaded => assert_eq!(said, "loaded\n"),
        Expected::Refused(metric) => {
            let named = said.lines().any(|line| line.starts_with("H0340 ") && line.contains(metric.text()));
            assert!(named, "{}: {said}", shape.name);
            assert!(said.lines().count() <= 64 && said.len() < 64 << 10, "{}: {}", shape.name, said.len());
        }
    }
}
