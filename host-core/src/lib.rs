//! Specs, capabilities, grants, registry, listing and the call path of `hostfn`. Use the facade,
//! `hostfn`; its documentation is the manual.

mod call;
mod error;
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
    Authorized, Call, CallFn, Caller, Env, Failed, Finished, Incoming, Later, LaterFn, Placed, Plain, Reply,
    Returned, Spill, Task,
};
pub use cap_std;
pub use error::{
    Code, Error, Limit, Problem, ProblemList, Problems, Result, SetBy, Untrusted, json_escaped,
    lines_escaped, misleads, open_regular_file, read_file, read_text_file, toml_too_deep,
};
pub use hostfn_abi::{ErrorReply, LogLevel, Status, Value};
pub use inventory;
#[cfg(feature = "tracing")]
pub use observe::TracingObserver;
pub use observe::{
    AuditFile, AuditOptions, Decision, Ended, Event, Fault, HostCall, Learner, LogValue, Observer, Observers,
    Phase, Record, Recorder, Scene, Span, Watch, What,
};
pub use policy::{
    Access, AskedLimits, CapabilityReport, Gate, Grants, LastLink, Limits, LoadLimits, LocateError, Location,
    Manifest, ManifestExport, Metric, PatternError, Report, Scope, Standing,
};
pub use registry::{HostFn, HostFnSpec, Linked, Module, Registry, RegistryBuilder, Unguarded};
pub use spec::{
    Answer, Argument, Body, Callee, Capability, ContractSpec, ErrorKind, ErrorShape, Expected, Field,
    FnMetadata, GuestContract, GuestError, HostError, LinkedContract, MethodSpec, NilOption, Origin, Param,
    Passed, PassedOf, Place, PlainReply, Received, ReplyOf, ReplyParts, ReplyShape, Requires, ScopeKind,
    Shape, TypeDef, TypeShape, Variant,
};
pub use state::{
    CancelToken, Held, Interrupt, MemoryBudget, OutOfMemory, Resource, ResourceError, Resources, ScopeText,
    ScopeValue, Shared, StateCx, StateRef, StateRefs, States,
};
pub use surface::{
    CapabilityRow, Change, Class, ContractRow, Diff, ErrorKindRow, ErrorRow, FunctionRecord, FunctionRow,
    Item, Listing, MethodRow, ParamRow, UnknownClass, UnregisteredRow, check_exports, cli, missing_entries,
};
#[cfg(feature = "wasm")]
pub use wasm::{
    CompileChild, Compiler, CutOff, Host, HostBuilder, Instance, InstanceHandle, LiveGrants, LoadReport,
    Loader, Missing, Owner, Plugin, Start, compile_worker,
};
