//! The same as `cargo hostfn`.

use std::process::ExitCode;

fn main() -> ExitCode {
    hostfn_cli::run(std::env::args_os(), &mut anstream::stdout().lock(), &mut anstream::stderr().lock())
        .into()
}
