//! Parts that several pages have.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hostfn_core::{CapabilityRow, FunctionRow, Listing};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::text::printable;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// A whole page. Its policy lets no script run but ours, whatever is on it.
pub(super) fn document(title: &str, lead: &Markup, main: &Markup) -> String {
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                header {
                    h1 { (title) }
                    (lead)
                }
                main #content tabindex="-1" { (main) }
                footer { p { "Made by " code { "hostfn" } ". The same input makes the same page." } }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    printable(&page.into_string()).into_owned()
}

fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// The filter; without scripts it would be of no use, and is not shown. `kinds` are the words and labels of what can be
/// chosen among.
pub(super) fn filter(what: &str, total: usize, kinds: &[(&str, &str)]) -> Markup {
    html! {
        search #filter hidden data-what=(what) data-total=(total) {
            div {
                label for="words" { "Filter " (what) }
                input #words type="search" autocomplete="off" spellcheck="false" placeholder="name, word, type, file …"
                    aria-describedby="found" aria-keyshortcuts="/";
            }
            @if !kinds.is_empty() {
                div.kinds {
                    label for="kind" { "Show" }
                    select #kind {
                        option value="" { "all" }
                        @for (kind, label) in kinds { option value=(kind) { (label) } }
                    }
                }
            }
            output #found for="words" { (total) " " (what) }
        }
    }
}

/// Whether so many items take long to lay out that those out of sight are left for later. A screen reader knows such
/// items by their kind alone until they are in sight, so that a page which can do without does.
pub(super) fn is_large(items: usize) -> bool {
    items > 500
}

/// A number and what it is of.
pub(super) fn number(count: usize, of: &str, stands_out: bool) -> Markup {
    html! {
        div.number.out[stands_out && count > 0] {
            dt { (of) }
            dd { (count) }
        }
    }
}

/// A word that stands out, and what it means.
pub(super) fn badge(kind: &str, word: &str) -> Markup {
    html! { span class=(format!("badge {kind}")) { (word) } }
}

/// What an item is found by in the page's address.
pub(super) fn anchor(kind: &str, name: &str) -> String {
    let mut out = format!("{kind}-");
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' => out.push(byte.into()),
            byte => out += &format!("_{byte:02x}"),
        }
    }
    out
}

/// Functions by the capability that they require; those that require none come under `None`, which is first.
pub(super) type Groups<'l> = BTreeMap<Option<&'l str>, Vec<&'l FunctionRow>>;

pub(super) fn capability<'l>(listing: &'l Listing, name: &str) -> Option<&'l CapabilityRow> {
    // sorted by name, as every listing is that was read or made
    let at = listing.capabilities.binary_search_by(|row| row.name.as_str().cmp(name)).ok()?;
    listing.capabilities.get(at)
}

/// The address of a group.
pub(super) fn group_anchor(name: Option<&str>) -> String {
    name.map_or_else(|| "always".to_owned(), |name| anchor("capability", name))
}
