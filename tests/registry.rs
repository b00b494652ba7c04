//! The registry: what it refuses, all at once, and that the order of registration never shows.

use hostfn::error::Code;
use hostfn::scope::ScopeKind;
use hostfn::spec::{Call, Param, Reply, SourceLocation};
use hostfn::{Capability, Error, HostFn, HostFnSpec, HostModule, Registry, capabilities, host_fn};
use proptest::prelude::*;

capabilities! {
    /// Sell things.
    pub SELL = "shop.sell";
    /// Read files beneath granted directories.
    pub FS_READ = "fs.read" in path;
}

/// Sell something.
#[host_fn(capability = SELL)]
fn sell(what: &str) -> String {
    what.to_owned()
}

/// Buy something.
#[host_fn(capability = none, module = "shop")]
fn buy() {}

mod deeper {
    /// Read a file.
    #[hostfn::host_fn(capability = super::FS_READ(path), name = "files/read")]
    fn read(path: &str) -> usize {
        path.len()
    }

    #[cfg(any())]
    #[hostfn::host_fn(capability = none)]
    fn left_out() {}
}

const fn at(file: &'static str, line: u32) -> SourceLocation {
    SourceLocation::new(Some("shop"), Some("1.0.0"), "shop", file, line)
}

fn nothing(call: Call<'_>) -> Reply {
    call.authorize()?.reply(&())
}

const fn always(module: &'static str, name: &'static str, place: SourceLocation) -> HostFnSpec {
    HostFnSpec::new(module, name, nothing).always_available().declared_at(place)
}

const fn requiring(name: &'static str, capability: &'static Capability, line: u32) -> HostFnSpec {
    HostFnSpec::new("host", name, nothing).requires(capability).declared_at(at("src/caps.rs", line))
}

fn build(specs: impl IntoIterator<Item = &'static HostFnSpec>) -> Result<Registry, Error> {
    Registry::builder().add_all(specs).build()
}

/// Everything that is wrong, a line each, as a person sees it.
fn problems(specs: impl IntoIterator<Item = &'static HostFnSpec>) -> Vec<String> {
    build(specs).unwrap_err().problems().iter().map(ToString::to_string).collect()
}

fn names(registry: &Registry) -> Vec<String> {
    registry.iter().map(|spec| format!("{}.{}", spec.module(), spec.name())).collect()
}

static SELL_A: HostFnSpec = always("host", "sell", at("src/a.rs", 3));
static SELL_B: HostFnSpec = always("host", "sell", at("src/b.rs", 5));
static SELL_C: HostFnSpec = always("host", "sell", at("src/c.rs", 2));
static SELL_ELSEWHERE: HostFnSpec = always("stall", "sell", at("src/d.rs", 1));

#[test]
fn two_functions_of_one_name_are_refused_and_both_places_named() {
    assert_eq!(
        problems([&SELL_B, &SELL_A]),
        ["H0101 host.sell (src/a.rs:3): `sell` of module `host` is declared at src/b.rs:5 too; \
          give one of them another name or module, `name = \"...\"` or `module = \"...\"`"]
    );
}

#[test]
fn every_further_function_of_that_name_is_reported() {
    let found = problems([&SELL_C, &SELL_A, &SELL_B]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("(src/a.rs:3)") && found[0].contains("src/b.rs:5 too"), "{found:?}");
    assert!(found[1].contains("(src/b.rs:5)") && found[1].contains("src/c.rs:2 too"), "{found:?}");
}

#[test]
fn one_name_in_two_modules_is_two_functions() {
    let registry = build([&SELL_A, &SELL_ELSEWHERE]).unwrap();
    assert_eq!(names(&registry), ["host.sell", "stall.sell"]);
    assert_eq!(registry.get("stall", "sell").map(|spec| *spec.location()), Some(at("src/d.rs", 1)));
    assert!(registry.get("stall", "buy").is_none());
}

