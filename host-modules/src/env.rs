//! Environment variables that the operator names.
//!
//! ```
//! use hostfn_modules::env;
//! use hostfn::Registry;
//!
//! let registry = Registry::builder().module(env::module()).build()?;
//! let grants = registry.read_grants(r#""env.read" = { allow = ["LANG", "APP_*"] }"#)?;
//! assert!(grants.allows(&env::ENV_READ));
//! # Ok::<(), hostfn::Error>(())
//! ```
//!
//! Grants: `"env.read" = { allow = ["LANG", "APP_*"] }`. Names are compared case-sensitively, also where the operating
//! system does not.
//!
//! # What is read
//!
//! | the operator grants | what a guest reads |
//! |---|---|
//! | a name, `"PORT"` | that variable |
//! | a pattern with something beside its `*`, `"APP_*"` | what it matches and does not look like a secret |
//! | `true`, `"*"`, or a list of denials alone | [harmless](HARMLESS) variables: locale, time zone, terminal |
//!
//! It is the operator's own words that count: a name that a plugin's manifest asks for under `env.read = true` is not one
//! that the operator named. The guest learns that a variable is not readable (`not_named`, `looks_like_a_secret`), and
//! not whether it is set.
//!
//! A variable that looks like a secret is not read, even when it is named, unless the host's code declares it public:
//! [`Options::no_secret`]. By its name it does with `PASSWORD`, `PASSWD`, `PASSPHRASE`, `SECRET`, `TOKEN`, `CREDENTIAL` or
//! `APIKEY` anywhere in it; with one of the words `KEY`, `PASS`, `PW`, `PWD`, `PAT`, `AUTH`, `PRIVATE`, `COOKIE`, `SESSION`,
//! `JWT`, `BEARER`, `SIGNATURE`, `SALT`, `DSN`, `NETRC`, `KUBECONFIG`, `WEBHOOK` and the like; as a `CONNECTION_STRING`; and as
//! the `URL` of a database or broker. Words are what `_`, other characters, digits and `camelCase` set apart; case makes no
//! difference, and `PWD` alone is the working directory. Under a pattern with a `*` a name also does so with a word that
//! ends with `KEY`, `PASS`, `PWD` or `PAT`, or that has a database's name and `URL` in one. A value that is a URL with a user
//! in it, or a private key, looks like a secret under every name.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;

use hostfn::scope::ScopeKind;
use hostfn::state::OutOfMemory;
use hostfn::{HostError, HostFn, HostModule, MemoryBudget, Scope, capabilities, host_fn};

capabilities! {
    /// Read environment variables that the operator names.
    pub ENV_READ = "env.read" in name;
}

/// The module, with the variables of the process.
pub fn module() -> Options {
    Options { fixed: None, no_secrets: BTreeSet::new(), max_value: 64 << 10 }
}

/// The module's options.
#[derive(Clone)]
#[must_use = "a registry takes it: `Registry::builder().module(env::module())`"]
pub struct Options {
    fixed: Option<BTreeMap<String, OsString>>,
    no_secrets: BTreeSet<String>,
    max_value: usize,
}

impl Options {
    /// These variables in place of the process's, besides those of earlier calls.
    pub fn with<N: Into<String>, V: Into<OsString>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        self.fixed.get_or_insert_default().extend(variables);
        self
    }

    /// These are no secrets, whatever they look like: names, letter by letter.
    pub fn no_secret<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.no_secrets.extend(names.into_iter().map(Into::into));
        self
    }

    /// The most bytes of a value: 64 KiB.
    pub fn max_value(mut self, bytes: usize) -> Self {
        self.max_value = bytes;
        self
    }
}

/// Names alone: a value may be a secret.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("fixed", &self.fixed.as_ref().map(|fixed| fixed.keys().collect::<Vec<_>>()))
            .field("no_secrets", &self.no_secrets)
            .field("max_value", &self.max_value)
            .finish()
    }
}

