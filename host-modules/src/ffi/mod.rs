//! Functions of native libraries. This **escapes the sandbox**: what a library does, the host does, and no grant, limit
//! or deadline holds it.
//!
//! ```no_run
//! use hostfn::Registry;
//! use hostfn_modules::ffi;
//!
//! let libm = "/usr/lib/x86_64-linux-gnu/libm.so.6";
//! let math = ffi::module();
//! // SAFETY: these are C functions of these signatures, which take every value, on any thread
//! let math = unsafe { math.function(libm, "cos", "(f64) -> f64").function(libm, "pow", "(f64, f64) -> f64") };
//! let registry = Registry::builder().module(math).build()?;
//! assert!(registry.get("host", "ffi_call").is_some());
//! # Ok::<(), hostfn::Error>(())
//! ```
//!
//! Grants, on the libraries' paths: `"ffi.load" = { allow = ["/usr/lib/x86_64-linux-gnu/libm.so.6"] }`. Paths are opened
//! with [`Scope::locate`]: links are followed, and the grant has to cover what they lead to as well. Never grant `fs.write` where a library lies: anyone who
//! writes it runs what he likes in the host.
//!
//! The host declares each function that may be called with its signature, because a call by another one is undefined
//! behaviour. A library without such a function is not loaded, since to load it is to run code of it. A guest names
//! library and function, and passes numbers.
//!
//! Calls block, and nothing interrupts them: neither the end of the guest's time nor that of the instance.

mod native;
mod options;
mod signature;

use hostfn::scope::{LastLink, LocateError, ScopeKind};
use hostfn::spec::here;
use hostfn::state::{ResourceError, Shared};
use hostfn::{Capability, HostError, Resource, Resources, Scope, host_fn};

pub use self::native::Library;
use self::options::Libraries;
pub use self::options::{Ffi, module};
pub use self::signature::Scalar;

/// Load native libraries and call functions of theirs. This escapes the sandbox, and the listing says so.
pub static FFI_LOAD: Capability =
    Capability::new("ffi.load", "Load native libraries and call functions of theirs.")
        .scoped(ScopeKind::Path)
        .escapes_the_sandbox()
        .declared_at(here!());

/// The reason a library is not loaded, or a function of it not called.
#[derive(Debug, thiserror::Error, HostError)]
pub enum FfiError {
    /// There is no such library, or none that the grant covers, or none of which the host lets a function be called.
    #[error("there is no such library")]
    #[status(not_found)]
    NotFound(#[scope_value] Option<String>),
    /// It is not a library, not one for this machine, or it lacks what it needs.
    #[error("the library cannot be loaded")]
    NotLoadable,
    /// The host does not let this function be called.
    #[error("the host does not let this function be called")]
    #[status(no_capability)]
    NotDeclared(#[scope_value] String),
    /// The library does not have the function that the host lets be called.
    #[error("the library has no such function")]
    #[status(not_found)]
    NoSuchFunction,
    /// The arguments are not those of the function's signature.
    #[error("the function is a `{wanted}`, and was called with ({given})")]
    #[status(bad_input)]
    WrongArguments {
        /// Its signature.
        wanted: String,
        /// The types of what it was called with.
        given: String,
    },
    /// This machine has no way to make such a call.
    #[error("this machine does not support such a call")]
    Unsupported,
    /// The handle is not there, or there are too many.
    #[error(transparent)]
    #[status(transparent)]
    Handle(#[from] ResourceError),
}

/// Load a native library, which escapes the sandbox: its code runs as the host's own, from now on. Blocks.
#[host_fn(capability = FFI_LOAD(path), collect = false)]
pub fn ffi_load(
    #[state] libraries: &Shared<Libraries>,
    #[state] loaded: &mut Resources<Library>,
    #[grant] grant: &Scope,
    path: &str,
) -> Result<Resource<Library>, FfiError> {
    let at = grant.locate(path, LastLink::Follow).map_err(|error| match error {
        LocateError::LeadsOut(path) => FfiError::NotFound(Some(path)),
        _ => FfiError::NotFound(None),
    })?;
    // what is loaded is the path that the host declared, which this one has to be
    let real = at.real_path().map_err(|_| FfiError::NotFound(None))?;
    let library = Library::load(&real, libraries.functions_of(&real)?)?;
    Ok(loaded.insert_on(&at.path(), library)?)
}

/// Returns which of these symbols a library has, or one that it needs, in the order given. That a symbol is there does not mean
/// that it may be called.
#[host_fn(capability = FFI_LOAD(library), collect = false, max_args = "64 KiB")]
pub fn ffi_symbols(
    #[state] loaded: &Resources<Library>,
    library: Resource<Library>,
    names: Vec<String>,
) -> Result<Vec<String>, FfiError> {
    let library = loaded.get(library)?;
    Ok(names.into_iter().filter(|name| library.has(name)).collect())
}

/// Call a function of a library, which escapes the sandbox. The arguments are of the types that its signature says,
/// exactly; what it returns, if anything, is too. Blocks until it returns, and nothing interrupts it.
#[host_fn(capability = FFI_LOAD(library), collect = false, max_args = "4 KiB")]
#[expect(clippy::needless_pass_by_value, reason = "a list of arguments is decoded as one of its own")]
pub fn ffi_call(
    #[state] loaded: &Resources<Library>,
    library: Resource<Library>,
    symbol: &str,
    args: Vec<Scalar>,
) -> Result<Option<Scalar>, FfiError> {
    loaded.get(library)?.call(symbol, &args)
}

/// Close a library. It is unloaded once nobody in the host has it open.
#[host_fn(capability = none, collect = false)]
pub fn ffi_close(
    #[state] loaded: &mut Resources<Library>,
    library: Resource<Library>,
) -> Result<(), FfiError> {
    loaded.remove(library)?;
    Ok(())
}
