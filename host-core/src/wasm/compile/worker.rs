//! The child process that compiles one module and ends.
//!
//! It is started as `PROGRAM MARK MEMORY SECONDS`. It limits itself before it reads anything, gets a request on its
//! standard input and writes a reply to its standard output.

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use super::Settings;
use crate::wasm::cache::digest_of;

/// The first argument of a worker.
pub(super) const MARK: &str = "--hostfn-compile-worker";

/// The magic number of requests and replies: the last byte is the version of the protocol.
pub(super) const MAGIC: &[u8; 8] = b"hostfnC\x01";

/// The module was compiled, and its code follows.
pub(super) const OK: u8 = 0;
/// It was not, and a message follows.
pub(super) const FAILED: u8 = 1;

static CALLED: AtomicBool = AtomicBool::new(false);

/// Returns whether this program can be started again as a worker.
pub(super) fn is_available() -> bool {
    CALLED.load(Ordering::Relaxed)
}

/// Makes this program able to compile plugins in a child process: call it first thing in `main`. In the child it
/// compiles one module and ends the process; otherwise it returns at once. See
/// [`HostBuilder::compile_in_child`](crate::HostBuilder::compile_in_child).
///
/// ```
/// // first thing in `main`
/// hostfn_core::compile_worker();
/// ```
pub fn compile_worker() {
    CALLED.store(true, Ordering::Relaxed);
    let mut args = std::env::args_os().skip(1);
    if args.next().is_none_or(|arg| arg != MARK) {
        return;
    }
    let mut number = || args.next()?.to_str()?.parse::<u64>().ok();
    let done = number().zip(number()).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput));
    let done = done.and_then(|(memory, seconds)| {
        limit(memory, seconds)?;
        serve(&mut io::stdin().lock(), &mut io::stdout().lock())
    });
    if let Err(error) = &done {
        eprintln!("{error}");
    }
    std::process::exit(i32::from(done.is_err()));
}

/// A child has no use for files, and none for a core.
#[cfg(unix)]
fn limit(memory: u64, seconds: u64) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let set = |resource, current, maximum| {
        setrlimit(resource, Rlimit { current: Some(current), maximum: Some(maximum) })
    };
    #[cfg(not(target_os = "openbsd"))]
    set(Resource::As, memory, memory)?;
    #[cfg(target_os = "openbsd")]
    set(Resource::Data, memory, memory)?;
    // the second limit kills, should the first one's signal be blocked
    set(Resource::Cpu, seconds, seconds + 1)?;
    set(Resource::Core, 0, 0)?;
    set(Resource::Fsize, 0, 0)?;
    set(Resource::Nofile, 16, 16)?;
    Ok(())
}

#[cfg(not(unix))]
fn limit(_: u64, _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn serve(input: &mut impl Read, output: &mut impl Write) -> io::Result<()> {
    let invalid = || io::Error::from(io::ErrorKind::InvalidData);
    let mut head = [0; 34];
    input.read_exact(&mut head)?;
    let rest = head.strip_prefix(MAGIC).ok_or_else(invalid)?;
    let (settings, len) = rest.split_first_chunk::<18>().ok_or_else(invalid)?;
    let settings = Settings::from_bytes(*settings).ok_or_else(invalid)?;
    let len = u64::from_le_bytes(len.try_into().map_err(|_| invalid())?);
    let mut wasm = Vec::new();
    input.take(len).read_to_end(&mut wasm)?;
    if wasm.len() as u64 != len {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let engine = settings.engine().map_err(io::Error::other)?;
    let (status, bytes) = match engine.precompile_module(&wasm) {
        Ok(code) => (OK, code),
        Err(error) => (FAILED, format!("{error:#}").into_bytes()),
    };
    output.write_all(MAGIC)?;
    output.write_all(&digest_of(&engine))?;
    output.write_all(&[status])?;
    output.write_all(&(bytes.len() as u64).to_le_bytes())?;
    output.write_all(&bytes)?;
    output.flush()
}
