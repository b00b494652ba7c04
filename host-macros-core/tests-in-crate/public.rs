//! The expansion is made of what a person could write: documented public items of `hostfn`, and the probes of its
//! `__private`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use quote::quote;
use syn::{Attribute, File, ImplItem, Item, Meta, TraitItem, Type, UseTree, Visibility, parse_quote};

use super::cases::{CONTRACTS, FUNCTIONS};
use super::{beside, expand, words};

/// Not an item of `hostfn-core`: the crate that gathers the functions, re-exported whole, with the macro that submits one;
/// `Clone`; and Rust's own.
const FROM_ELSEWHERE: [&str; 5] =
    ["__private::inventory", "__private::inventory::submit", ".clone", ".await", ".0"];

/// The documented public items: `spec::Param`, `spec::Param::new`, and `.args` for a method.
struct Public(BTreeSet<String>);

impl Public {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let core = root.join("host-core/src");
        let files: Vec<File> = sources(&core).iter().map(|file| parsed(file)).collect();
        let items = Public::new(&parsed(&core.join("lib.rs")), &files);
        let mut facade = BTreeSet::new();
        items.offered("", &parsed(&root.join("src/lib.rs")).items, &mut facade);
        items.offered("__private::", &parsed(&root.join("src/__private.rs")).items, &mut facade);
        for item in parsed(&root.join("src/modules.rs")).items {
            if let Item::Mod(module) = item
                && let Some((_, within)) = module.content
            {
                items.offered(&format!("{}::", module.ident), &within, &mut facade);
            }
        }
        Public(facade)
    }

    /// Adds those of these items that a module of the facade re-exports, and the module.
    fn offered(&self, module: &str, uses: &[Item], facade: &mut BTreeSet<String>) {
        let mut names = BTreeSet::new();
        for item in uses {
            if let Item::Use(item) = item
                && is_public(&item.vis)
                && matches!(&item.tree, UseTree::Path(path) if path.ident == "hostfn_core")
            {
                leaves(&item.tree, &mut names);
            }
        }
        for item in &self.0 {
            let owner = item.split("::").next().unwrap_or_default();
            if item.starts_with('.') {
                facade.insert(item.clone());
            } else if names.contains(owner) {
                facade.insert(format!("{module}{item}"));
            }
        }
        if !module.is_empty() {
            facade.insert(module.trim_end_matches("::").to_owned());
        }
    }

    /// Of what `files` define, that which `lib` exports.
    fn new(lib: &File, files: &[File]) -> Self {
        let mut exported = BTreeSet::new();
        for item in &lib.items {
            if let Item::Use(item) = item
                && is_public(&item.vis)
            {
                leaves(&item.tree, &mut exported);
            }
        }
        let mut names = BTreeSet::new();
        for item in files.iter().flat_map(|file| &file.items) {
            gather(item, &exported, &mut names);
        }
        let owned = names.iter().filter_map(|name| name.split_once("::"));
        let methods: Vec<String> = owned.map(|(_, name)| format!(".{name}")).collect();
        names.extend(methods);
        Public(names)
    }

    fn lacks(&self, used: &str) -> bool {
        !self.0.contains(used) && !FROM_ELSEWHERE.contains(&used)
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

fn parsed(file: &Path) -> File {
    let source = fs::read_to_string(file).unwrap();
    syn::parse_file(&source).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

fn leaves(tree: &UseTree, names: &mut BTreeSet<String>) {
    match tree {
        UseTree::Path(path) => leaves(&path.tree, names),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, names)),
        UseTree::Name(name) => _ = names.insert(name.ident.to_string()),
        UseTree::Rename(_) | UseTree::Glob(_) => panic!("each item is exported by its own name"),
    }
}

/// Adds what the item is called, and what belongs to it, as far as that is exported and documented.
fn gather(item: &Item, exported: &BTreeSet<String>, names: &mut BTreeSet<String>) {
    let mut add = |vis: &Visibility, attrs: &[Attribute], name: String| {
        let owner = name.split("::").next().unwrap_or_default();
        if is_public(vis) && is_documented(attrs) && exported.contains(owner) {
            names.insert(name);
        }
    };
    match item {
        Item::Struct(item) => add(&item.vis, &item.attrs, item.ident.to_string()),
        Item::Type(item) => add(&item.vis, &item.attrs, item.ident.to_string()),
        Item::Fn(item) => add(&item.vis, &item.attrs, item.sig.ident.to_string()),
        Item::Enum(item) => {
            add(&item.vis, &item.attrs, item.ident.to_string());
            for variant in &item.variants {
                add(&item.vis, &variant.attrs, format!("{}::{}", item.ident, variant.ident));
            }
        }
        Item::Trait(item) => {
            add(&item.vis, &item.attrs, item.ident.to_string());
            for of_trait in &item.items {
                let (attrs, name) = match of_trait {
                    TraitItem::Const(item) => (&item.attrs, &item.ident),
                    TraitItem::Fn(item) => (&item.attrs, &item.sig.ident),
                    TraitItem::Type(item) => (&item.attrs, &item.ident),
                    _ => continue,
                };
                add(&item.vis, attrs, format!("{}::{name}", item.ident));
            }
        }
        Item::Impl(block) if block.trait_.is_none() => {
            let Type::Path(owner) = &*block.self_ty else { return };
            let Some(owner) = owner.path.segments.last() else { return };
            for of_type in &block.items {
                let (vis, attrs, name) = match of_type {
                    ImplItem::Const(item) => (&item.vis, &item.attrs, &item.ident),
                    ImplItem::Fn(item) => (&item.vis, &item.attrs, &item.sig.ident),
                    _ => continue,
                };
                add(vis, attrs, format!("{}::{name}", owner.ident));
            }
        }
        Item::Macro(item) => {
            if let Some(name) = &item.ident
                && item.attrs.iter().any(|attr| attr.path().is_ident("macro_export"))
                && is_documented(&item.attrs)
            {
                names.insert(name.to_string());
            }
        }
        _ => {}
    }
}

