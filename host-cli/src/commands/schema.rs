use clap::{Args, ValueEnum};
use hostfn_core::{Diff, Listing};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;

use crate::inspect::Inspection;
use crate::outcome::{Exit, Stop, Streams};
use crate::verify::Verification;

/// Print the JSON Schema of a JSON output
#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// JSON output
    #[arg(value_enum, default_value_t = Form::Listing)]
    form: Form,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// Output of `hostfn list --format json`
    Listing,
    /// Output of `hostfn diff --format json` and `hostfn check --format json`
    Diff,
    /// Output of `hostfn inspect --format json`
    Inspection,
    /// Output of `hostfn verify --format json`
    Verification,
}

pub(crate) fn run(args: &Schema, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let schema = match args.form {
        Form::Listing => Listing::json_schema(),
        Form::Diff => Diff::json_schema(),
        Form::Verification => of::<Verification>(),
        Form::Inspection => of::<Inspection>(),
    };
    streams.print(&schema)?;
    Ok(Exit::Success)
}

/// As the library does it for its own forms.
fn of<T: JsonSchema>() -> String {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    format!("{:#}\n", settings.into_generator().into_root_schema_for::<T>().to_value())
}
