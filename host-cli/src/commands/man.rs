use std::path::PathBuf;

use clap::{Args, Command};
use clap_mangen::Man as Page;

use crate::outcome::{Exit, Stop, Streams};
use crate::problem::unusable;

/// Print the manual page, or write a page for each command to a folder
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Existing folder for hostfn.1, hostfn-list.1 and so on
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

pub(crate) fn run(args: &Man, command: Command, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    match &args.dir {
        None => Page::new(command).render(&mut streams.out).map_err(Stop::Output)?,
        Some(dir) => clap_mangen::generate_to(command, dir).map_err(|error| {
            let what = format!("the pages cannot be written there: {error}");
            unusable(&dir.display().to_string(), &what, "name an existing folder that you can write to")
        })?,
    }
    Ok(Exit::Success)
}
