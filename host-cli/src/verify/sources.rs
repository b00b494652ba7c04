//! One source file.

use std::collections::BTreeSet;
use std::sync::Arc;

use proc_macro2::{LineColumn, Span};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Expr, ExprCall, ItemFn, ItemMod, ItemUse, Lit, Meta, MetaList, Token, UseTree, Visibility,
};

use crate::text::cut;

/// The conditions that something is compiled under. A clone shares them: a file may have many functions, and a chain of
/// files many conditions.
#[derive(Clone, Default)]
pub(super) struct Cfgs {
    conditions: Arc<[String]>,
    of_tests: bool,
}

impl Cfgs {
    /// So many are shown.
    const MOST: usize = 8;

    fn add(&mut self, condition: &str) {
        self.of_tests = self.of_tests || is_of_tests(condition);
        if self.conditions.len() < Self::MOST {
            self.conditions = self.conditions.iter().cloned().chain([cut(condition)]).collect();
        }
    }

    /// The first of them.
    pub(super) fn shown(&self) -> &[String] {
        &self.conditions
    }

    /// Returns whether one of them holds in tests alone.
    pub(super) fn are_of_tests(&self) -> bool {
        self.of_tests
    }
}

/// An annotated function.
pub(super) struct Found {
    pub(super) module: String,
    pub(super) name: String,
    /// The name in Rust.
    pub(super) ident: String,
    pub(super) file: String,
    pub(super) line: usize,
    /// The position of the attribute.
    pub(super) attribute: LineColumn,
    /// The conditions it is compiled under.
    pub(super) cfgs: Cfgs,
    /// True if it does not say `collect = false`.
    pub(super) collected: bool,
    /// True if its file is part of the library or a program.
    pub(super) reached: bool,
}

/// A spec that is written by hand.
pub(super) struct FoundByHand {
    pub(super) module: Option<String>,
    pub(super) name: Option<String>,
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) cfgs: Cfgs,
}

/// A module that has a file of its own.
pub(super) struct Declared {
    pub(super) name: String,
    /// The value of `#[path]`.
    pub(super) path: Option<String>,
    /// The modules of the same file that it is in.
    pub(super) within: Vec<String>,
    pub(super) cfgs: Cfgs,
}

/// The contents of one file.
pub(super) struct Unit {
    pub(super) annotated: Vec<Found>,
    pub(super) by_hand: Vec<FoundByHand>,
    pub(super) modules: Vec<Declared>,
}

/// Reads a file. `exported` is what the package calls the attribute besides, to which the file may add.
pub(super) fn read(
    file: &str,
    parsed: &syn::File,
    cfgs: &Cfgs,
    reached: bool,
    exported: &mut BTreeSet<String>,
) -> Unit {
    let mut renames = Renames { here: BTreeSet::from(["host_fn".to_owned()]), exported };
    renames.visit_file(parsed);
    let mut names = renames.here;
    names.extend(exported.iter().cloned());
    let unit = Unit { annotated: Vec::new(), by_hand: Vec::new(), modules: Vec::new() };
    let mut reader = Reader { file, cfgs: cfgs.clone(), within: Vec::new(), names, reached, unit };
    reader.under(&parsed.attrs, |reader| visit::visit_file(reader, parsed));
    reader.unit
}

/// Names of the attribute by `use hostfn::host_fn as another`: in one file, or wherever that can be seen from.
struct Renames<'e> {
    here: BTreeSet<String>,
    exported: &'e mut BTreeSet<String>,
}

impl<'ast> Visit<'ast> for Renames<'_> {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let is_private = matches!(item.vis, Visibility::Inherited);
        renamed(&item.tree, if is_private { &mut self.here } else { self.exported });
    }
}

fn renamed(tree: &UseTree, names: &mut BTreeSet<String>) {
    match tree {
        UseTree::Path(path) => renamed(&path.tree, names),
        UseTree::Group(group) => group.items.iter().for_each(|tree| renamed(tree, names)),
        UseTree::Rename(rename) if rename.ident == "host_fn" => {
            names.insert(rename.rename.to_string());
        }
        _ => {}
    }
}

struct Reader<'r> {
    file: &'r str,
    cfgs: Cfgs,
    within: Vec<String>,
    /// Names of the attribute here.
    names: BTreeSet<String>,
    reached: bool,
    unit: Unit,
}

