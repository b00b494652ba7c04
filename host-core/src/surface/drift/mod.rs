//! The functions that a guest was built against, compared with the host.

#[cfg(feature = "inspect")]
mod carried;
pub(crate) mod diff;
mod entry;
mod read;
pub(crate) mod terms;

#[cfg(feature = "inspect")]
use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Problem, Problems};
use crate::spec::{Shape, TypeDef};
use crate::surface::{ErrorRow, FunctionRow, ParamRow};

#[cfg(feature = "inspect")]
pub(crate) use carried::sections;
pub use entry::EntryRecord;

/// A guest's record of one host function, the source of its bindings. The guest carries a record for
/// each function that it uses, in the custom section `hostfn.functions`, and a host that has changed since refuses
/// to load it.
///
/// A section holds records one after the other, each a line of JSON as [`to_bytes`](FunctionRecord::to_bytes) writes
/// it. Where a language cannot write sections, the guest exports a constant global, `hostfn_functions`: the
/// address in its memory of the same text, with a zero after it. Both are read without running any of the guest's code.
///
/// The bindings that `hostfn bindgen` writes do this, for every function that they have; of those, the ones that the
/// guest imports are held to what the host has. By hand:
///
/// | language | how |
/// |---|---|
/// | Rust | `hostfn_guest::function_records!(b"...")` |
/// | C | `__asm__(".section .custom_section.hostfn.functions,\"\",@\n.ascii \"...\"\n.text\n");`, or `const char hostfn_functions[] = "...";` and the linker's `--export=hostfn_functions` |
/// | AssemblyScript | `export const hostfn_functions: usize = memory.data<u8>([...]);` |
/// | Zig | `comptime { asm (".section .custom_section.hostfn.functions,\"\",@\n.ascii \"...\"\n.text\n"); }` |
///
/// ```
/// use hostfn_core::{FunctionRecord, HostFnSpec, Param, Registry, reply_shape};
///
/// static ADD: HostFnSpec = HostFnSpec::new("host", "add", |call| call.authorize()?.reply(&0_u64))
///     .always_available()
///     .with_params(&[Param::new::<u64>("a"), Param::new::<u64>("b")])
///     .with_reply(reply_shape!(u64));
/// static ADD_SMALL: HostFnSpec = HostFnSpec::new("host", "add", |call| call.authorize()?.reply(&0_u64))
///     .always_available()
///     .with_params(&[Param::new::<u64>("a"), Param::new::<u32>("b")])
///     .with_reply(reply_shape!(u64));
///
/// let of = |spec| Ok::<_, hostfn_core::Error>(Registry::builder().add(spec).build()?.listing().functions.remove(0));
/// let then = FunctionRecord::from_row(&of(&ADD)?).to_bytes();
///
/// let record = &FunctionRecord::read_all(&then)?[0];
/// assert!(record.drift(&of(&ADD)?).is_empty());
/// assert_eq!(
///     record.drift(&of(&ADD_SMALL)?)[0].to_string(),
///     "H0322 function `add` of module `host`: parameter `b` was `u64` when the plugin was built, and is `u32`; \
///      regenerate the plugin's bindings from this host's listing, and build it again",
/// );
/// # Ok::<(), hostfn_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionRecord {
    module: String,
    name: String,
    fingerprint: String,
    convention: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    capability: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scoped_param: Option<String>,
    params: Vec<ParamRow>,
    reply: Shape,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ErrorRecord>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    types: BTreeMap<String, TypeDef>,
}

/// One kind of a function's own errors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ErrorRecord {
    code: String,
    status: i32,
}

impl ErrorRecord {
    fn of(error: Option<&ErrorRow>) -> Vec<Self> {
        let kinds = error.into_iter().flat_map(|error| &error.kinds);
        kinds.map(|kind| ErrorRecord { code: kind.code.clone(), status: kind.status }).collect()
    }
}

/// All records that a plugin carries.
#[derive(Clone, Debug, Default)]
pub(crate) struct Carried {
    /// Of host functions.
    pub(crate) functions: Vec<FunctionRecord>,
    /// Of entries of contracts.
    pub(crate) entries: Vec<EntryRecord>,
}

#[cfg(feature = "inspect")]
impl Carried {
    /// Reads the records of a module. Problems go to `problems`.
    pub(crate) fn by(plugin: &str, wasm: &[u8], problems: &mut Vec<Problem>) -> Self {
        carried::records_in(plugin, wasm, problems)
    }
}

/// Bytes of all records of a plugin.
pub(crate) const LONGEST_SECTION: usize = 1024 * 1024;

/// The remedy for every change.
const REMEDY: &str = "regenerate the plugin's bindings from this host's listing, and build it again";

/// So many problems are found before the rest is left: a hostile plugin can carry thousands of records.
const MOST: usize = 64;

impl FunctionRecord {
    /// The record of a listed function: for a generator of bindings.
    pub fn from_row(row: &FunctionRow) -> Self {
        Self {
            module: row.module.clone(),
            name: row.name.clone(),
            fingerprint: row.fingerprint.clone(),
            convention: row.convention.clone(),
            capability: row.capability.clone(),
            scoped_param: row.scoped_param.clone(),
            params: row.params.clone(),
            reply: row.reply.clone(),
            errors: ErrorRecord::of(row.error.as_ref()),
            types: row.types.clone(),
        }
    }

