//! Whatever a guest names and passes, a native function gets the arguments of its signature or is not called, and what
//! it returns is what comes back.

#![no_main]

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use hostfn_modules::ffi::{self, Scalar};
use hostfn::abi::{ErrorReply, codec};
use hostfn::testing::MockHost;
use hostfn::{Registry, Status};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

#[derive(Debug, Arbitrary)]
enum Step {
    /// A function of the library is called.
    Call { function: u8, args: Vec<Number> },
    /// A function of this name is.
    Named { symbol: String, args: Vec<Number> },
    /// Symbols are looked for.
    Symbols(Vec<String>),
    /// A library is loaded.
    Load(String),
    /// A function of the module gets these bytes for arguments.
    Raw { function: u8, args: Vec<u8> },
    /// A host declares a function of the library, by any name and signature, that is never called.
    Declare { symbol: String, signature: String },
}

#[derive(Clone, Copy, Debug, Arbitrary)]
enum Number {
    I32(i32),
    I64(i64),
    U32(u32),
    U64(u64),
    F32(u32),
    F64(u64),
}

impl Number {
    fn scalar(self) -> Scalar {
        match self {
            Number::I32(value) => Scalar::I32(value),
            Number::I64(value) => Scalar::I64(value),
            Number::U32(value) => Scalar::U32(value),
            Number::U64(value) => Scalar::U64(value),
            Number::F32(bits) => Scalar::F32(f32::from_bits(bits)),
            Number::F64(bits) => Scalar::F64(f64::from_bits(bits)),
        }
    }
}

/// The types, as Rust and as C name them.
const KINDS: [(&str, &str); 6] = [
    ("i32", "int32_t"),
    ("i64", "int64_t"),
    ("u32", "uint32_t"),
    ("u64", "uint64_t"),
    ("f32", "float"),
    ("f64", "double"),
];

fn kind(scalar: &Scalar) -> usize {
    match scalar {
        Scalar::I32(_) => 0,
        Scalar::I64(_) => 1,
        Scalar::U32(_) => 2,
        Scalar::U64(_) => 3,
        Scalar::F32(_) => 4,
        Scalar::F64(_) => 5,
    }
}

/// The bits of a number, as the library sees them.
fn bits(scalar: &Scalar) -> u64 {
    match *scalar {
        Scalar::I32(value) => value.cast_unsigned().into(),
        Scalar::I64(value) => value.cast_unsigned(),
        Scalar::U32(value) => value.into(),
        Scalar::U64(value) => value,
        Scalar::F32(value) => value.to_bits().into(),
        Scalar::F64(value) => value.to_bits(),
    }
}

/// A function of the library: what it takes, and what it returns, which is a mix of all bits that it got.
struct Function {
    params: Vec<usize>,
    reply: usize,
}

impl Function {
    /// As many as there are numbers of one byte, with every number of parameters and every type at every place.
    fn nth(n: u8) -> Self {
        let mut state = u32::from(n).wrapping_mul(0x9e37_79b9) ^ 0x5bd1_e995;
        let mut next = |below: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as usize % below
        };
        Self { params: (0..usize::from(n) % 9).map(|_| next(6)).collect(), reply: next(6) }
    }

    fn signature(&self) -> String {
        let params: Vec<_> = self.params.iter().map(|&kind| KINDS[kind].0).collect();
        format!("({}) -> {}", params.join(", "), KINDS[self.reply].0)
    }

    fn source(&self, n: u8) -> String {
        let reply = KINDS[self.reply].1;
        let params = self.params.iter().enumerate().map(|(i, &kind)| format!("{} p{i}", KINDS[kind].1));
        let params = params.collect::<Vec<_>>().join(", ");
        let params = if params.is_empty() { "void".to_owned() } else { params };
        let mut source = format!("{reply} f{n}({params}) {{ uint64_t mix = {n}, bits; {reply} reply;\n");
        for i in 0..self.params.len() {
            writeln!(source, "bits = 0; memcpy(&bits, &p{i}, sizeof p{i}); mix = mix * 31 + bits;").unwrap();
        }
        source + "memcpy(&reply, &mix, sizeof reply); return reply; }\n"
    }

    /// The bits of what it returns; `None` for arguments that are not of its types.
    fn answer(&self, n: u8, args: &[Scalar]) -> Option<u64> {
        let mix = |mix: u64, arg| mix.wrapping_mul(31).wrapping_add(bits(arg));
        let mixed = args.iter().fold(u64::from(n), mix);
        let narrow = matches!(KINDS[self.reply].0, "i32" | "u32" | "f32");
        let mixed = if narrow { mixed & u64::from(u32::MAX) } else { mixed };
        args.iter().map(kind).eq(self.params.iter().copied()).then_some(mixed)
    }
}

