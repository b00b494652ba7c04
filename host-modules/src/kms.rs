//! Signatures (ed25519, RFC 8032) with keys that stay in the host.
//!
//! ```no_run
//! use hostfn::Registry;
//! use hostfn_modules::kms;
//!
//! // openssl genpkey -algorithm ed25519 -out release.pem
//! let keys = kms::module().file("release", "/etc/host/release.pem");
//! let registry = Registry::builder().module(keys).build()?;
//! assert!(registry.get("host", "kms_sign").is_some());
//! # Ok::<(), hostfn::Error>(())
//! ```
//!
//! Grants, on the keys' ids: `"kms.sign" = { allow = ["release"] }`.
//!
//! A guest signs whatever it wants with a key that it is granted: a key that also signs for others signs in its name
//! what they trust. Give each purpose a key of its own. A key of a file is wiped with the host.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use hostfn::state::Shared;
use hostfn::{HostError, HostFn, HostModule, capabilities, host_fn};
use serde_bytes::{ByteBuf, Bytes};

use crate::secret::file;

capabilities! {
    /// Sign with keys of the host's, without seeing them.
    pub KMS_SIGN = "kms.sign" in name;
}

/// The module, which needs a key.
pub fn module() -> Kms {
    Kms { entries: Vec::new() }
}

/// A key that the host has elsewhere, such as in a token or on a server.
///
/// ```
/// use std::error::Error;
///
/// use ed25519_dalek::{Signer as _, SigningKey};
/// use hostfn_modules::kms::{self, Signer};
///
/// struct Token(SigningKey); // stands for a device
///
/// impl Signer for Token {
///     fn public_key(&self) -> [u8; 32] {
///         self.0.verifying_key().to_bytes()
///     }
///
///     fn sign(&self, message: &[u8]) -> Result<[u8; 64], Box<dyn Error + Send + Sync>> {
///         Ok(self.0.sign(message).to_bytes())
///     }
/// }
///
/// let module = kms::module().signer("release", Token(SigningKey::from_bytes(&[7; 32])));
/// ```
pub trait Signer: Send + Sync + 'static {
    /// The public key. It is asked for once, when the registry is built.
    fn public_key(&self) -> [u8; 32];

    /// The ed25519 signature of a message. A guest waits meanwhile.
    ///
    /// # Errors
    /// When the key cannot be used. The guest learns that much and no more.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], Box<dyn Error + Send + Sync>>;
}

/// A key out of a file, wiped when it is dropped.
struct FileKey(SigningKey);

impl FileKey {
    fn read(path: &Path) -> Result<Self, String> {
        let pem = file::read(path, 16 << 10).map_err(|why| why.to_string())?;
        let key = str::from_utf8(&pem).ok().and_then(|pem| SigningKey::from_pkcs8_pem(pem).ok());
        key.map(Self).ok_or_else(|| "is no ed25519 key in PKCS#8 PEM".to_owned())
    }
}

impl Signer for FileKey {
    fn public_key(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], Box<dyn Error + Send + Sync>> {
        Ok(self.0.try_sign(message)?.to_bytes())
    }
}

/// The module's options.
#[derive(Debug)]
#[must_use = "a registry takes it: `Registry::builder().module(kms::module().file(id, path))`"]
pub struct Kms {
    entries: Vec<(String, Source)>,
}

enum Source {
    File(PathBuf),
    Signer(Box<dyn Signer>),
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::File(path) => path.fmt(f),
            Source::Signer(_) => f.write_str("Signer"),
        }
    }
}

impl Kms {
    /// A key in a file, PKCS#8 in PEM (`BEGIN PRIVATE KEY`), not encrypted, of 16 KiB at most. It is read once, when the
    /// registry is built, which fails when there is no such key, and, on Unix, when the file's mode gives anything to
    /// others than its owner and group.
    pub fn file(self, id: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.entry(id.into(), Source::File(path.into()))
    }

    /// A key that is kept elsewhere.
    pub fn signer(self, id: impl Into<String>, signer: impl Signer) -> Self {
        self.entry(id.into(), Source::Signer(Box::new(signer)))
    }

