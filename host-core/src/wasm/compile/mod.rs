//! Code generation: by which compiler, and in which process.

mod child;
mod worker;

use wasmtime::{Config, Engine, Module};

pub use self::child::CompileChild;
pub(super) use self::child::Compilers;
pub use self::worker::compile_worker;
use super::reserve;
use super::stack::HOST_STACK;
use crate::link::Features;
use crate::policy::Limits;

/// The compiler that generates code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compiler {
    /// Generates fast code. What a function costs can be quadratic in its size; see
    /// [`LoadLimits`](crate::LoadLimits).
    #[default]
    Cranelift,
    /// Generates code in one pass, so that compiling takes nearly linear time, and the code is slower. It refuses tail
    /// calls, relaxed SIMD and typed function references, and supports fewer processors. Needs the cargo feature
    /// `winch`.
    #[cfg(feature = "winch")]
    Winch,
}

impl Compiler {
    pub(super) fn features(self) -> Features {
        match self {
            Compiler::Cranelift => Features::Host,
            #[cfg(feature = "winch")]
            Compiler::Winch => Features::Winch,
        }
    }
}

/// Settings that decide the compilation: a child process gets exactly these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    stack: u64,
    fuel: bool,
    compiler: Compiler,
    /// Address space of each memory, which decides whether code checks bounds.
    reserve: Option<u64>,
}

impl Settings {
    pub(super) fn new(limits: &Limits, compiler: Compiler, reserve: Option<u64>) -> Self {
        Settings { stack: limits.stack as u64, fuel: limits.fuel.is_some(), compiler, reserve }
    }

    /// An engine that compiles, and runs nothing.
    pub(super) fn engine(self) -> wasmtime::Result<Engine> {
        Engine::new(&self.config()?)
    }

    /// Returns what an engine is configured with; where its instances get their memory from does not change the code.
    pub(super) fn config(self) -> wasmtime::Result<Config> {
        let mut config = Config::new();
        let stack = usize::try_from(self.stack)?;
        // the limit of memory is one memory's
        config
            .epoch_interruption(true)
            .max_wasm_stack(stack)
            .async_stack_size(stack.saturating_add(HOST_STACK))
            .wasm_multi_memory(false)
            .consume_fuel(self.fuel);
        reserve::configure(&mut config, self.reserve);
        #[cfg(feature = "winch")]
        if self.compiler == Compiler::Winch {
            config.strategy(wasmtime::Strategy::Winch);
        }
        Ok(config)
    }

    /// The stack, whether fuel is metered, the compiler, the address space.
    fn to_bytes(self) -> [u8; 18] {
        let mut bytes = [0; 18];
        bytes[..8].copy_from_slice(&self.stack.to_le_bytes());
        bytes[8] = self.fuel.into();
        bytes[9] = match self.compiler {
            Compiler::Cranelift => 0,
            #[cfg(feature = "winch")]
            Compiler::Winch => 1,
        };
        bytes[10..].copy_from_slice(&self.reserve.unwrap_or(u64::MAX).to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: [u8; 18]) -> Option<Self> {
        let compiler = match bytes[9] {
            0 => Compiler::Cranelift,
            #[cfg(feature = "winch")]
            1 => Compiler::Winch,
            _ => return None,
        };
        let (stack, _) = bytes.split_first_chunk::<8>()?;
        let (_, reserve) = bytes.split_last_chunk::<8>()?;
        let reserve = Some(u64::from_le_bytes(*reserve)).filter(|bytes| *bytes != u64::MAX);
        Some(Settings { stack: u64::from_le_bytes(*stack), fuel: bytes[8] != 0, compiler, reserve })
    }
}

/// A compiled module, with its serialized form where that is known.
pub(super) struct Compiled {
    pub(super) module: Module,
    pub(super) code: Option<Vec<u8>>,
}