/// So many functions that the compiler is not kept busy.
const FUNCTIONS: u8 = 128;

struct World {
    _dir: TempDir,
    library: PathBuf,
    host: MockHost,
    handle: u64,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let (source, library) = (dir.path().join("mix.c"), dir.path().join("mix.so"));
    let functions: String = (0..FUNCTIONS).map(|n| Function::nth(n).source(n)).collect();
    fs::write(&source, format!("#include <stdint.h>\n#include <string.h>\n{functions}")).unwrap();
    let cc = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let status = Command::new(cc).args(["-O1", "-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status();
    assert!(status.unwrap().success());
    let library = library.canonicalize().unwrap();
    let declare = |ffi: ffi::Ffi, n: u8| {
        // SAFETY: it was just compiled of this signature, and takes every value on any thread
        unsafe { ffi.function(&library, format!("f{n}"), Function::nth(n).signature()) }
    };
    let module = (0..FUNCTIONS).fold(ffi::module().max_open(usize::MAX), declare);
    let host = MockHost::new(Registry::builder().module(module).build().unwrap()).unwrap();
    let handle = host.call("host", "ffi_load", (library.to_str().unwrap(),)).unwrap();
    World { _dir: dir, library, host, handle }
});

/// The bits that come back; the code of the error, if none do.
fn call(symbol: &str, args: &[Scalar]) -> Result<u64, String> {
    let World { host, handle, .. } = &*WORLD;
    let args = codec::to_vec(&(handle, symbol, args)).unwrap();
    let (status, reply) = host.call_bytes("host", "ffi_call", &args);
    if status.is_ok() {
        // a NaN is compared by its bits
        let reply = codec::decode::<Option<Scalar>>(&reply).unwrap();
        return Ok(bits(&reply.expect("each of them returns something")));
    }
    assert_ne!(status, Status::INTERNAL);
    Err(codec::decode::<ErrorReply>(&reply).map(|reply| reply.code).unwrap_or_default())
}

fn step(step: Step) {
    let World { host, handle, library, .. } = &*WORLD;
    match step {
        Step::Call { function, args } => {
            let n = function % FUNCTIONS;
            let function = Function::nth(n);
            // of the types that it takes, as often as not
            let args: Vec<_> = args.into_iter().map(Number::scalar).collect();
            let answer = call(&format!("f{n}"), &args);
            match function.answer(n, &args) {
                Some(expected) => assert_eq!(answer, Ok(expected)),
                None => assert_eq!(answer, Err("wrong_arguments".to_owned())),
            }
            let fitting: Vec<_> = function.params.iter().zip(args.iter().cycle()).map(of_kind).collect();
            if fitting.len() == function.params.len() {
                assert_eq!(call(&format!("f{n}"), &fitting).ok(), function.answer(n, &fitting));
            }
        }
        Step::Named { symbol, args } => {
            let args: Vec<_> = args.into_iter().map(Number::scalar).collect();
            let declared = (0..FUNCTIONS).any(|n| format!("f{n}") == symbol);
            if !declared {
                assert_eq!(call(&symbol, &args), Err("not_declared".to_owned()));
            }
        }
        Step::Symbols(names) => {
            let found: Vec<String> = host.call("host", "ffi_symbols", (handle, &names)).unwrap_or_default();
            assert!(found.iter().all(|name| names.contains(name)));
        }
        Step::Load(path) => {
            let loaded = host.call::<_, u64>("host", "ffi_load", (&path,));
            assert!(loaded.is_err() || fs::canonicalize(path).unwrap() == *library);
            loaded.map(|handle| host.call::<_, ()>("host", "ffi_close", (handle,)).unwrap()).ok();
        }
        Step::Raw { function, args } => {
            let name = ["ffi_load", "ffi_symbols", "ffi_call", "ffi_close"][usize::from(function) % 4];
            assert_ne!(host.call_bytes("host", name, &args).0, Status::INTERNAL);
        }
        Step::Declare { symbol, signature } => {
            // SAFETY: it is never called
            let module = unsafe { ffi::module().function(library, symbol, signature) };
            drop(Registry::builder().module(module).build());
        }
    }
}

/// A number of this kind, of the bits of that one.
fn of_kind((&kind, from): (&usize, &Scalar)) -> Scalar {
    let bits = bits(from);
    let low = u32::try_from(bits & u64::from(u32::MAX)).unwrap();
    match kind {
        0 => Scalar::I32(low.cast_signed()),
        1 => Scalar::I64(bits.cast_signed()),
        2 => Scalar::U32(low),
        3 => Scalar::U64(bits),
        4 => Scalar::F32(f32::from_bits(low)),
        _ => Scalar::F64(f64::from_bits(bits)),
    }
}

fuzz_target!(|steps: Vec<Step>| {
    steps.into_iter().for_each(step);
    WORLD.host.take_calls();
});
