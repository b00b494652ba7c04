//! All that is unsafe here. It rests on what the caller of [`Ffi::function`](super::Ffi::function) has promised of a
//! library and of a function's signature: nothing else is loaded, and nothing else called.

use std::ffi::c_void;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use libffi::middle::{Arg, Cif, CodePtr, Ret, Type};

use super::FfiError;
use super::options::Functions;
use super::signature::{Kind, Scalar, Signature};

/// A library that a guest has loaded.
pub struct Library {
    native: libloading::Library,
    functions: Arc<Functions>,
}

impl Library {
    /// Loads the library of which these functions were declared.
    pub(super) fn load(path: &Path, functions: Arc<Functions>) -> Result<Self, FfiError> {
        let native = open(path).map_err(|_| FfiError::NotLoadable)?;
        Ok(Self { native, functions })
    }

    /// Returns whether it has a symbol of this name.
    pub(super) fn has(&self, symbol: &str) -> bool {
        self.address(symbol).is_some()
    }

    /// Calls a function that was declared, with arguments that its signature accepts.
    pub(super) fn call(&self, symbol: &str, args: &[Scalar]) -> Result<Option<Scalar>, FfiError> {
        let signature = self.functions.get(symbol).ok_or_else(|| FfiError::NotDeclared(symbol.to_owned()))?;
        signature.accepts(args)?;
        let function = self.address(symbol).ok_or(FfiError::NoSuchFunction)?;
        let params = signature.params.iter().map(|kind| kind.native());
        let reply = signature.reply.map_or_else(Type::void, Kind::native);
        let cif = Cif::try_new(params, reply).map_err(|_| FfiError::Unsupported)?;
        Ok(invoke(&cif, signature, CodePtr(function), args))
    }

    #[expect(unsafe_code, reason = "a library's symbols have no types")]
    fn address(&self, symbol: &str) -> Option<*mut c_void> {
        if symbol.is_empty() || symbol.contains('\0') {
            return None;
        }
        // SAFETY: of what the symbol names, nothing but the address is looked at
        let symbol = unsafe { self.native.get::<*mut c_void>(symbol) }.ok()?;
        // SAFETY: the user of the address borrows `self` meanwhile, and so keeps the library loaded
        unsafe { symbol.try_as_raw_ptr() }.filter(|address| !address.is_null())
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").field("functions", &self.functions).finish_non_exhaustive()
    }
}

/// With every symbol that it needs: one that was missing only when it is called would end the host.
#[cfg(unix)]
#[expect(unsafe_code, reason = "to load a library is to run its code")]
fn open(path: &Path) -> Result<libloading::Library, libloading::Error> {
    use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

    // SAFETY: the host's author, who declared a function of this library, has promised that it may be loaded and unloaded
    unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }.map(Into::into)
}

#[cfg(not(unix))]
#[expect(unsafe_code, reason = "to load a library is to run its code")]
fn open(path: &Path) -> Result<libloading::Library, libloading::Error> {
    // SAFETY: the host's author, who declared a function of this library, has promised that it may be loaded and unloaded
    unsafe { libloading::Library::new(path) }
}

/// Calls `function`, which was declared with `signature`, of which `cif` is made, and which accepts `args`.
#[expect(unsafe_code, reason = "a function's address does not tell what it takes")]
fn invoke(cif: &Cif, signature: &Signature, function: CodePtr, args: &[Scalar]) -> Option<Scalar> {
    let args: Vec<Arg<'_>> = args.iter().map(passed).collect();
    let into = |reply: Ret<'_>| {
        // SAFETY: the host's author, who declared the function, has promised that it is of this signature, and sound for every value
        // of its parameters, on any thread. The arguments are of the signature's types, in number and order, and
        // `reply` leads to a value of its reply's, or nowhere for `void`. The library is loaded: our caller borrows it.
        unsafe { cif.call_return_into(function, &args, reply) };
    };
    let Some(reply) = signature.reply else {
        into(Ret::void());
        return None;
    };
    Some(match reply {
        Kind::I32 => Scalar::I32(value(into)),
        Kind::I64 => Scalar::I64(value(into)),
        Kind::U32 => Scalar::U32(value(into)),
        Kind::U64 => Scalar::U64(value(into)),
        Kind::F32 => Scalar::F32(value(into)),
        Kind::F64 => Scalar::F64(value(into)),
    })
}

/// Returns what is there when `into` was told where to put it.
fn value<T: Default>(into: impl FnOnce(Ret<'_>)) -> T {
    let mut value = T::default();
    into(Ret::new(&mut value));
    value
}

fn passed(arg: &Scalar) -> Arg<'_> {
    match arg {
        Scalar::I32(value) => Arg::new(value),
        Scalar::I64(value) => Arg::new(value),
        Scalar::U32(value) => Arg::new(value),
        Scalar::U64(value) => Arg::new(value),
        Scalar::F32(value) => Arg::new(value),
        Scalar::F64(value) => Arg::new(value),
    }
}
