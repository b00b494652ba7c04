use clap::{Args, ValueEnum};
use host_core::{Diff, Listing};

use crate::{Exit, Stop, Streams, output};

/// Write the JSON Schema of a form to standard output
#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// The form
    #[arg(value_enum, default_value_t = Form::Listing)]
    form: Form,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// What `hostfn list --format json` writes
    Listing,
    /// What `hostfn diff --format json` and `hostfn check --format json` write
    Diff,
}

pub(crate) fn run(args: &Schema, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let schema = match args.form {
        Form::Listing => Listing::json_schema(),
        Form::Diff => Diff::json_schema(),
    };
    output::text(streams, &schema)?;
    Ok(Exit::Success)
}
