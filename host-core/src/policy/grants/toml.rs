//! The grants file.

use toml::de::DeValue;

use super::Grants;
use crate::error::{Code, Problems};
use crate::policy::Scope;
use crate::policy::document::{Document, Known, by_name, given_as, quoted, scope_keys, unscoped};
use crate::spec::Capability;

/// The keys of a grant.
const KEYS: [&str; 2] = ["allow", "deny"];

pub(super) fn read<'c>(
    text: &str,
    known: impl IntoIterator<Item = &'c Capability>,
) -> Result<Grants, Problems> {
    let known = by_name(known);
    let mut document = Document::new("grants", Code::BadGrant, text);
    let remedy = r#"write an entry as `"greet" = true` or `"fs.read" = { allow = ["/data/**"] }`"#;
    let table = document.parse(Code::GrantsSyntax, remedy)?;
    let mut grants = Grants::none();
    for (capability, at, value) in
        document.capabilities(table.get_ref(), &known, &KEYS, Code::UnknownCapability)
    {
        if let Some(scope) = granted(&mut document, &known, capability, at, value) {
            grants.insert(capability, scope);
        }
    }
    document.problems.into_result().map(|()| grants)
}

fn granted<'t>(
    document: &mut Document<'t>,
    known: &Known<'t>,
    capability: &Capability,
    at: usize,
    value: &DeValue<'t>,
) -> Option<Scope> {
    match value {
        DeValue::Boolean(false) => None,
        DeValue::Boolean(true) => Some(Scope::everything(capability.scope_kind())),
        DeValue::Table(_) | DeValue::Array(_) if !capability.is_scoped() => {
            let what = unscoped(capability);
            document.problem(Code::ScopeNotTaken, at, what, format!("write `\"{capability}\" = true`"));
            None
        }
        DeValue::Table(table) => {
            document.check_keys(known, capability, "a grant", &KEYS, table);
            document.scope(capability, at, table)
        }
        other => {
            let table =
                if capability.is_scoped() { r#", or `{ allow = ["..."] }` with patterns"# } else { "" };
            let what = given_as(capability, other);
            document.wrong(at, what, format!("write `true`{table}"));
            None
        }
    }
}

pub(super) fn write(grants: &Grants) -> String {
    grants.iter().map(|(name, scope)| line(name, scope) + "\n").collect()
}

/// One entry.
pub(super) fn line(name: &str, scope: &Scope) -> String {
    let granted =
        if scope.is_everything() { "true".to_owned() } else { format!("{{ {} }}", scope_keys(scope)) };
    format!("{} = {granted}", quoted(name))
}
