//! The blocks of a lock as TOML has them.

use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lock {
    #[serde(rename = "lock")]
    pub(super) _version: u32,
    pub(super) abi: i32,
    #[serde(default)]
    pub(super) capability: Vec<Spanned<Capability>>,
    #[serde(default)]
    pub(super) function: Vec<Spanned<Function>>,
    #[serde(default)]
    pub(super) contract: Vec<Spanned<Contract>>,
    #[serde(default)]
    pub(super) unregistered: Vec<Spanned<Unregistered>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Capability {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) scope: String,
    #[serde(default)]
    pub(super) escapes_the_sandbox: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Function {
    pub(super) module: String,
    pub(super) name: String,
    pub(super) group: Option<String>,
    pub(super) capability: Option<String>,
    #[serde(default)]
    pub(super) always_available: bool,
    pub(super) matched: Option<String>,
    pub(super) convention: Option<String>,
    #[serde(default)]
    pub(super) takes: Vec<Spanned<String>>,
    pub(super) replies: Option<Spanned<String>>,
    pub(super) error: Option<String>,
    #[serde(default)]
    pub(super) fails: Vec<Fails>,
    pub(super) types: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) states: Vec<String>,
    pub(super) max_args: Option<u32>,
    pub(super) max_reply: Option<u32>,
    pub(super) quota: Option<u32>,
    pub(super) since: Option<u32>,
    pub(super) docs: String,
    #[serde(rename = "crate")]
    pub(super) krate: Option<String>,
    pub(super) outside: Option<String>,
    #[serde(default)]
    pub(super) by_hand: bool,
    pub(super) fingerprint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contract {
    pub(super) id: String,
    pub(super) docs: String,
    #[serde(rename = "crate")]
    pub(super) krate: Option<String>,
    pub(super) outside: Option<String>,
    #[serde(default)]
    pub(super) by_hand: bool,
    #[serde(default)]
    pub(super) method: Vec<Spanned<Method>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Method {
    pub(super) name: String,
    pub(super) entry: String,
    pub(super) convention: Option<String>,
    #[serde(default)]
    pub(super) takes: Vec<Spanned<String>>,
    pub(super) replies: Option<Spanned<String>>,
    pub(super) error: Option<String>,
    #[serde(default)]
    pub(super) fails: Vec<Fails>,
    pub(super) types: Option<Spanned<String>>,
    pub(super) docs: String,
    pub(super) fingerprint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Unregistered {
    pub(super) module: String,
    pub(super) name: String,
    #[serde(rename = "crate")]
    pub(super) krate: Option<String>,
    pub(super) outside: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fails {
    pub(super) code: String,
    pub(super) status: i32,
    pub(super) docs: String,
}
