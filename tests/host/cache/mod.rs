//! The cache of compiled modules: what it saves, and what it does not take.

mod directory;
mod entries;
mod together;

use std::fs;
use std::path::{Path, PathBuf};

use hostfn::{Grants, Host, HostFn, Plugin, Status, host_fn};
use test_support::probe::{Probe, answer, registry, text};

/// Say it twice.
#[host_fn(capability = none)]
fn twice(text: &str) -> String {
    text.repeat(2)
}

fn host(dir: &Path) -> Host {
    Host::builder(registry(&[twice::SPEC])).cache(dir).build().unwrap()
}

/// A module that is like no other of another `word`.
fn wasm(word: &str) -> Vec<u8> {
    Probe::with("twice", (word,)).window(4096, 64).wasm()
}

/// Loads it and runs it; whether it was compiled earlier.
fn load(host: &Host, word: &str) -> bool {
    let plugin = host.load("probe", &wasm(word)).unwrap();
    assert_runs(&plugin, word);
    plugin.from_cache()
}

fn assert_runs(plugin: &Plugin, word: &str) {
    let mut instance = plugin.instantiate(&Grants::none()).unwrap();
    assert_eq!(answer(&mut instance), (Status::OK, text(&word.repeat(2))));
}

/// The files of a cache but for its key, sorted.
fn entries(dir: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
    let mut entries: Vec<_> = files.filter(|path| !path.ends_with("key")).collect();
    entries.sort();
    entries
}

fn only_entry(dir: &Path) -> PathBuf {
    let [entry] = &entries(dir)[..] else { panic!("there is one: {:?}", entries(dir)) };
    entry.clone()
}
