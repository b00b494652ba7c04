//! The rules of `docs/compatibility.md`: committed guests in every language against hosts that have changed.
//!
//! The loader refuses what breaks, and the comparison of listings has the same class. What is accepted is called.

use std::collections::BTreeSet;
use std::path::PathBuf;

use conformance::{BANK, BankError, ECHO, PLACE, listing, registry};
use hostfn::audit::{Class, Diff, EntryRecord};
use hostfn::contract::{ContractSpec, MethodSpec};
use hostfn::engine::MissingCapability;
use hostfn::spec::{ErrorKind, Param, passed, reply_shape};
use hostfn::{Error, Grants, Host, HostError, HostFnSpec, Instance, Registry, Status};

use crate::common::{guest, languages};
use Verdict::{Breaks, Same, Surprises};
use was::{WasChoice, WasLevel, WasMetres, WasPair, WasPoint, WasRecord};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Breaks,
    Surprises,
    Same,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Breaks => "breaks",
            Surprises => "surprises",
            Same => "same",
        }
    }

    /// The class of the changes of one name, but for words.
    fn of(diff: &Diff, name: &str) -> Self {
        let has = |class| diff.of_class(class).any(|change| change.name == name);
        match (has(Class::Breaks), has(Class::Surprises)) {
            (true, _) => Breaks,
            (false, true) => Surprises,
            (false, false) => Same,
        }
    }
}

/// A type that changes: as an argument and as the reply, of a host function and of a contract's method.
struct Change {
    row: &'static str,
    sends: Verdict,
    receives: Verdict,
    name: &'static str,
    argument: &'static HostFnSpec,
    reply: &'static HostFnSpec,
    takes: fn() -> MethodSpec,
    returns: fn() -> MethodSpec,
    call_old: fn(&mut Instance) -> Result<(), Error>,
    call_takes: fn(&mut Instance) -> Result<(), Error>,
    call_returns: fn(&mut Instance) -> Result<(), Error>,
}

macro_rules! changes {
    ($($id:ident $row:literal $sends:ident $receives:ident {
        $([$($item:tt)*])* $name:ident: $old:ty = $old_value:expr, $new:ty = $new_value:expr
    })+) => {
        $(mod $id {
            #[allow(unused_imports, reason = "not each needs them all")]
            use super::*;
            $(
                #[derive(serde::Serialize, serde::Deserialize)]
                #[allow(dead_code, reason = "its type matters")]
                $($item)*
            )*
            const NAME: &str = stringify!($name);
            const ENTRY: &str = concat!("echo_v1_", stringify!($name));
            static ARGUMENT: HostFnSpec = HostFnSpec::new("host", NAME, |call| {
                let mut call = call.authorize()?;
                call.args::<($new,)>()?;
                call.reply(&$old_value)
            })
            .requires(&ECHO)
            .with_params(&[Param::new::<$new>("value")])
            .with_reply(reply_shape!($old));
            static REPLY: HostFnSpec = HostFnSpec::new("host", NAME, |call| {
                let mut call = call.authorize()?;
                call.args::<($old,)>()?;
                call.reply(&$new_value)
            })
            .requires(&ECHO)
            .with_params(&[Param::new::<$old>("value")])
            .with_reply(reply_shape!($new));
            const TAKES: MethodSpec = MethodSpec::new(NAME, ENTRY)
                .with_params(&[passed!("value", $new)])
                .with_reply(reply_shape!($old));
            const RETURNS: MethodSpec = MethodSpec::new(NAME, ENTRY)
                .with_params(&[passed!("value", $old)])
                .with_reply(reply_shape!($new));
            pub(super) const CHANGE: Change = Change {
                row: $row,
                sends: $sends,
                receives: $receives,
                name: NAME,
                argument: &ARGUMENT,
                reply: &REPLY,
                takes: || TAKES,
                returns: || RETURNS,
                call_old: |guest| guest.call::<_, $old>(ENTRY, ($old_value,)).map(drop),
                call_takes: |guest| guest.call::<_, $old>(ENTRY, ($new_value,)).map(drop),
                call_returns: |guest| guest.call::<_, $new>(ENTRY, ($old_value,)).map(drop),
            };
        })+
        const CHANGES: &[Change] = &[$($id::CHANGE),+];
    };
}