#[test]
fn two_specs_without_a_place_are_not_taken_for_one() {
    static ONE: HostFnSpec = always("host", "sell", SourceLocation::UNKNOWN);
    static OTHER: HostFnSpec = always("host", "sell", SourceLocation::UNKNOWN);
    let found = problems([&ONE, &OTHER, &ONE]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("H0101 host.sell (an unknown place): "), "{found:?}");
}

#[test]
fn a_spec_that_was_added_twice_counts_once() {
    static NO_PLACE: HostFnSpec = always("host", "nowhere", SourceLocation::UNKNOWN);
    let registry = Registry::builder()
        .add(&SELL_A)
        .add(buy::SPEC)
        .add(&NO_PLACE)
        .add_all([&SELL_A, buy::SPEC, &NO_PLACE])
        .build()
        .unwrap();
    assert_eq!(names(&registry), ["host.nowhere", "host.sell", "shop.buy"]);
}

#[test]
fn names_that_a_guest_cannot_import_are_refused() {
    const LONGEST: &str = match std::str::from_utf8(&[b'x'; 128]) {
        Ok(name) => name,
        Err(_) => unreachable!(),
    };
    const TOO_LONG: &str = match std::str::from_utf8(&[b'x'; 129]) {
        Ok(name) => name,
        Err(_) => unreachable!(),
    };
    static BAD: [HostFnSpec; 7] = [
        always("host", "", at("src/bad.rs", 1)),
        always("", "empty-module", at("src/bad.rs", 2)),
        always("host", "white space", at("src/bad.rs", 3)),
        always("host", "größe", at("src/bad.rs", 4)),
        always("host", "line\nfeed\u{1b}", at("src/bad.rs", 5)),
        always("host", TOO_LONG, at("src/bad.rs", 6)),
        always("ho\"st", "both bad", at("src/bad.rs", 7)),
    ];
    static GOOD: [HostFnSpec; 2] = [
        always("wasi:http/types@0.2.0", "x_Y-9.1:/@", SourceLocation::UNKNOWN),
        always("host", LONGEST, SourceLocation::UNKNOWN),
    ];
    let found = problems(&BAD);
    assert_eq!(found.len(), BAD.len() + 1, "one for each, and the last has two: {found:#?}");
    assert!(found.iter().all(|problem| problem.starts_with("H0102 ")), "{found:#?}");
    let of_line = |line: u32| found.iter().filter(|p| p.contains(&format!("src/bad.rs:{line})"))).count();
    assert_eq!([1, 2, 3, 4, 5, 6, 7].map(of_line), [1, 1, 1, 1, 1, 1, 2]);
    assert!(!found.concat().contains(char::is_control), "{found:#?}");
    assert_eq!(build(&GOOD).unwrap().len(), GOOD.len());
}

#[test]
fn the_imports_that_always_exist_are_taken_in_their_module_only() {
    static TAKEN: [HostFnSpec; 5] = [
        always("host", "host_log", at("src/taken.rs", 1)),
        always("host", "host_alloc", at("src/taken.rs", 2)),
        always("host", "host_set_result", at("src/taken.rs", 3)),
        always("host", "host_set_window", at("src/taken.rs", 4)),
        always("host", "host_result_ptr", at("src/taken.rs", 5)),
    ];
    static FREE: [HostFnSpec; 2] =
        [always("shop", "host_log", at("src/free.rs", 1)), always("host", "log", at("src/free.rs", 2))];
    let found = problems(TAKEN.iter().chain(&FREE));
    assert_eq!(found.len(), TAKEN.len(), "{found:#?}");
    assert_eq!(
        found[1],
        "H0104 host.host_log (src/taken.rs:1): `host_log` of module `host` is an import that always exists; \
         give it another name, `name = \"...\"`"
    );
    assert!(found.iter().all(|problem| problem.starts_with("H0104 ")), "{found:#?}");
    assert_eq!(build(&FREE).unwrap().len(), FREE.len());
}

