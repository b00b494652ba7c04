use std::collections::HashMap;
use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hostfn::{HostFn, HostModule, Resources};

use super::native::Library;
use super::signature::Signature;
use super::{FfiError, ffi_call, ffi_close, ffi_load, ffi_symbols};

/// The module, which needs a function that may be called.
pub fn module() -> Ffi {
    Ffi { declared: Vec::new(), max_open: 16 }
}

/// The module's options.
#[derive(Clone, Debug)]
#[must_use = "a registry takes it: `Registry::builder().module(ffi)`"]
pub struct Ffi {
    declared: Vec<Declared>,
    max_open: usize,
}

#[derive(Clone, Debug)]
struct Declared {
    library: PathBuf,
    symbol: String,
    signature: String,
}

impl Ffi {
    /// Lets a function of a library be called: its path, its symbol, and its signature, such as `(f64, i32) -> f64` or
    /// `() -> void`, of `i32`, `i64`, `u32`, `u64`, `f32` and `f64`, with eight parameters at most.
    ///
    /// What is no signature, and a library that is not there, fail the build of the registry.
    ///
    /// # Safety
    /// Guests decide when it is called, and with what. So
    ///
    /// - the symbol is that of a function, of the C calling convention and of exactly this signature;
    /// - it is sound for every value of its parameters, which no function is that takes an address as a number;
    /// - it is sound on any thread, on several at once, and neither unwinds nor jumps out of a call;
    /// - the library may be loaded and unloaded at any time, on any thread, with all that it runs then, and nothing of
    ///   it goes on when it is unloaded, such as a thread that it began.
    #[expect(unsafe_code, reason = "nobody but the caller knows what the function is")]
    pub unsafe fn function(
        mut self,
        library: impl Into<PathBuf>,
        symbol: impl Into<String>,
        signature: impl Into<String>,
    ) -> Self {
        let (library, symbol, signature) = (library.into(), symbol.into(), signature.into());
        self.declared.push(Declared { library, symbol, signature });
        self
    }

    /// Libraries that an instance has loaded at once: 16.
    pub fn max_open(mut self, libraries: usize) -> Self {
        self.max_open = libraries;
        self
    }

    /// Returns what may be called, and what is wrong with it.
    fn libraries(&self) -> (Libraries, Vec<String>) {
        let (mut libraries, mut wrong) = (HashMap::<PathBuf, Functions>::new(), Vec::new());
        for declared in &self.declared {
            let mut declare = || {
                let (library, symbol, signature) = declared.read()?;
                match libraries.entry(library).or_default().insert(symbol, signature) {
                    Some(_) => Err("it is there twice".to_owned()),
                    None => Ok(()),
                }
            };
            if let Err(what) = declare() {
                wrong.push(format!("`{}` of `{}`: {what}", declared.symbol, declared.library.display()));
            }
        }
        let shared = libraries.into_iter().map(|(path, functions)| (path, Arc::new(functions)));
        (Libraries(shared.collect()), wrong)
    }
}

impl Declared {
    fn read(&self) -> Result<(PathBuf, String, Signature), String> {
        if !self.library.is_absolute() {
            return Err("the path is not absolute".to_owned());
        }
        if self.symbol.is_empty() || self.symbol.contains('\0') {
            return Err("this is no symbol".to_owned());
        }
        let library =
            fs::canonicalize(&self.library).map_err(|error| format!("the library is not there: {error}"))?;
        Ok((library, self.symbol.clone(), self.signature.parse()?))
    }
}

impl From<Ffi> for HostModule {
    fn from(options: Ffi) -> HostModule {
        let (libraries, wrong) = options.libraries();
        let max_open = options.max_open;
        let module = HostModule::new("ffi")
            .functions([ffi_load::SPEC, ffi_symbols::SPEC, ffi_call::SPEC, ffi_close::SPEC])
            .shared("ffi", libraries)
            .state("ffi.loaded", move |cx| {
                Ok::<_, Infallible>(Resources::<Library>::from_cx(cx).at_most(max_open))
            });
        if !wrong.is_empty() {
            return module.require_config(wrong.join(", and "), "fix the configuration of the module");
        }
        if !options.declared.is_empty() {
            return module;
        }
        module.require_config(
            "it has no function that may be called",
            "add one: `unsafe { ffi::module().function(\"/usr/lib/libm.so.6\", \"cos\", \"(f64) -> f64\") }`",
        )
    }
}

/// The functions of a library that may be called.
pub(super) type Functions = HashMap<String, Signature>;

/// The libraries of which functions may be called, for all instances.
#[derive(Debug)]
pub struct Libraries(HashMap<PathBuf, Arc<Functions>>);

impl Libraries {
    pub(super) fn functions_of(&self, library: &Path) -> Result<Arc<Functions>, FfiError> {
        self.0.get(library).cloned().ok_or(FfiError::NotFound(None))
    }
}
