//! Parts of a signature that `#[host_fn]` and `#[guest_contract]` need, and of the types in it.

use syn::punctuated::Punctuated;
use syn::visit::Visit;
use syn::{
    Abi, GenericParam, Generics, Ident, Lifetime, Path, Safety, Signature, Token, Type, TypeImplTrait,
    TypeReference, Variadic, WhereClause,
};

/// More parameters than this make a struct.
pub const MOST_PARAMS: usize = 16;

/// The parts of a signature that no generated call can serve, each where there is one.
pub struct Header<'a> {
    pub constness: Option<&'a Token![const]>,
    pub unsafety: Option<&'a Token![unsafe]>,
    pub abi: Option<&'a Abi>,
    pub generics: Vec<Generic<'a>>,
    pub where_clause: Option<&'a WhereClause>,
    pub variadic: Option<&'a Variadic>,
}

pub enum Generic<'a> {
    Lifetime(&'a Lifetime, &'a GenericParam),
    Other(&'a GenericParam),
}

impl<'a> Header<'a> {
    pub fn new(sig: &'a Signature) -> Self {
        Header {
            constness: sig.constness.as_ref(),
            unsafety: match &sig.safety {
                Safety::Unsafe(token) => Some(token),
                _ => None,
            },
            abi: sig.abi.as_ref(),
            generics: Generic::all(&sig.generics),
            where_clause: sig.generics.where_clause.as_ref(),
            variadic: sig.variadic.as_ref(),
        }
    }

    pub fn declares(&self, lifetime: &Lifetime) -> bool {
        self.generics
            .iter()
            .any(|generic| matches!(generic, Generic::Lifetime(declared, _) if *declared == lifetime))
    }
}

impl<'a> Generic<'a> {
    fn all(generics: &'a Generics) -> Vec<Self> {
        let of = |param: &'a GenericParam| match param {
            GenericParam::Lifetime(declared) => Generic::Lifetime(&declared.lifetime, param),
            other => Generic::Other(other),
        };
        generics.params.iter().map(of).collect()
    }
}

/// A type, and what is in it that a rule asks for.
pub struct Ty<'a> {
    pub ty: &'a Type,
    /// The outermost `&`, and its `mut`.
    pub reference: Option<&'a TypeReference>,
    pub is_tuple_or_array: bool,
    pub impl_traits: Vec<&'a TypeImplTrait>,
    /// Paths that begin with `Self`.
    pub selves: Vec<&'a Path>,
    /// The `mut` of each `&mut`.
    pub mutable: Vec<&'a Token![mut]>,
    pub lifetimes: Vec<&'a Lifetime>,
    /// References that are in no other.
    pub outer_references: Vec<&'a TypeReference>,
    /// Lifetimes outside of references.
    pub outer_lifetimes: Vec<&'a Lifetime>,
    elided: bool,
    depth: usize,
}

impl<'a> Ty<'a> {
    pub fn new(ty: &'a Type) -> Self {
        let mut facts = Ty {
            ty,
            reference: match ty {
                Type::Reference(reference) => Some(reference),
                _ => None,
            },
            is_tuple_or_array: matches!(ty, Type::Tuple(_) | Type::Array(_) | Type::Slice(_)),
            impl_traits: Vec::new(),
            selves: Vec::new(),
            mutable: Vec::new(),
            lifetimes: Vec::new(),
            outer_references: Vec::new(),
            outer_lifetimes: Vec::new(),
            elided: false,
            depth: 0,
        };
        facts.visit_type(ty);
        facts
    }

    /// Reports whether a value of it borrows what does not live forever, as far as syntax tells.
    pub fn borrows(&self) -> bool {
        self.elided || self.lifetimes.iter().any(|lifetime| lifetime.ident != "static")
    }

    /// Returns the type without its outermost `&`.
    pub fn referent(&self) -> &'a Type {
        self.reference.map_or(self.ty, |reference| &reference.elem)
    }
}

impl<'a> Visit<'a> for Ty<'a> {
    fn visit_type_impl_trait(&mut self, ty: &'a TypeImplTrait) {
        // what is in it does not matter once it is replaced
        self.impl_traits.push(ty);
    }

    fn visit_path(&mut self, path: &'a Path) {
        if path.segments.first().is_some_and(|segment| segment.ident == "Self") {
            self.selves.push(path);
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_type_reference(&mut self, reference: &'a TypeReference) {
        if self.depth == 0 {
            self.outer_references.push(reference);
        }
        self.elided |= reference.lifetime.is_none();
        self.mutable.extend(&reference.mutability);
        self.depth += 1;
        syn::visit::visit_type_reference(self, reference);
        self.depth -= 1;
    }

    fn visit_lifetime(&mut self, lifetime: &'a Lifetime) {
        self.lifetimes.push(lifetime);
        if self.depth == 0 {
            self.outer_lifetimes.push(lifetime);
        }
    }
}

/// Reports whether two names are the same; rustc reports that too.
pub fn repeats<'a>(names: impl Iterator<Item = &'a Ident>) -> bool {
    let names: Vec<_> = names.collect();
    names.iter().enumerate().any(|(i, name)| names[..i].contains(name))
}

/// Returns a list that has elements.
pub fn filled<T, P>(list: &Punctuated<T, P>) -> Option<&Punctuated<T, P>> {
    (!list.is_empty()).then_some(list)
}
