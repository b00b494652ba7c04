use schemars::JsonSchema;
use schemars::generate::SchemaSettings;

use super::{Diff, Listing};

impl Listing {
    /// The JSON Schema, of draft 2020-12, of what [`to_json`](Listing::to_json) writes. Later versions with the same
    /// `schema` number only add to it.
    pub fn json_schema() -> String {
        schema_of::<Listing>()
    }
}

impl Diff {
    /// The JSON Schema, of draft 2020-12, of what [`to_json`](Diff::to_json) writes. Later versions with the same
    /// `schema` number only add to it.
    pub fn json_schema() -> String {
        schema_of::<Diff>()
    }
}

fn schema_of<T: JsonSchema>() -> String {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<T>();
    format!("{:#}\n", schema.to_value())
}
