//! Specs, capabilities, grants, registry, listing and the call path of `hostfn`. Use the facade,
//! `hostfn`; its documentation is the manual.

mod call;
pub mod engine;
mod error;
#[cfg(feature = "hostile")]
pub mod hostile;
pub mod link;
mod observe;
mod policy;
mod registry;
mod spec;
mod state;
mod surface;
pub mod testing;
#[cfg(feature = "wasm")]
mod wasm;

pub use call::{
    AsyncCallFn, AsyncOutcome, AsyncReply, Authorized, Call, CallFn, CallFuture, Caller, PlainReturn, Reply,
    ReplySlot, ReturnProbe, Spill,
};
pub use cap_std;
pub use engine::callee::{Callee, GuestContract, GuestReplyProbe, PlainGuestReply};
pub use engine::{AsyncCallee, AsyncContract, CutOff, InstanceDriver, LiveGrants, MissingCapability};
pub use error::{
    Code, Error, Limit, Problem, ProblemList, Problems, Result, SetBy, TrapSite, Untrusted, json_escaped,
    lines_escaped, misleads, open_regular_file, read_file, read_text_file, toml_too_deep,
};
pub use hostfn_abi::{ErrorReply, LogLevel, Status, Value};
pub use inventory;
#[cfg(feature = "tracing")]
pub use observe::TracingObserver;
pub use observe::{
    AuditFile, AuditOptions, Decision, Event, EventKind, Fault, HostCall, Learner, LogValue, Observer,
    Observers, Phase, PhaseContext, PhaseEnd, PhaseGuard, Record, Recorder, Span,
};
pub use policy::{
    CapabilityReport, GrantStatus, Grants, LastLink, Limits, LoadLimits, LocateError, Location, Manifest,
    ManifestExport, Metric, PatternError, PatternErrors, Report, RequestedLimits, Scope,
};
pub use registry::{
    HostFn, HostFnSpec, HostModule, Linked, LinkedModule, Registry, RegistryBuilder, Unguarded,
};
pub use spec::{
    Body, Capability, ContractSpec, ErrorKind, ErrorShape, Field, FnMetadata, GuestArg, GuestError,
    GuestReply, HostArg, HostArgProbe, HostError, IntoReply, LinkedContract, MethodSpec, NilOption, Origin,
    Param, ReplyParts, ReplyProbe, ReplyShape, Requires, ScopeKind, Shape, SourceLocation, TypeDef,
    TypeShape, Variant,
};
pub use state::{
    CancelToken, Interrupt, MemoryBudget, MemoryReservation, OutOfMemory, Resource, ResourceError, Resources,
    ScopeText, ScopeValue, Shared, StateCx, StateRef, StateRefs, States,
};
pub use surface::{
    CapabilityRow, Change, Class, ContractRow, Diff, EntryRecord, ErrorKindRow, ErrorRow, FunctionRecord,
    FunctionRow, GroupBy, Item, Layout, Listing, MethodRow, ParamRow, UnknownClass, UnregisteredRow, cli,
};
#[cfg(feature = "wasm")]
pub use wasm::{
    CompileChild, Compiler, Export, Host, HostBuilder, Instance, InstanceHandle, Instantiation, LoadReport,
    Loader, Plugin, PluginSet, RefreshReport, compile_worker,
};
