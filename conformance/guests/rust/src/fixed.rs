//! Calls that are written down, and what they are answered with.

use std::collections::BTreeMap;

use hostfn_guest::{CallError, Status, Value};

use crate::host::{
    self, BankError, Choice, Figure, Handles, Level, Marker, Metres, Node, Order, Pair, Point, Record, Statement,
    Store, math,
};

/// The wrong replies.
#[derive(Default)]
struct Failures(Vec<String>);

impl Failures {
    fn check(&mut self, what: &str, holds: bool) {
        if !holds {
            self.0.push(what.to_owned());
        }
    }

    fn echo<T: PartialEq>(&mut self, what: &str, said: T, heard: Result<T, CallError>) {
        self.check(what, heard.as_ref() == Ok(&said));
    }
}

pub fn failures() -> Vec<String> {
    let mut failures = Failures::default();
    scalars(&mut failures);
    compounds(&mut failures);
    types(&mut failures);
    calls(&mut failures);
    errors(&mut failures);
    failures.0
}

fn scalars(f: &mut Failures) {
    f.echo("bool", true, host::echo_bool(true));
    f.echo("bool", false, host::echo_bool(false));
    for n in [0, 127, 128, u8::MAX] {
        f.echo("u8", n, host::echo_u8(n));
    }
    for n in [0, 255, 256, u16::MAX] {
        f.echo("u16", n, host::echo_u16(n));
    }
    for n in [0, 65_536, u32::MAX] {
        f.echo("u32", n, host::echo_u32(n));
    }
    for n in [0, 1 << 32, (1 << 53) + 1, u64::MAX] {
        f.echo("u64", n, host::echo_u64(n));
    }
    for n in [i8::MIN, -33, -32, -1, 0, i8::MAX] {
        f.echo("i8", n, host::echo_i8(n));
    }
    for n in [i16::MIN, -129, i16::MAX] {
        f.echo("i16", n, host::echo_i16(n));
    }
    for n in [i32::MIN, -32_769, i32::MAX] {
        f.echo("i32", n, host::echo_i32(n));
    }
    for n in [i64::MIN, -2_147_483_649, -(1 << 53) - 1, i64::MAX] {
        f.echo("i64", n, host::echo_i64(n));
    }
    for x in [0.0, -0.5, f32::MAX, f32::INFINITY] {
        f.echo("f32", x, host::echo_f32(x));
    }
    for x in [0.1, -1e300, f64::MIN_POSITIVE, f64::NEG_INFINITY] {
        f.echo("f64", x, host::echo_f64(x));
    }
    f.check("f64 nan", host::echo_f64(f64::NAN).is_ok_and(f64::is_nan));
    for c in ['a', 'é', '漢', '🦀', '\0'] {
        f.echo("char", c, host::echo_char(c));
    }
    for text in ["", "Zoë", &"x".repeat(31), &"x".repeat(32), &"y".repeat(256), &"z".repeat(70_000)] {
        f.echo("str", text.to_owned(), host::echo_str(text));
    }
    for len in [0, 1, 255, 256, 4_096, 70_000] {
        let bytes: Vec<u8> = (0..=255).cycle().take(len).collect();
        f.echo("bytes", bytes.clone(), host::echo_bytes(&bytes));
    }
}

fn compounds(f: &mut Failures) {
    f.echo("option_u32", None, host::echo_option_u32(None));
    f.echo("option_u32", Some(7), host::echo_option_u32(Some(7)));
    f.echo("option_str", None, host::echo_option_str(None));
    f.echo("option_str", Some(String::new()), host::echo_option_str(Some("")));
    f.echo("option_point", Some(point(1, 2)), host::echo_option_point(Some(&point(1, 2))));
    for len in [0, 15, 16, 70_000] {
        let numbers: Vec<i64> = (0..len).map(|n| n - 5).collect();
        f.echo("seq_i64", numbers.clone(), host::echo_seq_i64(&numbers));
    }
    let words = ["a".to_owned(), String::new(), "c".repeat(300)].to_vec();
    f.echo("seq_str", words.clone(), host::echo_seq_str(&words));
    let blobs = vec![vec![], vec![1, 2], vec![0; 300]];
    f.echo("seq_bytes", blobs.clone(), host::echo_seq_bytes(&blobs));
    let points = vec![point(0, 0), point(i32::MIN, i32::MAX)];
    f.echo("seq_point", points.clone(), host::echo_seq_point(&points));
    let by_name: BTreeMap<String, u32> = (0..20).map(|n| (format!("{n:02}"), n)).collect();
    f.echo("map_str_u32", by_name.clone(), host::echo_map_str_u32(&by_name));
    let by_number = BTreeMap::from([(0, vec![]), (u64::MAX, words)]);
    f.echo("map_u64_seq_str", by_number.clone(), host::echo_map_u64_seq_str(&by_number));
    let by_level = BTreeMap::from([(Level::Low, point(1, 1)), (Level::VeryHigh, point(2, 2))]);
    f.echo("map_level_point", by_level.clone(), host::echo_map_level_point(&by_level));
    let tuple = (7, "seven".to_owned(), true);
    f.echo("tuple", tuple.clone(), host::echo_tuple(&tuple));
    f.echo("array", [0.5, -1.0, 3.25], host::echo_array([0.5, -1.0, 3.25]));
}

