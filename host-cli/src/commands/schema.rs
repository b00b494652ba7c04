use clap::{Args, ValueEnum};
use hostfn_core::{Diff, Listing};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;

use crate::inspect::Inspection;
use crate::outcome::{Exit, Stop, Streams};
use crate::verify::Verification;

/// Print the JSON Schema of a JSON output, a manifest or grants
#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// JSON output, or file
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
    /// The manifest of a plugin, `plugin.toml`
    Plugin,
    /// The grants of a host, `grants.toml`
    Grants,
}

pub(crate) fn run(args: &Schema, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let schema = match args.form {
        Form::Listing => Listing::json_schema(),
        Form::Diff => Diff::json_schema(),
        Form::Verification => of::<Verification>(),
        Form::Inspection => of::<Inspection>(),
        Form::Plugin => include_str!("../../plugin.schema.json").to_owned(),
        Form::Grants => include_str!("../../grants.schema.json").to_owned(),
    };
    streams.print(&schema)?;
    Ok(Exit::Success)
}

/// As the library does it for its own forms.
fn of<T: JsonSchema>() -> String {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    format!("{:#}\n", settings.into_generator().into_root_schema_for::<T>().to_value())
}
