//! A program that tells the `hostfn` command what its plugins can reach.

use std::io::Write;

use crate::registry::Registry;

/// The environment variable that asks a program for its listing.
pub const ASK: &str = "HOSTFN_ANSWER";

/// What [`ASK`] is set to.
pub const LISTING: &str = "listing";

/// The line before an answer. A program that can answer has it among its bytes, so that a program which cannot is told
/// from it without being run.
pub const MARK: &str = "hostfn: what plugins can reach, as JSON, version 1\n";

/// Answers the `hostfn` command and ends the program, when that is who runs it; otherwise does nothing.
///
/// It goes first into `main`, before anything that the program does for its users: `hostfn list target/debug/app` runs
/// the program with one environment variable set, and reads the listing that this prints.
///
/// ```
/// use host_core::Registry;
///
/// fn main() -> host_core::Result<()> {
///     let registry = Registry::collect()?;
///     host_core::cli::answer(&registry);
///     // the program's own work
///     Ok(())
/// }
/// ```
pub fn answer(registry: &Registry) {
    let Some(asked) = std::env::var_os(ASK) else { return };
    if asked != LISTING {
        // a question of a later version: whoever asks it does not want the program's own work
        eprintln!("hostfn: {ASK} asks for something that this program cannot answer; it knows `{LISTING}`");
        std::process::exit(2);
    }
    let code = i32::from(print(registry, &mut std::io::stdout().lock()).is_err());
    std::process::exit(code);
}

fn print(registry: &Registry, out: &mut impl Write) -> std::io::Result<()> {
    out.write_all(std::hint::black_box(MARK).as_bytes())?;
    out.write_all(registry.listing().to_json().as_bytes())?;
    out.flush()
}