#[test]
fn a_scoped_parameter_that_nobody_described_is_refused() {
    static UNDESCRIBED: HostFnSpec =
        HostFnSpec::new("host", "read", nothing).requires_on(&FS_READ, "path").declared_at(at("src/a.rs", 4));
    static DESCRIBED: HostFnSpec = HostFnSpec::new("host", "read", nothing)
        .requires_on(&FS_READ, "path")
        .with_params(&[Param::new::<&str>("path")]);
    let found = problems([&UNDESCRIBED]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("H0105 host.read (src/a.rs:4): "), "{found:?}");
    build([&DESCRIBED]).unwrap();
}

#[test]
fn one_capability_may_be_declared_twice_with_one_meaning() {
    static HERE: Capability = Capability::new("shop.return", "Bring back.").declared_at(at("src/a.rs", 1));
    static THERE: Capability = Capability::new("shop.return", "Bring back.").declared_at(at("src/b.rs", 2));
    static ONE: HostFnSpec = requiring("one", &HERE, 1);
    static TWO: HostFnSpec = requiring("two", &THERE, 2);
    let registry = build([&ONE, &TWO]).unwrap();
    let capabilities: Vec<_> = registry.capabilities().iter().map(|capability| capability.name()).collect();
    assert_eq!(capabilities, ["shop.return"]);
}

#[test]
fn a_capability_with_two_meanings_is_refused_and_both_places_named() {
    static FIRST: Capability = Capability::new("shop.return", "Bring back.").declared_at(at("src/a.rs", 1));
    static OTHER: Capability = Capability::new("shop.return", "Pay back.").declared_at(at("src/b.rs", 2));
    static SCOPED: Capability =
        Capability::new("shop.return", "Bring back.").scoped(ScopeKind::Name).declared_at(at("src/c.rs", 3));
    static ONE: HostFnSpec = requiring("one", &OTHER, 1);
    static TWO: HostFnSpec = requiring("two", &FIRST, 2);
    static THREE: HostFnSpec = HostFnSpec::new("host", "three", nothing)
        .requires_on(&SCOPED, "what")
        .with_params(&[Param::new::<&str>("what")]);
    let expected = |other: &str| {
        format!(
            "H0103 shop.return (src/a.rs:1): the capability is declared at {other} too, with another meaning; \
             declare it once and import it, or give one of them another name"
        )
    };
    assert_eq!(problems([&ONE, &TWO]), [expected("src/b.rs:2")]);
    assert_eq!(problems([&TWO, &THREE]), [expected("src/c.rs:3")]);
    assert_eq!(problems([&ONE, &TWO, &THREE]), [expected("src/b.rs:2"), expected("src/c.rs:3")]);
}

static CAP_HERE: Capability = Capability::new("shop.move", "Move the shop.").declared_at(at("src/a.rs", 8));
static CAP_THERE: Capability = Capability::new("shop.move", "Move things.").declared_at(at("src/b.rs", 9));
static MOVE_SHOP: HostFnSpec = requiring("move_shop", &CAP_HERE, 1);
static MOVE_THINGS: HostFnSpec = requiring("move_things", &CAP_THERE, 2);
static BAD_NAME: HostFnSpec = always("host", "no name", at("src/a.rs", 9));
static LOG: HostFnSpec = always("host", "host_log", at("src/a.rs", 1));
static WRONG: [&HostFnSpec; 6] = [&SELL_B, &LOG, &MOVE_THINGS, &BAD_NAME, &SELL_A, &MOVE_SHOP];

#[test]
fn problems_come_together_sorted_by_code_then_place() {
    let error = build(WRONG).unwrap_err();
    let found: Vec<_> = error.problems().iter().map(|problem| (problem.code(), problem.location())).collect();
    assert_eq!(
        found,
        [
            (Code::DuplicateFunction, "host.sell (src/a.rs:3)"),
            (Code::BadFunctionName, "host.no name (src/a.rs:9)"),
            (Code::ConflictingCapability, "shop.move (src/a.rs:8)"),
            (Code::ReservedName, "host.host_log (src/a.rs:1)"),
        ]
    );
    assert_eq!(error.code(), Code::DuplicateFunction);
    assert_eq!(error.to_string().lines().count(), 4);
}

