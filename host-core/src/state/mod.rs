//! The states of an instance.

mod cancel;
mod cx;
mod init;
mod interrupt;
mod memory;
mod resource;
mod scope_value;
mod states;

pub use self::cancel::CancelToken;
pub use self::cx::StateCx;
pub(crate) use self::init::{Closer, StateInit, give_closers, state_problems};
pub use self::interrupt::Interrupt;
pub(crate) use self::interrupt::in_nanos;
pub use self::memory::{MemoryBudget, MemoryReservation, OutOfMemory};
pub use self::resource::{Resource, ResourceError, Resources};
pub use self::scope_value::{ScopeText, ScopeValue};
pub(crate) use self::states::BoxError;
pub use self::states::{Shared, StateRef, StateRefs, States};
