//! Compiled modules, kept in a directory: the one place where the bytes of a file become code.
//!
//! An entry is eight bytes of magic, a tag of 32, and what `Module::serialize` gave. Its file's name is
//! the SHA-256 of all that decides what a module is compiled to. The tag is an HMAC-SHA256 over the rest
//! of the entry and its name, under a key that never leaves the directory, so that what anything else
//! than this cache wrote, or wrote for another module, is as good as absent.

mod directory;
#[cfg(test)]
#[path = "../../../tests-in-crate/cache.rs"]
mod tests;

use std::hash::{Hash, Hasher};
use std::io;
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use wasmtime::{Engine, Module};

use self::directory::Directory;
use super::compile::Compiled;
use crate::error::{Problem, Result};

/// The magic number of every entry; the last byte is the version of the format.
const MAGIC: &[u8; 8] = b"hostfn\0\x01";

/// True if a module had to be compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cached {
    /// It was compiled earlier.
    Hit,
    /// It was compiled now.
    Miss,
}

/// A directory of compiled modules.
pub(super) struct Cache {
    directory: Directory,
    /// The directory's key, which nothing has been fed to yet.
    keyed: Hmac<Sha256>,
}

/// The module of these bytes: from the cache, if there is one and it has the module, or else made by `make`.
///
/// An entry says nothing of the limits that the module was checked against: the caller has checked it.
pub(super) fn compile(
    cache: Option<&Cache>,
    engine: &Engine,
    wasm: &[u8],
    make: impl FnOnce() -> Result<Compiled>,
) -> Result<(Module, Cached)> {
    match cache {
        Some(cache) => cache.module(engine, wasm, make),
        None => Ok((make()?.module, Cached::Miss)),
    }
}

impl Cache {
    /// Makes the directory and its key if they are not there.
    ///
    /// # Errors
    /// `H0331` when that fails, or when the directory is not this user's alone.
    pub(super) fn open(path: &Path) -> Result<Self, Problem> {
        let directory = Directory::open(path)?;
        let key = directory.key()?;
        let keyed = Hmac::new_from_slice(&key).expect("HMAC takes keys of every length");
        Ok(Cache { directory, keyed })
    }

    fn module(
        &self,
        engine: &Engine,
        wasm: &[u8],
        make: impl FnOnce() -> Result<Compiled>,
    ) -> Result<(Module, Cached)> {
        let id = Id::new(engine, wasm);
        if let Some(module) = self.find(engine, &id) {
            return Ok((module, Cached::Hit));
        }
        let Compiled { module, code } = make()?;
        // a cache that cannot be written to costs time and nothing else
        let _ = match code {
            Some(code) => self.keep(&id, &code),
            None => module.serialize().map_err(io::Error::other).and_then(|code| self.keep(&id, &code)),
        };
        Ok((module, Cached::Miss))
    }

    fn find(&self, engine: &Engine, id: &Id) -> Option<Module> {
        let name = id.file_name();
        let entry = self.directory.read(&name)?;
        let module = self.vouched(engine, id, &entry)?;
        self.directory.used(&name);
        Some(module)
    }

    /// The module of an entry, if this cache wrote that entry under this id.
    #[expect(unsafe_code, reason = "wasmtime cannot tell what it compiled from what it did not; the tag can")]
    fn vouched(&self, engine: &Engine, id: &Id, entry: &[u8]) -> Option<Module> {
        let (tag, code) = entry.strip_prefix(MAGIC)?.split_first_chunk::<32>()?;
        self.tagged(id, code).verify_slice(tag).ok()?;
        // SAFETY: `deserialize` wants the exact bytes of a `Module::serialize`. The tag is right, so `code`
        // was tagged under the key of a directory that only this process's user can write to and in a file
        // that only this user can read; the one place that tags is `keep`, and what it tags is what
        // `Module::serialize`, or a child process's `Engine::precompile_module`, gave for this id, that is by this wasmtime with these settings for this
        // target. `code` is memory of our own, so it is still what was verified.
        unsafe { Module::deserialize(engine, code) }.ok()
    }

    fn keep(&self, id: &Id, code: &[u8]) -> io::Result<()> {
        let tag = self.tagged(id, code).finalize().into_bytes();
        self.directory.write(&id.file_name(), &[MAGIC, &tag, code])?;
        self.directory.tidy()
    }

    fn tagged(&self, id: &Id, code: &[u8]) -> Hmac<Sha256> {
        self.keyed.clone().chain_update(MAGIC).chain_update(id.0).chain_update(code)
    }
}

/// The inputs of a compilation: its bytes, and wasmtime's version, settings and target.
struct Id([u8; 32]);

impl Id {
    fn new(engine: &Engine, wasm: &[u8]) -> Self {
        let mut digest = Digesting(Sha256::new_with_prefix(MAGIC));
        engine.precompile_compatibility_hash().hash(&mut digest);
        // of one length, so that no two pairs of an engine and a module run together to the same bytes
        Id(digest.0.chain_update(Sha256::digest(wasm)).finalize().into())
    }

    fn file_name(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A digest of all but the module that decides what code is: wasmtime's version, settings and target.
pub(super) fn digest_of(engine: &Engine) -> [u8; 32] {
    let mut digest = Digesting(Sha256::new_with_prefix(MAGIC));
    engine.precompile_compatibility_hash().hash(&mut digest);
    digest.0.finalize().into()
}

/// Feeds a digest with what is hashed: the standard library's hashers promise no value that lasts, and
/// none that is hard to collide.
struct Digesting(Sha256);

impl Hasher for Digesting {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Never asked for: the digest itself is the result.
    fn finish(&self) -> u64 {
        0
    }
}
