//! The answer of a host program to the `hostfn` command.

use std::ffi::{OsStr, OsString};
use std::io::Write;

use crate::registry::Registry;

/// The environment variable that carries one half of a [`question`].
pub const ASK: &str = "HOSTFN_ANSWER";

/// The question for the listing.
pub const LISTING: &str = "listing";

/// Begins the argument that carries the other half of a [`question`].
const ARGUMENT: &str = "--hostfn-answer=";

/// Hex digits of a token.
const DIGITS: usize = 32;

/// The line before an answer. A program that can answer contains it, so the command can recognise one without running
/// it.
pub const MARK: &str = "hostfn: what plugins can reach, as JSON, version 1\n";

/// One question to one program: the value of [`ASK`], and the only argument of the program. `token` is random and new
/// for each run, so that neither half works with the other half of another run.
pub fn question(what: &str, token: u128) -> (String, String) {
    let value = format!("{what}:{token:0DIGITS$x}");
    let argument = format!("{ARGUMENT}{value}");
    (value, argument)
}

/// Answers the `hostfn` command and ends the program, if the command runs it; otherwise does nothing.
///
/// Call it first in `main`, before the program's own work: `hostfn list --program target/debug/app` runs the program and
/// reads the listing that this prints.
///
/// The program ends only if two things agree: the variable [`ASK`] and the program's single argument, which both carry
/// the same [`question`]. The variable alone does nothing, whether it was inherited by accident or set on purpose; nor
/// does the argument alone, an argument of another run, or the argument among others.
///
/// ```
/// use hostfn_core::Registry;
///
/// fn main() -> hostfn_core::Result<()> {
///     let registry = Registry::collect()?;
///     hostfn_core::cli::answer(&registry);
///     // the program's own work
///     Ok(())
/// }
/// ```
pub fn answer(registry: &Registry) {
    let Some(what) = asked(std::env::var_os(ASK), std::env::args_os().skip(1)) else { return };
    if what != LISTING {
        // a question of a later version: its sender does not want the program's own work
        eprintln!("hostfn: the question is not one that this program can answer; it knows `{LISTING}`");
        std::process::exit(2);
    }
    let code = i32::from(print(registry, &mut std::io::stdout().lock()).is_err());
    std::process::exit(code);
}

/// The subject of a question whose halves agree.
fn asked(variable: Option<OsString>, mut arguments: impl Iterator<Item = OsString>) -> Option<String> {
    let variable = variable?.into_string().ok()?;
    let argument = arguments.next()?;
    let (what, token) = variable.split_once(':')?;
    let is_token =
        token.len() == DIGITS && token.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let agree = argument.as_os_str() == OsStr::new(&format!("{ARGUMENT}{variable}"));
    (is_token && agree && arguments.next().is_none()).then(|| what.to_owned())
}

fn print(registry: &Registry, out: &mut impl Write) -> std::io::Result<()> {
    out.write_all(std::hint::black_box(MARK).as_bytes())?;
    out.write_all(registry.listing().to_json().as_bytes())?;
    out.flush()
}
