//! The commands, as a user calls them, but for the process.
//!
//! `UPDATE_EXPECT=1 cargo test -p hostfn-cli` writes the snapshots again.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod bindgen;
mod check;
mod diff;
mod expand;
mod explain;
mod fulfilment;
mod generated;
mod hostile;
mod inspect;
mod js;
mod layers;
mod library;
mod list;
mod new;
mod parity;
mod plugins;
mod reference;
#[cfg(unix)]
mod regular;
mod run;
mod sources;
mod untrusted;
mod verify;

use std::fs;
use std::path::{Path, PathBuf};

use hostfn_cli::Exit;
use hostfn_core::Listing;
use tempfile::TempDir;

/// A folder of files that commands are given.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Files(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn listing(&self, name: &str, listing: &Listing) -> PathBuf {
        self.write(name, listing.to_json())
    }

    fn folder(&self, name: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir(&path).unwrap();
        path
    }

    /// Takes the folder's own name out, which is another each time.
    fn relative(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.0.path().display()), "")
    }
}

/// The output of a command, and its exit code. Styles are taken out, as they are where there is no terminal.
#[derive(Debug)]
struct Ran {
    exit: Exit,
    out: String,
    err: String,
}

fn hostfn(args: &[&dyn AsRef<Path>]) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = [Path::new("hostfn")].into_iter().chain(args.iter().map(|arg| (*arg).as_ref()));
    let exit = hostfn_cli::run(
        args,
        &mut anstream::StripStream::new(&mut out),
        &mut anstream::StripStream::new(&mut err),
    );
    Ran { exit, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}
