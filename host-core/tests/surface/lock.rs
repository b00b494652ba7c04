use std::collections::BTreeMap;

use expect_test::{expect, expect_file};
use hostfn_core::{
    Body, ErrorKindRow, ErrorRow, Field, FunctionRow, Listing, ParamRow, Shape, TypeDef, UnregisteredRow,
    Variant,
};
use proptest::prelude::*;

use crate::host::{function, listing};

fn with_unregistered() -> Listing {
    let mut listing = listing();
    listing.unregistered.push(UnregisteredRow {
        module: "host".to_owned(),
        name: "forgotten".to_owned(),
        krate: "app".to_owned(),
        outside: None,
        file: "src/lib.rs".to_owned(),
        line: 60,
    });
    listing
}

/// Returns what a lock keeps of a listing: no places, and a name for what could not be traced.
fn kept(mut listing: Listing) -> Listing {
    for row in &mut listing.functions {
        (row.file, row.line) = (String::new(), 0);
    }
    for row in &mut listing.capabilities {
        (row.file, row.line) = (String::new(), 0);
    }
    for row in &mut listing.contracts {
        (row.file, row.line) = (String::new(), 0);
    }
    for row in &mut listing.unregistered {
        (row.file, row.line) = (String::new(), 0);
    }
    listing
}

#[test]
fn one_block_for_each_thing() {
    expect_file!["snapshots/hostfn.lock"].assert_eq(&with_unregistered().to_lock());
}

#[test]
fn it_is_read_back_as_it_was() {
    let listing = with_unregistered();
    let read = Listing::from_lock("hostfn.lock", &listing.to_lock()).unwrap();
    assert_eq!(kept(read.clone()), kept(listing.clone()));
    assert!(listing.diff(&read).is_empty() && read.diff(&listing).is_empty());
    assert_eq!(read.to_lock(), listing.to_lock());
}

#[test]
fn a_rows_place_is_its_block() {
    let lock = with_unregistered().to_lock();
    let read = Listing::from_lock("audit/hostfn.lock", &lock).unwrap();
    for row in &read.functions {
        let block = lock.lines().skip(row.line as usize - 1).take(3).collect::<Vec<_>>();
        let (module, name) = (format!("module = \"{}\"", row.module), format!("name = \"{}\"", row.name));
        assert_eq!((row.file.as_str(), block), ("audit/hostfn.lock", vec!["[[function]]", &module, &name]));
    }
}

#[test]
fn places_never_show() {
    let moved = |line: u32| {
        let mut listing = with_unregistered();
        listing.functions.iter_mut().for_each(|row| row.line = line);
        listing.functions.iter_mut().for_each(|row| row.file = format!("/home/someone/{line}.rs"));
        listing.contracts.iter_mut().for_each(|row| row.line = line);
        listing.unregistered.iter_mut().for_each(|row| row.line = line);
        listing
    };
    assert_eq!(moved(1).to_lock(), moved(99).to_lock());
    assert!(moved(1).diff(&moved(99)).is_empty());
    assert!(!moved(1).to_lock().contains("someone"));
}

/// Returns what is said about a lock in which `from` is `to`.
fn said(from: &str, to: &str) -> String {
    let lock = with_unregistered().to_lock();
    assert!(lock.contains(from), "{from}");
    Listing::from_lock("hostfn.lock", &lock.replacen(from, to, 1)).unwrap_err().to_string() + "\n"
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let cases = [
        ("abi = 1", "abi = one"),
        ("abi = 1", "abi = 1\nauthor = \"somebody\""),
        ("lock = 2\n", ""),
        ("name = \"clock\"", "name = 7"),
        ("quota = 10", "quota = -10"),
        ("quota = 10", "quota = 10\nlimit = 3"),
        ("docs = \"The time.\"\n", ""),
        ("\"path: str\"", "\"path str\""),
        ("\"path: str\"", "\"path: option<str\""),
        ("replies = \"u64\"", "replies = \"u64 u64\""),
        ("    x: i32,", "    x: [i32; many],"),
        ("    x: i32,", "    x: i32"),
        ("struct Point", "record Point"),
        ("[[function]]", "<<<<<<< ours\n[[function]]"),
        ("lock = 2", "lock = 3\nnew = true"),
        ("lock = 2", "lock = 1"),
        ("handle<surface::host::Store>", "handle<surface::>"),
        ("handle<surface::host::Store>", "handle"),
    ];
    let all: String = cases.iter().map(|(from, to)| said(from, to)).collect();
    expect_file!["snapshots/wrong.txt"].assert_eq(&all);
}

