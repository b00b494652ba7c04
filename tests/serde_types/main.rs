//! The rule for types: what is encoded decodes to the same value, or the type is refused or opaque when the registry
//! is built. Types are a product of serde's forms (`types.rs`) with what may be in them (`leaves.rs`); each is tried
//! with random values as an argument and as a reply, and with every language that bindings are generated for.

mod guests;
mod leaves;
mod types;

use std::fmt::Debug;

use hostfn_abi::codec;
use hostfn_bindgen::{Language, generate};
use hostfn_core::{Call, Error, HostFnSpec, NilOption, Param, Registry, Reply, ReplyShape, Shape, TypeShape};
use leaves::{Any, Source};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A type of the product, erased.
struct Case {
    name: String,
    spec: &'static HostFnSpec,
    /// Encodes and decodes a value that the seed makes, both ways.
    round_trip: fn(u64) -> Result<(), Differs>,
    argument: TypeShape,
    reply: TypeShape,
    in_guests: guests::InGuests,
}

#[derive(Debug)]
enum Differs {
    /// It is refused at the time of the call.
    Refused(String),
    /// It arrives as another value.
    Silent(String),
}

impl Case {
    fn new<T>(index: usize, name: String, reply: ReplyShape) -> Self
    where
        T: Any + Debug + PartialEq + Serialize + DeserializeOwned + 'static,
    {
        let params = vec![Param::new::<T>("value")].leak();
        let spec = HostFnSpec::new("host", "echo", echo::<T>)
            .always_available()
            .with_params(params)
            .with_reply(reply);
        let argument = params[0].shape().unwrap();
        let in_guests = guests::InGuests::new::<T>(index, reply);
        let (reply, spec) = (reply.shape(), Box::leak(Box::new(spec)));
        Case { name, spec, round_trip: round_trip::<T>, argument, reply, in_guests }
    }

    fn nil_option(&self) -> Option<&NilOption> {
        self.argument.nil_option.as_ref().or(self.reply.nil_option.as_ref())
    }

    /// The reason why the type is opaque.
    fn opaque(&self) -> Option<&str> {
        [&self.argument, &self.reply].into_iter().find_map(|traced| match &traced.shape {
            Shape::Opaque { reason, .. } => Some(reason.as_str()),
            _ => None,
        })
    }

    fn registry(&self) -> Result<Registry, Error> {
        Registry::builder().add(self.spec).build()
    }
}

fn echo<T: Serialize + DeserializeOwned>(call: Call<'_>) -> Reply {
    let mut call = call.authorize()?;
    let (value,) = call.args::<(T,)>()?;
    call.reply(&value)
}

fn round_trip<T: Any + Debug + PartialEq + Serialize + DeserializeOwned>(seed: u64) -> Result<(), Differs> {
    let value = T::any(&mut Source::new(seed));
    let refused = |error: codec::Error| Differs::Refused(format!("{value:?}: {error}"));
    let same = |decoded: T| {
        if decoded == value {
            Ok(())
        } else {
            Err(Differs::Silent(format!("{value:?} arrived as {decoded:?}")))
        }
    };
    let argument = codec::to_vec(&(&value,)).map_err(refused)?;
    let (decoded,) = codec::decode_args::<(T,)>(&argument).map_err(refused)?;
    same(decoded)?;
    let reply = codec::to_vec(&value).map_err(refused)?;
    same(codec::decode::<T>(&reply).map_err(refused)?)
}

thread_local! {
    static CASES: Vec<Case> = types::all();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn values_arrive_as_they_are_or_types_are_marked(seed: u64) {
        CASES.with(|cases| {
            for case in cases {
                match (case.round_trip)(seed) {
                    Ok(()) => {}
                    Err(Differs::Silent(what)) => panic!("{}: {what}", case.name),
                    Err(Differs::Refused(what)) => {
                        assert!(case.nil_option().is_some() || case.opaque().is_some(), "{}: {what}", case.name);
                    }
                }
            }
        });
    }
}

#[test]
fn product_has_enough_types_and_traces_most() {
    let (mut traced, mut opaque, mut refused) = (0, 0, 0);
    CASES.with(|cases| {
        for case in cases {
            match (case.nil_option(), case.opaque()) {
                (Some(_), _) => refused += 1,
                (None, Some(_)) => opaque += 1,
                (None, None) => traced += 1,
            }
        }
    });
    assert!(
        traced >= 200 && opaque >= 150 && refused >= 8,
        "{traced} traced, {opaque} opaque, {refused} refused"
    );
}

#[test]
fn registry_refuses_exactly_options_of_nil() {
    CASES.with(|cases| {
        for case in cases {
            let refused = case.registry().err().map(|error| error.to_string());
            match case.nil_option() {
                None => assert_eq!(refused, None, "{}", case.name),
                Some(_) => assert!(refused.is_some_and(|error| error.contains("H0120")), "{}", case.name),
            }
        }
    });
}

#[test]
fn opaque_types_inside_others_name_the_field() {
    CASES.with(|cases| {
        let inside = cases.iter().filter(|case| case.name.starts_with("InAField"));
        for case in inside {
            if let Some(reason) = case.opaque() {
                assert!(reason.starts_with('`'), "{}: {reason}", case.name);
            }
        }
    });
}

#[test]
fn every_language_takes_or_refuses_each_type() {
    CASES.with(|cases| {
        for case in cases {
            let Ok(registry) = case.registry() else { continue };
            let listing = registry.listing();
            for language in [Language::Rust, Language::C, Language::AssemblyScript, Language::Zig] {
                match generate(&listing, language) {
                    Ok(bindings) => assert!(!bindings.is_empty()),
                    Err(problems) => assert!(!problems.to_string().is_empty()),
                }
            }
            // what the listing calls opaque reaches a guest as bytes
            if case.opaque().is_none() {
                assert!(generate(&listing, Language::Rust).is_ok(), "{}", case.name);
            }
        }
    });
}
