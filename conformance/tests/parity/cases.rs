//! The table.

use std::collections::BTreeMap;

use conformance::{
    Anything, BANK, Choice, ECHO, Figure, Level, Marker, Metres, Node, Order, PLACE, Pair, Point, Record,
};
use hostfn::abi::codec;
use hostfn::{Capability, Grants, Limits};
use serde::Serialize;
use serde_bytes::Bytes;

use crate::functions::{COUNT, FETCH, THING};

/// A row: a guest, what it does, and what its transcript contains.
pub struct Case {
    pub name: String,
    pub grants: fn() -> Grants,
    pub limits: fn(&mut Limits),
    pub steps: Vec<Step>,
    pub expect: Vec<String>,
    /// It calls an async function.
    pub waits: bool,
}

pub enum Step {
    Call {
        function: &'static str,
        args: Vec<u8>,
        times: u32,
    },
    /// Calls the function with the handle that the last call returned.
    OnHandle(&'static str),
    Revoke(&'static Capability),
}

impl Step {
    pub fn function(&self) -> Option<&'static str> {
        match self {
            Step::Call { function, .. } | Step::OnHandle(function) => Some(function),
            Step::Revoke(_) => None,
        }
    }
}

fn everything() -> Grants {
    Grants::none()
        .allow(&ECHO)
        .allow(&BANK)
        .allow(&COUNT)
        .allow_within(&PLACE, ["/data/**"])
        .and_then(|grants| grants.allow_within(&THING, ["mine-*"]))
        .and_then(|grants| grants.allow_within(&FETCH, ["*"]))
        .unwrap()
}

fn call(function: &'static str, args: impl Serialize) -> Step {
    raw(function, &codec::to_vec(&args).unwrap())
}

fn raw(function: &'static str, args: &[u8]) -> Step {
    Step::Call { function, args: args.to_owned(), times: 1 }
}

fn thrice(function: &'static str, args: impl Serialize) -> Step {
    Step::Call { function, args: codec::to_vec(&args).unwrap(), times: 3 }
}

impl Case {
    fn new(name: impl Into<String>, steps: impl IntoIterator<Item = Step>, expect: &[&str]) -> Self {
        let (steps, expect) = (steps.into_iter().collect(), expect.iter().map(ToString::to_string).collect());
        Case { name: name.into(), grants: everything, limits: |_| (), steps, expect, waits: false }
    }

    fn grants(mut self, grants: fn() -> Grants) -> Self {
        self.grants = grants;
        self
    }

    fn limits(mut self, limits: fn(&mut Limits)) -> Self {
        self.limits = limits;
        self
    }

