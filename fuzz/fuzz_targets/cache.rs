//! Whatever becomes of a cache's files, a load works, and takes an entry only if it is what was written.

#![no_main]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use hostfn::{Grants, Host, Registry};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

#[derive(Debug, Arbitrary)]
enum Damage {
    /// These bytes are the entry.
    Entry(Vec<u8>),
    /// The entry with these changes.
    Edits(Vec<Edit>),
    /// These bytes are the key.
    Key(Vec<u8>),
}

#[derive(Debug, Arbitrary)]
enum Edit {
    Flip { at: u16, by: u8 },
    Truncate { to: u16 },
    Insert { at: u16, bytes: Vec<u8> },
    Copy { from: u16, to: u16, len: u8 },
}

/// A module whose `run` answers with status 0 and nothing else.
const WASM: &[u8] = b"\0asm\x01\0\0\0\
    \x01\x07\x01\x60\x02\x7f\x7f\x01\x7e\
    \x03\x02\x01\x00\
    \x05\x03\x01\x00\x01\
    \x07\x10\x02\x06memory\x02\x00\x03run\x00\x00\
    \x0a\x06\x01\x04\x00\x42\x00\x0b";

struct World {
    dir: TempDir,
    host: Host,
    entry: PathBuf,
    sound: Vec<u8>,
}

fn host(dir: &Path) -> Host {
    Host::builder(Registry::builder().build().unwrap()).cache(dir).build().unwrap()
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    host.load("fuzzed", WASM).unwrap();
    let mut files = fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().path());
    let entry = files.find(|path| !path.ends_with("key")).unwrap();
    let sound = fs::read(&entry).unwrap();
    World { dir, host, entry, sound }
});

fn edited(mut entry: Vec<u8>, edits: &[Edit]) -> Vec<u8> {
    for edit in edits {
        let within = |at: u16| usize::from(at) % (entry.len() + 1);
        match edit {
            Edit::Flip { at, by } => {
                let at = within(*at);
                entry.get_mut(at).into_iter().for_each(|byte| *byte ^= by);
            }
            Edit::Truncate { to } => entry.truncate(within(*to)),
            Edit::Insert { at, bytes } => {
                let at = within(*at);
                entry.splice(at..at, bytes.iter().copied());
            }
            Edit::Copy { from, to, len } => {
                let (from, to) = (within(*from), within(*to));
                let len = usize::from(*len).min(entry.len() - from.max(to));
                entry.copy_within(from..from + len, to);
            }
        }
    }
    entry
}

/// Loads and runs it; whether the entry was taken has to be `expected`.
fn load(host: &Host, expected: bool) {
    let plugin = host.load("fuzzed", WASM).unwrap();
    assert_eq!(plugin.from_cache(), expected);
    plugin.instantiate(&Grants::none()).unwrap().call::<_, ()>("run", ()).unwrap();
}

fuzz_target!(|damage: Damage| {
    let World { dir, host: kept, entry, sound } = &*WORLD;
    fs::write(entry, sound).unwrap();
    match damage {
        Damage::Key(bytes) => {
            let key = dir.path().join("key");
            let before = fs::read(&key).unwrap();
            fs::write(&key, &bytes).unwrap();
            load(&host(dir.path()), bytes == before);
            fs::write(key, before).unwrap();
        }
        Damage::Entry(bytes) => {
            fs::write(entry, &bytes).unwrap();
            load(kept, bytes == *sound);
        }
        Damage::Edits(edits) => {
            let bytes = edited(sound.clone(), &edits);
            fs::write(entry, &bytes).unwrap();
            load(kept, bytes == *sound);
        }
    }
});
