//! Description of one plugin, from the packer to the engine. Both sides compile this file.

use serde::{Deserialize, Serialize};

/// One plugin: its modules, and everything about the host functions that they import.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// The plugin's own modules; the first is the one that starts.
    pub sources: Vec<Source>,
    /// The host's modules, as far as the plugin imports from them.
    pub modules: Vec<HostModule>,
    /// Host functions. The number of a function is that of its import.
    pub functions: Vec<Function>,
    /// Resources that the functions return handles of.
    pub resources: Vec<Resource>,
    /// Types of parameters, replies and their parts, by number.
    pub types: Vec<Type>,
    /// Functions that the host can call.
    pub entries: Vec<Entry>,
}

/// A module of the plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Its name, which relative imports are resolved against: `lib/text.js`.
    pub name: String,
    /// JavaScript.
    pub text: String,
}

/// A module of the host: `host:kv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HostModule {
    /// The text behind `from`.
    pub specifier: String,
    /// The exported names and the function behind each.
    pub exports: Vec<(String, u32)>,
    /// Exported names, and the function of each that is called where the only argument is `:memory:`.
    pub in_memory: Vec<(String, u32)>,
}

/// A host function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Function {
    /// The name in error messages, as the plugin's author knows it: `kv.get`.
    pub name: String,
    /// Name and type of each parameter.
    pub params: Vec<(String, u32)>,
    /// The type of the reply.
    pub reply: u32,
    /// True when the plugin gets a promise.
    pub is_async: bool,
}

/// A resource of the host. Its handles are objects of a class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// The name of the class.
    pub class: String,
    /// Methods of the class: functions that take the handle first.
    pub methods: Vec<(String, u32)>,
    /// The function that closes a handle.
    pub close: Option<u32>,
}

/// A function that the host can call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The exported name in JavaScript.
    pub name: String,
    /// The member of the export, where that is an object: a method of a contract.
    pub member: Option<String>,
    /// The types of the parameters, where a contract declares them.
    pub params: Option<Vec<u32>>,
    /// The type of the reply.
    pub reply: u32,
}

/// A type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Type {
    /// Any value, as its bytes describe it.
    Any,
    /// Nothing.
    Unit,
    /// A boolean.
    Bool,
    /// An integer of at most 64 bits.
    Int {
        /// True for `i8` to `i64`.
        signed: bool,
        /// 8, 16, 32 or 64.
        bits: u8,
    },
    /// A 32-bit float.
    F32,
    /// A 64-bit float.
    F64,
    /// A string of one code point.
    Char,
    /// A string.
    Str,
    /// Bytes.
    Bytes,
    /// A value or nothing.
    Option(u32),
    /// An array.
    Seq(u32),
    /// A map from the first to the second.
    Map(u32, u32),
    /// An array of these types.
    Tuple(Vec<u32>),
    /// An object.
    Struct(Body),
    /// An enum, externally tagged.
    Enum(Vec<(String, Body)>),
    /// A handle of [`Table::resources`].
    Handle(u32),
}

/// Content of a struct or a variant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Body {
    /// Nothing.
    Unit,
    /// One value, which stands for itself.
    Newtype(u32),
    /// An array.
    Tuple(Vec<u32>),
    /// An object with these members.
    Fields(Vec<(String, u32)>),
}

/// Imports and exports of a module.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Names {
    /// The modules it requests, in order, with those that it only runs.
    pub requests: Vec<String>,
    /// Module and name of each import; `*` is the whole module.
    pub imports: Vec<(String, String)>,
    /// Exported names.
    pub exports: Vec<String>,
    /// Modules of which it exports everything.
    pub stars: Vec<String>,
}