fn types(f: &mut Failures) {
    f.echo("point", point(-1, 1), host::echo_point(&point(-1, 1)));
    f.echo("order", order(), host::echo_order(&order()));
    f.echo("metres", Metres(1.5), host::echo_metres(&Metres(1.5)));
    let pair = Pair("p".to_owned(), 7);
    f.echo("pair", pair.clone(), host::echo_pair(&pair));
    f.echo("level", Level::VeryHigh, host::echo_level(&Level::VeryHigh));
    let group = Figure::Group {
        name: Some("g".to_owned()),
        members: vec![Figure::Nothing, Figure::Dot(point(1, 2)), Figure::Line(point(3, 4), point(5, 6))],
        colors: BTreeMap::from([("red".to_owned(), [255, 0, 0])]),
    };
    for figure in [Figure::Nothing, Figure::Dot(point(7, 8)), group] {
        f.echo("figure", figure.clone(), host::echo_figure(&figure));
    }
    let mut node = Node { value: 0, next: None };
    for value in 1..30 {
        node = Node { value, next: Some(Box::new(node)) };
    }
    f.echo("node", node.clone(), host::echo_node(&node));
    let record = Record { id: 1, name: "a".to_owned() };
    f.echo("record", record.clone(), host::echo_record(&record));
    for choice in [Choice::A, Choice::B(7), Choice::C { x: -2 }] {
        f.echo("choice", choice.clone(), host::echo_choice(&choice));
    }
    let anything = Value::Array(vec![Value::Unsigned(7), Value::String("a".to_owned())]);
    f.echo("anything", anything.clone(), host::echo_anything(&anything));
    let store = Store::from_id(u64::MAX);
    f.echo("handle", store, host::echo_handle(store));
    let handles = Handles {
        store,
        statement: Some(Statement::from_id(0)),
        stores: vec![Store::from_id(1), store],
    };
    f.echo("handles", handles.clone(), host::echo_handles(&handles));
    f.check("the number of a handle", handles.stores[0].id() == 1);
}

fn calls(f: &mut Failures) {
    f.echo("nothing", (), host::nothing());
    f.echo("repeat", "a-a".to_owned(), host::repeat("a", 2, Some("-")));
    f.echo("repeat", "a".repeat(100_000), host::repeat("a", 100_000, None));
    f.echo("add_up", Some(12), math::add_up(5, 7));
    f.echo("add_up", None, math::add_up(u64::MAX, 1));
    f.echo("name_of", "b".to_owned(), host::name_of("/data/b"));
}

fn errors(f: &mut Failures) {
    f.check("withdraw", host::withdraw("rich", 1) == Ok((1 << 60) - 1));
    let error = host::withdraw("poor", 7).unwrap_err();
    let detail = error.reply().and_then(|reply| reply.detail.clone());
    f.check("withdraw insufficient", matches!(error, BankError::Insufficient(_)));
    f.check("withdraw detail", detail == Some(Value::Unsigned(2)));
    f.check("withdraw message", error.to_string() == "FAILED (-6): 2 are missing");
    let error = host::withdraw("nobody", 1).unwrap_err();
    f.check("withdraw not found", matches!(error, BankError::NoSuchAccount(_)));
    let error = host::withdraw("cold", 1).unwrap_err();
    f.check("withdraw frozen", matches!(error, BankError::Frozen(_)));
    f.check("withdraw status", CallError::from(error).status == Status::new(-1024));
    let denied = host::secret().unwrap_err();
    f.check("secret", denied.status == Status::NO_CAPABILITY);
    let outside = host::name_of("/etc/passwd").unwrap_err();
    f.check("name_of outside", outside.status == Status::NO_CAPABILITY);
    let too_long = host::repeat(&"x".repeat(70_000), 1, None).unwrap_err();
    f.check("repeat too long", too_long.status == Status::QUOTA_EXCEEDED);
}

fn point(x: i32, y: i32) -> Point {
    Point { x, y }
}

fn order() -> Order {
    Order {
        id: (1 << 53) + 1,
        type_: Level::Low,
        register: true,
        at: point(3, 4),
        notes: vec![None, Some("n".to_owned())],
        tags: BTreeMap::from([(Level::Low, 1), (Level::VeryHigh, 2)]),
        payload: vec![0, 255],
        price: (u64::MAX, '€'),
        marker: Marker,
        how_far: Metres(0.25),
    }
}
