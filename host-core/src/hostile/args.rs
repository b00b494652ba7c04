//! Arguments of a function: valid ones of its shapes, and damaged ones.

use std::cell::Cell;
use std::collections::BTreeMap;

use hostfn_abi::{Value, codec};

use super::values::Values;
use crate::spec::{FnMetadata, ScopeKind, Shape};

/// The most bytes of arguments: they travel in one byte string of the guest's.
const MOST: usize = 60_000;
/// Values of each parameter, with the others left as they are.
const PICKS: usize = 12;
/// Positions at which arguments are cut off, or a byte is changed.
const POSITIONS: usize = 64;

/// The expected treatment of arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// They have the declared shapes. A function can still refuse them.
    Valid,
    /// Every host refuses them with `BAD_INPUT`.
    Malformed,
    /// The damage may leave them valid.
    Damaged,
}

#[derive(Clone, Debug)]
pub(super) struct Args {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    pub(super) kind: Kind,
    /// The text of the parameter that the grant's scope is matched against.
    pub(super) scoped: Option<String>,
}

/// A text that the default grant covers.
pub(super) fn inside(kind: ScopeKind) -> &'static str {
    match kind {
        ScopeKind::Path => "/hostile/in/a",
        ScopeKind::Host => "http://127.0.0.1:1/a",
        ScopeKind::None | ScopeKind::Name => "hostile-a",
    }
}

/// A pattern of the default grant, and one that covers none of the made-up values.
pub(super) fn patterns(kind: ScopeKind) -> (&'static str, &'static str) {
    match kind {
        ScopeKind::Path => ("/hostile/in/**", "/hostile/out"),
        ScopeKind::Host => ("http://127.0.0.1:1", "http://127.0.0.2:2"),
        ScopeKind::None | ScopeKind::Name => ("hostile-*", "other"),
    }
}

/// All arguments for a function, the ordinary ones first, and whether the shapes of its parameters are known.
pub(super) fn arguments(spec: &FnMetadata, texts: &[String]) -> (Vec<Args>, bool) {
    let kind = spec.capability().map_or(ScopeKind::None, crate::spec::Capability::scope_kind);
    let mut all = texts.to_vec();
    all.push(inside(kind).to_owned());
    all.extend(
        ["", "a", "../../etc/passwd", "/hostile/in/../../etc", "nul\0", "\u{202e}\u{e9}", "%2e%2e/", "*"]
            .map(str::to_owned),
    );
    all.push("x".repeat(20_000));
    let params: Vec<Parameter> = spec.wire_params().map(|param| Parameter::new(param, &all)).collect();
    let scoped = spec.requirement().scoped_param();
    let scoped = scoped.and_then(|name| spec.wire_params().position(|param| param.name() == name));

    let mut found = valid(&params, scoped);
    let base = found[0].clone();
    damaged(&base.bytes, &mut found);
    if !params.is_empty() {
        replaced(&params, &mut found);
    }
    found.retain(|args| args.bytes.len() <= MOST);
    (found, params.iter().all(|param| param.is_traced))
}

/// The values of a parameter, encoded.
struct Parameter {
    shape: Shape,
    is_traced: bool,
    values: Vec<(Value, Vec<u8>)>,
}

impl Parameter {
    fn new(param: &crate::spec::Param, texts: &[String]) -> Self {
        let traced = param.shape();
        let none = BTreeMap::new();
        let (shape, types) = traced.as_ref().map_or((Shape::Unit, &none), |of| (of.shape.clone(), &of.types));
        let made = Values { types, texts, opaque: Cell::new(false) };
        let values = (0..PICKS).map(|pick| {
            let value = made.value(&shape, pick, 0);
            let bytes = element(&value);
            (value, bytes)
        });
        let values = values.collect();
        Self { shape: shape.clone(), is_traced: !made.opaque.get(), values }
    }
}

/// A value as an element of an array: at the top, `nil` would be no bytes at all.
fn element(value: &Value) -> Vec<u8> {
    let array = codec::to_vec(&Value::Array(vec![value.clone()])).unwrap_or_default();
    array.get(1..).unwrap_or_default().to_vec()
}

fn array(elements: &[&[u8]]) -> Vec<u8> {
    let count = u16::try_from(elements.len()).unwrap_or(u16::MAX);
    let mut bytes = match u8::try_from(count) {
        Ok(few @ 0..16) => vec![0x90 | few],
        _ => [&[0xdc][..], &count.to_be_bytes()].concat(),
    };
    for element in elements {
        bytes.extend_from_slice(element);
    }
    bytes
}

fn valid(params: &[Parameter], scoped: Option<usize>) -> Vec<Args> {
    let with = |picks: &[usize]| {
        let chosen: Vec<&(Value, Vec<u8>)> =
            params.iter().zip(picks).map(|(param, &pick)| &param.values[pick]).collect();
        let text = scoped.and_then(|at| match &chosen[at].0 {
            Value::String(text) => Some(text.clone()),
            _ => None,
        });
        (array(&chosen.iter().map(|(_, bytes)| &bytes[..]).collect::<Vec<_>>()), text)
    };
    let mut found = Vec::new();
    let mut add = |name: String, picks: &[usize]| {
        let (bytes, scoped) = with(picks);
        found.push(Args { name, bytes, kind: Kind::Valid, scoped });
    };
    add("ordinary arguments".to_owned(), &vec![0; params.len()]);
    for at in 0..params.len() {
        for pick in 1..PICKS {
            let mut picks = vec![0; params.len()];
            picks[at] = pick;
            add(format!("argument {at} is its value {pick}"), &picks);
        }
    }
    for pick in 1..PICKS.min(1 + params.len() * PICKS) {
        add(format!("all arguments are their values {pick}"), &vec![pick; params.len()]);
    }
    found
}

