//! The model that all languages print: the listing with every name resolved.

mod boxes;
mod handles;
mod resolve;

pub(crate) use resolve::model;

/// A listing, ready to be printed.
pub(crate) struct Model {
    /// Over the whole listing.
    pub(crate) fingerprint: String,
    /// Sorted by module and name.
    pub(crate) functions: Vec<Function>,
    /// The guest's record of each of them, in the same order.
    pub(crate) records: Vec<String>,
    pub(crate) contracts: Vec<Contract>,
    /// Sorted by name, each name once.
    pub(crate) types: Vec<Named>,
    /// The errors that functions and methods declare; their names are none of the types'.
    pub(crate) errors: Vec<Errors>,
    /// The handles, in the order in which they are used; their names are none of the types' and errors'.
    pub(crate) handles: Vec<Handle>,
}

/// A host function, or a method of a contract.
pub(crate) struct Function {
    /// The module it is imported from, or the contract's id.
    pub(crate) module: String,
    /// The name it is imported by, or that the contract has for it.
    pub(crate) name: String,
    /// The host module that it came with, or else `module`.
    pub(crate) group: String,
    /// The version of the host's interface that brought it.
    pub(crate) since: u32,
    /// `module.name`, for people.
    pub(crate) full_name: String,
    pub(crate) params: Vec<Param>,
    pub(crate) reply: Type,
    /// Of [`Model::errors`].
    pub(crate) error: Option<usize>,
    pub(crate) fingerprint: String,
    /// The summary, a sentence; can be empty.
    pub(crate) summary: String,
    /// The requirement and the budgets, a sentence each.
    pub(crate) terms: Vec<String>,
}

pub(crate) struct Param {
    pub(crate) name: String,
    pub(crate) ty: Type,
}

pub(crate) struct Contract {
    pub(crate) id: String,
    pub(crate) summary: String,
    pub(crate) methods: Vec<Method>,
    /// The record that a guest carries of each method, in the same order.
    pub(crate) records: Vec<String>,
}

pub(crate) struct Method {
    /// The symbol that the guest exports.
    pub(crate) entry: String,
    pub(crate) function: Function,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Type {
    Unit,
    Bool,
    Int {
        signed: bool,
        bits: u8,
    },
    F32,
    F64,
    Char,
    Str,
    Bytes,
    Option(Box<Type>),
    Seq(Box<Type>),
    Map(Box<Type>, Box<Type>),
    Tuple(Vec<Type>),
    /// A tuple of so many elements of one type.
    Array(Box<Type>, usize),
    /// Of [`Model::types`].
    Named(usize),
    /// Of [`Model::types`], and would hold itself without a pointer.
    Boxed(usize),
    /// Of [`Model::handles`].
    Handle(usize),
    /// Any value: the listing could not tell its shape.
    Raw,
}

pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) def: Def,
    /// True if it is, or is part of, the key of a map.
    pub(crate) is_key: bool,
}

pub(crate) enum Def {
    Struct(Body),
    Enum(Vec<Variant>),
}

pub(crate) enum Body {
    Unit,
    Newtype(Type),
    Tuple(Vec<Type>),
    Fields(Vec<Field>),
}

pub(crate) struct Field {
    /// The key on the wire.
    pub(crate) name: String,
    pub(crate) ty: Type,
}

pub(crate) struct Variant {
    /// The name on the wire.
    pub(crate) name: String,
    pub(crate) body: Body,
}

/// A type of handles.
pub(crate) struct Handle {
    pub(crate) name: String,
    /// Resource that it refers to, as shown to people.
    pub(crate) resource: String,
}

impl Handle {
    pub(crate) fn about(&self) -> String {
        format!("A handle of the host's resource `{}`. It is valid in this instance alone.", self.resource)
    }
}

/// The errors that an error type declares; there is at least one.
pub(crate) struct Errors {
    pub(crate) name: String,
    pub(crate) kinds: Vec<Kind>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind {
    pub(crate) code: String,
    pub(crate) status: i32,
    pub(crate) docs: String,
}

impl Model {
    /// Returns whether a value of the type has memory of its own after it was read.
    pub(crate) fn keeps_memory(&self, ty: &Type) -> bool {
        fn keeps(ty: &Type, model: &Model, seen: &mut Vec<usize>) -> bool {
            ty.walk().into_iter().any(|ty| match ty {
                Type::Str | Type::Bytes | Type::Raw | Type::Seq(_) | Type::Map(..) | Type::Boxed(_) => true,
                Type::Named(id) if !seen.contains(id) => {
                    seen.push(*id);
                    model.types[*id].bodies().flat_map(Body::types).any(|ty| keeps(ty, model, seen))
                }
                _ => false,
            })
        }
        keeps(ty, self, &mut Vec::new())
    }