fn record() -> WasRecord {
    WasRecord { id: 7, name: "seven".to_owned() }
}

fn named(name: &str) -> String {
    name.to_owned()
}

/// The suite's types under other names: a function with two types of one name is listed without them.
mod was {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    pub(super) struct WasRecord {
        pub(super) id: u64,
        pub(super) name: String,
    }

    #[derive(Serialize, Deserialize)]
    pub(super) struct WasPoint {
        pub(super) x: i32,
        pub(super) y: i32,
    }

    #[derive(Serialize, Deserialize)]
    pub(super) enum WasChoice {
        A,
        B(u32),
        C { x: i16 },
    }

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub(super) enum WasLevel {
        Low,
        VeryHigh,
    }

    #[derive(Serialize, Deserialize)]
    pub(super) struct WasMetres(pub(super) f64);

    #[derive(Serialize, Deserialize)]
    pub(super) struct WasPair(pub(super) String, pub(super) u32);
}

changes! {
    optional_field "optional field added" Surprises Surprises {
        [pub struct Record { pub id: u64, pub name: String, pub note: Option<String> }]
        echo_record: WasRecord = record(), Record = Record { id: 7, name: named("a"), note: Some(named("b")) }
    }
    required_field "required field added" Breaks Surprises {
        [pub struct Record { pub id: u64, pub name: String, pub size: u32 }]
        echo_record: WasRecord = record(), Record = Record { id: 7, name: named("a"), size: 1 }
    }
    field_removed "field removed" Breaks Breaks {
        [pub struct Record { pub id: u64 }]
        echo_record: WasRecord = record(), Record = Record { id: 7 }
    }
    field_renamed "field renamed" Breaks Breaks {
        [pub struct Record { pub id: u64, pub title: String }]
        echo_record: WasRecord = record(), Record = Record { id: 7, title: named("a") }
    }
    field_optional "field made optional" Breaks Breaks {
        [pub struct Record { pub id: u64, pub name: Option<String> }]
        echo_record: WasRecord = record(), Record = Record { id: 7, name: None }
    }
    field_type "field of another type" Breaks Breaks {
        [pub struct Record { pub id: String, pub name: String }]
        echo_record: WasRecord = record(), Record = Record { id: named("7"), name: named("a") }
    }
    field_wider "field of a wider integer type" Breaks Breaks {
        [pub struct Point { pub x: i64, pub y: i32 }]
        echo_point: WasPoint = WasPoint { x: 1, y: 2 }, Point = Point { x: 1, y: 2 }
    }
    field_order "fields in another order" Same Same {
        [pub struct Record { pub name: String, pub id: u64 }]
        echo_record: WasRecord = record(), Record = Record { id: 7, name: named("a") }
    }
    type_name "type renamed" Same Same {
        [pub struct Entry { pub id: u64, pub name: String }]
        echo_record: WasRecord = record(), Entry = Entry { id: 7, name: named("a") }
    }
    type_name_and_field "type renamed, and a field removed" Breaks Breaks {
        [pub struct Entry { pub id: u64 }]
        echo_record: WasRecord = record(), Entry = Entry { id: 7 }
    }
    variant_added "variant added" Surprises Breaks {
        [pub enum Choice { A, B(u32), C { x: i16 }, D }]
        echo_choice: WasChoice = WasChoice::B(1), Choice = Choice::B(1)
    }
    variant_removed "variant removed" Breaks Surprises {
        [pub enum Choice { A, B(u32) }]
        echo_choice: WasChoice = WasChoice::B(1), Choice = Choice::B(1)
    }
    variant_renamed "variant renamed" Breaks Breaks {
        [pub enum Choice { A, B(u32), E { x: i16 } }]
        echo_choice: WasChoice = WasChoice::B(1), Choice = Choice::B(1)
    }
    variant_payload "payload of a variant of another type" Breaks Breaks {
        [pub enum Choice { A, B(String), C { x: i16 } }]
        echo_choice: WasChoice = WasChoice::A, Choice = Choice::A
    }
    variant_unit "payload of a variant removed" Breaks Breaks {
        [pub enum Choice { A, B, C { x: i16 } }]
        echo_choice: WasChoice = WasChoice::A, Choice = Choice::A
    }
    variant_field "optional field added to a variant" Surprises Surprises {
        [pub enum Choice { A, B(u32), C { x: i16, y: Option<i16> } }]
        echo_choice: WasChoice = WasChoice::C { x: 1 }, Choice = Choice::C { x: 1, y: Some(2) }
    }
    variant_field_required "required field added to a variant" Breaks Surprises {
        [pub enum Choice { A, B(u32), C { x: i16, y: i16 } }]
        echo_choice: WasChoice = WasChoice::C { x: 1 }, Choice = Choice::C { x: 1, y: 2 }
    }
    variant_order "variants in another order" Same Same {
        [pub enum Choice { C { x: i16 }, B(u32), A }]
        echo_choice: WasChoice = WasChoice::C { x: 1 }, Choice = Choice::C { x: 1 }
    }
    unit_variant_added "variant added to an enum without payloads" Surprises Breaks {
        [pub enum Level { #[serde(rename = "low")] Low, #[serde(rename = "very-high")] VeryHigh, Mid }]
        echo_level: WasLevel = WasLevel::Low, Level = Level::Low
    }
    struct_to_enum "struct turned into an enum" Breaks Breaks {
        [pub enum Record { One, Two }]
        echo_record: WasRecord = record(), Record = Record::One
    }
    newtype "newtype of another type" Breaks Breaks {
        [pub struct Metres(pub u32);]
        echo_metres: WasMetres = WasMetres(1.5), Metres = Metres(1)
    }
    tuple_longer "tuple with one more element" Breaks Breaks {
        [pub struct Pair(pub String, pub u32, pub u32);]
        echo_pair: WasPair = WasPair(named("a"), 1), Pair = Pair(named("a"), 1, 2)
    }
    tuple_element "tuple element of another type" Breaks Breaks {
        [pub struct Pair(pub String, pub String);]
        echo_pair: WasPair = WasPair(named("a"), 1), Pair = Pair(named("a"), named("b"))
    }
    integer_wider "wider integer type" Breaks Breaks { echo_u32: u32 = 7_u32, u64 = 7_u64 }
    integer_signed "integer of another sign" Breaks Breaks { echo_u32: u32 = 7_u32, i32 = 7_i32 }
    text_to_integer "text turned into an integer" Breaks Breaks { echo_str: String = named("a"), u32 = 1_u32 }
    optional "value made optional" Breaks Breaks { echo_u32: u32 = 7_u32, Option<u32> = Some(7_u32) }
    not_optional "optional value made required" Breaks Breaks {
        echo_option_u32: Option<u32> = Some(7_u32), u32 = 7_u32
    }
    sequence "value turned into a sequence" Breaks Breaks { echo_str: String = named("a"), Vec<String> = vec![named("a")] }
    nested_field "optional field added inside a sequence" Surprises Surprises {
        [pub struct Point { pub x: i32, pub y: i32, pub z: Option<i32> }]
        echo_seq_point: Vec<WasPoint> = vec![WasPoint { x: 1, y: 2 }], Vec<Point> = vec![Point { x: 1, y: 2, z: Some(3) }]
    }
    nested_field_gone "field removed inside an option" Breaks Breaks {
        [pub struct Point { pub x: i32 }]
        echo_option_point: Option<WasPoint> = Some(WasPoint { x: 1, y: 2 }), Option<Point> = Some(Point { x: 1 })
    }
}

macro_rules! failure {
    ($name:ident: $(($code:literal, $status:expr)),*) => {
        #[derive(Debug)]
        struct $name;

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("it failed")
            }
        }

        impl HostError for $name {
            const KINDS: &'static [ErrorKind] = &[$(ErrorKind { code: $code, status: $status, docs: "" }),*];

            fn code(&self) -> &'static str {
                "frozen"
            }
        }
    };
}
failure!(More: ("no_such_account", Status::NOT_FOUND), ("insufficient", Status::FAILED),
    ("frozen", Status::application(-1024)), ("closed", Status::FAILED));
