//! A program that is asked for its listing.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use hostfn_core::cli::{self, ASK, LISTING, MARK};
use hostfn_core::{Code, Problem};

use crate::options::Asking;
use crate::outcome::Streams;

/// No listing is larger.
const LARGEST: u64 = 256 << 20;

/// The kept length of a program's error output.
const COMPLAINT: u64 = 4096;

/// The time before a wait is reported.
const QUIET: Duration = Duration::from_secs(1);

/// Returns whether a program calls `hostfn::cli::answer`. One that does not would do its own work when it is run.
pub(crate) fn can_answer(program: &[u8]) -> bool {
    let mark = MARK.as_bytes();
    program.windows(mark.len()).any(|bytes| bytes == mark)
}

/// Runs the program and takes the JSON that it answers with, within the time it has.
pub(crate) fn listing(path: &Path, asking: &Asking, streams: &mut Streams<'_>) -> Result<String, Problem> {
    let name = path.display().to_string();
    let problem = |what: String, remedy: &str| Problem::new(Code::NoAnswer, name.clone(), what, remedy);
    // a bare name would be looked for in the PATH
    let program = std::path::absolute(path).map_err(|error| problem(error.to_string(), "name a program"))?;
    let (variable, argument) = cli::question(LISTING, token());
    let mut command = Command::new(program);
    command
        .arg(argument)
        .env(ASK, variable)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| {
        problem(
            format!("it cannot be run: {error}"),
            "name a program for this machine, with the right to run it",
        )
    })?;
    let answer = drained(child.stdout.take(), LARGEST);
    let complaint = drained(child.stderr.take(), COMPLAINT);
    let limit = Duration::from_secs(asking.timeout);
    let until = Instant::now() + limit;
    let answer = wait(&answer, limit, &name, streams);
    let too_long = answer.as_ref().is_some_and(|answer| answer.len() as u64 > LARGEST);
    let status = end(&mut child, if answer.is_none() || too_long { Instant::now() } else { until });
    let Some(answer) = answer else {
        let what = format!("it did not answer within {} s", limit.as_secs());
        return Err(problem(
            what,
            "call `hostfn::cli::answer` first thing in `main`, or give it more `--timeout`",
        ));
    };
    if too_long {
        return Err(problem(format!("its answer is larger than {} MiB", LARGEST >> 20), "ask a smaller one"));
    }
    let found = String::from_utf8(answer)
        .ok()
        .and_then(|text| text.split_once(MARK).map(|(_, json)| json.to_owned()));
    found.ok_or_else(|| {
        let said = complaint.recv_timeout(QUIET).unwrap_or_default();
        let said = String::from_utf8_lossy(&said).trim().to_owned();
        let said = if said.is_empty() { said } else { format!(", and said: {said}") };
        let what = format!(
            "it ended without an answer ({}){said}",
            status.unwrap_or_else(|| "no status".to_owned())
        );
        problem(what, "call `hostfn::cli::answer` first thing in `main`")
    })
}

/// Random, and another each time. It ties the two halves of a question together and keeps nothing secret.
fn token() -> u128 {
    let random = || u128::from(RandomState::new().hash_one(std::process::id()));
    random() << 64 | random()
}

/// Reads a stream aside, to its end, and hands over what it begins with: one byte more than `most` at most. The rest is
/// read too, so that a program which says much is not held up.
fn drained(stream: Option<impl Read + Send + 'static>, most: u64) -> Receiver<Vec<u8>> {
    let (done, wait) = mpsc::channel();
    thread::spawn(move || {
        let mut kept = Vec::new();
        let Some(mut stream) = stream else { return };
        // what was read before a failure counts, and nobody may be waiting any more
        let _ = stream.by_ref().take(most + 1).read_to_end(&mut kept);
        let _ = done.send(kept);
        let _ = io::copy(&mut stream, &mut io::sink());
    });
    wait
}

fn wait(
    answer: &Receiver<Vec<u8>>,
    limit: Duration,
    name: &str,
    streams: &mut Streams<'_>,
) -> Option<Vec<u8>> {
    match answer.recv_timeout(QUIET.min(limit)) {
        Err(RecvTimeoutError::Timeout) if limit > QUIET => {
            streams.note(&format!("waiting for {name} to answer, for {} s at most", limit.as_secs()));
            answer.recv_timeout(limit.saturating_sub(QUIET)).ok()
        }
        answer => answer.ok(),
    }
}

/// Poll interval for a program that has answered.
const LOOK: Duration = Duration::from_millis(10);

/// Waits for the program's end, and ends it at `until`: one that has closed its output may go on for ever.
fn end(child: &mut Child, until: Instant) -> Option<String> {
    while Instant::now() < until {
        match child.try_wait() {
            Ok(None) => thread::sleep(LOOK),
            ended => return ended.ok().flatten().map(|status| status.to_string()),
        }
    }
    // it may have ended just now
    let _ = child.kill();
    child.wait().ok().map(|status| status.to_string())
}