impl From<Options> for HostModule {
    fn from(options: Options) -> HostModule {
        let options = Arc::new(options);
        HostModule::new("env").function(env_get::SPEC).state("env", move |cx| {
            let named = Named::by(cx.granted().scope_of(&ENV_READ).map(AsRef::as_ref));
            Ok::<_, Infallible>(Env { options: Arc::clone(&options), named, memory: cx.memory().clone() })
        })
    }
}

/// The environment, as an instance may see it.
#[derive(Debug)]
pub struct Env {
    options: Arc<Options>,
    named: Named,
    memory: MemoryBudget,
}

/// The names in the operator's own patterns.
#[derive(Debug)]
struct Named {
    names: BTreeSet<String>,
    patterns: Vec<Scope>,
}

/// The grant of a variable.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Granted {
    /// By its name.
    ByName,
    /// By a pattern that leaves something open.
    ByPattern,
    /// By nothing that names it.
    WithAll,
}

impl Named {
    fn by(granted: Option<&Scope>) -> Self {
        let (mut names, mut patterns) = (BTreeSet::new(), Vec::new());
        for pattern in granted.and_then(Scope::allow_patterns).into_iter().flatten() {
            if !pattern.contains('*') {
                names.insert(pattern.to_owned());
            } else if pattern.chars().any(char::is_alphanumeric) {
                patterns.extend(Scope::new(ScopeKind::Name, &[pattern], &[]).ok());
            }
        }
        Self { names, patterns }
    }

    fn how(&self, name: &str) -> Granted {
        if self.names.contains(name) {
            Granted::ByName
        } else if self.patterns.iter().any(|pattern| pattern.allows(name)) {
            Granted::ByPattern
        } else {
            Granted::WithAll
        }
    }
}

impl Env {
    fn value(&self, name: &str) -> Option<OsString> {
        match &self.options.fixed {
            Some(fixed) => fixed.get(name).cloned(),
            None => std::env::var_os(name),
        }
    }
}