#[test]
fn collecting_finds_every_annotated_function_wherever_it_is() {
    let registry = Registry::collect().unwrap();
    assert_eq!(names(&registry), ["host.files/read", "host.sell", "shop.buy"]);
    let capabilities: Vec<_> = registry.capabilities().iter().map(|capability| capability.name()).collect();
    assert_eq!(capabilities, ["fs.read", "shop.sell"]);
}

#[test]
fn collected_and_hand_written_functions_mix() {
    let registry =
        Registry::builder().add(&MOVE_SHOP).add_linked().add(sell::SPEC).add_linked().build().unwrap();
    assert_eq!(names(&registry), ["host.files/read", "host.move_shop", "host.sell", "shop.buy"]);
    let clash = Registry::builder().add(&SELL_A).add_linked().build().unwrap_err();
    assert_eq!(clash.problems().len(), 1, "{clash}");
    for place in [sell::SPEC.location(), SELL_A.location()] {
        assert!(clash.to_string().contains(&place.to_string()), "{clash}");
    }
}

proptest! {
    #[test]
    fn order_never_shows_in_a_registry(
        specs in Just(vec![sell::SPEC, buy::SPEC, &SELL_ELSEWHERE, &MOVE_SHOP, sell::SPEC]).prop_shuffle(),
    ) {
        let registry = build(specs).unwrap();
        prop_assert_eq!(names(&registry), ["host.move_shop", "host.sell", "shop.buy", "stall.sell"]);
    }

    #[test]
    fn order_never_shows_in_problems(specs in Just(WRONG.to_vec()).prop_shuffle()) {
        prop_assert_eq!(problems(specs), problems(WRONG));
    }
}

proptest! {
    #[test]
    fn order_never_shows_in_groups(order in Just([0, 1, 2, 3]).prop_shuffle()) {
        let mut builder = Registry::builder();
        for step in order {
            builder = match step {
                0 => builder.module(HostModule::new("trade").functions([sell::SPEC, buy::SPEC])),
                1 => builder.module(HostModule::new("stall").functions([buy::SPEC, &SELL_ELSEWHERE])),
                2 => builder.module(HostModule::new("empty")),
                // it is in a module besides
                _ => builder.add(sell::SPEC).add(&MOVE_SHOP),
            };
        }
        let registry = builder.build().unwrap();
        let groups: Vec<_> = (0..registry.len()).map(|at| registry.group(at)).collect();
        prop_assert_eq!(names(&registry), ["host.move_shop", "host.sell", "shop.buy", "stall.sell"]);
        prop_assert_eq!(groups, [None, Some("trade"), Some("stall"), Some("stall")]);
        let listing = registry.listing();
        let rows: Vec<_> = listing.functions.iter().map(|row| row.group.as_deref()).collect();
        prop_assert_eq!(rows, [None, Some("trade"), Some("stall"), Some("stall")]);
    }
}

#[test]
fn grants_know_the_registrys_capabilities_only() {
    let registry = Registry::collect().unwrap();
    let right = r#"
        "shop.sell" = true
        "fs.read" = { allow = ["/data/**"] }
    "#;
    let grants = registry.read_grants(right).unwrap();
    assert!(grants.allows(&SELL) && grants.allows(&FS_READ) && !grants.allows(&CAP_HERE));

    let wrong = r#"
        "shop.sel" = true

        "shop.move" = true
        "weather" = true
        "fs.reed" = true
    "#;
    let error = registry.read_grants(wrong).unwrap_err();
    let found: Vec<_> = error.problems().iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "H0202 grants line 2: no registered function requires `shop.sel`; did you mean `shop.sell`?",
            "H0202 grants line 4: no registered function requires `shop.move`; did you mean `shop.sell`?",
            "H0202 grants line 5: no registered function requires `weather`; \
             leave it out, or register a function that requires it",
            "H0202 grants line 6: no registered function requires `fs.reed`; did you mean `fs.read`?",
        ]
    );
}
