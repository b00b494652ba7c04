use std::collections::HashMap;
use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::sync::Mutex;

use hostfn::state::Shared;
use hostfn::{HostFn, HostModule, MemoryBudget, Resources};

use super::value::Secret;
use super::{SecretError, file, secret_close, secret_hmac, secret_open, secret_verify_hmac};

/// The module, which needs a secret or a store of them.
pub fn module() -> Secrets {
    Secrets { entries: Vec::new(), stores: Vec::new(), homeless: false, max_open: 64, max_bytes: 64 << 10 }
}

/// Another store of the host's secrets, such as a vault of the machine's or a server.
///
/// ```
/// use std::error::Error;
///
/// use hostfn_modules::secret::{self, Secret, SecretStore};
///
/// struct Credentials; // of the service manager's
///
/// impl SecretStore for Credentials {
///     fn secret(&self, id: &str) -> Result<Option<Secret>, Box<dyn Error + Send + Sync>> {
///         Ok((id == "signing").then(|| Secret::new("73b0a3f1c85e")))
///     }
/// }
///
/// let module = secret::module().store(Credentials);
/// ```
pub trait SecretStore: Send + Sync + 'static {
    /// The secret of this id; `None` if absent. A guest waits meanwhile.
    ///
    /// # Errors
    /// When it cannot be told. The guest learns that much and no more.
    fn secret(&self, id: &str) -> Result<Option<Secret>, Box<dyn Error + Send + Sync>>;
}

/// The module's options.
#[derive(Debug)]
#[must_use = "a registry takes it: `Registry::builder().module(secret::module().text(id, value))`"]
pub struct Secrets {
    entries: Vec<Entry>,
    stores: Vec<Store>,
    /// True if there was word of where a secret may go before there was a secret.
    homeless: bool,
    max_open: usize,
    max_bytes: usize,
}

#[derive(Debug)]
struct Entry {
    id: String,
    source: Source,
    servers: Vec<String>,
}

#[derive(Debug)]
enum Source {
    Text(Secret),
    File(PathBuf),
}

struct Store(Box<dyn SecretStore>);

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

impl Secrets {
    /// A secret of this text.
    pub fn text(self, id: impl Into<String>, value: impl Into<String>) -> Self {
        self.entry(id.into(), Source::Text(Secret::new(value.into())))
    }

    /// A secret in a file, without the line end after it. It is read once, when the registry is built, which fails when
    /// there is no such file, when it is empty or too large, and, on Unix, when its mode gives anything to others than
    /// its owner and group.
    pub fn file(self, id: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.entry(id.into(), Source::File(path.into()))
    }

    /// Secrets that are kept elsewhere, asked for each time a guest opens one that is neither a text nor a file. Of
    /// several stores, the first that has it.
    pub fn store(mut self, store: impl SecretStore) -> Self {
        self.stores.push(Store(Box::new(store)));
        self
    }

    /// Sets where the secret that was added last may be sent, by a function of the host's that does so: patterns of a scope
    /// of [hosts](hostfn::Scope#hosts), in place of what was said before; nowhere unless it is said. One without `https://` lets it go over plain HTTP,
    /// too. A secret of a store says it [itself](Secret::may_go_to).
    pub fn may_go_to<S: AsRef<str>>(mut self, servers: &[S]) -> Self {
        match self.entries.last_mut() {
            Some(entry) => entry.servers = servers.iter().map(|server| server.as_ref().to_owned()).collect(),
            None => self.homeless = true,
        }
        self
    }

    /// Secrets that an instance has open at once: 64.
    pub fn max_open(mut self, secrets: usize) -> Self {
        self.max_open = secrets;
        self
    }

    /// Bytes of a secret: 64 KiB.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    fn entry(mut self, id: String, source: Source) -> Self {
        self.entries.push(Entry { id, source, servers: Vec::new() });
        self
    }

    /// Returns what instances open secrets from, and what is wrong with it.
    fn vault(self) -> (Vault, Vec<String>) {
        let mut wrong = Vec::new();
        if self.homeless {
            wrong.push("`may_go_to` comes before any secret".to_owned());
        }
        let mut fixed = HashMap::new();
        for Entry { id, source, servers } in self.entries {
            match secret(source, &servers, self.max_bytes) {
                Err(what) => wrong.push(format!("the secret `{id}` {what}")),
                Ok(_) if fixed.contains_key(&id) => wrong.push(format!("the secret `{id}` is there twice")),
                Ok(secret) => {
                    fixed.insert(id, secret);
                }
            }
        }
        (Vault { fixed, stores: self.stores, max_bytes: self.max_bytes }, wrong)
    }
}

fn secret(source: Source, servers: &[String], max: usize) -> Result<Secret, String> {
    let secret = match source {
        Source::Text(secret) if secret.bytes().is_empty() => return Err("is empty".to_owned()),
        Source::Text(secret) if secret.bytes().len() > max => {
            return Err(format!("is more than {max} bytes"));
        }
        Source::Text(secret) => secret,
        Source::File(path) => {
            let mut content = file::read(&path, max).map_err(|why| format!("({}) {why}", path.display()))?;
            Secret::new(std::mem::take(&mut *content))
        }
    };
    if servers.is_empty() {
        return Ok(secret);
    }
    secret.may_go_to(servers).map_err(|why| format!("may go to what is no server: {why}"))
}

impl From<Secrets> for HostModule {
    fn from(options: Secrets) -> HostModule {
        let max_open = options.max_open;
        let (vault, wrong) = options.vault();
        let has_any = !(vault.fixed.is_empty() && vault.stores.is_empty());
        let module = HostModule::new("secret")
            .functions([secret_open::SPEC, secret_hmac::SPEC, secret_verify_hmac::SPEC, secret_close::SPEC])
            .shared("secret.vault", vault)
            .state("secret.open", move |cx| {
                Ok::<_, Infallible>(Shared::new(Mutex::new(
                    Resources::<Secret>::from_cx(cx).at_most(max_open),
                )))
            });
        if !wrong.is_empty() {
            return module.require_config(wrong.join(", and "), "fix the configuration of the module");
        }
        if has_any {
            return module;
        }
        module.require_config(
            "it has no secrets",
            "add one: `secret::module().file(\"api-key\", \"/etc/host/api-key\")`",
        )
    }
}

/// The host's secrets, for all instances.
#[derive(Debug)]
pub struct Vault {
    fixed: HashMap<String, Secret>,
    stores: Vec<Store>,
    max_bytes: usize,
}

impl Vault {
    /// The secret of this id, out of an instance's memory.
    pub(super) fn secret(&self, id: &str, memory: &MemoryBudget) -> Result<Secret, SecretError> {
        let secret = match self.fixed.get(id) {
            Some(secret) => secret.again(),
            None => self.stored(id)?.ok_or(SecretError::NotFound)?,
        };
        match secret.bytes().len() {
            0 => Err(SecretError::Unavailable),
            len if len > self.max_bytes => Err(SecretError::TooLarge(self.max_bytes)),
            _ => secret.held_by(memory),
        }
    }

    fn stored(&self, id: &str) -> Result<Option<Secret>, SecretError> {
        for Store(store) in &self.stores {
            if let Some(secret) = store.secret(id).map_err(|_| SecretError::Unavailable)? {
                return Ok(Some(secret));
            }
        }
        Ok(None)
    }
}
