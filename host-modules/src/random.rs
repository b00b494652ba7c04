//! Random bytes, of the operating system's making.
//!
//! ```
//! use hostfn::Registry;
//! use hostfn_modules::random;
//!
//! let registry = Registry::builder().module(random::module()).build()?;
//! assert_eq!(registry.len(), 2);
//! # Ok::<(), hostfn::Error>(())
//! ```
//!
//! Grants: `"random.read" = true`.

use std::convert::Infallible;

use hostfn::state::OutOfMemory;
use hostfn::{HostError, HostFn, HostModule, Interrupt, MemoryBudget, capabilities, host_fn};
use serde_bytes::ByteBuf;

capabilities! {
    /// Generate cryptographically secure random numbers.
    pub RANDOM_READ = "random.read";
}

/// The module, with the operating system's source.
pub fn module() -> Random {
    Random { seed: None }
}

/// The module's options.
#[derive(Clone, Copy, Debug)]
#[must_use = "a registry takes it: `Registry::builder().module(random::module())`"]
pub struct Random {
    seed: Option<u64>,
}

impl Random {
    /// For tests: every instance draws the same numbers, which anybody can foresee.
    pub fn seeded(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }
}

impl From<Random> for HostModule {
    fn from(Random { seed }: Random) -> HostModule {
        HostModule::new("random").functions([random_bytes::SPEC, random_u64::SPEC]).state(
            "random",
            move |cx| {
                let generator = seed.map(fastrand::Rng::with_seed);
                let (memory, interrupt) = (cx.memory().clone(), cx.interrupt().clone());
                Ok::<_, Infallible>(Source { generator, memory, interrupt })
            },
        )
    }
}

/// The source of an instance's random numbers.
#[derive(Debug)]
pub struct Source {
    /// In place of the operating system, for tests.
    generator: Option<fastrand::Rng>,
    memory: MemoryBudget,
    interrupt: Interrupt,
}

/// Bytes between two looks at the guest's time.
const CHUNK: usize = 64 << 10;

impl Source {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomError> {
        for chunk in bytes.chunks_mut(CHUNK) {
            if self.interrupt.is_raised() {
                return Err(RandomError::Interrupted);
            }
            match &mut self.generator {
                Some(generator) => generator.fill(chunk),
                None => getrandom::fill(chunk).map_err(|_| RandomError::Unavailable)?,
            }
        }
        Ok(())
    }
}

/// The reason there are no random numbers.
#[derive(Debug, thiserror::Error, HostError)]
pub enum RandomError {
    /// The operating system has none to give.
    #[error("the operating system cannot provide random numbers")]
    Unavailable,
    /// The guest's time was up, or its instance was told to end, before there were as many.
    #[error("the guest's time is up")]
    #[status(quota_exceeded)]
    Interrupted,
    /// The instance's memory is used up.
    #[error(transparent)]
    #[status(transparent)]
    OutOfMemory(#[from] OutOfMemory),
}

/// So many random bytes.
#[host_fn(capability = RANDOM_READ, collect = false)]
pub fn random_bytes(#[state] source: &mut Source, count: u32) -> Result<ByteBuf, RandomError> {
    let _held = source.memory.take(count as usize)?;
    let mut bytes = vec![0; count as usize];
    source.fill(&mut bytes)?;
    Ok(ByteBuf::from(bytes))
}

/// A random number, each as likely as any other.
#[host_fn(capability = RANDOM_READ, collect = false)]
pub fn random_u64(#[state] source: &mut Source) -> Result<u64, RandomError> {
    let mut bytes = [0; 8];
    source.fill(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}
