//! The lines that are added to a function's documentation.

use quote::ToTokens;
use syn::Path;
use syn::ext::IdentExt;

use super::args::Capability;
use super::model::HostFn;

/// Returns the lines of a paragraph about what a guest imports and what that requires. They begin with a space, as the lines
/// of a doc comment do, so that rustdoc removes it from all of them.
pub fn lines(f: &HostFn<'_>) -> Vec<String> {
    // the attribute's name of the capability: its dotted name is not known before the program runs
    let requires = match &f.args.capability {
        Some(Capability::Plain(path)) => format!("requires {}", link(path)),
        Some(Capability::Scoped(path, param)) => format!("requires {} on `{}`", link(path), param.unraw()),
        Some(Capability::None) | None => "always available".to_owned(),
    };
    let text = format!(" Host function `{}.{}`, {requires}.", f.module(), f.name());
    if f.docs.is_empty() { vec![text] } else { vec![String::new(), text] }
}

/// Returns a link where rustdoc can resolve it, and the name in brackets where the capability is private.
fn link(path: &Path) -> String {
    let path: String = path.to_token_stream().into_iter().map(|token| token.to_string()).collect();
    format!("[`{path}`]")
}
