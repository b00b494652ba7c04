//! The model of a declaration of `capabilities!`. Everything after this asks the model and not the syntax.

use hostfn_abi::names;
use proc_macro2::Ident;
use syn::{Attribute, LitStr, Visibility};

use super::args::Declaration;
use crate::docs::first_paragraph;

pub const KINDS: &[&str] = &["path", "host", "name"];
pub const KINDS_ARE: &str = "use `path`, `host` or `name`";

pub struct Capability<'a> {
    pub attrs: &'a [Attribute],
    pub vis: &'a Visibility,
    pub ident: &'a Ident,
    pub name: Option<Name<'a>>,
    /// The kind of scope as the user wrote it.
    pub kind: Option<&'a Ident>,
    /// The description of the right: the first paragraph of its documentation.
    pub about: String,
}

pub struct Name<'a> {
    pub lit: &'a LitStr,
    pub value: String,
    pub is_valid: bool,
}

/// The kind of value that the scope's patterns match.
#[derive(Clone, Copy)]
pub enum Kind {
    Path,
    Host,
    Name,
}

impl<'a> Capability<'a> {
    pub fn new(declaration: &'a Declaration) -> Self {
        let Declaration { attrs, vis, ident, name, kind } = declaration;
        Capability {
            attrs,
            vis,
            ident,
            name: name.as_ref().map(Name::new),
            kind: kind.as_ref(),
            about: first_paragraph(attrs),
        }
    }

    /// Returns the name if it is valid.
    pub fn valid_name(&self) -> Option<&'a LitStr> {
        self.name.as_ref().filter(|name| name.is_valid).map(|name| name.lit)
    }
}

impl<'a> Name<'a> {
    fn new(lit: &'a LitStr) -> Self {
        let value = lit.value();
        Name { lit, is_valid: names::is_dotted(&value), value }
    }
}

impl Kind {
    pub fn from_ident(ident: &Ident) -> Option<Self> {
        Some(match ident.to_string().as_str() {
            "path" => Kind::Path,
            "host" => Kind::Host,
            "name" => Kind::Name,
            _ => return None,
        })
    }
}
