//! Capabilities by functions. A function requires one capability at most, so that of a large host only the marks are
//! drawn and not the empty cells: capabilities by modules, with numbers.

use std::collections::BTreeMap;

use hostfn_core::Listing;
use maud::{Markup, html};

use super::parts::{Groups, anchor, badge, capability, group_anchor};
use crate::text::plural;

/// So many cells are drawn.
const MOST_CELLS: usize = 4000;
/// So many columns can be told apart.
const MOST_COLUMNS: usize = 24;

pub(super) fn matrix(listing: &Listing, groups: &Groups<'_>) -> Markup {
    if listing.functions.is_empty() {
        return html! {};
    }
    let columns = groups.len();
    let whole = columns <= MOST_COLUMNS && columns * listing.functions.len() <= MOST_CELLS;
    html! {
        section aria-labelledby="matrix" {
            h2 #matrix { "Which capability opens which function" }
            div.scroll tabindex="0" role="region" aria-labelledby="matrix" {
                @if whole { (by_function(listing, groups)) } @else { (by_module(listing, groups)) }
            }
        }
    }
}

fn name(group: Option<&str>) -> &str {
    group.unwrap_or("always")
}

fn escapes(listing: &Listing, group: Option<&str>) -> bool {
    group.and_then(|name| capability(listing, name)).is_some_and(|row| row.escapes)
}

fn by_function(listing: &Listing, groups: &Groups<'_>) -> Markup {
    html! {
        table.matrix.wide[groups.len() > 8] {
            caption { "Functions as rows, capabilities as columns: ● requires it" }
            thead { tr {
                th scope="col" { "function" }
                @for group in groups.keys() {
                    th scope="col" {
                        a href={ "#" (group_anchor(*group)) } { (name(*group)) }
                        @if escapes(listing, *group) { br; (badge("escapes", "escapes")) }
                    }
                }
            } }
            tbody { @for row in &listing.functions {
                tr {
                    th scope="row" { a href={ "#" (anchor("function", &row.full_name())) } { code { (row.full_name()) } }
                        @if row.outside.is_some() { " " (badge("outside", "outside")) }
                    }
                    @for group in groups.keys() {
                        @if *group == row.capability.as_deref() {
                            td.mark {
                                span aria-hidden="true" { "●" }
                                @match &row.scoped_param {
                                    Some(param) => { span.param { " on " (param) } }
                                    None => { span.unseen { (if group.is_none() { "always available" } else { "required" }) } }
                                }
                            }
                        } @else { td {} }
                    }
                }
            } }
        }
    }
}

fn by_module(listing: &Listing, groups: &Groups<'_>) -> Markup {
    let mut modules: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &listing.functions {
        *modules.entry(&row.module).or_default() += 1;
    }
    // modules that do not fit are not told apart
    let shown: Vec<&str> = if modules.len() <= MOST_COLUMNS && modules.len() * groups.len() <= MOST_CELLS {
        modules.keys().copied().collect()
    } else {
        Vec::new()
    };
    html! {
        table.matrix {
            caption {
                "Capabilities as rows, modules as columns: how many functions it opens. There are "
                (plural(listing.functions.len(), "function")) ", each listed beneath its capability below."
            }
            thead { tr {
                th scope="col" { "capability" }
                @for module in &shown { th scope="col" { code { (module) } } }
                th scope="col" { "all" }
            } }
            tbody { @for (group, rows) in groups {
                tr {
                    th scope="row" {
                        a href={ "#" (group_anchor(*group)) } { code { (name(*group)) } }
                        @if escapes(listing, *group) { " " (badge("escapes", "escapes the sandbox")) }
                        @if group.is_none() { " " (badge("always", "no grant needed")) }
                    }
                    @let counts = counts(rows.iter().map(|row| row.module.as_str()));
                    @for module in &shown { td.mark { @if let Some(count) = counts.get(module) { (count) } } }
                    td.mark { (rows.len()) }
                }
            } }
        }
    }
}

fn counts<'l>(modules: impl Iterator<Item = &'l str>) -> BTreeMap<&'l str, usize> {
    let mut counts = BTreeMap::new();
    for module in modules {
        *counts.entry(module).or_default() += 1;
    }
    counts
}
