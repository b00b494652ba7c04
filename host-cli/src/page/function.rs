//! One function.

use std::collections::BTreeMap;

use hostfn_core::{ErrorRow, FunctionRow, Listing, TypeDef};
use maud::{Markup, html};

use super::parts::{anchor, badge, capability};

/// Returns whether what its capability allows escapes the sandbox.
pub(super) fn escapes(listing: &Listing, row: &FunctionRow) -> bool {
    row.capability.as_deref().and_then(|name| capability(listing, name)).is_some_and(|row| row.escapes)
}

pub(super) fn card(listing: &Listing, row: &FunctionRow) -> Markup {
    let kinds = [
        (escapes(listing, row), "escapes"),
        (row.outside.is_some(), "outside"),
        (row.capability.is_none(), "always"),
    ];
    let kinds: Vec<&str> = kinds.into_iter().filter_map(|(is, kind)| is.then_some(kind)).collect();
    html! {
        li.item id=(anchor("function", &row.full_name())) data-kinds=(kinds.join(" ")) {
            h4 {
                code { (row.full_name()) }
                @if kinds.contains(&"escapes") { " " (badge("escapes", "escapes the sandbox")) }
                @if let Some(package) = row.package_from_outside() { " " (badge("outside", &format!("outside: {package}"))) }
                @if row.convention.ends_with("async") { " " (badge("plain", "async")) }
                @if row.origin == "manual" { " " (badge("plain", "registered by hand")) }
            }
            @if !row.summary.is_empty() { p { (row.summary) } }
            p.signature { code { (row.signature()) } }
            dl.facts {
                @if let Some(param) = &row.scoped_param {
                    (fact("checked", html! { "each call, on the parameter " code { (param) } }))
                }
                @if let Some(budgets) = budgets(row) { (fact("budget", html! { (budgets) })) }
                @if !row.states.is_empty() {
                    (fact("reaches", html! { "the instance's " code { (row.states.join(", ")) } }))
                }
                @for (part, rust, reason) in row.opaque() {
                    (fact("opaque", html! { (part) ", " code { (rust) } ": " (reason) }))
                }
                @if let Some(group) = &row.group { (fact("group", html! { code { (group) } })) }
                @if row.since > 1 { (fact("since", html! { "version " (row.since) })) }
                (fact("declared", place(&row.krate, row.outside.as_deref(), &row.file, row.line)))
                (fact("fingerprint", html! { code.fingerprint { (row.fingerprint) } }))
            }
            (types(&row.types))
            (errors(row.error.as_ref()))
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is made for this place")]
fn fact(name: &str, value: Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

/// Returns how much it may take, reply and be called.
fn budgets(row: &FunctionRow) -> Option<String> {
    let budgets = [
        row.max_args.map(|bytes| format!("takes at most {}", bytes_of(bytes))),
        row.max_reply.map(|bytes| format!("replies at most {}", bytes_of(bytes))),
        row.quota.map(|calls| format!("at most {calls} calls within one call from the host")),
    ];
    let budgets: Vec<_> = budgets.into_iter().flatten().collect();
    (!budgets.is_empty()).then(|| budgets.join("; "))
}

/// In the unit that needs no fraction.
fn bytes_of(bytes: u32) -> String {
    let (kib, mib) = (1 << 10, 1 << 20);
    match bytes {
        bytes if bytes >= mib && bytes % mib == 0 => format!("{} MiB", bytes / mib),
        bytes if bytes >= kib && bytes % kib == 0 => format!("{} KiB", bytes / kib),
        bytes => format!("{bytes} bytes"),
    }
}

pub(super) fn place(krate: &str, outside: Option<&str>, file: &str, line: u32) -> Markup {
    html! {
        span.place {
            (krate)
            @if let Some(version) = outside { " " (version) }
            @if !krate.is_empty() && !file.is_empty() { ", " }
            @if !file.is_empty() { code { (file) @if line > 0 { ":" (line) } } }
        }
    }
}

/// The named types that it leads to.
pub(super) fn types(types: &BTreeMap<String, TypeDef>) -> Markup {
    html! {
        @if !types.is_empty() {
            dl.types aria-label="types" {
                @for (name, def) in types { div { dt { code { (name) } } dd { code { (def.to_string()) } } } }
            }
        }
    }
}

pub(super) fn errors(error: Option<&ErrorRow>) -> Markup {
    html! {
        @if let Some(error) = error.filter(|error| !error.kinds.is_empty()) {
            dl.types aria-label="errors" {
                @for kind in &error.kinds {
                    div { dt { code { (error.name) "." (kind.code) } } dd { "status " (kind.status) @if !kind.docs.is_empty() { ": " (kind.docs) } } }
                }
            }
        }
    }
}