failure!(Fewer: ("no_such_account", Status::NOT_FOUND), ("frozen", Status::application(-1024)));
failure!(Other: ("no_such_account", Status::NOT_FOUND), ("insufficient", Status::NOT_FOUND),
    ("frozen", Status::application(-1024)));
failure!(First: ("frozen", Status::FAILED));

/// A change of a call: of a host function, and of the contract's method that calls it.
struct Call {
    row: &'static str,
    verdict: Verdict,
    function: &'static HostFnSpec,
    method: fn() -> MethodSpec,
}

macro_rules! calls {
    ($($id:ident $row:literal $verdict:ident $function:literal $method:literal
        ($($param:ident: $type:ty),*) -> $reply:ty = $value:expr)+) => {
        $(mod $id {
            use super::*;
            const CAPABILITY: &hostfn::Capability = if is_bank($function) { &BANK } else { &ECHO };
            static FUNCTION: HostFnSpec = HostFnSpec::new("host", $function, |call| {
                let mut call = call.authorize()?;
                call.args::<($($type,)*)>()?;
                call.reply(&$value)
            })
            .requires(CAPABILITY)
            .with_params(&[$(Param::new::<$type>(stringify!($param))),*])
            .with_reply(reply_shape!($reply));
            const METHOD: MethodSpec = MethodSpec::new($method, concat!("echo_v1_", $method))
                .with_params(&[$(passed!(stringify!($param), $type)),*])
                .with_reply(reply_shape!($reply));
            pub(super) const CALL: Call =
                Call { row: $row, verdict: $verdict, function: &FUNCTION, method: || METHOD };
        })+
        const CALLS: &[Call] = &[$($id::CALL),+];
    };
}

