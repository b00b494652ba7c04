//! Bindings for guests, from a host's listing: typed functions in the language that a plugin is written in.
//!
//! ```
//! use hostfn_bindgen::Language;
//! use hostfn_core::{Call, HostFnSpec, Param, Registry, Reply, reply_shape};
//!
//! fn call(call: Call<'_>) -> Reply {
//!     let mut call = call.authorize()?;
//!     let (name,) = call.args::<(&str,)>()?;
//!     call.reply(&format!("Hello, {name}!"))
//! }
//!
//! static GREET: HostFnSpec = HostFnSpec::new("host", "greet", call)
//!     .always_available()
//!     .with_params(&[Param::new::<&str>("name")])
//!     .with_reply(reply_shape!(String))
//!     .with_docs("Build a greeting.");
//!
//! let listing = Registry::builder().add(&GREET).build()?.listing();
//! let rust = hostfn_bindgen::generate(&listing, Language::Rust)?;
//! assert!(rust.contains("pub fn greet(name: &str) -> Result<String, CallError> {"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The same listing always gives the same text. It begins with the listing's [`fingerprint`], and each function
//! carries its own.
//!
//! | language | one file | which needs |
//! |---|---|---|
//! | Rust | a module, `host.rs` | the crate `hostfn-guest` |
//! | C, C++ | a header, `host.h`, C99, C++14 and freestanding | clang's wasm32 target |
//! | `AssemblyScript` | a module, `host.ts`, for the `stub` and the `incremental` runtime | `asc` |
//! | Zig | a file, `host.zig`, which imports nothing | `zig`, 0.15 or later |
//! | WIT | a package with a world, `host.wit` | the tools of the component model |
//! | TypeScript | declarations, `host.d.ts`, of the modules that a script imports from | `hostfn js pack`; `tsc` to check types |
//!
//! `hostfn bindgen` is this as a command; the page `docs/first-plugin.md` goes from an empty folder to a plugin that
//! runs, in most of them. A guest carries the [`FunctionRecord`](hostfn_core::FunctionRecord) of every function
//! that its bindings have, and the [`EntryRecord`](hostfn_core::EntryRecord) of every contract entry that it exports. A host
//! that has changed since refuses to load it and reports the change.
//!
//! WIT is for guests that are components: `wit-bindgen`, `componentize-js`, `componentize-py`. This version of hostfn writes
//! the package, and its hosts load core modules only. WIT has no recursive types and no values of any shape;
//! [`generate_expressible`] leaves out the functions that need them.
//!
//! | shape | WIT |
//! |---|---|
//! | group of functions | an interface of the package `hostfn:host@1.N.0`, where `N` is the newest `since` of its functions |
//! | function | `func(...) -> result<T, error>`, with one record `error` for denials, failures and the function's own errors |
//! | 128-bit integers | `s64`, `u64`: what crosses |
//! | bytes, map, option of an option | `list<u8>`, `list<tuple<K, V>>`, one option |
//! | tuple; of more than 16 elements of one type | `tuple`; `list`, whose length the host checks |
//! | struct, enum | `record`, or the type that it wraps; `enum`, or `variant` with payloads |
//! | handle of a `Store` | the resource `store`; functions that take it first are methods, and `close` takes it away |
//! | contract | an interface that the world exports |
//!
//! What the other languages have for a shape of the wire:
//!
//! | shape | Rust | C | `AssemblyScript` | Zig |
//! |---|---|---|---|---|
//! | `u8` to `u64`, `i8` to `i64`, `f32`, `f64`, `bool` | the same | `uint8_t` to `int64_t`, `float`, `double`, `bool` | the same | the same |
//! | 128-bit integers | the same | of 64 bits, which is what crosses | of 64 bits | of 64 bits |
//! | `char` | `char` | `uint32_t`, a code point | `Char`, a code point | `u21` |
//! | `str`, bytes | `String`, `Vec<u8>`; `&str`, `&[u8]` as arguments | `hostfn_str`, `hostfn_bytes` | `string`, `Uint8Array` | `[]const u8` |
//! | option | `Option<T>` | `hostfn_option_T` with `some`, `value` | `Option<T>` with `some`, `value` | `?T` |
//! | sequence | `Vec<T>` | `hostfn_list_T` with `items`, `len` | `Array<T>` | `[]const T` |
//! | map | `BTreeMap<K, V>` | `hostfn_map_K_V` with `entries`, `len` | `Map<K, V>` | `[]const hostfn.Entry(K, V)` |
//! | tuple | `(A, B)`; of one type `[T; N]` | a struct with `v0`, `v1`; `items[N]` | a class with `v0`, `v1`; `StaticArray<T>` | `struct { A, B }`; `[N]T` |
//! | struct | struct | struct | class | struct |
//! | enum | enum | an enum; with payloads a struct of `kind` and the union `as` | an enum; with payloads a class of `kind` and members | an enum; with payloads a `union(enum)` |
//! | handle of a `Store` | the struct `Store`, with `id` | `Store`, a struct with `id` | the class `Store`, with `id` | the struct `Store`, with `id` |
//! | what the listing cannot tell | `Value` | `hostfn_raw`, `MessagePack` | `Raw`, `MessagePack` | `hostfn.Raw`, `MessagePack` |
//! | errors of a function's own | an enum, with `Other` for everything else | a status, `hostfn_last_error`, and an enum of it | the `error` of a `Reply`, and a namespace of codes | an error set, and `hostfn.last_error` |
//!
//! TypeScript has what `hostfn-js` makes of the shapes: `number`, and `bigint` for integers of 64 bits; `string` for `char`;
//! `Uint8Array`; `T | null` for an option; arrays, tuples, interfaces; an object or a `Map` for a map; a union for an enum; a
//! class with methods for a handle; `unknown` for what the listing cannot tell; and the codes of errors as a union.