    fn entry(mut self, id: String, source: Source) -> Self {
        self.entries.push((id, source));
        self
    }

    /// The keys, and what is wrong with them.
    fn keys(self) -> (Keys, Vec<String>) {
        let (mut keys, mut wrong) = (HashMap::new(), Vec::new());
        for (id, source) in self.entries {
            match Key::read(source) {
                Err(what) => wrong.push(format!("the key `{id}` {what}")),
                Ok(_) if keys.contains_key(&id) => wrong.push(format!("the key `{id}` is there twice")),
                Ok(key) => {
                    keys.insert(id, key);
                }
            }
        }
        (Keys(keys), wrong)
    }
}

impl From<Kms> for HostModule {
    fn from(options: Kms) -> HostModule {
        let (keys, wrong) = options.keys();
        let has_any = !keys.0.is_empty();
        let module = HostModule::new("kms")
            .functions([kms_sign::SPEC, kms_verify::SPEC, kms_public_key::SPEC])
            .shared("kms", keys);
        if !wrong.is_empty() {
            return module.require_config(wrong.join(", and "), "fix the configuration of the module");
        }
        if has_any {
            return module;
        }
        module.require_config(
            "it has no keys",
            "add one: `kms::module().file(\"release\", \"/etc/host/release.pem\")`",
        )
    }
}

/// The host's keys, for all instances.
pub struct Keys(HashMap<String, Key>);

struct Key {
    public: VerifyingKey,
    signer: Box<dyn Signer>,
}

impl Key {
    fn read(source: Source) -> Result<Self, String> {
        let signer = match source {
            Source::File(path) => {
                Box::new(FileKey::read(&path).map_err(|why| format!("({}) {why}", path.display()))?)
            }
            Source::Signer(signer) => signer,
        };
        match VerifyingKey::from_bytes(&signer.public_key()) {
            Ok(public) if !public.is_weak() => Ok(Key { public, signer }),
            _ => Err("has a public key that is not an ed25519 key".to_owned()),
        }
    }
}

impl Keys {
    fn get(&self, id: &str) -> Result<&Key, KmsError> {
        self.0.get(id).ok_or(KmsError::NotFound)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The reason a key cannot be used.
#[derive(Debug, thiserror::Error, HostError)]
pub enum KmsError {
    /// The host has no such key.
    #[error("there is no such key")]
    #[status(not_found)]
    NotFound,
    /// The key store of the host does not sign.
    #[error("the key cannot be used now")]
    Unavailable,
}

/// The ed25519 signature of a message, 64 bytes. Blocks for as long as what keeps the key takes.
#[host_fn(capability = KMS_SIGN(key), collect = false)]
pub fn kms_sign(#[state] keys: &Shared<Keys>, key: &str, message: &Bytes) -> Result<ByteBuf, KmsError> {
    let signature = keys.get(key)?.signer.sign(message).map_err(|_| KmsError::Unavailable)?;
    Ok(ByteBuf::from(signature))
}

/// Returns whether `signature` is a message's, made with this key; nothing but all of its 64 bytes is. Strict: a signature that
/// was altered to another valid form is invalid.
#[host_fn(capability = KMS_SIGN(key), collect = false)]
pub fn kms_verify(
    #[state] keys: &Shared<Keys>,
    key: &str,
    message: &Bytes,
    signature: &Bytes,
) -> Result<bool, KmsError> {
    let key = keys.get(key)?;
    let signature = Signature::from_slice(signature);
    Ok(signature.is_ok_and(|signature| key.public.verify_strict(message, &signature).is_ok()))
}

/// The public half of a key, 32 bytes, for verification elsewhere.
#[host_fn(capability = KMS_SIGN(key), collect = false)]
pub fn kms_public_key(#[state] keys: &Shared<Keys>, key: &str) -> Result<ByteBuf, KmsError> {
    Ok(ByteBuf::from(keys.get(key)?.public.to_bytes()))
}
