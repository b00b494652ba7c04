use std::path::PathBuf;

use clap::{Args as ClapArgs, CommandFactory};
use clap_mangen::Man as Page;

use crate::args::Args;
use crate::source::unusable;
use crate::{Exit, Stop, Streams};

/// Write the manual page to standard output, or a page for each command to a folder
#[derive(Debug, ClapArgs)]
pub(crate) struct Man {
    /// The folder, which is there: hostfn.1, hostfn-list.1, and so on
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

pub(crate) fn run(args: &Man, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let command = Args::command();
    match &args.dir {
        None => Page::new(command).render(&mut streams.out).map_err(Stop::Output)?,
        Some(dir) => clap_mangen::generate_to(command, dir).map_err(|error| {
            let what = format!("the pages cannot be written there: {error}");
            unusable(
                &dir.display().to_string(),
                &what,
                "name a folder that is there, with the right to write to it",
            )
        })?,
    }
    Ok(Exit::Success)
}
