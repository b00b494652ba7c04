//! The surface of a host, for readers who are new to the project.

use std::collections::BTreeMap;

use hostfn_core::{CapabilityRow, ContractRow, FunctionRow, Listing, Untrusted};
use maud::{Markup, html};

use super::function::{self, card};
use super::matrix;
use super::parts::{Groups, anchor, badge, capability, document, filter, group_anchor, is_large, number};
use crate::text::{one_or, plural};

pub(crate) fn listing(listing: &Listing, program: Option<&str>) -> String {
    let mut groups = Groups::new();
    for row in &listing.functions {
        groups.entry(row.capability.as_deref()).or_default().push(row);
    }
    let escapes = |row: &FunctionRow| function::escapes(listing, row);
    let always = groups.get(&None).map_or(0, Vec::len);
    let escaping = listing.functions.iter().filter(|row| escapes(row)).count();
    let outside = listing.functions.iter().filter(|row| row.outside.is_some()).count();
    let lead = html! {
        p { "The functions of a program that its plugins may call, and what they have to be granted to do so." }
    };
    let kinds = [
        ("escapes", "what escapes the sandbox"),
        ("outside", "what is from outside the workspace"),
        ("always", "what is always available"),
    ];
    let main = html! {
        section aria-labelledby="numbers" {
            h2 #numbers { "In numbers" }
            dl.numbers {
                (number(listing.functions.len(), one_or(listing.functions.len(), "function", "functions"), false))
                (number(listing.capabilities.len(), one_or(listing.capabilities.len(), "capability", "capabilities"), false))
                (number(always, "always available", true))
                (number(escaping, one_or(escaping, "escapes the sandbox", "escape the sandbox"), true))
                (number(outside, "from outside the workspace", true))
                (number(listing.unregistered.len(), "linked, not registered", false))
                (number(listing.contracts.len(), one_or(listing.contracts.len(), "contract", "contracts"), false))
            }
        }
        (words())
        (standing_out(listing, &groups))
        (matrix::matrix(listing, &groups))
        section aria-labelledby="functions" {
            h2 #functions { "Functions by capability" }
            (filter("functions", listing.functions.len(), &kinds))
            p #nothing hidden { "No function has all of these words." }
            @for (capability, rows) in &groups {
                (group(listing, *capability, rows))
            }
            @if listing.functions.is_empty() { p { "No host functions are registered." } }
        }
        (unneeded(listing, &groups))
        (modules(listing))
        (contracts(listing))
        (unregistered(listing))
    };
    let title = program.map_or_else(
        || "What plugins can reach".to_owned(),
        |program| format!("What plugins of {} can reach", Untrusted::new(program)),
    );
    document(&title, &lead, &main)
}

fn words() -> Markup {
    html! {
        details.words {
            summary { "How to read this page" }
            dl {
                dt { "Plugin" }
                dd { "A program in a sandbox. It reaches nothing but its own memory and the functions on this page." }
                dt { "Function" }
                dd { "Native code of the host. A plugin calls it; the host checks the call, runs it and replies." }
                dt { "Capability" }
                dd { "A right that the operator grants a plugin, or does not. A function that requires one is denied without." }
                dt { "Scope" }
                dd { "Most rights can be narrowed: to paths, to hosts or to names. “" code { "fs.read" } " on " code { "path" }
                    "” means that the grant's patterns are matched against the parameter " code { "path" } " of each call." }
                dt { (badge("always", "always available")) }
                dd { "It requires nothing: every plugin may call it." }
                dt { (badge("escapes", "escapes the sandbox")) }
                dd { "A plugin with this grant can do all that the host process can, whatever else is granted or denied." }
                dt { (badge("outside", "outside")) }
                dd { "It comes from a package that is not part of the host's own sources." }
            }
        }
    }
}

/// Returns what an auditor looks at first.
fn standing_out(listing: &Listing, groups: &Groups<'_>) -> Markup {
    let mut packages: BTreeMap<String, usize> = BTreeMap::new();
    for package in listing.functions.iter().filter_map(FunctionRow::package_from_outside) {
        *packages.entry(package).or_default() += 1;
    }
    let escapes = || listing.capabilities.iter().filter(|row| row.escapes);
    let always = groups.get(&None).map_or(0, Vec::len);
    html! {
        section aria-labelledby="first" {
            h2 #first { "What to look at first" }
            ul.first {
                @for row in escapes() {
                    li {
                        (badge("escapes", "escapes the sandbox")) " "
                        a href={ "#" (anchor("capability", &row.name)) } { code { (row.name) } }
                        ": " (row.about)
                    }
                }
                @for (package, count) in &packages {
                    li { (badge("outside", "outside")) " " code { (package) } ": " (plural(*count, "function")) }
                }
                @if always > 0 {
                    li {
                        (badge("always", "always available")) " "
                        a href="#always" { (plural(always, "function")) } ", without any grant"
                    }
                }
                @if escapes().next().is_none() && packages.is_empty() && always == 0 {
                    li { "Nothing escapes the sandbox, nothing is from outside the workspace, and every function requires a capability." }
                }
            }
        }
    }
}

