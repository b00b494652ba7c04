//! Each message of the macros is shown by a case of `ui-tests/fail`.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

#[test]
fn messages_each_have_a_ui_case() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = files(&package.join("src"), "rs");
    // the text of the one goes into documentation, that of the other is the panic of a bug
    let others = ["section.rs", "errors.rs"];
    let is_other = |file: &PathBuf| others.iter().any(|other| file.ends_with(other));
    let sources: Vec<PathBuf> = sources.into_iter().filter(|file| !is_other(file)).collect();
    let messages: Vec<Message> = sources.iter().flat_map(|file| messages(&read(file))).collect();
    let shown: String =
        files(&package.join("../ui-tests/fail"), "stderr").iter().map(|file| read(file)).collect();

    let unseen: Vec<&Message> =
        messages.iter().filter(|message| !shown.lines().any(|line| message.is_in(line))).collect();

    assert!(messages.len() > 30, "only {} messages found in {sources:?}", messages.len());
    assert!(unseen.is_empty(), "no case in ui-tests/fail shows {unseen:#?}");
}

/// The fixed parts of a message: its literal, split at the `{}`s.
#[derive(Debug)]
struct Message(Vec<String>);

impl Message {
    fn new(literal: &str) -> Self {
        let mut fixed = Vec::new();
        for part in literal.split('{') {
            fixed.push(part.split_once('}').map_or(part, |(_, rest)| rest).to_owned());
        }
        Message(fixed)
    }

    fn is_in(&self, line: &str) -> bool {
        let mut rest = Some(line);
        for part in &self.0 {
            rest = rest.and_then(|rest| rest.split_once(part.as_str())).map(|(_, rest)| rest);
        }
        rest.is_some()
    }
}

/// All string literals of a file that have a space: the others are keys, units and Rust. Attributes, and so
/// documentation, are left out.
fn messages(source: &str) -> Vec<Message> {
    let mut found = Vec::new();
    gather(source.parse().expect("host-macros is Rust"), &mut found);
    found
}

fn gather(tokens: TokenStream, found: &mut Vec<Message>) {
    let mut after_hash = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) if after_hash && group.delimiter() == Delimiter::Bracket => {}
            TokenTree::Group(group) => gather(group.stream(), found),
            TokenTree::Punct(punct) => {
                // an inner attribute has a `!` in between
                after_hash = punct.as_char() == '#' || (after_hash && punct.as_char() == '!');
                continue;
            }
            TokenTree::Literal(literal) => {
                if let syn::Lit::Str(text) = syn::Lit::new(literal)
                    && text.value().trim().contains(' ')
                {
                    found.push(Message::new(&text.value()));
                }
            }
            TokenTree::Ident(_) => {}
        }
        after_hash = false;
    }
}

/// The files under `dir` whose names end in `.{extension}`.
fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
    found
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}
