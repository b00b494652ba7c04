use clap::{Args, Command};
use clap_complete::Shell;

use crate::outcome::{Exit, Stop, Streams};

/// Print shell completions
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// Shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(args: &Completions, mut command: Command, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "hostfn", &mut script);
    streams.out.write_all(&script).map_err(Stop::Output)?;
    Ok(Exit::Success)
}
