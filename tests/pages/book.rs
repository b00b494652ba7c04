//! The book under `docs/`: complete, with links that lead somewhere, and with Rust code that a test compiles.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::{blocks, read};

/// Pages whose Rust blocks something else than the facade's doctests compiles.
const COMPILED_ELSEWHERE: [&str; 1] = [
    // scripts/first-plugin.sh builds its plugins; its host is examples/first_plugin.rs
    "docs/first-plugin.md",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Markdown pages of a folder and its folders, as paths in the repository.
fn pages_of(folder: &str, pages: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            pages_of(&name, pages);
        } else if Path::new(&name).extension().is_some_and(|ending| ending == "md") {
            pages.insert(name);
        }
    }
}

fn pages() -> BTreeSet<String> {
    let mut pages = BTreeSet::new();
    pages_of("docs", &mut pages);
    pages
}

/// The targets of `[text](target)` outside of code.
fn links(page: &str) -> Vec<String> {
    let mut in_code = false;
    let mut links = Vec::new();
    for line in page.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        let prose: String = line.split('`').step_by(2).collect();
        links.extend(prose.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())));
    }
    links
}

/// The path in the repository that a link on a page leads to.
fn resolve(page: &str, link: &str) -> String {
    let mut path = PathBuf::new();
    for part in Path::new(page).parent().unwrap().join(link).components() {
        match part {
            Component::ParentDir => assert!(path.pop(), "{page}: {link} leads out of the repository"),
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    path.to_str().unwrap().to_owned()
}

/// The anchor of a heading, as GitHub and mdBook build it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn broken_links(page: &str, text: &str) -> Vec<String> {
    let local = links(text).into_iter().filter(|link| !link.contains("://") && !link.starts_with("crate::"));
    let is_broken = |link: &String| {
        let (file, fragment) = link.split_once('#').unwrap_or((link, ""));
        let target = if file.is_empty() { page.to_owned() } else { resolve(page, file) };
        if !root().join(&target).exists() {
            return true;
        }
        !fragment.is_empty()
            && !read(&target)
                .lines()
                .any(|line| line.starts_with('#') && anchor(line.trim_start_matches('#')) == fragment)
    };
    local.filter(is_broken).map(|link| format!("{page}: {link}")).collect()
}

#[test]
fn links_lead_to_files_and_headings() {
    let mut checked = pages();
    for page in [
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "examples/README.md",
    ] {
        checked.insert(page.to_owned());
    }
    let broken: Vec<_> = checked.iter().flat_map(|page| broken_links(page, &read(page))).collect();
    assert!(broken.is_empty(), "broken links:\n{}", broken.join("\n"));
}

#[test]
fn broken_links_are_found() {
    let text = "[a](guide/limits.md#time) [b](guide/gone.md) [c](guide/limits.md#gone) `[d](gone.md)` [e](https://x.y)";
    assert_eq!(
        broken_links("docs/page.md", text),
        ["docs/page.md: guide/gone.md", "docs/page.md: guide/limits.md#gone",]
    );
}

#[test]
fn summary_lists_every_page_once() {
    let summary = links(&read("docs/SUMMARY.md"));
    let listed: BTreeSet<_> = summary.iter().map(|link| resolve("docs/SUMMARY.md", link)).collect();
    assert_eq!(listed.len(), summary.len(), "a page is listed twice");
    let missing: Vec<_> =
        pages().into_iter().filter(|page| *page != "docs/SUMMARY.md" && !listed.contains(page)).collect();
    assert!(missing.is_empty(), "not in docs/SUMMARY.md: {missing:?}");
}

#[test]
fn pages_with_rust_code_are_compiled() {
    let sources = [
        "src/guide/mod.rs",
        "src/guide/book.rs",
        "src/guide/by_hand.rs",
        "src/guide/review.rs",
        "host-extism/src/lib.rs",
        "host-js/src/lib.rs",
        "host-modules/src/book.rs",
    ]
    .map(read);
    let is_compiled = |page: &str| sources.iter().any(|source| source.contains(&format!("../../{page}\"")));
    let is_rust = |info: &str| info.split(',').next() == Some("rust") && !info.contains("ignore");
    for page in pages() {
        let has_rust = blocks(&read(&page)).iter().any(|(info, _)| is_rust(info));
        assert!(
            !has_rust || is_compiled(&page) || COMPILED_ELSEWHERE.contains(&page.as_str()),
            "{page} has Rust code that nothing compiles; add it to src/guide/book.rs"
        );
    }
}

#[test]
fn every_module_has_a_page_with_its_functions() {
    let table = read("docs/guide/modules.md");
    let (_, table) = table.split_once("<!-- modules: begin -->").unwrap();
    let (table, _) = table.split_once("<!-- modules: end -->").unwrap();
    let mut page = String::new();
    for row in table.trim().lines().skip(2) {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        if let Some(module) = cells[0].strip_prefix('`') {
            page = read(&format!("docs/modules/{}.md", module.trim_end_matches('`')));
            for section in ["## Example", "## Capabilities", "## Limits", "## Errors"] {
                assert!(page.lines().any(|line| line == section), "{module} has no section `{section}`");
            }
        }
        let functions = cells.last().unwrap();
        assert!(page.contains(functions), "the page of {} lacks {functions}", cells[0]);
    }
}
