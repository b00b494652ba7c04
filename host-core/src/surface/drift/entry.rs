//! The record of an entry of a contract.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[cfg(feature = "inspect")]
use super::carried;
use super::diff::{self, Way};
use super::terms::Terms;
use super::{ErrorRecord, REMEDY, read};
use crate::error::{Code, Problem, Problems, printable};
use crate::spec::{Shape, TypeDef};
use crate::surface::{ContractRow, MethodRow, ParamRow};

/// One entry of a contract, as a guest's bindings knew it: the other half of [`FunctionRecord`](super::FunctionRecord),
/// in the same section and the same form. A line with `contract` is the record of an entry, and one with `module` that of
/// a host function.
///
/// A host compares the records of the entries that the guest exports with its contracts when it loads the guest, and with
/// the contract of a client in [`contract`](crate::engine::Exports::contract). Values go the other way than those of a host
/// function: the guest receives the arguments and sends the reply.
///
/// ```
/// use hostfn_core::{ContractSpec, EntryRecord, MethodSpec, Registry, passed, reply_shape};
///
/// static THEN: ContractSpec = ContractSpec::new("greeter.v1").with_methods(&[
///     MethodSpec::new("greet", "greeter_v1_greet").with_params(&[passed!("name", &str)]).with_reply(reply_shape!(String)),
/// ]);
/// static NOW: ContractSpec = ContractSpec::new("greeter.v1").with_methods(&[
///     MethodSpec::new("greet", "greeter_v1_greet").with_params(&[passed!("name", &str)]).with_reply(reply_shape!(u32)),
/// ]);
///
/// let of = |spec| Ok::<_, hostfn_core::Error>(Registry::builder().contract(spec).build()?.listing().contracts.remove(0));
/// let then = of(&THEN)?;
/// let bytes = EntryRecord::from_row(&then, &then.methods[0]).to_bytes();
///
/// let record = &EntryRecord::read_all(&bytes)?[0];
/// assert!(record.drift(&then).is_empty());
/// assert_eq!(
///     record.drift(&of(&NOW)?)[0].message(),
///     "the reply was `str` when the plugin was built, and is `u32`",
/// );
/// # Ok::<(), hostfn_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryRecord {
    contract: String,
    name: String,
    entry: String,
    fingerprint: String,
    convention: String,
    params: Vec<ParamRow>,
    reply: Shape,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ErrorRecord>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    types: BTreeMap<String, TypeDef>,
}

impl EntryRecord {
    /// Creates the record of a method of a listed contract: for a generator of bindings.
    pub fn from_row(contract: &ContractRow, method: &MethodRow) -> Self {
        Self {
            contract: contract.id.clone(),
            name: method.name.clone(),
            entry: method.entry.clone(),
            fingerprint: method.fingerprint.clone(),
            convention: method.convention.clone(),
            params: method.params.clone(),
            reply: method.reply.clone(),
            errors: ErrorRecord::of(method.error.as_ref()),
            types: method.types.clone(),
        }
    }

    /// Returns the line of the section, its line feed included.
    #[expect(clippy::missing_panics_doc, reason = "a record's maps have string keys, so JSON can hold it")]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).expect("a record has string keys only");
        bytes.push(b'\n');
        bytes
    }

    /// Reads the records of entries in a section, under the limits of
    /// [`FunctionRecord::read_all`](super::FunctionRecord::read_all).
    ///
    /// # Errors
    /// `H0320` for each record of any kind that cannot be read, the first 64 of them.
    pub fn read_all(bytes: &[u8]) -> Result<Vec<Self>, Problems> {
        Ok(read::all(bytes)?.entries)
    }

    /// Returns the records of entries that a module carries, read without running any of its code, and a problem (`H0320`)
    /// for each record of any kind that cannot be read, at a location in `plugin`.
    ///
    /// ```
    /// use hostfn_core::EntryRecord;
    ///
    /// let (records, problems) = EntryRecord::carried_by("empty", b"\0asm\x01\0\0\0");
    /// assert!(records.is_empty() && problems.is_empty());
    /// ```
    #[cfg(feature = "inspect")]
    pub fn carried_by(plugin: &str, wasm: &[u8]) -> (Vec<Self>, Vec<Problem>) {
        let mut problems = Vec::new();
        let records = carried::records_in(plugin, wasm, &mut problems);
        (records.entries, problems)
    }

    /// Returns the id of the contract.
    pub fn contract(&self) -> &str {
        &self.contract
    }

    /// Returns the name of the method.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the symbol that the guest exports.
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// Returns the fingerprint that the method had.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Returns what has changed so that a guest built against this record no longer fits the contract; nothing where it
    /// does. The codes are those of [`FunctionRecord::drift`](super::FunctionRecord::drift); `H0321` for a method that the
    /// contract no longer has, and `H0326` for another entry symbol.
    pub fn drift(&self, contract: &ContractRow) -> Vec<Problem> {
        let place = self.place();
        let Some(method) = contract.methods.iter().find(|method| method.name == self.name) else {
            return vec![diff::gone(place, &self.params, &self.reply)];
        };
        let mut problems = Vec::new();
        if method.entry != self.entry {
            let what = format!(
                "its entry was `{}` when the plugin was built, and is `{}`",
                printable(&self.entry),
                printable(&method.entry)
            );
            problems.push(Problem::new(Code::ErrorsChanged, place.clone(), what, REMEDY));
        }
        if self.fingerprint != method.fingerprint {
            let (then, now) = (Terms::of_entry(self), Terms::of_method(method));
            problems.extend(diff::problems(&place, &then, &now, Way::Out));
        }
        problems
    }

    fn place(&self) -> String {
        format!("method `{}` of contract `{}`", printable(&self.name), printable(&self.contract))
    }
}

impl<'a> Terms<'a> {
    fn of_entry(record: &'a EntryRecord) -> Self {
        Terms {
            convention: &record.convention,
            params: &record.params,
            reply: &record.reply,
            errors: record.errors.iter().map(|error| (error.code.as_str(), error.status)).collect(),
            types: &record.types,
        }
    }
}