const fn is_bank(function: &str) -> bool {
    function.as_bytes()[0] != b'e'
}

calls! {
    parameter_added "parameter added" Breaks "echo_u32" "echo_u32" (value: u32, more: u32) -> u32 = 1_u32
    parameter_removed "parameter removed" Breaks "echo_u32" "echo_u32" () -> u32 = 1_u32
    parameter_renamed "parameter renamed" Breaks "echo_u32" "echo_u32" (number: u32) -> u32 = 1_u32
    parameters_swapped "parameters in another order" Breaks "withdraw" "pass_on"
        (amount: u64, account: String) -> Result<u64, BankError> = 1_u64
    errors_first "own errors added to a call without any" Surprises "echo_u32" "echo_u32"
        (value: u32) -> Result<u32, First> = 1_u32
    errors_gone "own errors removed" Surprises "withdraw" "pass_on" (account: String, amount: u64) -> u64 = 1_u64
    error_added "error code added" Surprises "withdraw" "pass_on"
        (account: String, amount: u64) -> Result<u64, More> = 1_u64
    error_removed "error code removed" Surprises "withdraw" "pass_on"
        (account: String, amount: u64) -> Result<u64, Fewer> = 1_u64
    error_status "status of an error code changed" Breaks "withdraw" "pass_on"
        (account: String, amount: u64) -> Result<u64, Other> = 1_u64
    nothing "documentation changed" Same "withdraw" "pass_on"
        (account: String, amount: u64) -> Result<u64, BankError> = 1_u64
}

const REMOVED: &str = "function or method removed";

