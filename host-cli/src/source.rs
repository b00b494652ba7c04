//! Sources of listings.

use std::io::{self, Read};
use std::path::Path;

use hostfn_core::{Code, Error, Listing, Problem, open_regular_file};

use crate::ask;
use crate::options::{Asking, Source};
use crate::outcome::Streams;
use crate::problem::{unusable, within};

/// Bytes that are read of a listing or a program.
const LARGEST: u64 = 1 << 30;

/// Reads the listing from a file, which is never run, or runs a program that was named with `--program`.
pub(crate) fn read(source: Source<'_>, asking: &Asking, streams: &mut Streams<'_>) -> Result<Listing, Error> {
    match source {
        Source::File(path) => file(path),
        Source::Program(path) => {
            let name = path.display().to_string();
            if let Some(what) = not_a_program(&regular(path)?) {
                return Err(unusable(&name, what, PROGRAMS).into());
            }
            let json = ask::listing(path, asking, streams)?;
            Listing::from_json(&json).map_err(|error| within(&name, error))
        }
    }
}

/// Reads a listing or a lock, which its content decides.
fn file(path: &Path) -> Result<Listing, Error> {
    let bytes = bytes(path)?;
    let name = path.display().to_string();
    match kind(&bytes) {
        Kind::Json(text) => Listing::from_json(text).map_err(|error| within(&name, error)),
        Kind::Lock(text) => Listing::from_lock(&name, text),
        Kind::Other(what) => Err(unusable(&name, what, KINDS).into()),
    }
}

const KINDS: &str = "name a listing as JSON or a `hostfn.lock`, or run a program with `--program`";

const PROGRAMS: &str = "name a program that calls `hostfn::cli::answer` first in `main`";

enum Kind<'b> {
    Json(&'b str),
    Lock(&'b str),
    Other(&'static str),
}

/// The reason why a file that was named as a program is not run.
fn not_a_program(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"#!") {
        return Some("it is a script and was not run");
    }
    // a shell would run text that the system refuses to
    if std::str::from_utf8(bytes).is_ok() {
        return Some("it is text and was not run");
    }
    (!ask::can_answer(bytes)).then_some("it does not call `hostfn::cli::answer` and was not run")
}

fn kind(bytes: &[u8]) -> Kind<'_> {
    if bytes.starts_with(b"\0asm") {
        return Kind::Other("it is a WebAssembly module: a plugin, not a host");
    }
    if bytes.starts_with(b"#!") {
        return Kind::Other("it is a script; files are read and not run");
    }
    match std::str::from_utf8(bytes).map(|text| text.strip_prefix('\u{feff}').unwrap_or(text)) {
        Ok(text) if text.trim_ascii().is_empty() => Kind::Other("it is empty"),
        Ok(text) if text.contains('\0') => Kind::Other("it is not text"),
        Ok(text) if text.trim_start().starts_with(['{', '[']) => Kind::Json(text),
        Ok(text) if is_lock(text) => Kind::Lock(text),
        Ok(_) => Kind::Other("it is text, and neither a listing nor a lock"),
        Err(_) if ask::can_answer(bytes) => Kind::Other("it is a program; files are read and not run"),
        Err(_) => Kind::Other("it is not text"),
    }
}

/// Returns whether it has a line of a lock: a merge may have put something before its first block.
fn is_lock(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("[[") || line.starts_with("lock ") || line.starts_with("lock="))
}

fn bytes(path: &Path) -> Result<Vec<u8>, Problem> {
    if path == Path::new("-") { taken(path, Ok(io::stdin().lock())) } else { regular(path) }
}

/// The content of a regular file. A program can have the name `-`.
fn regular(path: &Path) -> Result<Vec<u8>, Problem> {
    taken(path, open_regular_file(path))
}

fn taken(path: &Path, source: io::Result<impl Read>) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let name = path.display().to_string();
    source
        .and_then(|source| source.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(|error| unusable(&name, &format!("it cannot be read: {error}"), "name an existing file"))?;
    if bytes.len() as u64 > LARGEST {
        return Err(unusable(&name, "it is larger than 1 GiB", KINDS));
    }
    Ok(bytes)
}

/// Reads the lock. The remedy for a missing one creates it.
pub(crate) fn read_lock(path: &Path, of: Source<'_>) -> Result<Listing, Error> {
    if path.try_exists().is_ok_and(|is_there| !is_there) {
        let name = path.display().to_string();
        let remedy = format!(
            "write it with `hostfn list {of} --format lock > {name}`, read it, and commit it; or name it with `--lock`"
        );
        return Err(Problem::new(Code::LockMissing, name, "there is no lock yet", remedy).into());
    }
    file(path)
}