fn group(listing: &Listing, name: Option<&str>, rows: &[&FunctionRow]) -> Markup {
    let row = name.and_then(|name| capability(listing, name));
    let id = group_anchor(name);
    let heading = format!("{id}-heading");
    html! {
        section.group id=(id) aria-labelledby=(heading) {
            h3 id=(heading) {
                @match name {
                    Some(name) => { code { (name) } }
                    None => "Always available",
                }
                " " span.count { (plural(rows.len(), "function")) }
                @if row.is_some_and(|row| row.escapes) { " " (badge("escapes", "escapes the sandbox")) }
                @if name.is_none() { " " (badge("always", "no grant needed")) }
            }
            @match row {
                Some(row) => { (about(row)) }
                None if name.is_none() => { p { "Every plugin may call these." } }
                None => {}
            }
            ul.functions.large[is_large(listing.functions.len())] role="list" {
                @for row in rows { (card(listing, row)) }
            }
        }
    }
}

fn about(row: &CapabilityRow) -> Markup {
    let scope = match row.scope.as_str() {
        "none" => "It is granted as a whole or not at all.",
        "path" => "It can be narrowed to paths.",
        "host" => "It can be narrowed to hosts.",
        _ => "It can be narrowed to names.",
    };
    html! {
        p { (row.about) " " (scope) }
        @if let Some(granted) = &row.granted { p { "Granted: " code { (granted) } } }
        @if row.line > 0 { p.place { "declared in " code { (row.file) ":" (row.line) } } }
    }
}

/// Capabilities that no function requires.
fn unneeded(listing: &Listing, groups: &Groups<'_>) -> Markup {
    let rows = || listing.capabilities.iter().filter(|row| !groups.contains_key(&Some(row.name.as_str())));
    html! {
        @if rows().next().is_some() {
            section aria-labelledby="unneeded" {
                h2 #unneeded { "Capabilities that no function requires" }
                ul { @for row in rows() { li id=(anchor("capability", &row.name)) { code { (row.name) } ": " (row.about) } } }
            }
        }
    }
}

/// The functions by the host module that they came with.
fn modules(listing: &Listing) -> Markup {
    html! {
        @if listing.functions.iter().any(|row| row.group.is_some()) {
            section aria-labelledby="groups" {
                h2 #groups { "Functions by group" }
                p { "A group is a set of functions that one library hands out together." }
                dl.facts {
                    @for (group, rows) in listing.groups() {
                        div {
                            dt { @if let Some(group) = group { code { (group) } } @else { "no group" } }
                            dd {
                                @for (i, row) in rows.iter().enumerate() {
                                    @if i > 0 { ", " }
                                    a href={ "#" (anchor("function", &row.full_name())) } { code { (row.full_name()) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn contracts(listing: &Listing) -> Markup {
    html! {
        @if !listing.contracts.is_empty() {
            section aria-labelledby="contracts" {
                h2 #contracts { "Contracts: what the host calls of its plugins" }
                @for contract in &listing.contracts { (contract_table(contract)) }
            }
        }
    }
}

fn contract_table(contract: &ContractRow) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(format!("contract {}", contract.id)) {
            table {
                caption {
                    code { (contract.id) }
                    @if !contract.summary.is_empty() { ": " (contract.summary) }
                    " " (function::place(&contract.krate, contract.outside.as_deref(), &contract.file, contract.line))
                }
                thead { tr {
                    th scope="col" { "method" } th scope="col" { "entry" } th scope="col" { "takes and replies" }
                    th scope="col" { "what it does" } th scope="col" { "fingerprint" }
                } }
                tbody { @for method in &contract.methods {
                    tr {
                        th scope="row" { code { (method.name) } }
                        td { code { (method.entry) } }
                        td { code { (method.signature()) } (function::types(&method.types)) (function::errors(method.error.as_ref())) }
                        td { (method.summary) }
                        td { code.fingerprint { (method.fingerprint) } }
                    }
                } }
            }
        }
    }
}

fn unregistered(listing: &Listing) -> Markup {
    html! {
        @if !listing.unregistered.is_empty() {
            section aria-labelledby="unregistered" {
                h2 #unregistered { "Unregistered functions" }
                p { "Annotated but not registered; plugins cannot call them." }
                div.scroll tabindex="0" role="region" aria-labelledby="unregistered" {
                    table {
                        caption { "Functions that are linked and not registered" }
                        thead { tr { th scope="col" { "function" } th scope="col" { "declared" } } }
                        tbody { @for row in &listing.unregistered {
                            tr {
                                th scope="row" { code { (row.full_name()) } }
                                td { (function::place(&row.krate, row.outside.as_deref(), &row.file, row.line)) }
                            }
                        } }
                    }
                }
            }
        }
    }
}
