//! The modules of the facade: what an annotating author and an embedder need less often than the root.

/// The wire format between host and guest.
pub mod abi {
    pub use hostfn_abi::*;
}

/// Rows of a listing, differences between two listings, the shapes of types, and what a plugin asks for.
///
/// [`Listing`](crate::Listing) and [`Report`](crate::Report) are in the root.
pub mod audit {
    pub use hostfn_core::{
        Body, CapabilityReport, CapabilityRow, Change, Class, ContractRow, Diff, EntryRecord, ErrorKindRow,
        ErrorRow, Field, FunctionRecord, FunctionRow, GrantStatus, GroupBy, Item, Layout, ManifestExport,
        MethodRow, NilOption, ParamRow, RequestedLimits, Shape, TypeDef, TypeShape, UnknownClass,
        UnregisteredRow, Untrusted, Variant, json_escaped, lines_escaped,
    };
}

/// Contracts: what a guest exports and a host calls, written by hand.
///
/// [`guest_contract`](macro@crate::guest_contract) writes these from a trait.
pub mod contract {
    pub use hostfn_core::{
        AsyncCallee, AsyncContract, Callee, ContractSpec, GuestContract, GuestError, GuestReply, HostArg,
        LinkedContract, MethodSpec,
    };
}

#[doc(inline)]
pub use hostfn_core::engine;

/// Codes and parts of an [`Error`](crate::Error).
pub mod error {
    pub use hostfn_core::{Code, Limit, ProblemList, SetBy, TrapSite};
}

/// Events, decisions, and observers that are ready to use.
pub mod observe {
    #[cfg(feature = "tracing")]
    pub use hostfn_core::TracingObserver;
    pub use hostfn_core::{
        AuditFile, AuditOptions, Decision, Event, EventKind, HostCall, Learner, Observer, Observers, Phase,
        PhaseContext, PhaseEnd, PhaseGuard, Record, Recorder, Span,
    };
}

/// Scopes of a grant, and files that are opened under one.
pub mod scope {
    pub use hostfn_core::cap_std;
    pub use hostfn_core::{LastLink, LocateError, Location, PatternError, PatternErrors, ScopeKind};
}

/// Host functions written by hand: the parts of a [`HostFnSpec`](crate::HostFnSpec), and the call path.
pub mod spec {
    pub use hostfn_core::{
        AsyncCallFn, AsyncOutcome, AsyncReply, Authorized, Call, CallFn, CallFuture, ErrorKind, ErrorShape,
        Fault, FnMetadata, GuestArg, IntoReply, Linked, LinkedModule, LogValue, Origin, Param,
        RegistryBuilder, Reply, ReplyParts, ReplyShape, ReplySlot, Requires, ScopeText, ScopeValue,
        SourceLocation, Unguarded, here, passed, reply_shape,
    };
}

/// State of an instance that host functions reach, and what they may hold for it.
pub mod state {
    pub use hostfn_core::{
        MemoryReservation, OutOfMemory, ResourceError, Shared, StateCx, StateRef, StateRefs, States,
    };
}

/// Tools for tests of hosts and plugins.
pub mod testing {
    #[cfg(feature = "hostile")]
    #[doc(inline)]
    pub use hostfn_core::hostile;
    pub use hostfn_core::testing::{
        MockCall, MockError, MockFailure, MockHost, MockHostBuilder, MockLog, assert_listing,
        assert_listing_of,
    };
}

/// Loading, compiling and starting plugins with the wasmtime engine.
#[cfg(feature = "wasm")]
pub mod wasm {
    pub use hostfn_core::{
        CompileChild, Compiler, CutOff, Export, HostBuilder, InstanceDriver, Instantiation, LoadLimits,
        LoadReport, Loader, Metric, PluginSet, RefreshReport, compile_worker,
    };
}