/// The reason a variable is not readable.
#[derive(Debug, thiserror::Error, HostError)]
pub enum EnvError {
    /// The variable is granted together with all others, and is not a harmless one. It is so whether it is set or not.
    #[error(
        "the operator's grant does not name the variable; grant it by its name or by a pattern such as `APP_*`"
    )]
    #[status(no_capability)]
    NotNamed(#[scope_value] String),
    /// The variable looks like a secret. By its name, it does so whether it is set or not.
    #[error("the variable looks like a secret, which guests cannot read")]
    #[status(no_capability)]
    LooksLikeASecret(#[scope_value] String),
    /// The value is larger than the host allows.
    #[error("the value takes more than {0} bytes")]
    #[status(quota_exceeded)]
    TooLarge(usize),
    /// The value is not UTF-8.
    #[error("the value is not UTF-8")]
    NotText,
    /// The instance's memory is used up, with what the host holds for it.
    #[error(transparent)]
    #[status(transparent)]
    OutOfMemory(#[from] OutOfMemory),
}

/// The value of an environment variable as it is now; nothing when it is not set.
///
/// Fails when the operator did not name it (`not_named`), and when it looks like a secret (`looks_like_a_secret`), is larger than the host allows (`too_large`,
/// `out_of_memory`) or is not UTF-8 (`not_text`).
#[host_fn(capability = ENV_READ(name), collect = false)]
pub fn env_get(#[state] env: &Env, name: &str) -> Result<Option<String>, EnvError> {
    let may_be_secret = !env.options.no_secrets.contains(name);
    if may_be_secret {
        let how = env.named.how(name);
        if is_secret_name(name) || (how == Granted::ByPattern && is_near_secret_name(name)) {
            return Err(EnvError::LooksLikeASecret(name.to_owned()));
        }
        if how == Granted::WithAll && !is_harmless(name) {
            return Err(EnvError::NotNamed(name.to_owned()));
        }
    }
    let Some(value) = env.value(name) else { return Ok(None) };
    let most = env.options.max_value;
    if value.len() > most {
        return Err(EnvError::TooLarge(most));
    }
    let _held = env.memory.take(value.len())?;
    let value = value.into_string().map_err(|_| EnvError::NotText)?;
    if may_be_secret && is_secret_value(&value) {
        return Err(EnvError::LooksLikeASecret(name.to_owned()));
    }
    Ok(Some(value))
}

/// Names that a grant of everything reads, beside the names that begin with `LC_`: nothing that tells of the host's accounts,
/// paths or peers.
pub const HARMLESS: [&str; 12] = [
    "CI",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLORTERM",
    "COLUMNS",
    "FORCE_COLOR",
    "LANG",
    "LANGUAGE",
    "LINES",
    "NO_COLOR",
    "TERM",
    "TZ",
];

fn is_harmless(name: &str) -> bool {
    HARMLESS.contains(&name) || name.starts_with("LC_")
}

/// A secret wherever they stand in a name.
const PARTS: [&str; 7] = ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "CREDENTIAL", "APIKEY"];

/// A secret as a word of a name.
const WORDS: [&str; 31] = [
    "AUTH",
    "AUTHORIZATION",
    "BEARER",
    "COOKIE",
    "COOKIES",
    "CREDS",
    "DSN",
    "JWT",
    "KEY",
    "KEYS",
    "KEYFILE",
    "KUBECONFIG",
    "MFA",
    "NETRC",
    "OAUTH",
    "OTP",
    "PASS",
    "PASSCODE",
    "PAT",
    "PEM",
    "PGPASS",
    "PIN",
    "PRIVATE",
    "PW",
    "PWD",
    "SALT",
    "SAS",
    "SESSION",
    "SESSIONID",
    "SIGNATURE",
    "WEBHOOK",
];

/// Products with a URL or a connection string that names a user and a password.
const BACKENDS: [&str; 22] = [
    "AMQP",
    "BROKER",
    "CACHE",
    "CELERY",
    "CLICKHOUSE",
    "CONN",
    "CONNECTION",
    "DATABASE",
    "DB",
    "ELASTICSEARCH",
    "JDBC",
    "MARIADB",
    "MONGO",
    "MONGODB",
    "MYSQL",
    "NATS",
    "PG",
    "POSTGRES",
    "POSTGRESQL",
    "RABBITMQ",
    "REDIS",
    "SMTP",
];

fn is_secret_name(name: &str) -> bool {
    let upper = name.to_uppercase();
    let words = words_of(name);
    let any_of = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    PARTS.iter().any(|part| upper.contains(part))
        || (any_of(&WORDS) && upper != "PWD")
        || (any_of(&BACKENDS) && any_of(&["URL", "URI", "STRING", "STR"]))
}

/// Endings of words for secrets when they are written together.
const ENDINGS: [&str; 4] = ["KEY", "PASS", "PWD", "PAT"];

/// Returns whether a name is too near a secret's to be read by a pattern that was not written for it.
fn is_near_secret_name(name: &str) -> bool {
    let is_address = |word: &str| word.contains("URL") || word.contains("URI");
    words_of(name).iter().any(|word| {
        ENDINGS.iter().any(|ending| word.ends_with(ending))
            || (is_address(word) && BACKENDS.iter().any(|backend| word.contains(backend)))
    })
}

/// The words of a name, in capitals: what other characters than letters set apart, and a capital after a small letter.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_small = false;
    for c in name.chars() {
        if !c.is_alphabetic() || (after_small && c.is_uppercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphabetic()) {
            word.extend(c.to_uppercase());
        }
        after_small = c.is_lowercase();
    }
    words
}

fn is_secret_value(value: &str) -> bool {
    let names_user = |rest: &str| rest.split(['/', '?', '#']).next().is_some_and(|host| host.contains('@'));
    value.contains("PRIVATE KEY-----") || value.split("://").skip(1).any(names_user)
}