mod assemblyscript;
mod c;
mod check;
pub mod javascript;
mod model;
mod names;
mod records;
mod rust;
mod text;
mod typescript;
mod wit;
mod zig;

use hostfn_core::{Listing, Problem, Problems};
use sha2::{Digest, Sha256};

/// A language that bindings can be made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// A module for a guest that links `hostfn-guest`.
    Rust,
    /// A header in C99 and C++14, for a guest with or without a C library.
    C,
    /// Classes and functions for a guest that `asc` compiles.
    AssemblyScript,
    /// Structs and functions for a guest that imports nothing else.
    Zig,
    /// Interfaces and a world for a guest that is a component.
    Wit,
    /// Declarations for a plugin in TypeScript or JavaScript, which `hostfn js pack` packs.
    TypeScript,
}

impl Language {
    /// Every language.
    pub const ALL: &'static [Language] = &[
        Language::Rust,
        Language::C,
        Language::AssemblyScript,
        Language::Zig,
        Language::Wit,
        Language::TypeScript,
    ];

    /// Its name, as a command line has it.
    pub const fn name(self) -> &'static str {
        match self {
            Language::Rust => "rust",
            Language::C => "c",
            Language::AssemblyScript => "assemblyscript",
            Language::Zig => "zig",
            Language::Wit => "wit",
            Language::TypeScript => "typescript",
        }
    }

    /// Returns what a file of bindings is called unless someone says otherwise.
    pub const fn file_name(self) -> &'static str {
        match self {
            Language::Rust => "host.rs",
            Language::C => "host.h",
            Language::AssemblyScript => "host.ts",
            Language::Zig => "host.zig",
            Language::Wit => "host.wit",
            Language::TypeScript => "host.d.ts",
        }
    }

    /// Other names that people use for it, such as the endings of its files.
    pub const fn aliases(self) -> &'static [&'static str] {
        match self {
            Language::Rust => &["rs"],
            Language::C => &["h", "c++", "cpp", "cxx"],
            Language::AssemblyScript => &["as", "asc"],
            Language::Zig => &[],
            Language::Wit => &["component"],
            Language::TypeScript => &["ts", "d.ts", "js", "javascript"],
        }
    }

    /// The language of this [`name`](Language::name) or [alias](Language::aliases).
    ///
    /// ```
    /// use hostfn_bindgen::Language;
    ///
    /// assert_eq!(Language::from_name("ts"), Some(Language::TypeScript));
    /// assert_eq!(Language::from_name("cobol"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        let is_called = |language: &Language| language.name() == name || language.aliases().contains(&name);
        Self::ALL.iter().copied().find(is_called)
    }
}

