//! Writing a `plugin.toml`.

use super::{Manifest, ManifestExport};
use crate::policy::document::{list, quoted, scope_keys};
use crate::policy::quantity::{self, SIZES, TIMES};
use crate::policy::{RequestedLimits, Scope};
use crate::spec::ScopeKind;

pub(super) fn write(manifest: &Manifest) -> String {
    let mut out = format!(
        "name = {}\nversion = {}\nabi = {}\n",
        quoted(&manifest.name),
        quoted(&manifest.version),
        manifest.abi
    );
    if manifest.asked.iter().len() > 0 {
        out += "\n[capabilities]\n";
        for (name, scope) in manifest.asked.iter() {
            out += &capability(name, manifest.reason(name).unwrap_or_default(), scope);
        }
    }
    if manifest.limits != RequestedLimits::default() {
        out += "\n[limits]\n";
        out += &limits(&manifest.limits);
    }
    out + &manifest.exports.iter().map(export).collect::<String>()
}

fn capability(name: &str, reason: &str, scope: &Scope) -> String {
    let scope = match scope.kind() {
        ScopeKind::None => String::new(),
        _ => format!(", {}", scope_keys(scope)),
    };
    format!("{} = {{ reason = {}{scope} }}\n", quoted(name), quoted(reason))
}

fn limits(limits: &RequestedLimits) -> String {
    let size = |bytes: u64| quoted(&quantity::write(bytes, &SIZES));
    let time = |millis: u128| quoted(&quantity::write(u64::try_from(millis).unwrap_or(u64::MAX), &TIMES));
    let lines = [
        ("memory", limits.memory.map(|bytes| size(bytes as u64))),
        ("table", limits.table.map(|elements| elements.to_string())),
        ("time", limits.time.map(|limit| time(limit.as_millis()))),
        ("args", limits.args.map(|bytes| size(bytes.into()))),
        ("reply", limits.reply.map(|bytes| size(bytes.into()))),
        ("fuel", limits.fuel.map(|units| units.to_string())),
        ("calls", limits.calls.map(|calls| calls.to_string())),
        ("refusals", limits.refusals.map(|refusals| refusals.to_string())),
        ("depth", limits.depth.map(|depth| depth.to_string())),
        ("log_lines", limits.log_lines.map(|lines| lines.to_string())),
        ("log_bytes", limits.log_bytes.map(|bytes| size(bytes.into()))),
    ];
    lines.into_iter().filter_map(|(key, value)| Some(format!("{key} = {}\n", value?))).collect()
}

fn export(export: &ManifestExport) -> String {
    let docs = export.docs.as_ref().map(|docs| format!("docs = {}\n", quoted(docs))).unwrap_or_default();
    format!(
        "\n[[exports]]\ncontract = {}\ntype = {}\nentry = {}\nargs = {}\nreply = {}\n{docs}",
        quoted(&export.contract),
        quoted(&export.kind),
        quoted(&export.entry),
        list(export.args.iter().map(String::as_str)),
        quoted(&export.reply),
    )
}
