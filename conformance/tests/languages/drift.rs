//! Guests in every language carry what they were generated from: one that is stale is refused when it is loaded, and
//! told what has changed.
//!
//! `HOSTFN_GUESTS` names a folder of freshly built guests to test instead of the committed ones.

use conformance::{ECHO, listing, registry};
use hostfn::audit::FunctionRecord;
use hostfn::error::Code;
use hostfn::spec::{Param, reply_shape};
use hostfn::{Host, HostFnSpec, Plugin, Registry, Result};

use crate::common::{guest, languages};

/// The struct `Record` of the suite as it may become, each with the function that takes and replies it.
macro_rules! versions {
    ($($version:ident { $($field:ident: $type:ty),* })+) => {
        $(mod $version {
            use super::*;

            #[derive(serde::Serialize, serde::Deserialize)]
            pub struct Record {
                $(pub $field: $type,)*
            }

            pub static SPEC: HostFnSpec = HostFnSpec::new("host", "echo_record", |call| {
                let mut call = call.authorize()?;
                let (value,) = call.args::<(Record,)>()?;
                call.reply(&value)
            })
            .requires(&ECHO)
            .with_params(&[Param::new::<Record>("value")])
            .with_reply(reply_shape!(Record));
        })+
    };
}

versions! {
    with_more_and_in_another_order { name: String, nickname: Option<String>, id: u64 }
    with_another_type { id: String, name: String }
    with_a_field_that_is_needed { id: u64, name: String, size: u8 }
}

/// The guest on a host that has this instead of its `echo_record`.
fn load(language: &str, spec: &'static HostFnSpec) -> Result<Plugin> {
    let suite = registry().unwrap();
    let kept = suite.iter().filter(|old| (old.module(), old.name()) != (spec.module(), spec.name()));
    let registry = Registry::builder().add_all(kept).add(spec).build().unwrap();
    Host::builder(registry).build().unwrap().load_file(guest(language))
}

/// The error of a stale guest, but for its name and the remedy, which are always the same.
fn refusal(language: &str, spec: &'static HostFnSpec) -> String {
    let Err(error) = load(language, spec) else { panic!("{language}: a stale guest is loaded") };
    let lines = error.problems().iter().map(|problem| {
        assert_eq!(problem.code(), Code::FieldsChanged, "{language}: {error}");
        let place = format!("plugin `{language}`, function `echo_record` of module `host`");
        assert_eq!(problem.location(), place, "{language}: {error}");
        problem.message().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn guests_carry_what_they_were_generated_from() {
    let expected: Vec<_> = listing().unwrap().functions.iter().map(FunctionRecord::from_row).collect();
    for language in languages() {
        let wasm = std::fs::read(guest(language)).unwrap();
        let (mut carried, problems) = FunctionRecord::carried_by(language, &wasm);
        assert!(problems.is_empty(), "{language}: {problems:?}");
        // a linker may have put them in another order
        carried.sort_by_key(|record| expected.iter().position(|expected| expected == record));
        assert_eq!(carried, expected, "{language}");
    }
}

#[test]
fn fresh_guests_are_loaded() {
    for language in languages() {
        let loaded = load(language, &with_more_and_in_another_order::SPEC);
        loaded.unwrap_or_else(|error| panic!("{language}: {error}"));
    }
}

#[test]
fn stale_guests_are_refused_and_told_the_field() {
    for language in languages() {
        assert_eq!(
            refusal(language, &with_another_type::SPEC),
            "field `id` of `Record` was `u64` when the plugin was built, and is `str`",
            "{language}"
        );
        assert_eq!(
            refusal(language, &with_a_field_that_is_needed::SPEC),
            "field `size: u8` of `Record` is new, and the plugin does not pass it",
            "{language}"
        );
    }
}
