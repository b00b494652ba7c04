//! WIT: what is generated of hostile listings parses, and what WIT cannot express is named.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod common;

use std::path::Path;

use common::{
    Types, contract, echo, fields, function, handle, listing, map, method, named, odd, option, params, seq,
    types, variant,
};
use expect_test::expect;
use hostfn_bindgen::{Bindings, Language, generate_expressible};
use hostfn_core::{Body, Code, FunctionRow, Listing, MethodRow, Shape, TypeDef};
use wit_parser::{FunctionKind, InterfaceId, Resolve, TypeDefKind};

fn generated(functions: Vec<FunctionRow>) -> Bindings {
    generate_expressible(&listing(functions, vec![]), Language::Wit).unwrap()
}

/// Parses the file, which has one package.
fn parsed(text: &str) -> Resolve {
    let mut resolve = Resolve::default();
    let pushed = resolve.push_source("host.wit", text);
    pushed.unwrap_or_else(|error| panic!("{error:#}\n{text}"));
    assert_eq!(resolve.packages.len(), 1);
    resolve
}

fn interface(resolve: &Resolve, name: &str) -> InterfaceId {
    let (_, package) = resolve.packages.iter().next().unwrap();
    package.interfaces[name]
}

/// The problems of names, one a line.
fn refused(functions: Vec<FunctionRow>) -> String {
    generate_expressible(&listing(functions, vec![]), Language::Wit).unwrap_err().to_string()
}