    fn waits(mut self) -> Self {
        self.waits = true;
        self
    }
}

/// `Handles` as a guest knows them.
#[derive(Serialize)]
struct Numbers {
    store: u64,
    statement: Option<u64>,
    stores: Vec<u64>,
}

/// An echo, whose value is what was sent.
fn echo(cases: &mut Vec<Case>, function: &'static str, value: impl Serialize) {
    let value = codec::to_vec(&value).unwrap();
    let expected = format!("{function}: {:?}\n", codec::decode::<hostfn::abi::Value>(&value).unwrap());
    let name = format!("{function} {}", cases.len());
    let args = [&[0x91], &value[..]].concat();
    cases.push(Case::new(name, [raw(function, &args)], &[&expected, "Granted - OK (0) \"\""]));
}

fn shapes(cases: &mut Vec<Case>) {
    let point = || Point { x: -1, y: 70_000 };
    echo(cases, "echo_bool", true);
    echo(cases, "echo_u8", u8::MAX);
    echo(cases, "echo_u16", u16::MAX);
    echo(cases, "echo_u32", u32::MAX);
    echo(cases, "echo_u64", u64::MAX);
    echo(cases, "echo_i8", i8::MIN);
    echo(cases, "echo_i16", i16::MIN);
    echo(cases, "echo_i32", i32::MIN);
    echo(cases, "echo_i64", i64::MIN);
    echo(cases, "echo_f32", 1.5_f32);
    echo(cases, "echo_f64", f64::MIN_POSITIVE);
    echo(cases, "echo_char", '\u{1f980}');
    echo(cases, "echo_str", "words \u{0}\u{1f980}");
    echo(cases, "echo_str", "");
    echo(cases, "echo_bytes", [0_u8, 255, 7].as_slice());
    echo(cases, "echo_option_u32", Some(7));
    echo(cases, "echo_option_u32", None::<u32>);
    echo(cases, "echo_option_str", Some("text"));
    echo(cases, "echo_option_point", Some(point()));
    echo(cases, "echo_seq_i64", [1_i64, -1, i64::MAX]);
    echo(cases, "echo_seq_str", ["", "b"]);
    echo(cases, "echo_seq_bytes", [vec![1_u8], vec![]]);
    echo(cases, "echo_seq_point", [point(), point()]);
    echo(cases, "echo_map_str_u32", BTreeMap::from([("a", 1_u32), ("b", 2)]));
    echo(cases, "echo_map_u64_seq_str", BTreeMap::from([(u64::MAX, vec!["x"])]));
    echo(cases, "echo_map_level_point", BTreeMap::from([(Level::VeryHigh, point())]));
    echo(cases, "echo_tuple", (1_u8, "two", true));
    echo(cases, "echo_array", [0.5_f32, -0.0, 2.0]);
    echo(cases, "echo_point", point());
    echo(cases, "echo_metres", Metres(2.5));
    echo(cases, "echo_pair", Pair("p".to_owned(), 1));
    echo(cases, "echo_level", Level::Low);
    echo(cases, "echo_figure", Figure::Nothing);
    echo(cases, "echo_figure", Figure::Line(point(), point()));
    let members = vec![Figure::Dot(point())];
    let colors = BTreeMap::from([("red".to_owned(), (255, 0, 0))]);
    echo(cases, "echo_figure", Figure::Group { name: None, members, colors });
    let next = Some(Box::new(Node { value: 2, next: None }));
    echo(cases, "echo_node", Node { value: 1, next });
    echo(cases, "echo_record", Record { id: 1, name: "n".to_owned() });
    echo(cases, "echo_choice", Choice::C { x: -2 });
    echo(cases, "echo_handle", u64::MAX);
    echo(cases, "echo_handles", Numbers { store: 1, statement: None, stores: vec![2, 3] });
    echo(cases, "echo_anything", Anything::List(vec![Anything::Number(1), Anything::Text("t".to_owned())]));
    echo(
        cases,
        "echo_order",
        Order {
            id: u64::MAX,
            kind: Level::VeryHigh,
            register: true,
            at: point(),
            notes: vec![None, Some("n".to_owned())],
            tags: BTreeMap::from([(Level::Low, 1)]),
            payload: vec![1, 2],
            price: (3, '\u{20ac}'),
            marker: Marker,
            how_far: Metres(1.0),
        },
    );
}

fn decisions(cases: &mut Vec<Case>) {
    let mut case = |name: &str, steps: Vec<Step>, expect: &[&str]| {
        cases.push(Case::new(name, steps, expect));
    };
    case("nothing in, nothing out", vec![raw("nothing", &[])], &["nothing: Nil", "Always - OK (0)"]);
    case("an empty array of arguments", vec![call("nothing", ())], &["nothing: Nil"]);
    case("another module", vec![call("add-up", (1_u64, 2_u64))], &["add-up: Unsigned(3)", "Always"]);
    case("an option of nothing", vec![call("add-up", (u64::MAX, 1_u64))], &["add-up: Nil"]);
    case("not granted", vec![call("secret", ())], &["NO_CAPABILITY", "secret NotGranted -"]);
    case("in scope", vec![call("name_of", ("/data/a/b",))], &["String(\"b\")", "Granted /data/a/b"]);
    case("out of scope", vec![call("name_of", ("/etc/passwd",))], &["OutOfScope /etc/passwd"]);
    case("out of scope by its dots", vec![call("name_of", ("/data/../etc/passwd",))], &["OutOfScope"]);
    case("beside the scope", vec![call("name_of", ("/database",))], &["OutOfScope /database"]);
    case("a scoped call with bad arguments", vec![call("name_of", (7,))], &["BAD_INPUT"]);
    case("refused by the function", vec![call("fetch", ("leads-out",))], &["fetch Refused elsewhere"]);
    case("denied by the function", vec![call("fetch", ("denied",))], &["fetch Refused denied NO_CAPABILITY"]);
    case(
        "revoked",
        vec![call("echo_u8", (1_u8,)), Step::Revoke(&ECHO), call("echo_u8", (1_u8,))],
        &["echo_u8 Granted - OK (0)", "echo_u8 NotGranted - NO_CAPABILITY"],
    );
    case(
        "revoked another",
        vec![Step::Revoke(&BANK), call("echo_u8", (1_u8,))],
        &["echo_u8 Granted - OK (0)"],
    );
    case(
        "revoked under an open handle",
        vec![call("thing_open", ("mine-1",)), Step::Revoke(&THING), Step::OnHandle("thing_name")],
        &["thing_name NotGranted"],
    );
}

fn failures(cases: &mut Vec<Case>) {
    let mut case = |name: &str, steps: Vec<Step>, expect: &[&str]| {
        cases.push(Case::new(name, steps, expect));
    };
    case(
        "own status and code",
        vec![call("withdraw", ("nobody", 1_u64))],
        &["NOT_FOUND (-5) no_such_account"],
    );
    case("own detail", vec![call("withdraw", ("poor", 8_u64))], &["FAILED (-6) insufficient", "Unsigned(3)"]);
    case("an application's status", vec![call("withdraw", ("cold", 1_u64))], &["(-1024) frozen"]);
    case(
        "an own value",
        vec![call("withdraw", ("rich", 1_u64))],
        &["withdraw: Unsigned(1152921504606846975)"],
    );
    case("an own failure of the host", vec![call("fetch", ("internal",))], &["INTERNAL (-4)"]);
    case("an own error without a status", vec![call("fetch", ("no-error",))], &["FAILED (-6)"]);
    case("not an array", vec![raw("echo_u8", &[0x07])], &["BAD_INPUT (-3)"]);
    case("no bytes", vec![raw("echo_u8", &[])], &["BAD_INPUT (-3)"]);
    case("cut short", vec![raw("echo_u32", &[0x91, 0xce, 0])], &["BAD_INPUT (-3)"]);
    case("bytes after the end", vec![raw("echo_u8", &[0x91, 0x07, 0x07])], &["BAD_INPUT (-3)"]);
    case("too few", vec![call("add-up", (1_u64,))], &["BAD_INPUT (-3)"]);
    case("too many", vec![call("echo_u8", (1_u8, 2_u8))], &["BAD_INPUT (-3)"]);
    case("out of the type's range", vec![call("echo_u8", (256_u32,))], &["BAD_INPUT (-3)"]);
    case("text that is not UTF-8", vec![raw("echo_str", &[0x91, 0xa1, 0xff])], &["BAD_INPUT (-3)"]);
    case(
        "a length beyond the end",
        vec![raw("echo_bytes", &[0x91, 0xc6, 0xff, 0xff, 0xff, 0xff])],
        &["BAD_INPUT"],
    );
    case("too deep", vec![raw("echo_anything", &[0x91; 200])], &["BAD_INPUT (-3)"]);
    case("an unknown variant", vec![call("echo_level", ("middling",))], &["BAD_INPUT (-3)"]);
    case("bytes as text", vec![call("echo_str", (Bytes::new(b"x"),))], &["BAD_INPUT (-3)"]);
    case("a panic", vec![call("explode", ())], &["INTERNAL (-4)", "explode Always - INTERNAL (-4) \"boom\""]);
    case("calls after a panic", vec![thrice("explode", ())], &["\"boom\"", "explode Shut - INTERNAL (-4)"]);
    case("a panic under a scope", vec![call("fetch", ("panic",))], &["Granted panic INTERNAL", "on fire"]);
    case(
        "a handle",
        vec![call("thing_open", ("mine-1",)), Step::OnHandle("thing_name")],
        &["Granted mine-1"],
    );
    case("a handle out of scope", vec![call("thing_open", ("yours",))], &["thing_open OutOfScope yours"]);
    case(
        "a closed handle",
        vec![
            call("thing_open", ("mine-1",)),
            Step::OnHandle("thing_close"),
            Step::OnHandle("thing_name"),
            Step::OnHandle("thing_close"),
        ],
        &["thing_close Always - OK (0)", "NOT_FOUND (-5)"],
    );
    case("a handle of nobody", vec![call("thing_name", (77_u64,))], &["NOT_FOUND (-5)"]);
}

fn budgets(cases: &mut Vec<Case>) {
    cases.push(Case::new("a quota", [thrice("count_twice", ())], &["QUOTA_EXCEEDED (-2)"]));
    cases.push(Case::new(
        "a quota that is whole again",
        [thrice("count_twice", ()), call("count_twice", ())],
        &["count_twice: Unsigned(1)"],
    ));
    cases.push(
        Case::new("a quota of every function", [thrice("nothing", ())], &["QUOTA_EXCEEDED (-2)"])
            .limits(|limits| limits.calls = 2),
    );
    let long = "x".repeat(70_000);
    cases.push(Case::new(
        "arguments over the function's limit",
        [call("repeat", (&long, 1_u32, None::<&str>))],
        &["QUOTA_EXCEEDED (-2)"],
    ));
    cases.push(
        Case::new("arguments over the host's limit", [call("echo_str", (&long,))], &["QUOTA_EXCEEDED (-2)"])
            .limits(|limits| limits.args = 1_000),
    );
    cases.push(Case::new(
        "a reply over the function's limit",
        [call("repeat", ("0123456789", 500_000_u32, None::<&str>))],
        &["QUOTA_EXCEEDED (-2)"],
    ));
    cases.push(
        Case::new(
            "a reply over the host's limit",
            [call("repeat", ("0123456789", 500_u32, None::<&str>))],
            &["QUOTA_EXCEEDED (-2)"],
        )
        .limits(|limits| limits.reply = 1_000),
    );
    cases.push(Case::new("a long reply", [call("echo_str", ("y".repeat(100_000),))], &["echo_str Granted"]));
    cases.push(
        Case::new("too many refusals", [thrice("secret", ())], &["secret: stopped H0411"])
            .limits(|limits| limits.refusals = 2),
    );
    cases.push(
        Case::new("refusals that are just enough", [thrice("secret", ())], &["NO_CAPABILITY (-1)"])
            .limits(|limits| limits.refusals = 3),
    );
    cases.push(
        Case::new("nothing granted", [call("echo_u8", (1_u8,)), call("nothing", ())], &["nothing: Nil"])
            .grants(Grants::none),
    );
    let later = [
        ("async in scope", call("fetch_later", ("page",)), "fetch_later Granted page OK (0)"),
        ("async refused by the function", call("fetch_later", ("leads-out",)), "Refused elsewhere"),
        ("async own failure of the host", call("fetch_later", ("internal",)), "INTERNAL (-4)"),
        ("async panic", call("fetch_later", ("panic",)), "on fire"),
        ("async calls after a panic", thrice("fetch_later", ("panic",)), "fetch_later Shut"),
        ("async with bad arguments", call("fetch_later", (1,)), "BAD_INPUT (-3)"),
        ("async reply", call("long_later", (100_u32,)), "long_later Always - OK (0)"),
        ("async reply over the limit", call("long_later", (5_000_u32,)), "QUOTA_EXCEEDED (-2)"),
    ];
    for (name, step, expect) in later {
        cases.push(Case::new(name, [step], &[expect]).waits());
    }
    cases.push(
        Case::new("async out of scope", [call("fetch_later", ("page",))], &["fetch_later OutOfScope page"])
            .grants(|| Grants::none().allow_within(&FETCH, ["other"]).unwrap())
            .waits(),
    );
    cases.push(
        Case::new("async not granted", [call("fetch_later", ("page",))], &["fetch_later NotGranted -"])
            .grants(Grants::none)
            .waits(),
    );
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    shapes(&mut cases);
    decisions(&mut cases);
    failures(&mut cases);
    budgets(&mut cases);
    cases
}
