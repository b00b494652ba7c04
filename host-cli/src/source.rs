//! Where a listing comes from.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use host_core::{Code, Error, Listing, Problem, Problems};

use crate::args::Asking;
use crate::{Streams, ask};

/// Nobody's listing is larger; a program may be.
const LARGEST: u64 = 1 << 30;

/// Reads a listing from what `path` names: its content tells what that is.
pub(crate) fn read(path: &Path, asking: &Asking, streams: &mut Streams<'_>) -> Result<Listing, Error> {
    let bytes = bytes(path)?;
    let name = path.display().to_string();
    match kind(&bytes) {
        Kind::Json(text) => Listing::from_json(text).map_err(|error| within(&name, error)),
        Kind::Lock(text) => Listing::from_lock(&name, text),
        Kind::Program => {
            let json = ask::listing(path, asking, streams)?;
            Listing::from_json(&json).map_err(|error| within(&name, error))
        }
        Kind::Other(what) => Err(unusable(&name, what, KINDS).into()),
    }
}

const KINDS: &str = "name a listing as JSON, a `hostfn.lock`, or a program that calls `hostfn::cli::answer` first thing in `main`";

enum Kind<'b> {
    Json(&'b str),
    Lock(&'b str),
    Program,
    Other(&'static str),
}

fn kind(bytes: &[u8]) -> Kind<'_> {
    if bytes.starts_with(b"\0asm") {
        return Kind::Other("it is a WebAssembly file, which is a plugin and no host");
    }
    if bytes.starts_with(b"#!") {
        return Kind::Other("it is a script; name the program that it runs");
    }
    match std::str::from_utf8(bytes).map(|text| text.strip_prefix('\u{feff}').unwrap_or(text)) {
        Ok(text) if text.trim_ascii().is_empty() => Kind::Other("it is empty"),
        Ok(text) if text.contains('\0') => Kind::Other("it is neither text nor a program"),
        Ok(text) if text.trim_start().starts_with(['{', '[']) => Kind::Json(text),
        Ok(text) if is_lock(text) => Kind::Lock(text),
        Ok(_) => Kind::Other("it is text, and neither a listing nor a lock"),
        Err(_) if ask::can_answer(bytes) => Kind::Program,
        Err(_) => Kind::Other("it is no program that calls `hostfn::cli::answer`, so it was not run"),
    }
}

/// Whether it was a lock once, whatever became of it: a merge may have put something before its first block.
fn is_lock(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("[[") || line.starts_with("lock ") || line.starts_with("lock="))
}

fn bytes(path: &Path) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
    };
    let name = path.display().to_string();
    read.map_err(|error| {
        unusable(&name, &format!("it cannot be read: {error}"), "name a file that is there")
    })?;
    if bytes.len() as u64 > LARGEST {
        return Err(unusable(&name, "it is larger than 1 GiB", KINDS));
    }
    Ok(bytes)
}

pub(crate) fn unusable(path: &str, what: &str, remedy: &str) -> Problem {
    Problem::new(Code::FileUnusable, path, what, remedy)
}

/// The lock, which somebody who is new has not written yet.
pub(crate) fn read_lock(
    path: &Path,
    of: &Path,
    asking: &Asking,
    streams: &mut Streams<'_>,
) -> Result<Listing, Error> {
    if path.try_exists().is_ok_and(|is_there| !is_there) {
        let name = path.display().to_string();
        let remedy = format!(
            "write it with `hostfn list {} --format lock > {name}`, read it, and commit it; or name it with `--lock`",
            of.display()
        );
        return Err(Problem::new(Code::LockMissing, name, "there is no lock yet", remedy).into());
    }
    read(path, asking, streams)
}

/// The same problems, in the file `path`.
pub(crate) fn within(path: &str, error: Error) -> Error {
    let problems: Vec<Problem> = error
        .problems()
        .iter()
        .map(|problem| {
            Problem::new(
                problem.code(),
                format!("{path}, {}", problem.place()),
                problem.what(),
                problem.remedy(),
            )
        })
        .collect();
    Problems::check(problems).map_or_else(Error::from, |()| error)
}