/// Damage that needs no knowledge of the shapes.
fn damaged(base: &[u8], found: &mut Vec<Args>) {
    let none = base == [0x90];
    let mut add = |name: String, bytes: Vec<u8>, kind| {
        found.push(Args { name, bytes, kind, scoped: None });
    };
    let count = base[0];
    for len in 1..base.len().min(POSITIONS) {
        add(format!("arguments end after byte {len}"), base[..len].to_vec(), Kind::Malformed);
    }
    if !none {
        add("no arguments".to_owned(), Vec::new(), Kind::Malformed);
    }
    for tail in [&[0xc0][..], &[0x90], &[0xff; 64], base] {
        let name = format!("{} bytes after the arguments", tail.len());
        add(name, [base, tail].concat(), Kind::Malformed);
    }
    add("one argument more".to_owned(), [&[count + 1], &base[1..], &[0xc0]].concat(), Kind::Malformed);
    if !none {
        add("one argument fewer".to_owned(), [&[count - 1], &base[1..]].concat(), Kind::Malformed);
    }
    for top in [&b"\xc0"[..], b"\x80", b"\xa0", b"\x01", b"\xc4\x00", b"\xc1", b"\xd4\x01\x00", b"\xcb"] {
        add(format!("{top:02x?} instead of an array"), top.to_vec(), Kind::Malformed);
    }
    for declared in [b"\xdd\xff\xff\xff\xff", b"\xdd\x00\x10\x00\x00", b"\xdf\xff\xff\xff\xff"] {
        add(format!("{declared:02x?} elements"), declared.to_vec(), Kind::Malformed);
    }
    for depth in [65, 1_000, 50_000] {
        let nested = [&vec![0x91; depth][..], &[0xc0]].concat();
        add(format!("arrays nested {depth} deep"), nested, Kind::Malformed);
    }
    for at in 1..base.len().min(POSITIONS) {
        for byte in [0xc1, 0xdd] {
            let mut bytes = base.to_vec();
            bytes[at] = byte;
            add(format!("byte {at} is {byte:#x}"), bytes, Kind::Damaged);
        }
    }
}

/// One argument is replaced by what no parameter accepts, or by what its own shape does not.
fn replaced(params: &[Parameter], found: &mut Vec<Args>) {
    let nested = [&vec![0x91; 70][..], &[0xc0]].concat();
    let maps = [&b"\x81\xa1k".repeat(70)[..], &[0xc0]].concat();
    let bad: [(&str, &[u8]); 12] = [
        ("an extension", b"\xd4\x01\x00"),
        ("a timestamp", b"\xd6\xff\x00\x00\x00\x00"),
        ("an extension of 4 GiB", b"\xc9\xff\xff\xff\xff\x01"),
        ("the byte that means nothing", b"\xc1"),
        ("a text of 4 GiB", b"\xdb\xff\xff\xff\xff"),
        ("bytes of 4 GiB", b"\xc6\xff\xff\xff\xff"),
        ("an array of 4 Gi elements", b"\xdd\xff\xff\xff\xff"),
        ("a map of 4 Gi entries", b"\xdf\xff\xff\xff\xff"),
        ("invalid UTF-8", b"\xa2\xff\xfe"),
        ("an overlong encoding", b"\xa2\xc0\x80"),
        ("arrays nested 70 deep", &nested),
        ("maps nested 70 deep", &maps),
    ];
    for (at, param) in params.iter().enumerate() {
        let mut add = |name: &str, bytes: &[u8], kind| {
            let mut elements: Vec<&[u8]> = params.iter().map(|param| &param.values[0].1[..]).collect();
            elements[at] = bytes;
            let name = format!("argument {at} is {name}");
            found.push(Args { name, bytes: array(&elements), kind, scoped: None });
        };
        for (name, bytes) in &bad {
            add(name, bytes, Kind::Malformed);
        }
        let other: &[(&str, &[u8])] = match &param.shape {
            Shape::Str | Shape::Char => &[("an integer", b"\x01"), ("a map", b"\x80"), ("`nil`", b"\xc0")],
            Shape::Bytes => {
                &[("an integer", b"\x01"), ("a map", b"\x80"), ("256 in an array", b"\x91\xcd\x01\x00")]
            }
            Shape::Bool => &[("an integer", b"\x01"), ("a text", b"\xa1a"), ("`nil`", b"\xc0")],
            Shape::U8 | Shape::U16 | Shape::U32 | Shape::U64 | Shape::Handle(_) => {
                &[("-1", b"\xff"), ("a text", b"\xa1a"), ("1.5", b"\xca\x3f\xc0\x00\x00"), ("`nil`", b"\xc0")]
            }
            Shape::I8 | Shape::I16 | Shape::I32 | Shape::I64 => &[
                ("2^64 - 1", b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff"),
                ("a text", b"\xa1a"),
                ("`nil`", b"\xc0"),
            ],
            _ => &[],
        };
        for (name, bytes) in other {
            add(name, bytes, Kind::Malformed);
        }
        for (name, bytes) in [("a map of one key twice", &b"\x82\xa1a\x01\xa1a\x02"[..]), ("`true`", b"\xc3")]
        {
            add(name, bytes, Kind::Damaged);
        }
    }
}