/// The bindings of `listing` in `language`, a whole file.
///
/// # Errors
/// Everything in the listing that the language has no bindings for, each with its function and type.
pub fn generate(listing: &Listing, language: Language) -> Result<String, Problems> {
    let Bindings { text, left_out } = generate_expressible(listing, language)?;
    Problems::check(left_out)?;
    Ok(text)
}

/// A file of bindings, and the functions that it leaves out.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Bindings {
    /// The file.
    pub text: String,
    /// The places that the language has no types for. Their functions are not in the file. Empty in all languages but
    /// [`Language::Wit`].
    pub left_out: Vec<Problem>,
}

/// The bindings of everything in `listing` that `language` can express.
///
/// ```
/// use hostfn_bindgen::{Language, generate_expressible};
/// use hostfn_core::{Call, HostFnSpec, Param, Registry, Reply, Shape, reply_shape};
///
/// fn call(call: Call<'_>) -> Reply {
///     call.authorize()?.reply(&())
/// }
///
/// static NOTE: HostFnSpec = HostFnSpec::new("host", "note", call)
///     .always_available()
///     .with_params(&[Param::new::<&str>("line")])
///     .with_reply(reply_shape!(()));
///
/// let mut listing = Registry::builder().add(&NOTE).build()?.listing();
/// let mut any = listing.functions[0].clone();
/// any.name = "any".to_owned();
/// any.params[0].shape = Shape::Opaque { rust: "Value".into(), reason: "it is untagged".into() };
/// listing.functions.insert(0, any);
///
/// let bindings = generate_expressible(&listing, Language::Wit)?;
/// assert!(bindings.text.contains("note: func(line: string) -> result<_, error>;"));
/// assert_eq!(bindings.left_out[0].location(), "host.any, parameter `line`");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Everything else that the language has no bindings for, such as two functions of one name, each with its place.
pub fn generate_expressible(listing: &Listing, language: Language) -> Result<Bindings, Problems> {
    let model = model::model(listing)?;
    let whole = |text| Bindings { text, left_out: Vec::new() };
    match language {
        Language::Rust => rust::print(&model).map(whole),
        Language::C => c::print(&model).map(whole),
        Language::AssemblyScript => assemblyscript::print(&model).map(whole),
        Language::Zig => zig::print(&model).map(whole),
        Language::Wit => wit::print(&model).map(|(text, left_out)| Bindings { text, left_out }),
        Language::TypeScript => typescript::print(&model, listing).map(whole),
    }
}

/// 16 hexadecimal digits over what a guest relies on: every function's name, fingerprint and capability, and every
/// method's of a contract. Docs and places in the source do not count.
pub fn fingerprint(listing: &Listing) -> String {
    let functions = listing
        .functions
        .iter()
        .map(|row| format!("{} {} {} {}\n", row.module, row.name, row.fingerprint, row.requirement()));
    let methods = listing.contracts.iter().flat_map(|contract| {
        let methods = contract.methods.iter();
        methods.map(|method| format!("{} {} {}\n", contract.id, method.name, method.fingerprint))
    });
    let text: String = functions.chain(methods).collect();
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