impl Reader<'_> {
    /// Reads something under the conditions of its attributes.
    fn under(&mut self, attributes: &[Attribute], read: impl FnOnce(&mut Self)) {
        let conditions: Vec<String> = attributes.iter().filter_map(condition).collect();
        if conditions.is_empty() {
            return read(self);
        }
        let before = self.cfgs.clone();
        for condition in &conditions {
            self.cfgs.add(condition);
        }
        read(self);
        self.cfgs = before;
    }

    /// The attribute, and its conditions.
    fn annotation(&self, attribute: &Attribute) -> Option<(Meta, Option<String>)> {
        let is = |meta: &Meta| {
            meta.path().segments.last().is_some_and(|last| self.names.contains(&last.ident.to_string()))
        };
        if is(&attribute.meta) {
            return Some((attribute.meta.clone(), None));
        }
        let Meta::List(list) = &attribute.meta else { return None };
        if !list.path.is_ident("cfg_attr") {
            return None;
        }
        let metas =
            list.parse_args_with(syn::punctuated::Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
        let condition = metas.first().map(text)?;
        metas.into_iter().skip(1).find(is).map(|meta| (meta, Some(condition)))
    }

    fn function(&mut self, item: &ItemFn) {
        let annotated = |attribute| Some((self.annotation(attribute)?, attribute.span().start()));
        let Some(((meta, condition), attribute)) = item.attrs.iter().find_map(annotated) else {
            return;
        };
        let ident = item.sig.ident.to_string().trim_start_matches("r#").to_owned();
        let mut found = Found {
            module: "host".to_owned(),
            name: ident.clone(),
            ident,
            file: self.file.to_owned(),
            line: line(item.sig.ident.span()),
            attribute,
            cfgs: self.cfgs.clone(),
            collected: true,
            reached: self.reached,
        };
        if let Some(condition) = condition {
            found.cfgs.add(&condition);
        }
        if let Meta::List(list) = &meta {
            arguments(list, &mut found);
        }
        self.unit.annotated.push(found);
    }
}

/// Takes what is known; what is not is for the compiler to refuse.
fn arguments(list: &MetaList, found: &mut Found) {
    // what could not be parsed ends it, and the rest stays as it is by default
    let _ = list.parse_nested_meta(|meta| {
        let value: Expr = match meta.value() {
            Ok(value) => value.parse()?,
            Err(_) => return Ok(()),
        };
        let Expr::Lit(literal) = value else { return Ok(()) };
        match literal.lit {
            Lit::Str(name) if meta.path.is_ident("name") => found.name = name.value(),
            Lit::Str(module) if meta.path.is_ident("module") => found.module = module.value(),
            Lit::Bool(collect) if meta.path.is_ident("collect") => found.collected = collect.value,
            _ => {}
        }
        Ok(())
    });
}

/// Returns whether it holds in tests alone.
fn is_of_tests(cfg: &str) -> bool {
    syn::parse_str(cfg).is_ok_and(|meta| needs_test(&meta))
}

fn needs_test(meta: &Meta) -> bool {
    let Meta::List(list) = meta else { return meta.path().is_ident("test") };
    let Ok(parts) = list.parse_args_with(syn::punctuated::Punctuated::<Meta, Token![,]>::parse_terminated)
    else {
        return false;
    };
    if list.path.is_ident("all") {
        return parts.iter().any(needs_test);
    }
    list.path.is_ident("any") && !parts.is_empty() && parts.iter().all(needs_test)
}

/// Returns what `#[cfg(...)]` says.
fn condition(attribute: &Attribute) -> Option<String> {
    let Meta::List(list) = &attribute.meta else { return None };
    let text = || list.tokens.span().source_text().unwrap_or_else(|| list.tokens.to_string());
    list.path.is_ident("cfg").then(|| text().split_whitespace().collect::<Vec<_>>().join(" "))
}

fn text(meta: &Meta) -> String {
    meta.span().source_text().unwrap_or_else(|| "a condition".to_owned())
}

fn line(span: Span) -> usize {
    span.start().line
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.under(&item.attrs, |reader| {
            reader.function(item);
            visit::visit_item_fn(reader, item);
        });
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.under(&item.attrs, |reader| {
            let name = item.ident.to_string().trim_start_matches("r#").to_owned();
            if item.content.is_some() {
                reader.within.push(name);
                visit::visit_item_mod(reader, item);
                reader.within.pop();
            } else {
                let (within, cfgs) = (reader.within.clone(), reader.cfgs.clone());
                reader.unit.modules.push(Declared { name, path: path_of(item), within, cfgs });
            }
        });
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.under(&item.attrs, |reader| visit::visit_item_static(reader, item));
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.under(&item.attrs, |reader| visit::visit_item_const(reader, item));
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.under(&item.attrs, |reader| visit::visit_item_impl(reader, item));
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(path) = &*call.func {
            let mut segments = path.path.segments.iter().rev();
            let new = segments.next().is_some_and(|last| last.ident == "new" || last.ident == "new_async");
            if new && segments.next().is_some_and(|of| of.ident == "HostFnSpec") {
                let mut arguments = call.args.iter().map(literal);
                self.unit.by_hand.push(FoundByHand {
                    module: arguments.next().flatten(),
                    name: arguments.next().flatten(),
                    file: self.file.to_owned(),
                    line: line(call.span()),
                    cfgs: self.cfgs.clone(),
                });
            }
        }
        visit::visit_expr_call(self, call);
    }
}

fn path_of(item: &ItemMod) -> Option<String> {
    item.attrs.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(value) if value.path.is_ident("path") => literal(&value.value),
        _ => None,
    })
}

fn literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}