/// The suite's functions with these in place of those of their names, and without `removed`.
fn with_functions(specs: &[&'static HostFnSpec], removed: &str) -> Registry {
    let suite = registry().unwrap();
    let is_changed = |name: &str| specs.iter().any(|spec| spec.name() == name);
    let kept = suite.iter().filter(|old| old.name() != removed && !is_changed(old.name()));
    Registry::builder().add_all(kept).add_all(specs.iter().copied()).build().unwrap()
}

/// The suite's functions, and a contract of these methods in place of the suite's.
fn with_methods(methods: Vec<MethodSpec>) -> Registry {
    let contract = ContractSpec::new("echo.v1").with_methods(Vec::leak(methods));
    let suite = registry().unwrap();
    Registry::builder().add_all(suite.iter()).contract(Box::leak(Box::new(contract))).build().unwrap()
}

/// A host that compiles each guest once in all tests.
fn host(registry: Registry) -> Host {
    let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("rules-cache");
    Host::builder(registry).cache(cache).missing(MissingCapability::Deny).build().unwrap()
}

fn start(host: &Host, language: &str) -> Instance {
    let plugin = host.load_file(guest(language)).unwrap_or_else(|error| panic!("{language}: {error}"));
    let grants = Grants::none().allow(&ECHO).allow(&BANK).allow_within(&PLACE, ["/data/**"]).unwrap();
    plugin.instantiate(&grants).unwrap_or_else(|error| panic!("{language}: {error}"))
}

/// The locations for which the loader refuses the guest.
fn refused(host: &Host, language: &str) -> Vec<String> {
    let Err(error) = host.load_file(guest(language)) else { return Vec::new() };
    error.problems().iter().map(|problem| problem.location().to_owned()).collect()
}

/// Groups of changes of different functions, which one host can have at once. Those that break are not with others.
fn groups(verdict: fn(&Change) -> Verdict) -> Vec<(bool, Vec<&'static Change>)> {
    let mut groups: Vec<(bool, Vec<&'static Change>)> = Vec::new();
    for change in CHANGES {
        let breaks = verdict(change) == Breaks;
        let fits = |group: &&mut (bool, Vec<&'static Change>)| {
            group.0 == breaks && !group.1.iter().any(|other| other.name == change.name)
        };
        match groups.iter_mut().find(fits) {
            Some(group) => group.1.push(change),
            None => groups.push((breaks, vec![change])),
        }
    }
    groups
}

/// Compares a group of changes with the listing, and with the loader for each language.
fn check(
    registry: Registry,
    group: &[&Change],
    verdict: fn(&Change) -> Verdict,
    (listed, location): (&str, fn(&str) -> String),
) -> Host {
    let diff = listing().unwrap().diff(&registry.listing());
    for change in group {
        assert_eq!(
            Verdict::of(&diff, &format!("{listed}{}", change.name)),
            verdict(change),
            "{}: {diff}",
            change.row
        );
    }
    let host = host(registry);
    for language in languages() {
        let refused = refused(&host, language);
        for change in group {
            let found = refused.iter().any(|place| place.ends_with(&location(change.name)));
            assert_eq!(found, verdict(change) == Breaks, "{language}, {}: {refused:?}", change.row);
        }
    }
    host
}

type Calling = fn(&Change) -> fn(&mut Instance) -> Result<(), Error>;

/// Calls what is accepted: a guest of each language does what the host expects.
fn call(host: &Host, group: &[&Change], call: Calling) {
    for language in languages() {
        let mut guest = start(host, language);
        for change in group {
            call(change)(&mut guest).unwrap_or_else(|error| panic!("{language}, {}: {error}", change.row));
        }
    }
}

type Side<T> = (fn(&Change) -> Verdict, fn(&Change) -> T);

#[test]
fn changed_functions_follow_the_rules() {
    let sides: [Side<&'static HostFnSpec>; 2] = [
        (|change| change.sends, |change| change.argument),
        (|change| change.receives, |change| change.reply),
    ];
    for (verdict, spec) in sides {
        for (breaks, group) in groups(verdict) {
            let specs: Vec<_> = group.iter().map(|change| spec(change)).collect();
            let location = |name: &str| format!("function `{name}` of module `host`");
            let host = check(with_functions(&specs, ""), &group, verdict, ("host.", location));
            if !breaks {
                call(&host, &group, |change| change.call_old);
            }
        }
    }
}

#[test]
fn changed_methods_follow_the_rules() {
    let sides: [(Side<MethodSpec>, Calling); 2] = [
        ((|change| change.sends, |change| (change.returns)()), |change| change.call_returns),
        ((|change| change.receives, |change| (change.takes)()), |change| change.call_takes),
    ];
    // methods that the contract no longer has are refused, so what is accepted is called without the contract
    let unchecked = host(with_functions(&[], ""));
    for ((verdict, method), calls) in sides {
        for (breaks, group) in groups(verdict) {
            let methods = group.iter().map(|change| method(change)).collect();
            let location = |name: &str| format!("method `{name}` of contract `echo.v1`");
            check(with_methods(methods), &group, verdict, ("echo.v1.", location));
            if !breaks {
                call(&unchecked, &group, calls);
            }
        }
    }
}

#[test]
fn changed_calls_follow_the_rules() {
    let check = |row: &str, verdict: Verdict, registry: Registry, (listed, location): (&str, String)| {
        let diff = listing().unwrap().diff(&registry.listing());
        assert_eq!(Verdict::of(&diff, listed), verdict, "{row}: {diff}");
        let host = host(registry);
        for language in languages() {
            let found = refused(&host, language).iter().any(|place| place.ends_with(&location));
            assert_eq!(found, verdict == Breaks, "{language}, {row}, {listed}");
        }
    };
    let function = |name: &str| (format!("host.{name}"), format!("function `{name}` of module `host`"));
    let method = |name: &str| (format!("echo.v1.{name}"), format!("method `{name}` of contract `echo.v1`"));
    for call in CALLS {
        let (listed, location) = function(call.function.name());
        check(call.row, call.verdict, with_functions(&[call.function], ""), (&listed, location));
        let changed = (call.method)();
        let (listed, location) = method(changed.name());
        check(call.row, call.verdict, with_methods(vec![changed]), (&listed, location));
    }
    let (listed, location) = function("echo_u32");
    check(REMOVED, Breaks, with_functions(&[], "echo_u32"), (&listed, location));
    let (listed, location) = method("echo_u32");
    let other = MethodSpec::new("other", "echo_v1_other");
    check(REMOVED, Breaks, with_methods(vec![other]), (&listed, location));
}

/// The rows of the tables are the cases, in their order.
#[test]
fn documented_rules_are_the_tested_ones() {
    let row = |row: &str, verdict: Verdict| format!("| {row} | {} |\n", verdict.word());
    let sends: String = CHANGES.iter().map(|change| row(change.row, change.sends)).collect();
    let receives: String = CHANGES.iter().map(|change| row(change.row, change.receives)).collect();
    let calls: String = CALLS.iter().map(|call| row(call.row, call.verdict)).collect();
    let calls = calls + &row(REMOVED, Breaks);
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/compatibility.md");
    let page = std::fs::read_to_string(path).unwrap();
    let tables = [
        ("Values that a plugin sends", sends),
        ("Values that a plugin receives", receives),
        ("Calls", calls),
    ];
    for (heading, rows) in tables {
        let head = format!("## {heading}\n\n| change in the host | class |\n|---|---|\n");
        let expected = format!("{head}{rows}\n");
        assert!(page.contains(&expected), "docs/compatibility.md lacks:\n{expected}");
    }
    let rows: BTreeSet<_> = CHANGES.iter().map(|change| change.row).collect();
    assert_eq!(rows.len(), CHANGES.len(), "a row twice");
}

/// Guests in every language carry the record of each entry that they export.
#[test]
fn guests_carry_a_record_of_each_entry() {
    let listing = listing().unwrap();
    let contract = &listing.contracts[0];
    let expected: Vec<_> =
        contract.methods.iter().map(|method| EntryRecord::from_row(contract, method)).collect();
    for language in languages() {
        let wasm = std::fs::read(guest(language)).unwrap();
        let (mut carried, problems) = EntryRecord::carried_by(language, &wasm);
        assert!(problems.is_empty(), "{language}: {problems:?}");
        carried.sort_by_key(|record| expected.iter().position(|expected| expected == record));
        assert_eq!(carried, expected, "{language}");
    }
}
