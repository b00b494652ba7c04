use clap::{Args as ClapArgs, CommandFactory};
use clap_complete::Shell;

use crate::args::Args;
use crate::{Exit, Stop, Streams};

/// Write the completions of a shell to standard output
#[derive(Debug, ClapArgs)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(args: &Completions, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "hostfn", &mut script);
    streams.out.write_all(&script).map_err(Stop::Output)?;
    Ok(Exit::Success)
}