fn left_out(bindings: &Bindings) -> String {
    bindings.left_out.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn odd_listing_parses_and_lacks_only_what_is_reported() {
    let bindings = generate_expressible(&odd(), Language::Wit).unwrap();
    let resolve = parsed(&bindings.text);
    let written: usize = resolve.interfaces.iter().map(|(_, interface)| interface.functions.len()).sum();
    let is_left_out = |row: &FunctionRow| {
        let name = row.full_name();
        bindings.left_out.iter().any(|problem| problem.location().split(", ").next() == Some(name.as_str()))
    };
    let odd = odd();
    let kept = odd.functions.iter().filter(|row| !is_left_out(row)).count();
    assert_eq!(written, kept + odd.contracts[0].methods.len());
    assert!(kept > 5 && kept < odd.functions.len(), "{kept}");
}

#[test]
fn conformance_listing_parses() {
    let json =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/listing.json"));
    let listing = Listing::from_json(&json.unwrap()).unwrap();
    let bindings = generate_expressible(&listing, Language::Wit).unwrap();
    let resolve = parsed(&bindings.text);
    let functions: usize = resolve.interfaces.iter().map(|(_, interface)| interface.functions.len()).sum();
    let (_, world) = resolve.worlds.iter().next().unwrap();
    // it has methods with values of any shape
    assert_eq!((world.exports.len(), listing.contracts.len()), (0, 1));
    assert!(left_out(&bindings).contains("H0802 echo.v1: a guest exports a contract as a whole"));
    assert!(functions > 30, "{functions}");
}

#[test]
fn every_function_fails_with_the_record_of_errors() {
    let resolve = parsed(&generate_expressible(&odd(), Language::Wit).unwrap().text);
    for (_, interface) in &resolve.interfaces {
        for function in interface.functions.values() {
            let Some(wit_parser::Type::Id(result)) = function.result else { panic!("{}", function.name) };
            let TypeDefKind::Result(result) = &resolve.types[result].kind else {
                panic!("{}", function.name)
            };
            let Some(wit_parser::Type::Id(mut id)) = result.err else { panic!("{}", function.name) };
            while let TypeDefKind::Type(wit_parser::Type::Id(of)) = resolve.types[id].kind {
                id = of;
            }
            let TypeDefKind::Record(record) = &resolve.types[id].kind else { panic!("{}", function.name) };
            let fields: Vec<_> = record.fields.iter().map(|field| field.name.as_str()).collect();
            assert_eq!(fields, ["code", "status", "message", "detail"]);
        }
    }
}

/// Words of WIT of every version, and of the file itself.
const WORDS: &[&str] = &[
    "as",
    "async",
    "bool",
    "borrow",
    "char",
    "code",
    "constructor",
    "detail",
    "enum",
    "error",
    "error-context",
    "export",
    "f32",
    "f64",
    "flags",
    "float32",
    "float64",
    "from",
    "func",
    "future",
    "host",
    "host-types",
    "import",
    "include",
    "interface",
    "list",
    "map",
    "option",
    "own",
    "package",
    "plugin",
    "plugin-world",
    "record",
    "resource",
    "result",
    "s16",
    "s32",
    "s64",
    "s8",
    "self",
    "since",
    "static",
    "stream",
    "string",
    "tuple",
    "type",
    "types",
    "u16",
    "u32",
    "u64",
    "u8",
    "union",
    "unstable",
    "use",
    "value",
    "variant",
    "version",
    "with",
    "world",
];

#[test]
fn words_of_wit_are_names_in_every_place() {
    for word in WORDS {
        let group = FunctionRow { group: Some((*word).to_owned()), ..function("host", word) };
        let record: &'static str = word;
        let of = types([
            (record, TypeDef::Struct(fields(&[(word, Shape::U8)]))),
            (
                "Either",
                TypeDef::Enum(vec![
                    variant(word, fields(&[(word, named(word))])),
                    variant("B", Body::Newtype(named(word))),
                ]),
            ),
        ]);
        let typed = FunctionRow {
            params: params(&[(word, named(word)), ("other", named("Either"))]),
            reply: named(word),
            ..echo("typed", Shape::Unit, of)
        };
        let resource = format!("app::{word}");
        let open = FunctionRow { reply: handle(&resource), ..function("shop", "open") };
        let take = FunctionRow {
            params: params(&[(word, handle(&resource)), ("again", handle(&resource))]),
            ..function("shop", word)
        };
        let contract = contract(word, vec![method(word, "entry")]);
        let listing = listing(vec![group, typed, open, take], vec![]);
        let text = generate_expressible(&listing, Language::Wit)
            .unwrap_or_else(|error| panic!("{word}: {error}"))
            .text;
        parsed(&text);
        let guest_side = Listing { functions: Vec::new(), contracts: vec![contract], ..listing };
        parsed(&generate_expressible(&guest_side, Language::Wit).unwrap().text);
    }
}

#[test]
fn names_that_become_the_same_are_reported_with_both() {
    let two_fields = types([("T", TypeDef::Struct(fields(&[("a_b", Shape::U8), ("aB", Shape::U8)])))]);
    let two_variants = types([(
        "V",
        TypeDef::Enum(vec![variant("A1", Body::Unit), variant("a_1", Body::Newtype(Shape::U8))]),
    )]);
    let in_group =
        |name: &str, group: &str| FunctionRow { group: Some(group.to_owned()), ..function("host", name) };
    let expected = expect![[r#"
        H0801 group_a: `group.a` is called `group-a` in WIT too; rename one of the two
        H0801 host.a_b: `host.a-b` is called `a-b` in WIT too; rename one of the two
        H0801 host.params, parameter `x1`: host.params, parameter `x_1` is called `x1` in WIT too; rename one of the two"#]];
    expected.assert_eq(&refused(vec![
        in_group("one", "group_a"),
        in_group("two", "group.a"),
        function("host", "a_b"),
        function("host", "a-b"),
        FunctionRow {
            params: params(&[("x_1", Shape::U8), ("x1", Shape::U8)]),
            ..function("host", "params")
        },
    ]));
    expect![
        "H0801 type `T`, field `aB`: type `T`, field `a_b` is called `a-b` in WIT too; rename one of the two"
    ]
    .assert_eq(&refused(vec![echo("fields", named("T"), two_fields)]));
    expect!["H0801 type `V`, variant `a_1`: type `V`, variant `A1` is called `a1` in WIT too; rename one of the two"].assert_eq(&refused(vec![echo("variants", named("V"), two_variants)]));
    let open = |name: &str| FunctionRow { reply: handle("kv::Store"), ..function("host", name) };
    expect!["H0801 host.store: resource `store` is called `store` in WIT too; rename one of the two"]
        .assert_eq(&refused(vec![open("open"), open("store")]));
}

#[test]
fn names_without_ascii_are_reported_and_the_rest_of_one_is_kept() {
    expect![[r#"
        H0801 host.é: `é` has no ASCII letters or digits, and WIT names have no others; rename it
        H0801 host.日本: `日本` has no ASCII letters or digits, and WIT names have no others; rename it"#]]
    .assert_eq(&refused(vec![function("host", "é"), function("host", "日本")]));
    let bindings = generated(vec![
        function("host", "naïve"),
        function("host", "2d"),
        function("host", "sha_256"),
        function("host", "\u{202e}reverse"),
    ]);
    let resolve = parsed(&bindings.text);
    let names: Vec<_> = resolve.interfaces[interface(&resolve, "host")].functions.keys().cloned().collect();
    assert_eq!(names, ["n2d", "na-ve", "sha256", "reverse"]);
}

#[test]
fn hostile_docs_stay_in_comments() {
    let hostile = "a\u{202e}b\u{149}c\0d\u{1b}[2Je\u{85}f\u{2028}g */ } interface evil { \n} \r world w {}";
    let row = FunctionRow {
        summary: hostile.to_owned(),
        capability: Some(hostile.to_owned()),
        fingerprint: hostile.to_owned(),
        ..function("host", "ok")
    };
    let opaque = Shape::Opaque { rust: hostile.to_owned(), reason: hostile.to_owned() };
    let lost = FunctionRow { params: params(&[(hostile, opaque)]), ..function("host", "lost") };
    let method = MethodRow { summary: hostile.to_owned(), ..method("m", "m") };
    let mut contract = contract("demo.v1", vec![method]);
    contract.summary = hostile.to_owned();
    let of = types([("T", TypeDef::Enum(vec![variant(hostile, fields(&[(hostile, Shape::U8)]))]))]);
    let listing = listing(vec![row, lost, echo("typed", named("T"), of)], vec![contract]);
    let resolve = parsed(&generate_expressible(&listing, Language::Wit).unwrap().text);
    let interfaces: Vec<_> = resolve.interfaces.iter().filter_map(|(_, it)| it.name.as_deref()).collect();
    assert_eq!(interfaces, ["types", "host", "demo-v1"]);
    assert_eq!(resolve.worlds.len(), 1);
}

#[test]
fn types_without_wit_are_left_out_and_named() {
    let tree = types([("Tree", TypeDef::Struct(fields(&[("children", seq(named("Tree")))])))]);
    let mutual = types([
        ("Left", TypeDef::Struct(fields(&[("right", option(named("Right")))]))),
        (
            "Right",
            TypeDef::Enum(vec![variant("Leaf", Body::Unit), variant("Node", Body::Newtype(named("Left")))]),
        ),
    ]);
    let inside = types([
        ("Outer", TypeDef::Struct(fields(&[("inner", seq(named("Inner")))]))),
        (
            "Inner",
            TypeDef::Struct(fields(&[(
                "any",
                Shape::Opaque { rust: "Any".into(), reason: "untagged".into() },
            )])),
        ),
    ]);
    let batch = types([("Batch", TypeDef::Struct(fields(&[("store", handle("kv::Store"))])))]);
    let bindings = generated(vec![
        echo("tree", named("Tree"), tree),
        echo("mutual", named("Left"), mutual),
        echo("inside", named("Outer"), inside),
        echo("unit", seq(Shape::Unit), Types::new()),
        FunctionRow { reply: named("Batch"), types: batch.clone(), ..function("host", "make") },
        FunctionRow {
            params: params(&[("batch", named("Batch"))]),
            types: batch,
            ..function("host", "give")
        },
        function("host", "kept"),
    ]);
    expect![[r#"
        H0802 host.give, parameter `batch`: the handle in `Batch` would be given away, as WIT has no records that borrow; make the handle a parameter of its own
        H0802 host.inside, parameter `value`: in `Inner`, WIT has no type for a value of any shape; give it a type of its own
        H0802 host.inside, reply: in `Inner`, WIT has no type for a value of any shape; give it a type of its own
        H0802 host.mutual, parameter `value`: the type `Left` contains itself, and WIT has no recursive types; refer to the inner values by index
        H0802 host.mutual, reply: the type `Left` contains itself, and WIT has no recursive types; refer to the inner values by index
        H0802 host.tree, parameter `value`: the type `Tree` contains itself, and WIT has no recursive types; refer to the inner values by index
        H0802 host.tree, reply: the type `Tree` contains itself, and WIT has no recursive types; refer to the inner values by index
        H0802 host.unit, parameter `value`: WIT has no type without values to tell apart; leave it out
        H0802 host.unit, reply: WIT has no type without values to tell apart; leave it out"#]].assert_eq(&left_out(&bindings));
    assert!(bindings.left_out.iter().all(|problem| problem.code() == Code::BindingShape));
    let resolve = parsed(&bindings.text);
    let functions = &resolve.interfaces[interface(&resolve, "host")].functions;
    assert_eq!(functions.keys().collect::<Vec<_>>(), ["kept", "make"]);
}

#[test]
fn interfaces_that_would_use_each_other_are_separated() {
    let takes = |group: &str, name: &str, resource: &str| FunctionRow {
        params: params(&[("n", Shape::U8), ("handle", handle(resource))]),
        group: Some(group.to_owned()),
        ..function("host", name)
    };
    let opens = |group: &str, name: &str, resource: &str| FunctionRow {
        reply: handle(resource),
        group: Some(group.to_owned()),
        ..function("host", name)
    };
    let bindings = generated(vec![
        opens("kv", "kv_open", "kv::Store"),
        opens("sql", "sql_open", "sql::Database"),
        takes("kv", "kv_import", "sql::Database"),
        takes("sql", "sql_import", "kv::Store"),
        takes("files", "files_import", "kv::Store"),
    ]);
    expect!["H0802 host.sql_import: the interfaces `kv` and `sql` would use each other; take and return handles of one group only"].assert_eq(&left_out(&bindings));
    let resolve = parsed(&bindings.text);
    assert_eq!(resolve.interfaces[interface(&resolve, "files")].functions.len(), 1);
}

#[test]
fn handles_are_resources_with_methods() {
    let of = |name: &str, more: &[(&str, Shape)]| {
        let all = [&[("store", handle("kv::Store"))], more].concat();
        FunctionRow { params: params(&all), group: Some("kv".to_owned()), ..function("host", name) }
    };
    let open = FunctionRow {
        reply: handle("kv::Store"),
        group: Some("kv".to_owned()),
        ..function("host", "kv_open")
    };
    let bindings = generated(vec![
        open,
        of("kv_get", &[("key", Shape::Str)]),
        of("kv_copy", &[("from", handle("kv::Store"))]),
        of("kv_close", &[]),
    ]);
    let resolve = parsed(&bindings.text);
    let kv = &resolve.interfaces[interface(&resolve, "kv")];
    let store = kv.types["store"];
    let kinds: Vec<_> =
        kv.functions.values().map(|f| (f.name.as_str(), f.kind.clone(), f.params.len())).collect();
    assert_eq!(
        kinds,
        [
            ("[static]store.close", FunctionKind::Static(store), 1),
            ("[method]store.copy", FunctionKind::Method(store), 2),
            ("[method]store.get", FunctionKind::Method(store), 2),
            ("open", FunctionKind::Freestanding, 0),
        ]
    );
}

#[test]
fn version_is_that_of_the_newest_function() {
    let of = |name: &str, since: u32| FunctionRow { since, ..function("host", name) };
    let text = generated(vec![of("old", 1), of("new", 7)]).text;
    let resolve = parsed(&text);
    let (_, package) = resolve.packages.iter().next().unwrap();
    assert_eq!(package.name.to_string(), "hostfn:host@1.7.0");
    assert!(text.contains("@since(version = 1.7.0)\n    new: func"), "{text}");
    let host = interface(&resolve, "host");
    assert_eq!(resolve.interfaces[host].functions.len(), 2, "{text}");
    assert!(generated(vec![of("old", 1)]).text.contains("package hostfn:host@1.1.0;"));
}

#[test]
fn maps_long_arrays_and_options_have_types() {
    let long = Shape::Tuple(vec![Shape::U8; 32]);
    let ok = types([(
        "R",
        TypeDef::Enum(vec![
            variant("Ok", Body::Newtype(Shape::Unit)),
            variant("Err", Body::Tuple(vec![Shape::Char, Shape::I128])),
        ]),
    )]);
    let text = generated(vec![
        echo("maps", map(Shape::Str, seq(Shape::Bytes)), Types::new()),
        echo("arrays", long, Types::new()),
        echo("short", Shape::Tuple(vec![Shape::F32; 3]), Types::new()),
        echo("options", option(option(Shape::Str)), Types::new()),
        echo("enums", named("R"), ok),
    ])
    .text;
    parsed(&text);
    for part in [
        "maps: func(value: list<tuple<string, list<list<u8>>>>) -> result<list<tuple<string, list<list<u8>>>>, error>;",
        "arrays: func(value: list<u8>) -> result<list<u8>, error>;",
        "short: func(value: tuple<f32, f32, f32>) -> result<tuple<f32, f32, f32>, error>;",
        "options: func(value: option<string>) -> result<option<string>, error>;",
        "        ok,\n        err(tuple<char, s64>),\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}
