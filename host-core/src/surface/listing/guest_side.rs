//! The contracts as data: what a host calls of its guests.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    ErrorRow, NamedBy, ParamRow, convention, fingerprint, first_sentence, opaque, shape_of_reply, signature,
};
use crate::spec::{ContractSpec, MethodSpec, Shape, TypeDef};

/// One contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ContractRow {
    /// The id that host and guest know it by.
    pub id: String,
    /// Its methods, in order.
    pub methods: Vec<MethodRow>,
    /// The first sentence of its documentation.
    pub summary: String,
    /// The package that declares it.
    #[serde(rename = "crate")]
    pub krate: String,
    /// The version of that package, where it is from outside the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside: Option<String>,
    /// The file, relative to the workspace, or to the package of a dependency.
    pub file: String,
    /// The line.
    pub line: u32,
    /// `macro` or `manual`.
    pub origin: String,
}

/// One method of a contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MethodRow {
    /// Its name.
    pub name: String,
    /// The symbol that the guest exports.
    pub entry: String,
    /// The calling convention: `messagepack`, section 7 of the ABI, or `messagepack, async` where the host waits.
    pub convention: String,
    /// The parameters.
    pub params: Vec<ParamRow>,
    /// The reply.
    pub reply: Shape,
    /// Its own errors; `None` where it has none.
    pub error: Option<ErrorRow>,
    /// The definitions of the named types in parameters and reply.
    pub types: BTreeMap<String, TypeDef>,
    /// The first sentence of its documentation.
    pub summary: String,
    /// 16 hexadecimal digits over the contract's id, the name, the entry symbol, the parameters, the reply, the
    /// error codes and the whole graph of types they lead to, field names included.
    pub fingerprint: String,
}

impl ContractRow {
    pub(crate) fn from_spec(contract: &ContractSpec) -> Self {
        let place = contract.location();
        let methods = contract.methods().iter();
        ContractRow {
            id: contract.id().to_owned(),
            methods: methods.map(|method| MethodRow::from_spec(contract.id(), method)).collect(),
            summary: first_sentence(contract.docs()),
            krate: place.krate().to_owned(),
            outside: place.outside().map(str::to_owned),
            file: place.file().replace('\\', "/"),
            line: place.line(),
            origin: contract.origin().as_str().to_owned(),
        }
    }

    /// `greeter.v1.greet`.
    pub fn full_name(&self, method: &MethodRow) -> String {
        format!("{}.{}", self.id, method.name)
    }
}

impl MethodRow {
    fn from_spec(contract: &str, method: &'static MethodSpec) -> Self {
        let mut types = BTreeMap::new();
        let params = method.params().iter().map(|param| ParamRow::from_param(param, &mut types)).collect();
        let reply = method.reply();
        let reply_shape = shape_of_reply(reply, &mut types, NamedBy::Earlier);
        let mut row = MethodRow {
            name: method.name().to_owned(),
            entry: method.entry().to_owned(),
            convention: convention(method.is_async()),
            params,
            reply: reply_shape,
            error: reply.error().as_ref().map(ErrorRow::from_shape),
            types,
            summary: first_sentence(method.docs()),
            fingerprint: String::new(),
        };
        row.fingerprint = row.expected_fingerprint(contract);
        row
    }

    /// The fingerprint that its parts give, as a method of the contract with this id.
    pub fn expected_fingerprint(&self, contract: &str) -> String {
        let names = format!("{contract} {} {}", self.name, self.entry);
        fingerprint(&names, &self.convention, &self.params, &self.reply, self.error.as_ref(), &self.types)
    }

    /// `(name: str) -> Result<str, Unknown>`.
    pub fn signature(&self) -> String {
        signature(&self.params, &self.reply, self.error.as_ref())
    }

    /// The types that could not be traced: what they are part of, their name and the reason.
    pub fn opaque(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        opaque(&self.params, &self.reply)
    }
}
