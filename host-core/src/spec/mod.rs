//! Declarations of a host, as data: capabilities, host functions, contracts, and the types that cross the wire.

mod capability;
mod contract;
mod declared;
mod function;
mod host_error;
mod location;
mod param;
mod requires;
pub(crate) mod shape;

pub use self::capability::{Capability, ScopeKind};
pub use self::contract::{ContractSpec, GuestError, GuestReply, HostArg, LinkedContract, MethodSpec};
pub(crate) use self::declared::Declared;
pub use self::declared::Origin;
pub use self::function::FnMetadata;
pub use self::host_error::{ErrorKind, HostError};
pub use self::location::SourceLocation;
pub use self::param::{
    ErrorShape, GuestArg, HostArgProbe, IntoReply, Param, ReplyParts, ReplyProbe, ReplyShape, StateSlots,
};
pub use self::requires::Requires;
pub use self::shape::{Body, Field, NilOption, Shape, TypeDef, TypeShape, Variant};
pub(crate) use self::shape::{HandleNumber, fits, handles_in, handles_in_def, short};