    /// Returns what goes into the section: a line of JSON, its line feed included. The records of several functions are
    /// put one after the other, in any order.
    #[expect(clippy::missing_panics_doc, reason = "a record's maps have string keys, so JSON can hold it")]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).expect("a record has string keys only");
        bytes.push(b'\n');
        bytes
    }

    /// Reads the records of host functions in a section. Lines end with a line feed or a zero, and empty ones do not count.
    /// A section has at most 1 MiB, and a record 64 KiB.
    ///
    /// # Errors
    /// `H0320` for each record of any kind that cannot be read, with its place, the first 64 of them.
    pub fn read_all(bytes: &[u8]) -> Result<Vec<Self>, Problems> {
        Ok(read::all(bytes)?.functions)
    }

    /// The records that a module carries, read without running any of its code, and what is wrong with the others
    /// (`H0320`), at a place in `plugin`.
    ///
    /// ```
    /// use hostfn_core::FunctionRecord;
    ///
    /// let (records, problems) = FunctionRecord::carried_by("empty", b"\0asm\x01\0\0\0");
    /// assert!(records.is_empty() && problems.is_empty());
    /// ```
    #[cfg(feature = "inspect")]
    pub fn carried_by(plugin: &str, wasm: &[u8]) -> (Vec<Self>, Vec<Problem>) {
        let mut problems = Vec::new();
        let records = carried::records_in(plugin, wasm, &mut problems);
        (records.functions, problems)
    }

    /// The capability that the function required; `None` for one that was always available.
    pub fn capability(&self) -> Option<&str> {
        self.capability.as_deref()
    }

    /// The module that the function is imported from.
    pub fn module(&self) -> &str {
        &self.module
    }

    /// The name that the function is imported by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The fingerprint that the function had.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Returns what has changed so that a guest built against this record does not work any more with the function as `row`
    /// lists it; nothing where it does.
    ///
    /// What is only added does no harm: fields of replies, fields of arguments that are optional, variants of
    /// arguments, error codes. Neither does another order of fields or another name of a type, which do not cross
    /// the wire.
    ///
    /// A handle is a type of its own, though it is a number on the wire: `u64` in place of `handle<Store>`, or a handle of
    /// a resource of another name, is a change of type, in either direction. A plugin that took a number for a handle, or
    /// one handle for another, would only be told at run time, by `no_such_handle`.
    ///
    /// | code | what has changed |
    /// |---|---|
    /// | `H0322` | a parameter: added, removed, renamed, of another type |
    /// | `H0323` | the reply |
    /// | `H0324` | a field or variant of a type that a parameter or the reply leads to |
    /// | `H0325` | the capability, or what its scope is matched against |
    /// | `H0326` | the status of an error, or how the function is called |
    pub fn drift(&self, row: &FunctionRow) -> Vec<Problem> {
        diff::drift(&place(self), self, row)
    }

    /// The same of a function that the host does not have (`H0321`).
    pub fn gone(&self) -> Problem {
        diff::gone(place(self), &self.params, &self.reply)
    }
}

/// The records of a plugin, by the function they are of.
#[cfg(feature = "inspect")]
#[derive(Default)]
pub(crate) struct Records<'r>(BTreeMap<(&'r str, &'r str), Vec<&'r FunctionRecord>>);

#[cfg(feature = "inspect")]
impl<'r> Records<'r> {
    /// Counts records that are carried twice once.
    pub(crate) fn new(records: &'r [FunctionRecord]) -> Self {
        let mut by_function: BTreeMap<_, Vec<&FunctionRecord>> = BTreeMap::new();
        for record in records {
            // of one function more than two are a mistake, and are not all compared
            let known = by_function.entry((record.module(), record.name())).or_default();
            if known.len() < MOST && !known.contains(&record) {
                known.push(record);
            }
        }
        Records(by_function)
    }

    /// The record of a function that the plugin imports and the host does not have.
    pub(crate) fn find(&self, module: &str, name: &str) -> Option<&'r FunctionRecord> {
        self.0.get(&(module, name))?.first().copied()
    }

    /// Compares the records of what the plugin imports with what the host has, which is what `row` returns; the
    /// others do not count.
    pub(crate) fn check<'h>(
        &self,
        plugin: &str,
        row: impl Fn(&str, &str) -> Option<Cow<'h, FunctionRow>>,
        problems: &mut Vec<Problem>,
    ) {
        let plugin = format!("plugin `{plugin}`");
        let mut found = Vec::new();
        for ((module, name), records) in &self.0 {
            let Some(row) = row(module, name) else { continue };
            for record in records {
                found.extend(record.drift(&row).iter().map(|problem| problem.within(&plugin)));
                if found.len() >= MOST {
                    return problems.append(&mut found);
                }
            }
        }
        problems.append(&mut found);
    }
}

fn place(record: &FunctionRecord) -> String {
    use crate::error::printable;
    format!("function `{}` of module `{}`", printable(&record.name), printable(&record.module))
}

pub(crate) fn unreadable(place: String, what: impl Into<String>) -> Problem {
    Problem::new(Code::BadFunctionRecord, place, what, "write it as `hostfn` makes it, unchanged")
}