#[test]
fn several_mistakes_are_said_at_once() {
    let lock = with_unregistered().to_lock();
    let lock = lock
        .replace("quota = 10", "quota = 11")
        .replace("capability = \"clock\"\n", "")
        .replace("crate = \"app\"\nfingerprint", "crate = \"app\"\noutside = \"app 1.0.0\"\nfingerprint")
        .replace("\"not_found\"", "\"lost\"")
        .replace("name = \"draw\"\nabout", "name = \"paint\"\nabout")
        .replace("entry = \"wait_for_it\"", "entry = \"waits\"");
    let twice = lock.split_once("\n\n[[function]]\n").unwrap().1.split_once("\n\n").unwrap().0;
    let lock = format!("{lock}\n[[function]]\n{twice}\n");
    expect![[r#"
        H0603 hostfn.lock line 1: there is no block for the capability `draw` of screen.draw; write it again with `HOSTFN_BLESS=1 cargo test`, and review what changed
        H0603 hostfn.lock line 107: a block has either `crate` or `outside`; write it again with `HOSTFN_BLESS=1 cargo test`, and review what changed
        H0603 hostfn.lock line 155: the function `host.echo` has another block; write it again with `HOSTFN_BLESS=1 cargo test`, and review what changed
        H0603 hostfn.lock line 29: a block has either `crate` or `outside`; write it again with `HOSTFN_BLESS=1 cargo test`, and review what changed
        H0603 hostfn.lock line 52: a function has either `capability` or `always_available = true`; write it again with `HOSTFN_BLESS=1 cargo test`, and review what changed
        H0603 hostfn.lock line 62: a block has either `crate` or `outside`; write it again with `HOSTFN_BLESS=1 cargo test`, and review what changed
        H0603 hostfn.lock line 93: a block has either `crate` or `outside`; write it again with `HOSTFN_BLESS=1 cargo test`, and review what changed
        H0604 hostfn.lock line 142: the block of `greeter.v1.wait` is not what its fingerprint says; write it again with `HOSTFN_BLESS=1 cargo test`, and review what changed
        H0604 hostfn.lock line 29: the block of `host.fs_read` is not what its fingerprint says; write it again with `HOSTFN_BLESS=1 cargo test`, and review what changed
    "#]].assert_eq(&(Listing::from_lock("hostfn.lock", &lock).unwrap_err().to_string() + "\n"));
}

#[test]
fn a_type_that_is_short_to_write_and_endless_is_refused() {
    let deep = format!("replies = \"{}u64{}\"", "option<".repeat(9000), ">".repeat(9000));
    let wide = "replies = \"[[[[u8; 60000]; 60000]; 60000]; 60000]\"";
    let all: String = [deep.as_str(), wide].map(|reply| said("replies = \"u64\"", reply)).concat();
    expect![[r#"
        H0603 hostfn.lock line 55: this is a larger type than any that is traced; write it again with `HOSTFN_BLESS=1 cargo test`, and review what changed
        H0603 hostfn.lock line 55: this is a larger type than any that is traced; write it again with `HOSTFN_BLESS=1 cargo test`, and review what changed
    "#]].assert_eq(&all);
}

fn shapes() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        Just(Shape::Unit),
        Just(Shape::U8),
        Just(Shape::Str),
        Just(Shape::Bytes),
        names().prop_map(Shape::Named),
        names().prop_map(Shape::Handle),
        (names(), names()).prop_map(|(a, b)| Shape::Handle(format!("{a}::{b}"))),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|some| Shape::Option(Box::new(some))),
            inner.clone().prop_map(|item| Shape::Seq(Box::new(item))),
            (inner.clone(), inner.clone()).prop_map(|(k, v)| Shape::Map(Box::new(k), Box::new(v))),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Shape::Tuple),
            (inner, 2..5_usize).prop_map(|(item, count)| Shape::Tuple(vec![item; count])),
        ]
    })
}

