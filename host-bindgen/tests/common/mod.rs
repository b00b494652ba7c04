//! Listings put together by hand.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeMap;

use hostfn_core::{
    Body, ContractRow, ErrorKindRow, ErrorRow, Field, FunctionRow, Listing, MethodRow, ParamRow, Shape,
    TypeDef, Variant,
};

pub type Types = BTreeMap<String, TypeDef>;

pub fn named(name: &str) -> Shape {
    Shape::Named(name.to_owned())
}

pub fn handle(resource: &str) -> Shape {
    Shape::Handle(resource.to_owned())
}

pub fn option(inner: Shape) -> Shape {
    Shape::Option(Box::new(inner))
}

pub fn seq(inner: Shape) -> Shape {
    Shape::Seq(Box::new(inner))
}

pub fn map(key: Shape, value: Shape) -> Shape {
    Shape::Map(Box::new(key), Box::new(value))
}

pub fn fields(fields: &[(&str, Shape)]) -> Body {
    let field = |(name, shape): &(&str, Shape)| Field { name: (*name).to_owned(), shape: shape.clone() };
    Body::Fields(fields.iter().map(field).collect())
}

pub fn variant(name: &str, body: Body) -> Variant {
    Variant { name: name.to_owned(), body }
}

pub fn types(types: impl IntoIterator<Item = (&'static str, TypeDef)>) -> Types {
    types.into_iter().map(|(name, def)| (name.to_owned(), def)).collect()
}

pub fn params(params: &[(&str, Shape)]) -> Vec<ParamRow> {
    let param = |(name, shape): &(&str, Shape)| ParamRow { name: (*name).to_owned(), shape: shape.clone() };
    params.iter().map(param).collect()
}

pub fn errors(name: &str, kinds: &[(&str, i32)]) -> ErrorRow {
    let kind = |(code, status): &(&str, i32)| ErrorKindRow {
        code: (*code).to_owned(),
        status: *status,
        docs: format!("It is {code}."),
    };
    ErrorRow { name: name.to_owned(), kinds: kinds.iter().map(kind).collect() }
}

/// A function that takes nothing and replies nothing.
pub fn function(module: &str, name: &str) -> FunctionRow {
    FunctionRow {
        module: module.to_owned(),
        name: name.to_owned(),
        group: None,
        convention: "messagepack".to_owned(),
        capability: None,
        scoped_param: None,
        params: Vec::new(),
        states: Vec::new(),
        reply: Shape::Unit,
        error: None,
        types: BTreeMap::new(),
        max_args: None,
        max_reply: None,
        quota: None,
        since: 1,
        summary: String::new(),
        krate: "tests".to_owned(),
        outside: None,
        file: "src/lib.rs".to_owned(),
        line: 1,
        origin: "manual".to_owned(),
        fingerprint: format!("{:016x}", module.len() * 1000 + name.len()),
    }
}

/// A function of `module` `host` that takes one value and gives one back.
pub fn echo(name: &str, shape: Shape, types: Types) -> FunctionRow {
    FunctionRow { params: params(&[("value", shape.clone())]), reply: shape, types, ..function("host", name) }
}

pub fn method(name: &str, entry: &str) -> MethodRow {
    MethodRow {
        name: name.to_owned(),
        entry: entry.to_owned(),
        convention: "messagepack".to_owned(),
        params: Vec::new(),
        reply: Shape::Unit,
        error: None,
        types: BTreeMap::new(),
        summary: String::new(),
        fingerprint: format!("{:016x}", entry.len()),
    }
}

pub fn contract(id: &str, methods: Vec<MethodRow>) -> ContractRow {
    ContractRow {
        id: id.to_owned(),
        methods,
        summary: "Guests that do.".to_owned(),
        krate: "tests".to_owned(),
        outside: None,
        file: "src/lib.rs".to_owned(),
        line: 1,
        origin: "manual".to_owned(),
    }
}

pub fn listing(mut functions: Vec<FunctionRow>, contracts: Vec<ContractRow>) -> Listing {
    functions.sort_by_key(|row| (row.module.clone(), row.name.clone()));
    Listing { schema: 2, abi: 1, functions, capabilities: Vec::new(), contracts, unregistered: Vec::new() }
}

/// Everything that could trip a generator: names that are keywords, or none, or there twice; types that hold
/// themselves and each other; values that take no bytes.
pub fn odd() -> Listing {
    let point =
        |shape: Shape| types([("Point", TypeDef::Struct(fields(&[("x", shape.clone()), ("y", shape)])))]);
    let mutual = types([
        ("Left", TypeDef::Struct(fields(&[("right", option(named("Right"))), ("n", Shape::U128)]))),
        ("Right", TypeDef::Struct(Body::Tuple(vec![option(named("Left")), Shape::I128]))),
    ]);
    let keywords = types([
        ("Result", TypeDef::Enum(vec![variant("Ok", Body::Unit), variant("Err", Body::Newtype(Shape::Str))])),
        (
            "type",
            TypeDef::Struct(fields(&[
                ("fn", Shape::Bool),
                ("int", Shape::U8),
                ("a-b", named("Result")),
                ("a_b", Shape::Unit),
            ])),
        ),
        ("Nothing", TypeDef::Struct(fields(&[]))),
        (
            "Key",
            TypeDef::Enum(vec![
                variant("self", Body::Unit),
                variant("Of", fields(&[("n", Shape::I8), ("what-for", Shape::Char)])),
            ]),
        ),
    ]);
    let nothing = Shape::Tuple(Vec::new());
    let deep = option(option(seq(option(map(named("Key"), seq(Shape::Bytes))))));
    let batch = types([(
        "Batch",
        TypeDef::Struct(fields(&[
            ("statement", handle("sql::Statement")),
            ("statements", seq(handle("sql::Statement"))),
            ("key", option(handle("app::Key"))),
        ])),
    )]);
    let merge = FunctionRow {
        params: params(&[
            ("into", handle("sql::Statement")),
            ("from", option(handle("sql::Statement"))),
            ("all", seq(handle("sql::Statement"))),
            ("pool", handle("app::Pool<alloc::boxed::Box<dyn std::io::Read>>")),
        ]),
        reply: named("Batch"),
        types: batch,
        ..function("host", "merge")
    };
    // two resources of one name
    let open = |name: &str, resource: &str| FunctionRow { reply: handle(resource), ..function("host", name) };
    let functions = vec![
        merge,
        open("open-store", "kv::Store"),
        open("open-other-store", "app::Store"),
        FunctionRow { params: params(&[("store", handle("app::Store"))]), ..function("files", "close") },
        FunctionRow { params: params(&[("fn", Shape::Str), ("reply", Shape::Bool), ("r", Shape::U8)]), ..function("host", "match") },
        echo("left", named("Left"), mutual),
        echo("type", named("type"), keywords.clone()),
        echo("nothing", named("Nothing"), keywords.clone()),
        echo("no-elements", nothing, Types::new()),
        echo("deep", deep, keywords),
        echo("point", named("Point"), point(Shape::I32)),
        echo("point_of_floats", named("Point"), point(Shape::F64)),
        echo("opaque", Shape::Opaque { rust: "Any".into(), reason: "it is */ untagged".into() }, Types::new()),
        FunctionRow {
            capability: Some("fs.read".to_owned()),
            scoped_param: Some("path".to_owned()),
            params: params(&[("path", Shape::Str), ("a_rather_long_name_of_a_parameter", option(Shape::Str)), ("another_long_name", Shape::U64)]),
            reply: seq(Shape::Tuple(vec![Shape::Str, Shape::U64, Shape::F32])),
            error: Some(errors("Box<FsError>", &[("not_found", -5), ("other", -6), ("type", -1024)])),
            max_args: Some(1024),
            max_reply: Some(65_536),
            quota: Some(3),
            summary: "Read */ a part of a file, with a \"quoted\" word, and a sentence that is so long that no line holds all of it.".into(),
            ..function("files", "read-at")
        },
        FunctionRow { error: Some(errors("FsError", &[("full", -1025)])), ..function("files", "write") },
        FunctionRow { error: Some(errors("FsError", &[("gone", -5)])), ..function("import", "write") },
    ];
    let methods = vec![
        method("start", "start"),
        MethodRow {
            params: params(&[("type", Shape::Str), ("len", Shape::Bytes)]),
            reply: option(Shape::U64),
            error: Some(errors("FsError", &[("full", -1025)])),
            ..method("go-on", "demo.v1/go on")
        },
    ];
    listing(functions, vec![contract("demo.v1", methods)])
}

/// The same without what the language cannot express: in `AssemblyScript` keys that are objects, and entries that are no
/// names; in WIT the functions that it leaves out.
pub fn odd_for(language: hostfn_bindgen::Language) -> Listing {
    let mut odd = odd();
    if language == hostfn_bindgen::Language::AssemblyScript {
        odd.functions.retain(|row| row.name != "deep");
        "go_on".clone_into(&mut odd.contracts[0].methods[1].entry);
    }
    if language == hostfn_bindgen::Language::Wit {
        let left_out = hostfn_bindgen::generate_expressible(&odd, language).unwrap().left_out;
        let is_left_out =
            |name: &str| left_out.iter().any(|problem| problem.location().split(',').next() == Some(name));
        odd.functions.retain(|row| !is_left_out(&row.full_name()));
    }
    odd
}