    /// Returns what a guest carries of one of its functions.
    pub(crate) fn record_of(&self, function: &Function) -> Option<&str> {
        let of = |function: &Function| (function.module.clone(), function.name.clone());
        let at = self.functions.binary_search_by_key(&of(function), of).ok()?;
        self.records.get(at).map(String::as_str)
    }

    /// Every host function and every method of a contract.
    pub(crate) fn all_functions(&self) -> impl Iterator<Item = &Function> {
        let methods = self.contracts.iter().flat_map(|contract| &contract.methods);
        self.functions.iter().chain(methods.map(|method| &method.function))
    }

    /// The modules that functions are imported from, each with its functions.
    pub(crate) fn modules(&self) -> Vec<(&str, &[Function])> {
        self.functions
            .chunk_by(|a, b| a.module == b.module)
            .map(|functions| (functions[0].module.as_str(), functions))
            .collect()
    }

    /// Every type that a function or a definition mentions at its top, with the place it is at.
    pub(crate) fn uses(&self) -> impl Iterator<Item = (String, &Type)> {
        let in_functions = self.all_functions().flat_map(|function| {
            let params = function
                .params
                .iter()
                .map(|param| (format!("{}, parameter `{}`", function.full_name, param.name), &param.ty));
            params.chain([(format!("{}, reply", function.full_name), &function.reply)])
        });
        let in_types = self.types.iter().flat_map(|named| {
            named
                .bodies()
                .flat_map(move |body| body.types().map(move |ty| (format!("type `{}`", named.name), ty)))
        });
        in_functions.chain(in_types)
    }
}

impl Named {
    /// The struct's body, or those of the variants.
    pub(crate) fn bodies(&self) -> impl Iterator<Item = &Body> {
        let (of_struct, variants): (_, &[Variant]) = match &self.def {
            Def::Struct(body) => (Some(body), &[]),
            Def::Enum(variants) => (None, variants),
        };
        of_struct.into_iter().chain(variants.iter().map(|variant| &variant.body))
    }

    fn bodies_mut(&mut self) -> impl Iterator<Item = &mut Body> {
        let (of_struct, variants): (_, &mut [Variant]) = match &mut self.def {
            Def::Struct(body) => (Some(body), &mut []),
            Def::Enum(variants) => (None, variants),
        };
        of_struct.into_iter().chain(variants.iter_mut().map(|variant| &mut variant.body))
    }
}

impl Body {
    pub(crate) fn types(&self) -> impl Iterator<Item = &Type> {
        let (items, fields): (&[Type], &[Field]) = match self {
            Body::Unit => (&[], &[]),
            Body::Newtype(inner) => (std::slice::from_ref(inner), &[]),
            Body::Tuple(items) => (items, &[]),
            Body::Fields(fields) => (&[], fields),
        };
        items.iter().chain(fields.iter().map(|field| &field.ty))
    }

    fn types_mut(&mut self) -> impl Iterator<Item = &mut Type> {
        let (items, fields): (&mut [Type], &mut [Field]) = match self {
            Body::Unit => (&mut [], &mut []),
            Body::Newtype(inner) => (std::slice::from_mut(inner), &mut []),
            Body::Tuple(items) => (items, &mut []),
            Body::Fields(fields) => (&mut [], fields),
        };
        items.iter_mut().chain(fields.iter_mut().map(|field| &mut field.ty))
    }
}

impl Type {
    /// The types that it is put together from.
    pub(crate) fn parts(&self) -> Vec<&Type> {
        match self {
            Type::Option(inner) | Type::Seq(inner) | Type::Array(inner, _) => vec![inner],
            Type::Map(key, value) => vec![key, value],
            Type::Tuple(items) => items.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Itself and everything inside it, outermost first, named types not looked into.
    pub(crate) fn walk(&self) -> Vec<&Type> {
        let mut all = vec![self];
        all.extend(self.parts().into_iter().flat_map(Type::walk));
        all
    }
}
