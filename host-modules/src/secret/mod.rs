//! Secrets that a guest uses and never sees.
//!
//! ```
//! use hostfn::Registry;
//! use hostfn_modules::secret;
//!
//! let secrets = secret::module()
//!     .text("webhook", "d41f9ad15f30a1f4f0a83d20b8b63b5b")
//!     .text("api-key", "sk-5dfb2b0c4d7a")
//!     .may_go_to(&["https://api.example.com"]);
//! let registry = Registry::builder().module(secrets).build()?;
//! assert!(registry.get("host", "secret_hmac").is_some());
//! # Ok::<(), hostfn::Error>(())
//! ```
//!
//! Grants, on the secrets' ids: `"secret.use" = { allow = ["webhook", "api-*"] }`.
//!
//! A guest opens a secret and gets a handle, which other host functions take: an HMAC here, or an HTTP header where the
//! host has a function for it, which asks [`header`]. No function hands out the bytes. What leaves the host is what was
//! made of them: a guest that has HMACs of data of its choice can try out guesses on them elsewhere, so a secret for
//! HMACs is long and random; and a server that says a header back tells the guest, so a secret goes only where it
//! [may go](Secrets::may_go_to).
//!
//! Values are wiped when they are dropped: those of a store when the guest closes them or ends, the others with the
//! host.

pub(crate) mod file;
mod options;
mod value;

use std::sync::{Mutex, MutexGuard, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use hostfn::state::{OutOfMemory, ResourceError, Shared};
use hostfn::{Caller, HostError, Resource, Resources, capabilities, host_fn};
use serde_bytes::{ByteBuf, Bytes};
use sha2::Sha256;
use zeroize::Zeroizing;

use self::options::Vault;
pub use self::options::{SecretStore, Secrets, module};
pub use self::value::Secret;

capabilities! {
    /// Use secrets, without seeing them.
    pub SECRET_USE = "secret.use" in name;
}

/// The secrets that an instance has open: a state of it, for the functions of other modules as well, also of async ones.
pub type OpenSecrets = Shared<Mutex<Resources<Secret>>>;

/// The reason a secret cannot be used.
#[derive(Debug, thiserror::Error, HostError)]
pub enum SecretError {
    /// The host has no such secret.
    #[error("there is no such secret")]
    #[status(not_found)]
    NotFound,
    /// The host's store does not answer, or not with a secret.
    #[error("the host's store of secrets does not respond")]
    Unavailable,
    /// The secret is longer than secrets may be.
    #[error("the secret is more than {0} bytes")]
    #[status(quota_exceeded)]
    TooLarge(usize),
    /// `secret.use` was revoked since the secret was opened.
    #[error("the use of secrets is no longer granted")]
    #[status(no_capability)]
    Revoked,
    /// The host does not let the secret go to this server.
    #[error("the secret may not go to this server")]
    #[status(no_capability)]
    NotForThisServer(#[scope_value] String),
    /// The secret is no text that a header can hold.
    #[error("the secret cannot be a header")]
    NotAHeader,
    /// The handle is not there, or there are too many.
    #[error(transparent)]
    #[status(transparent)]
    Handle(#[from] ResourceError),
    /// The instance's memory is used up.
    #[error(transparent)]
    #[status(transparent)]
    Memory(#[from] OutOfMemory),
}

/// Returns what a header of a request to the URL `to` holds for the secret, for a host function that sends it: see
/// [`Secret::header`]. It is asked again for every server that a request goes to, also when one redirects to another.
///
/// ```
/// # use std::convert::Infallible;
/// use hostfn_modules::secret::{self, OpenSecrets, Secret, SecretError};
/// use hostfn::{Caller, Resource, host_fn};
///
/// # hostfn::capabilities! {
/// #     /// Talk to servers.
/// #     FETCH = "http.fetch" in host;
/// # }
/// /// Send a secret to a server, as its `Authorization`.
/// #[host_fn(capability = FETCH(url))]
/// async fn fetch_with_secret(
///     #[state] secrets: OpenSecrets,
///     #[caller] caller: Caller,
///     url: String,
///     secret: Resource<Secret>,
/// ) -> Result<(), SecretError> {
///     let authorization = secret::header(&secrets, &caller, secret, &url)?;
///     // ... and send it
/// #   drop(authorization);
///     Ok(())
/// }
/// ```
///
/// # Errors
/// When `secret.use` was revoked, when the handle is not there, when the host does not let the secret go there, and when
/// no header can hold it.
pub fn header(
    secrets: &OpenSecrets,
    caller: &Caller,
    secret: Resource<Secret>,
    to: &str,
) -> Result<Zeroizing<String>, SecretError> {
    // the function that sends it requires a capability of its own
    if !caller.is_granted(&SECRET_USE) {
        return Err(SecretError::Revoked);
    }
    Ok(Zeroizing::new(locked(secrets).get(secret)?.header(to)?.to_owned()))
}

fn locked(open: &OpenSecrets) -> MutexGuard<'_, Resources<Secret>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Open a secret of the host's, by its id, to use it by its handle. Blocks for as long as the host's store takes.
#[host_fn(capability = SECRET_USE(id), collect = false, max_args = "1 KiB")]
pub fn secret_open(
    #[state] vault: &Shared<Vault>,
    #[state] open: &OpenSecrets,
    id: &str,
) -> Result<Resource<Secret>, SecretError> {
    let memory = locked(open).memory().clone();
    let secret = vault.secret(id, &memory)?;
    Ok(locked(open).insert_on(id, secret)?)
}

/// The HMAC-SHA256 of data, 32 bytes, with a secret as its key.
#[host_fn(capability = SECRET_USE(secret), collect = false)]
pub fn secret_hmac(
    #[state] open: &OpenSecrets,
    secret: Resource<Secret>,
    data: &Bytes,
) -> Result<ByteBuf, SecretError> {
    let mac = keyed(locked(open).get(secret)?, data)?.finalize();
    Ok(ByteBuf::from(mac.into_bytes().to_vec()))
}

/// Returns whether `mac` is the HMAC-SHA256 of data, with a secret as its key; nothing but all of its 32 bytes is. Takes the same
/// time wherever the first difference is.
#[host_fn(capability = SECRET_USE(secret), collect = false)]
pub fn secret_verify_hmac(
    #[state] open: &OpenSecrets,
    secret: Resource<Secret>,
    data: &Bytes,
    mac: &Bytes,
) -> Result<bool, SecretError> {
    Ok(keyed(locked(open).get(secret)?, data)?.verify_slice(mac).is_ok())
}

/// Close a secret.
#[host_fn(capability = none, collect = false)]
pub fn secret_close(#[state] open: &OpenSecrets, secret: Resource<Secret>) -> Result<(), SecretError> {
    locked(open).remove(secret)?;
    Ok(())
}

fn keyed(secret: &Secret, data: &[u8]) -> Result<Hmac<Sha256>, SecretError> {
    // a key of any length is one
    let mac = Hmac::<Sha256>::new_from_slice(secret.bytes()).map_err(|_| SecretError::Unavailable)?;
    Ok(mac.chain_update(data))
}
