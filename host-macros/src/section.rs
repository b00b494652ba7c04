//! What is added to a function's documentation.

use quote::ToTokens;
use syn::Path;
use syn::ext::IdentExt;

use crate::args::Capability;
use crate::model::HostFn;

/// What a guest imports, and what that requires. The capability is named as the attribute names it: its dotted name is
/// not known before the program runs.
pub fn section(f: &HostFn<'_>) -> String {
    let requires = match &f.args.capability {
        Some(Capability::Plain(path)) => format!("requires {}", link(path)),
        Some(Capability::Scoped(path, param)) => format!("requires {} on `{}`", link(path), param.unraw()),
        Some(Capability::None) | None => "always available".to_owned(),
    };
    format!("Host function `{}.{}`, {requires}.", f.module(), f.name())
}

/// A link where rustdoc can make one, and the name in brackets where the capability is private.
fn link(path: &Path) -> String {
    let path: String = path.to_token_stream().into_iter().map(|token| token.to_string()).collect();
    format!("[`{path}`]")
}
