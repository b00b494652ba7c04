//! The README's table "Rust type, wire, restrictions", executed: every Rust type that it names goes
//! through an annotated function, and is listed, written, accepted and refused as its row says.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::convert::Infallible;
use std::fmt::Debug;

use hostfn::engine::CompositionBuilder;
use hostfn::{Grants, HostError, HostFn, HostFnSpec, Registry, Status, host_fn};
use serde::{Deserialize, Serialize};
use test_support::session::Caller;

/// The rows of the table, word for word, and what shows that they are true.
/// A row's text, and what checks it.
type Row = (&'static str, fn() -> Vec<Check>);

const ROWS: [Row; 13] = [
    (
        "| `bool`, `u8` to `u64`, `i8` to `i64` | bool, integer | any integer form whose value fits |",
        integers,
    ),
    (
        "| `f32`, `f64` | float 32, float 64 | either width, and an integer that is exactly representable |",
        floats,
    ),
    ("| `char`, `String`, `&str` | str | valid UTF-8; `&str` reads the guest's memory in place |", text),
    ("| `Vec<u8>`, `&[u8]` | bin | also an array of integers 0 to 255; `&[u8]` reads in place |", bytes),
    ("| `Option<T>` | nil or the value | |", options),
    ("| `Vec<T>`, sets of anything but `u8` | array | |", sequences),
    ("| tuples, `[T; N]` | array | exactly as many elements |", tuples),
    ("| maps | map | |", maps),
    (
        "| `struct` | map, keyed by field | accepted as an array in field order too; unknown keys are ignored |",
        structs,
    ),
    ("| newtype `struct` | its content | |", newtypes),
    ("| `enum` | variant name, or a map of one entry | |", enums),
    ("| `()` as a reply | nothing | |", nothing),
    (
        "| `Result<T, E>` as a reply | `T`, or a negative status with an error reply | `E: HostError` |",
        results,
    ),
];

/// One Rust type of a row, and a function that takes or gives it.
struct Check {
    /// The type's name in the row.
    rust: &'static str,
    spec: &'static HostFnSpec,
    /// As the listing has it.
    signature: String,
    /// The definitions that the listing has for it.
    types: Vec<&'static str>,
    /// Arguments, and what they are answered with.
    answers: Vec<(Vec<u8>, Answer)>,
}

#[derive(Debug, PartialEq)]
enum Answer {
    Reply(Vec<u8>),
    Error(Status, Vec<u8>),
    BadInput,
}

impl Check {
    fn new(rust: &'static str, spec: &'static HostFnSpec, signature: impl Into<String>) -> Self {
        Check { rust, spec, signature: signature.into(), types: Vec::new(), answers: Vec::new() }
    }

    /// Of a function that gives its argument back, which it expects to be a certain value.
    fn echo(rust: &'static str, spec: &'static HostFnSpec, shape: &str, written: &[u8]) -> Self {
        let check = Check::new(rust, spec, format!("(value: {shape}) -> {shape}"));
        check.answers(argument(written), Answer::Reply(written.to_owned()))
    }

    fn answers(mut self, args: Vec<u8>, answer: Answer) -> Self {
        self.answers.push((args, answer));
        self
    }

    /// The same value in other forms, which is given back in the form that is written.
    fn accepts<B: AsRef<[u8]>>(self, forms: impl IntoIterator<Item = B>) -> Self {
        let Some((_, Answer::Reply(written))) = self.answers.first() else {
            panic!("{} is not an echo", self.rust);
        };
        let written = written.clone();
        forms
            .into_iter()
            .fold(self, |check, form| check.answers(argument(form.as_ref()), Answer::Reply(written.clone())))
    }

    fn refuses<B: AsRef<[u8]>>(self, forms: impl IntoIterator<Item = B>) -> Self {
        forms.into_iter().fold(self, |check, form| check.answers(argument(form.as_ref()), Answer::BadInput))
    }

    fn defines(mut self, types: &[&'static str]) -> Self {
        self.types.extend(types);
        self
    }

    fn holds(&self) {
        let listing = Registry::builder().add(self.spec).build().unwrap().listing();
        let row = &listing.functions[0];
        assert_eq!(row.signature(), self.signature, "{}", self.rust);
        let types: Vec<String> = row.types.iter().map(|(name, def)| format!("{name} = {def}")).collect();
        assert_eq!(types, self.types, "{}", self.rust);
        for (args, answer) in &self.answers {
            assert_eq!(call(self.spec, args), *answer, "{}: {args:02x?}", self.rust);
        }
    }
}

/// The arguments of a function with one parameter.
fn argument(value: &[u8]) -> Vec<u8> {
    [b"\x91", value].concat()
}

/// Makes a call without an engine.
fn call(spec: &'static HostFnSpec, args: &[u8]) -> Answer {
    let memory =
        |builder: CompositionBuilder| builder.state("memory", |_| Ok::<_, Infallible>(Memory::new(&[])));
    let mut caller = Caller::new(spec, (64, 64), &Grants::none(), memory);
    *caller.session.state_mut().unwrap() = Memory::new(args);
    let reply = caller.call(args, 256);
    assert!(!reply.is_spilled, "{reply:?}");
    match reply.status {
        Status::OK => Answer::Reply(reply.bytes),
        Status::BAD_INPUT => Answer::BadInput,
        failed => Answer::Error(failed, reply.bytes),
    }
}

/// The place where the arguments of a call are.
struct Memory {
    start: usize,
    end: usize,
}

impl Memory {
    fn new(bytes: &[u8]) -> Self {
        let start = bytes.as_ptr().addr();
        Memory { start, end: start + bytes.len() }
    }

    fn holds(&self, bytes: &[u8]) -> bool {
        let inner = Memory::new(bytes);
        self.start <= inner.start && inner.end <= self.end
    }
}

/// The value, which has to be the one that was meant, whatever form it came in.
fn known<T: PartialEq + Debug>(value: T, meant: &T) -> T {
    assert_eq!(value, *meant);
    value
}

/// `echo!(what the row calls it, type = value => its word in the listing, its bytes)`.
macro_rules! echo {
    ($name:expr, $rust:ty = $value:expr => $word:expr, $written:expr) => {{
        #[host_fn(capability = none)]
        fn echo(value: $rust) -> $rust {
            known(value, &$value)
        }
        Check::echo($name, echo::SPEC, $word, $written)
    }};
}

macro_rules! forms {
    ($($form:literal),+ $(,)?) => { [$($form.as_slice()),+] };
}

/// `MessagePack`'s forms of an integer, the shortest first.
fn forms_of(n: i128) -> Vec<Vec<u8>> {
    macro_rules! marked {
        ($($marker:literal $width:ty),+) => {
            [$(<$width>::try_from(n).ok().map(|n| [&[$marker], &n.to_be_bytes()[..]].concat())),+]
        };
    }
    let fix = i8::try_from(n).ok().filter(|n| *n >= -32).map(|n| n.to_be_bytes().to_vec());
    let marked = marked!(0xcc u8, 0xcd u16, 0xce u32, 0xcf u64, 0xd0 i8, 0xd1 i16, 0xd2 i32, 0xd3 i64);
    let mut forms: Vec<_> = fix.into_iter().chain(marked.into_iter().flatten()).collect();
    forms.sort_by_key(Vec::len);
    forms
}

macro_rules! integer {
    ($rust:ident = $($value:expr),+) => {
        [$({
            let forms = forms_of($value.into());
            let beyond = [i128::from($rust::MAX) + 1, i128::from($rust::MIN) - 1].map(forms_of);
            echo!(stringify!($rust), $rust = $value => stringify!($rust), &forms[0])
                .accepts(&forms)
                .refuses(beyond.concat())
                .refuses(forms![b"\xca\x40\xa0\0\0", b"\xa15", b"\xc3", b"\xc0", b"\x91\x05"])
        }),+]
    };
}

fn integers() -> Vec<Check> {
    let mut checks = vec![
        echo!("bool", bool = true => "bool", b"\xc3").refuses(forms![b"\x01", b"\xa4true", b"\xc0"]),
        echo!("bool", bool = false => "bool", b"\xc2").refuses(forms![b"\0", b"\xa5false", b"\xc0"]),
    ];
    checks.extend(integer!(u8 = u8::MIN, u8::MAX, 5));
    checks.extend(integer!(u16 = u16::MIN, u16::MAX, 200));
    checks.extend(integer!(u32 = u32::MIN, u32::MAX, 40_000));
    checks.extend(integer!(u64 = u64::MIN, u64::MAX, 70_000));
    checks.extend(integer!(i8 = i8::MIN, i8::MAX, -5));
    checks.extend(integer!(i16 = i16::MIN, i16::MAX, -5));
    checks.extend(integer!(i32 = i32::MIN, i32::MAX, 200));
    checks.extend(integer!(i64 = i64::MIN, i64::MAX, -70_000));
    checks
}

fn floats() -> Vec<Check> {
    vec![
        echo!("f32", f32 = 0.5 => "f32", b"\xca\x3f\0\0\0")
            .accepts(forms![b"\xcb\x3f\xe0\0\0\0\0\0\0"])
            .refuses(forms![b"\xa30.5", b"\xc0", b"\xce\x01\0\0\x01", b"\xd2\xfe\xff\xff\xff"]),
        echo!("f32", f32 = -3.0 => "f32", b"\xca\xc0\x40\0\0").accepts(forms_of(-3)),
        echo!("f32", f32 = 16_777_216.0 => "f32", b"\xca\x4b\x80\0\0").accepts(forms_of(1 << 24)),
        echo!("f64", f64 = 0.5 => "f64", b"\xcb\x3f\xe0\0\0\0\0\0\0")
            .accepts(forms![b"\xca\x3f\0\0\0"])
            .refuses(forms![
                b"\xa30.5",
                b"\xc0",
                b"\xcf\0\x20\0\0\0\0\0\x01",
                b"\xd3\xff\xdf\xff\xff\xff\xff\xff\xff"
            ]),
        echo!("f64", f64 = 3.0 => "f64", b"\xcb\x40\x08\0\0\0\0\0\0").accepts(forms_of(3)),
        echo!("f64", f64 = -9_007_199_254_740_992.0 => "f64", b"\xcb\xc3\x40\0\0\0\0\0\0")
            .accepts(forms_of(-(1 << 53))),
    ]
}

fn text() -> Vec<Check> {
    #[host_fn(capability = none)]
    fn is_in_place(#[state] memory: &Memory, value: &str) -> bool {
        memory.holds(value.as_bytes())
    }
    let longer = forms![b"\xd9\x02\xc3\xa9", b"\xda\0\x02\xc3\xa9", b"\xdb\0\0\0\x02\xc3\xa9"];
    let wrong = forms![b"\xa2\xc3\xff", b"\xd9\x01\xc3", b"\xc4\x02\xc3\xa9", b"\x91\xa1a", b"\xc0"];
    vec![
        echo!("char", char = 'é' => "char", b"\xa2\xc3\xa9")
            .accepts(longer)
            .refuses(wrong)
            .refuses(forms![b"\xa2ab", b"\xa0", b"\x61"]),
        echo!("String", String = "é".to_owned() => "str", b"\xa2\xc3\xa9").accepts(longer).refuses(wrong),
        echo!("&str", &str = "é" => "str", b"\xa2\xc3\xa9").accepts(longer).refuses(wrong),
        Check::new("&str", is_in_place::SPEC, "(value: str) -> bool")
            .answers(argument(b"\xa2\xc3\xa9"), Answer::Reply(b"\xc3".to_vec())),
    ]
}

fn bytes() -> Vec<Check> {
    #[host_fn(capability = none)]
    fn is_in_place(#[state] memory: &Memory, value: &[u8]) -> bool {
        memory.holds(value)
    }
    let others = forms![
        b"\xc5\0\x02\x01\xff",
        b"\xc6\0\0\0\x02\x01\xff",
        b"\x92\x01\xcc\xff",
        b"\xdc\0\x02\x01\xd1\0\xff"
    ];
    let wrong = forms![b"\x92\x01\xcd\x01\0", b"\x92\x01\xff", b"\x91\xa1a", b"\xa1a", b"\x05", b"\xc0"];
    vec![
        echo!("Vec<u8>", Vec<u8> = vec![1, 255] => "bytes", b"\xc4\x02\x01\xff")
            .accepts(others)
            .refuses(wrong),
        echo!("&[u8]", &[u8] = [1, 255].as_slice() => "bytes", b"\xc4\x02\x01\xff")
            .accepts(others)
            .refuses(wrong),
        Check::new("&[u8]", is_in_place::SPEC, "(value: bytes) -> bool")
            .answers(argument(b"\xc4\x02\x01\xff"), Answer::Reply(b"\xc3".to_vec()))
            // integers have to be put together somewhere else
            .answers(argument(b"\x92\x01\xcc\xff"), Answer::Reply(b"\xc2".to_vec())),
    ]
}

fn options() -> Vec<Check> {
    let wrong = forms![b"\x90", b"\x91\x07", b"\xa0", b"\xc2"];
    vec![
        echo!("Option<T>", Option<u16> = None => "option<u16>", b"\xc0").refuses(wrong),
        echo!("Option<T>", Option<u16> = Some(7) => "option<u16>", b"\x07")
            .accepts(forms_of(7))
            .refuses(wrong),
    ]
}

fn sequences() -> Vec<Check> {
    let longer = forms![b"\xdc\0\x01\x07", b"\xdd\0\0\0\x01\x07"];
    let wrong = forms![b"\x80", b"\x07", b"\xc4\x01\x07", b"\xc0", b"\x92\x07"];
    vec![
        echo!("Vec<T>", Vec<u16> = vec![7] => "seq<u16>", b"\x91\x07").accepts(longer).refuses(wrong),
        echo!("sets of anything but u8", BTreeSet<u16> = BTreeSet::from([7]) => "seq<u16>", b"\x91\x07")
            .accepts(longer)
            .refuses(wrong),
        echo!("sets of anything but u8", HashSet<u16> = HashSet::from([7]) => "seq<u16>", b"\x91\x07")
            .accepts(longer)
            .refuses(wrong),
    ]
}

fn tuples() -> Vec<Check> {
    let wrong = forms![b"\x90", b"\x91\x07", b"\x93\x07\x08\x09", b"\xc4\x02\x07\x08", b"\x80", b"\x07"];
    vec![
        echo!("tuples", (u16, bool) = (7, true) => "(u16, bool)", b"\x92\x07\xc3")
            .accepts(forms![b"\xdc\0\x02\x07\xc3", b"\xdd\0\0\0\x02\x07\xc3"])
            .refuses(wrong)
            .refuses(forms![b"\x91\x07", b"\x93\x07\xc3\xc3", b"\x92\xc3\x07"]),
        echo!("[T; N]", [u16; 2] = [7, 8] => "[u16; 2]", b"\x92\x07\x08")
            .accepts(forms![b"\xdc\0\x02\x07\x08", b"\xdd\0\0\0\x02\x07\x08"])
            .refuses(wrong),
    ]
}

fn maps() -> Vec<Check> {
    let longer = forms![b"\xde\0\x01\xa1a\x07", b"\xdf\0\0\0\x01\xa1a\x07"];
    let wrong = forms![b"\x90", b"\x92\xa1a\x07", b"\x81\x07\x07", b"\x82\xa1a\x07", b"\xc0"];
    vec![
        echo!(
            "maps",
            BTreeMap<String, u16> = BTreeMap::from([("a".to_owned(), 7)]) => "map<str, u16>",
            b"\x81\xa1a\x07"
        )
        .accepts(longer)
        .refuses(wrong),
        echo!(
            "maps",
            HashMap<String, u16> = HashMap::from([("a".to_owned(), 7)]) => "map<str, u16>",
            b"\x81\xa1a\x07"
        )
        .accepts(longer)
        .refuses(wrong),
    ]
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Book {
    title: String,
    year: u16,
}

fn structs() -> Vec<Check> {
    vec![
        echo!("struct", Book = Book { title: "a".into(), year: 7 } => "Book", b"\x82\xa5title\xa1a\xa4year\x07")
            .defines(&["Book = struct{title: str, year: u16}"])
            .accepts(forms![
                b"\x92\xa1a\x07",
                b"\x82\xa4year\x07\xa5title\xa1a",
                b"\x83\xa4isbn\x92\x01\x02\xa5title\xa1a\xa4year\x07",
                b"\xde\0\x02\xa5title\xa1a\xa4year\xcd\0\x07",
            ])
            .refuses(forms![
                b"\x81\xa5title\xa1a",
                b"\x83\xa5title\xa1a\xa4year\x07\xa4year\x07",
                b"\x82\0\xa1a\x01\x07",
                b"\x91\xa1a",
                b"\x93\xa1a\x07\x07",
                b"\x92\x07\xa1a",
                b"\xa1a",
            ]),
    ]
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Metres(u16);

fn newtypes() -> Vec<Check> {
    vec![
        echo!("newtype struct", Metres = Metres(7) => "Metres", b"\x07")
            .defines(&["Metres = struct(u16)"])
            .accepts(forms_of(7))
            .refuses(forms![b"\x91\x07", b"\x81\xa6Metres\x07", b"\xff"]),
    ]
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Figure {
    Dot,
    Circle(u8),
    Box(u8, u8),
    Star { points: u8 },
}

fn enums() -> Vec<Check> {
    let wrong = forms![
        b"\xa3dot",
        b"\0",
        b"\x80",
        b"\x81\0\x07",
        b"\x81\xa4Oval\x07",
        b"\x82\xa6Circle\x07\xa3Dot\xc0",
        b"\xa6Circle",
        b"\x91\xa3Dot",
    ];
    let echoes = [
        echo!("enum", Figure = Figure::Dot => "Figure", b"\xa3Dot"),
        echo!("enum", Figure = Figure::Circle(7) => "Figure", b"\x81\xa6Circle\x07"),
        echo!("enum", Figure = Figure::Box(7, 8) => "Figure", b"\x81\xa3Box\x92\x07\x08"),
        echo!("enum", Figure = Figure::Star { points: 7 } => "Figure", b"\x81\xa4Star\x81\xa6points\x07"),
    ];
    let definition = "Figure = enum{Dot, Circle(u8), Box(u8, u8), Star{points: u8}}";
    echoes.map(|check| check.defines(&[definition]).refuses(wrong)).into()
}

fn nothing() -> Vec<Check> {
    #[host_fn(capability = none)]
    fn nothing() {}
    let check = Check::new("() as a reply", nothing::SPEC, "()");
    vec![
        check
            .answers(b"".to_vec(), Answer::Reply(Vec::new()))
            .answers(b"\x90".to_vec(), Answer::Reply(Vec::new()))
            .answers(b"\xc0".to_vec(), Answer::BadInput),
    ]
}

#[derive(Debug, thiserror::Error, HostError)]
enum BorrowError {
    #[error("no such book")]
    #[status(not_found)]
    NoSuchBook,
    #[error("lent")]
    #[status(-1024)]
    Lent,
}

/// That `E` has to be a `HostError` is the compiler's to say: `ui-tests/fail/types/error_not_host_error.rs`.
fn results() -> Vec<Check> {
    #[host_fn(capability = none)]
    fn borrow(title: &str) -> Result<u16, BorrowError> {
        match title {
            "a" => Ok(7),
            "b" => Err(BorrowError::Lent),
            _ => Err(BorrowError::NoSuchBook),
        }
    }
    let not_found = b"\x82\xa4code\xacno_such_book\xa7message\xacno such book".to_vec();
    let lent = b"\x82\xa4code\xa4lent\xa7message\xa4lent".to_vec();
    let check =
        Check::new("Result<T, E> as a reply", borrow::SPEC, "(title: str) -> Result<u16, BorrowError>");
    vec![
        check
            .answers(argument(b"\xa1a"), Answer::Reply(b"\x07".to_vec()))
            .answers(argument(b"\xa1b"), Answer::Error(Status::application(-1024), lent))
            .answers(argument(b"\xa1c"), Answer::Error(Status::NOT_FOUND, not_found)),
    ]
}

/// The rows of the table in the guide.
fn table() -> Vec<&'static str> {
    let after_head = include_str!("../../docs/reference/types.md")
        .lines()
        .skip_while(|line| !line.starts_with("| Rust type |"));
    after_head.skip(2).take_while(|line| line.starts_with('|')).collect()
}

/// The Rust types that a row is about, without backticks, `u8` to `u64` spelt out.
fn types_of(row: &str) -> BTreeSet<String> {
    let cell = row.split('|').nth(1).unwrap_or_default().trim();
    let mut types = vec![String::new()];
    let mut in_code = false;
    for c in cell.chars() {
        match c {
            '`' => in_code = !in_code,
            ',' if !in_code => types.push(String::new()),
            _ => types.last_mut().unwrap().push(c),
        }
    }
    types.iter().flat_map(|name| spelt_out(name.trim())).collect()
}

fn spelt_out(name: &str) -> Vec<String> {
    match name.split_once("8 to ") {
        Some((sign, _)) => [8, 16, 32, 64].map(|width| format!("{sign}{width}")).into(),
        None => vec![name.to_owned()],
    }
}

#[test]
fn every_row_is_checked() {
    let (table, checked) = (table(), ROWS.map(|(row, _)| row));
    let unchecked: Vec<_> = table.iter().filter(|row| !checked.contains(row)).collect();
    let gone: Vec<_> = checked.iter().filter(|row| !table.contains(row)).collect();
    assert!(unchecked.is_empty(), "rows of the page that nothing checks: {unchecked:#?}");
    assert!(gone.is_empty(), "checks for rows that the page lacks: {gone:#?}");
}

#[test]
fn every_type_of_a_row_is_checked() {
    for (row, checks) in ROWS {
        let checked: BTreeSet<String> = checks().iter().map(|check| check.rust.to_owned()).collect();
        assert_eq!(checked, types_of(row), "{row}");
    }
}

#[test]
fn the_table_is_true() {
    for (_, checks) in ROWS {
        checks().iter().for_each(Check::holds);
    }
}
