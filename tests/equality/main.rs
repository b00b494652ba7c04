//! Same as by hand: what `#[host_fn]` makes is what a person writes with the public API, in every
//! field, in the listing, and in what it answers to good and bad calls.

mod calls;
mod pairs;

use hostfn::spec::Origin;
use hostfn::{HostFnSpec, Registry};
use pairs::{PAIRS, PLAIN};

#[test]
fn every_field_is_the_same_but_place_and_origin() {
    for (made, written) in PAIRS {
        let name = made.name();
        assert_eq!((made.module(), name), (written.module(), written.name()));
        assert_eq!(made.is_async(), written.is_async(), "{name}");
        let capability = |spec: &HostFnSpec| spec.capability().map(std::ptr::from_ref);
        assert_eq!(capability(made), capability(written), "{name}");
        assert_eq!(made.requirement().scoped_param(), written.requirement().scoped_param(), "{name}");
        assert_eq!(made.params(), written.params(), "{name}");
        assert_eq!(made.reply(), written.reply(), "{name}");
        assert_eq!(made.max_args(), written.max_args(), "{name}");
        assert_eq!(made.max_reply(), written.max_reply(), "{name}");
        assert_eq!(made.quota(), written.quota(), "{name}");
        assert_eq!(made.since(), written.since(), "{name}");
        assert_eq!(made.docs(), written.docs(), "{name}");

        assert_eq!(made.differences(written), [""; 0], "{name}");

        assert_eq!((made.origin(), written.origin()), (Origin::Macro, Origin::Manual), "{name}");
        let place =
            |spec: &HostFnSpec| (spec.location().krate(), spec.location().module(), spec.location().file());
        assert_eq!(place(made), place(written), "{name}");
        assert!(made.location().line() < written.location().line(), "{name}");
    }
}

#[test]
fn the_comparison_knows_every_field() {
    let fields = |text: &str| -> Vec<String> {
        let own =
            text.lines().filter_map(|line| line.strip_prefix("    ").filter(|rest| !rest.starts_with(' ')));
        own.filter_map(|line| line.split_once(':').map(|(field, _)| field.to_owned())).collect()
    };
    let words = |words: &str| words.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let advice = "compare the new field above";
    assert_eq!(fields(&format!("{:#?}", PLAIN.0)), words("metadata call later"), "{advice}");
    let metadata = format!("{:#?}", PLAIN.0.metadata());
    let compared = "module name is_async requirement params reply max_args max_reply quota since declared";
    assert_eq!(fields(&metadata), words(compared), "{advice}");
    let (_, declared) = metadata.split_once("\n    declared: ").unwrap();
    assert_eq!(fields(&declared.replace("\n    ", "\n")), words("docs location origin"), "{advice}");
}

#[test]
fn listing_rows_are_the_same_but_place_and_origin() {
    let listing = |specs: Vec<&'static HostFnSpec>| {
        let mut listing = Registry::builder().add_all(specs).build().unwrap().listing();
        for row in &mut listing.functions {
            assert_ne!(row.line, 0);
            row.line = 0;
            row.origin.clear();
        }
        // the annotated functions are linked in beside those that were written by hand
        listing.unregistered.clear();
        listing
    };
    let made = listing(PAIRS.iter().map(|pair| pair.0).collect());
    let written = listing(PAIRS.iter().map(|pair| pair.1).collect());
    assert_eq!(made.functions.len(), PAIRS.len());
    assert_eq!(made, written);
}
