//! Changes between two listings, widening first.

use std::path::Path;

use hostfn_core::{Change, Class, Diff};
use maud::{Markup, html};

use super::function;
use super::parts::{badge, document, filter, is_large, number};
use crate::text::plural;

/// `old` is what it changed from.
pub(crate) fn differences(diff: &Diff, denied: &[Class], old: &Path) -> String {
    let of = |class: Class| diff.counts.get(&class).copied().unwrap_or_default();
    let refused = denied.iter().any(|class| diff.has(*class));
    let old = old.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let lead = html! {
        p {
            "Compared with " code { (old) } ". "
            @if diff.is_empty() { "Nothing changed." }
            @else if diff.has(Class::Widens) { strong { "Plugins can reach more than before." } }
            @else { "Plugins cannot reach more than before." }
            @if refused { " " strong { "Denied changes found." } }
        }
    };
    let main = html! {
        section aria-labelledby="numbers" {
            h2 #numbers { "In numbers" }
            dl.numbers {
                @for class in Class::ALL {
                    (number(of(class), &format!("{class}: {}", class.meaning()), class == Class::Widens))
                }
            }
        }
        @if !diff.is_empty() {
            section aria-labelledby="changes" {
                h2 #changes { "Differences" }
                (filter("differences", diff.changes.len(), &[]))
                p #nothing hidden { "No difference has all of these words." }
                @for class in Class::ALL {
                    @if diff.has(class) { (of_class(diff, class, denied.contains(&class))) }
                }
            }
        }
    };
    document("What changed in what plugins can reach", &lead, &main)
}

fn of_class(diff: &Diff, class: Class, denied: bool) -> Markup {
    let heading = format!("{class}-heading");
    html! {
        section class={ "group " (class.as_str()) } id=(class.as_str()) aria-labelledby=(heading) {
            h3 id=(heading) {
                (badge(class.as_str(), class.as_str())) " " (class.meaning()) " "
                span.count { (plural(diff.of_class(class).count(), "difference")) }
                @if denied { " " (badge("escapes", "denied")) }
            }
            ul.functions.large[is_large(diff.changes.len())] role="list" { @for change in diff.of_class(class) { (item(change)) } }
        }
    }
}

fn item(change: &Change) -> Markup {
    html! {
        li.item data-kinds="" {
            h4 { (change.item) " " code { (change.name) } ": " (change.what) }
            @if change.old.is_some() || change.new.is_some() {
                dl.facts {
                    @if let Some(old) = &change.old { div { dt { "before" } dd { code.before { (old) } } } }
                    @if let Some(new) = &change.new { div { dt { "now" } dd { code.now { (new) } } } }
                }
            }
            @if !change.file.is_empty() {
                p { (function::place(change.outside.as_deref().unwrap_or_default(), None, &change.file, change.line))
                    @if change.outside.is_some() { " " (badge("outside", "outside")) } }
            }
        }
    }
}