fn is_public(vis: &Visibility) -> bool {
    matches!(vis, Visibility::Public(_))
}

fn is_documented(attrs: &[Attribute]) -> bool {
    let mut docs = attrs.iter().filter(|attr| attr.path().is_ident("doc")).map(|attr| &attr.meta).peekable();
    docs.peek().is_some() && docs.all(|doc| matches!(doc, Meta::NameValue(_)))
}

/// The `Param` and the `Param::new` of each `::hostfn::spec::Param::new`, and the `.args` of each `.args()`.
fn uses(code: &[String]) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (i, word) in code.iter().enumerate() {
        match word.as_str() {
            "." => _ = used.insert(format!(".{}", code[i + 1])),
            "hostfn" => {
                let (mut path, rest) = segments(&code[i + 1..]);
                // `<f as ::hostfn::HostFn>::SPEC`
                if let [close, rest @ ..] = rest
                    && close == ">"
                {
                    path.extend(segments(rest).0);
                }
                used.extend((1..=path.len()).map(|end| path[..end].join("::")));
            }
            _ => {}
        }
    }
    used
}

/// The names of `::a::b`, and what comes after them.
fn segments(mut code: &[String]) -> (Vec<&str>, &[String]) {
    let mut names = Vec::new();
    while let [first, second, name, rest @ ..] = code
        && (first.as_str(), second.as_str()) == (":", ":")
        && syn::parse_str::<syn::Ident>(name).is_ok()
    {
        names.push(name.as_str());
        code = rest;
    }
    (names, code)
}

#[test]
fn what_the_expansion_uses_is_public_and_documented() {
    let public = Public::read();
    let function: &[_] = &[
        "HostFn::SPEC",
        "HostFnSpec",
        ".authorize",
        "__private::ReturnProbe::new",
        "__private::inventory::submit",
    ];
    let contract: &[_] = &[
        "contract::GuestContract",
        "contract::MethodSpec",
        "contract::Callee",
        "contract::AsyncContract",
        "contract::AsyncCallee",
        "__private::GuestReplyProbe",
        "Result",
        "contract::LinkedContract",
    ];
    let functions = FUNCTIONS.iter().map(|case| (case, function));
    let contracts = CONTRACTS.iter().map(|case| (case, contract));
    for ((name, source), known) in functions.chain(contracts) {
        let items = beside(source);
        let used = uses(&words(quote!(#(#items)*)));
        for &known in known {
            assert!(used.contains(known), "{name} does not use {known}: {used:?}");
        }
        let lacking: Vec<_> = used.iter().filter(|used| public.lacks(used)).collect();
        assert!(lacking.is_empty(), "{name} uses what nobody can read about: {lacking:?}");
    }
}

#[test]
fn only_what_is_exported_and_documented_is_public() {
    let lib = parse_quote!(
        pub use crate::a::{Hidden, Said, Unsaid};
        use crate::a::Inner;
    );
    let file = parse_quote! {
        /// Said.
        pub struct Said;
        impl Said {
            /// Said.
            pub fn said(&self) {}
            /// Hidden.
            #[doc(hidden)]
            pub fn hidden(&self) {}
            pub fn unsaid(&self) {}
            /// Private.
            fn private(&self) {}
        }
        #[doc(hidden)]
        pub enum Hidden {}
        pub trait Unsaid {}
        /// Not exported.
        pub struct Inner;
        /// Said.
        #[macro_export]
        macro_rules! said { () => {} }
        /// Not exported.
        macro_rules! inner { () => {} }
    };
    let public = Public::new(&lib, &[file]);
    assert_eq!(public.0.iter().collect::<Vec<_>>(), [".said", "Said", "Said::said", "said"]);
}

#[test]
fn a_use_of_anything_else_is_found() {
    let code = quote! {
        ::hostfn::__private::ReplyProbe::<u8>::new().parts();
        ::hostfn::OfTraced::<u8>::new().within_own_budgets();
        ::hostfn::HostFnSpec::call_fn(<f as ::hostfn::HostFn>::SPEC).with_quota(1);
        ::hostfn::shape::Shape;
        ::hostfn::spec::here!();
    };
    let public = Public::read();
    let lacking: Vec<_> = uses(&words(code)).into_iter().filter(|used| public.lacks(used)).collect();
    let expected = [".within_own_budgets", "HostFnSpec::call_fn", "OfTraced", "shape", "shape::Shape"];
    assert_eq!(lacking, expected);
}

#[test]
fn another_path_of_the_crate_is_used_throughout() {
    for (name, source) in FUNCTIONS.iter().chain(&CONTRACTS) {
        let renamed = source.replacen("#[host_fn(", "#[host_fn(crate = toolkit::inner, ", 1).replacen(
            "#[guest_contract(",
            "#[guest_contract(crate = toolkit::inner, ",
            1,
        );
        let expected = expand(source).to_string().replace(":: hostfn", "toolkit :: inner");
        assert_eq!(expand(&renamed).to_string(), expected, "{name}");
    }
}