/// Words, the words for shapes, and whatever else `#[serde(rename)]` takes.
fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Z][a-z]{0,6}",
        "(str|option|opaque|handle|u8|struct)",
        "[a-z` \"'\\\\,:{<ü漢\u{202e}\n\t-]{0,6}"
    ]
}

fn bodies() -> impl Strategy<Value = Body> {
    let fields =
        prop::collection::vec((names(), shapes()).prop_map(|(name, shape)| Field { name, shape }), 0..3);
    prop_oneof![
        Just(Body::Unit),
        shapes().prop_map(Body::Newtype),
        prop::collection::vec(shapes(), 0..3).prop_map(Body::Tuple),
        fields.prop_map(Body::Fields),
    ]
}

fn definitions() -> impl Strategy<Value = TypeDef> {
    let variant = (names(), bodies()).prop_map(|(name, body)| Variant { name, body });
    prop_oneof![
        bodies().prop_map(TypeDef::Struct),
        prop::collection::vec(variant, 0..3).prop_map(TypeDef::Enum)
    ]
}

fn rows() -> impl Strategy<Value = FunctionRow> {
    let params =
        prop::collection::vec((names(), shapes()).prop_map(|(name, shape)| ParamRow { name, shape }), 0..3);
    let types: BoxedStrategy<BTreeMap<String, TypeDef>> =
        prop::collection::btree_map(names(), definitions(), 0..3).boxed();
    (params, shapes(), types, names(), prop::option::of(names()), any::<Option<u32>>()).prop_map(
        |(params, reply, types, text, outside, limit)| {
            let mut row = listing().functions.remove(0);
            let kind = ErrorKindRow { code: text.clone(), status: -1024, docs: text.clone() };
            row.error = (!text.is_empty()).then(|| ErrorRow { name: text.clone(), kinds: vec![kind] });
            row.states = vec![text.clone(), "Other".to_owned()];
            (row.params, row.reply, row.types, row.summary) = (params, reply, types, text);
            (row.outside, row.quota, row.origin) = (outside, limit, "manual".to_owned());
            row.fingerprint = row.expected_fingerprint();
            row
        },
    )
}

proptest! {
    // what fails is small enough to be a test of its own
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_written_is_read_back(row in rows()) {
        let mut listing = with_unregistered();
        listing.functions[0] = row;
        let lock = listing.to_lock();
        let read = Listing::from_lock("hostfn.lock", &lock).map_err(|e| TestCaseError::fail(format!("{e}\n{lock}")))?;
        prop_assert_eq!(kept(read.clone()), kept(listing));
        prop_assert_eq!(read.to_lock(), lock);
    }

    #[test]
    fn no_text_makes_it_panic(at in any::<prop::sample::Index>(), garbage in "[\\[\\]{}()<>=`\"'\\\\,;:\n a-z0-9]{0,8}") {
        let lock = with_unregistered().to_lock();
        let at = lock.floor_char_boundary(at.index(lock.len()));
        let _ = Listing::from_lock("hostfn.lock", &format!("{}{garbage}{}", &lock[..at], &lock[at..]));
    }
}

#[test]
fn what_could_not_be_traced_keeps_its_name() {
    let mut listing = listing();
    let row = function(&mut listing, "host.now");
    row.reply =
        Shape::Opaque { rust: "app::deep::Vec<app::Question>".to_owned(), reason: "untagged".to_owned() };
    row.fingerprint = row.expected_fingerprint();
    let lock = listing.to_lock();
    assert!(lock.contains("replies = \"opaque `Vec<Question>`\"\n"), "{lock}");
    let mut read = Listing::from_lock("hostfn.lock", &lock).unwrap();
    assert!(read.diff(&listing).is_empty());
    function(&mut read, "host.now").reply =
        Shape::Opaque { rust: "Answer".to_owned(), reason: String::new() };
    assert_eq!(
        read.diff(&listing).changes[0].sentence(),
        "reply type changed: opaque Answer -> opaque Vec<Question>"
    );
}
