//! Specs, capabilities, grants, registry, listing and the call path of `hostfn`. Use the facade,
//! `hostfn`; its documentation is the manual.

mod access;
mod call;
mod caller;
mod cancel;
mod capability;
pub mod cli;
mod contract;
mod document;
mod drift;
mod error;
mod files;
mod grants;
mod host_error;
mod interrupt;
mod limits;
pub mod link;
mod listing;
mod log_value;
mod manifest;
mod memory;
mod module;
mod nesting;
mod observer;
mod observers;
mod param;
mod place;
mod problems;
mod registry;
mod report;
mod requires;
mod resource;
mod returned;
mod scope;
mod shape;
mod spec;
mod state;
pub mod testing;
mod untrusted;
mod usable;
#[cfg(feature = "wasm")]
mod wasm;

pub use access::{Access, Gate};
pub use call::{
    Authorized, Call, CallFn, Env, Failed, Fault, Finished, Incoming, Later, LaterFn, Placed, Reply,
    ScopeText, ScopeValue, Spill, Task,
};
pub use caller::Caller;
pub use cancel::CancelToken;
pub use cap_std;
pub use capability::{Capability, ScopeKind};
pub use contract::{
    Callee, ContractSpec, Expected, GuestContract, GuestError, LinkedContract, MethodSpec, Passed,
    PlainReply, Received, check_exports, missing_entries,
};
pub use drift::FunctionRecord;
pub use error::{Code, Error, Limit, Problem, ProblemList, Problems, Result, SetBy};
pub use files::{open_regular_file, read_file, read_text_file};
pub use grants::Grants;
pub use host_error::{ErrorKind, HostError};
pub use hostfn_abi::{ErrorReply, LogLevel, Status, Value};
pub use interrupt::Interrupt;
pub use inventory;
pub use limits::{AskedLimits, Limits};
pub use link::{LoadLimits, Metric};
pub use listing::{
    CapabilityRow, Change, Class, ContractRow, Diff, ErrorKindRow, ErrorRow, FunctionRow, Item, Listing,
    MethodRow, ParamRow, UnknownClass, UnregisteredRow,
};
pub use log_value::LogValue;
pub use manifest::{Manifest, ManifestExport};
pub use memory::{Held, MemoryBudget, OutOfMemory};
pub use module::Module;
pub use nesting::toml_too_deep;
pub use observer::{Decision, Ended, Event, HostCall, Observer, Observers, Phase, Scene, Span, Watch, What};
#[cfg(feature = "tracing")]
pub use observers::TracingObserver;
pub use observers::{AuditFile, AuditOptions, Learner, Record, Recorder};
pub use param::{Answer, Argument, ErrorShape, Param, PassedOf, ReplyOf, ReplyParts, ReplyShape};
pub use place::Place;
pub use registry::{Registry, RegistryBuilder};
pub use report::{CapabilityReport, Report, Standing};
pub use requires::Requires;
pub use resource::{Resource, ResourceError, Resources};
pub use returned::{Plain, Returned};
pub use scope::{LastLink, LocateError, Location, PatternError, Scope};
pub use shape::{Body, Field, NilOption, Shape, TypeDef, TypeShape, Variant};
pub use spec::{HostFn, HostFnSpec, Linked, Origin, Unguarded};
pub use state::{Shared, StateCx, StateRef, StateRefs, States};
pub use untrusted::{Untrusted, json_escaped, lines_escaped, misleads};
#[cfg(feature = "wasm")]
pub use wasm::{
    CompileChild, Compiler, CutOff, Host, HostBuilder, Instance, InstanceHandle, LiveGrants, LoadReport,
    Loader, Missing, Owner, Plugin, Start, compile_worker,
};
