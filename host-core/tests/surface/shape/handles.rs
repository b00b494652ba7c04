//! A handle is a shape of its own, and a number on the wire.

use std::collections::BTreeMap;

use hostfn_abi::codec;
use hostfn_core::{
    HostFnSpec, Listing, MemoryBudget, Param, Registry, Resource, Resources, Shape, TypeShape, Value, passed,
    reply_shape,
};
use serde::{Deserialize, Serialize};

use super::{printed, reason, shape};

struct Store;
struct Statement;
struct Pool<T>(T);

mod elsewhere {
    pub struct Store;
}

#[derive(Serialize, Deserialize)]
struct Job {
    store: Resource<Store>,
    statement: Option<Resource<Statement>>,
    stores: Vec<Resource<Store>>,
    pair: (u8, Resource<Store>),
    by_name: BTreeMap<String, Resource<Statement>>,
}

#[derive(Serialize, Deserialize)]
struct Wrapped(Resource<Store>);

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Transparent(Resource<Store>);

#[derive(Serialize, Deserialize)]
enum Either {
    Open(Resource<Store>),
    Both { store: Resource<Store>, statement: Resource<Statement> },
}

/// The name on the wire is that of the Rust type of a resource.
#[derive(Serialize, Deserialize)]
#[serde(rename = "surface::shape::handles::Store")]
struct Impostor(u64);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Handle(Resource<Store>),
    Text(String),
}

fn handle<T>() -> (Resource<T>, u64)
where
    T: Default,
{
    let mut table = Resources::new(&MemoryBudget::new(1 << 20));
    let handle: Resource<T> = table.insert(T::default()).unwrap();
    (handle, codec::decode(&codec::to_vec(&handle).unwrap()).unwrap())
}

impl Default for Store {
    fn default() -> Self {
        Store
    }
}

fn text(traced: &TypeShape) -> String {
    traced.shape.to_string()
}

#[test]
fn handle_prints_the_name_of_its_resource() {
    let traced = shape::<Resource<Store>>();
    assert_eq!(text(&traced), "handle<Store>");
    assert_eq!(traced.shape, Shape::Handle("surface::shape::handles::Store".to_owned()));
    assert_eq!(traced, reply_shape!(Resource<Store>).shape());
    assert_eq!(traced, reply_shape!(Result<Resource<Store>, hostfn_core::ResourceError>).shape());
    assert_eq!(traced, passed!("store", Resource<Store>).shape().unwrap());
    assert_eq!(traced, passed!("store", &Resource<Store>).shape().unwrap());
    assert_eq!(text(&shape::<Resource<Pool<Statement>>>()), "handle<Pool<Statement>>");
    assert_eq!(text(&shape::<Resource<u64>>()), "handle<u64>");
}

#[test]
fn handle_is_found_inside_other_values() {
    assert_eq!(text(&shape::<Option<Resource<Store>>>()), "option<handle<Store>>");
    assert_eq!(text(&shape::<Vec<Resource<Store>>>()), "seq<handle<Store>>");
    assert_eq!(text(&shape::<(Resource<Store>, Resource<Store>)>()), "[handle<Store>; 2]");
    assert_eq!(
        text(&shape::<(Resource<Store>, Resource<Statement>)>()),
        "(handle<Store>, handle<Statement>)"
    );
    assert_eq!(text(&shape::<Transparent>()), "handle<Store>");
    assert_eq!(
        printed(&shape::<Wrapped>()),
        ("Wrapped".to_owned(), vec!["Wrapped = struct(handle<Store>)".to_owned()])
    );
    let job = "Job = struct{store: handle<Store>, statement: option<handle<Statement>>, stores: seq<handle<Store>>, \
               pair: (u8, handle<Store>), by_name: map<str, handle<Statement>>}";
    assert_eq!(printed(&reply_shape!(Job).shape()).1, [job]);
    let either =
        "Either = enum{Open(handle<Store>), Both{store: handle<Store>, statement: handle<Statement>}}";
    assert_eq!(printed(&reply_shape!(Either).shape()).1, [either]);
}

#[test]
fn newtype_with_the_name_of_a_resource_is_no_handle() {
    assert_eq!(std::any::type_name::<Store>(), "surface::shape::handles::Store");
    let (shape, types) = printed(&shape::<Impostor>());
    assert_eq!(shape, "surface::shape::handles::Store");
    assert_eq!(types, ["surface::shape::handles::Store = struct(u64)"]);
}

#[test]
fn handle_is_a_number_in_every_form() {
    let (handle, number) = handle::<Store>();
    assert_eq!(codec::to_vec(&handle).unwrap(), codec::to_vec(&number).unwrap());
    assert_eq!(Value::from_serialize(&handle).unwrap(), Value::Unsigned(number));
    assert_eq!(serde_json::to_string(&handle).unwrap(), number.to_string());
    assert_eq!(serde_json::from_str::<Resource<Store>>(&number.to_string()).unwrap(), handle);
    let bytes = codec::to_vec(&Untagged::Handle(handle)).unwrap();
    assert_eq!(codec::decode::<Untagged>(&bytes).unwrap(), Untagged::Handle(handle));
    assert!(codec::decode::<Resource<Store>>(b"\xa1a").is_err());
    assert!(codec::decode::<Resource<Store>>(b"\xff").is_err());
    // from a deserializer that hands over what a newtype wraps
    let from_number = serde::de::value::U64Deserializer::<serde::de::value::Error>::new(number);
    assert_eq!(Resource::<Store>::deserialize(from_number).unwrap(), handle);
}

#[test]
fn value_that_looks_at_the_data_first_is_opaque() {
    assert!(reason(&shape::<Untagged>()).contains("looks at the data first"));
}

macro_rules! functions {
    ($($name:ident: $module:literal.$function:literal ($($param:ident: $type:ty),*) -> $reply:ty;)+) => {
        $(static $name: HostFnSpec =
            HostFnSpec::new($module, $function, |call| call.authorize()?.reply(&()))
                .always_available()
                .with_params(&[$(Param::new::<$type>(stringify!($param))),*])
                .with_reply(reply_shape!($reply));)+
    };
}

functions! {
    OPEN: "kv"."open" (name: &str) -> Resource<Store>;
    OTHER: "sql"."open" (name: &str) -> Resource<elsewhere::Store>;
    JOIN: "sql"."join" (a: Resource<Store>, b: Resource<elsewhere::Store>) -> ();
    NUMBER: "kv"."open" (name: &str) -> u64;
}

fn listing(specs: &[&'static HostFnSpec]) -> Listing {
    Registry::builder().add_all(specs.iter().copied()).build().unwrap().listing()
}

#[test]
fn fingerprint_tells_a_handle_from_a_number() {
    let [handle, number] = [&OPEN, &NUMBER].map(|spec| listing(&[spec]).functions.remove(0));
    assert_eq!(handle.signature(), "(name: str) -> handle<Store>");
    assert_ne!(handle.fingerprint, number.fingerprint);
}

#[test]
fn fingerprint_leaves_out_the_path_of_a_resource() {
    let mut row = listing(&[&OPEN]).functions.remove(0);
    row.reply = Shape::Handle("moved::to::Store".to_owned());
    assert_eq!(row.expected_fingerprint(), row.fingerprint);
    row.reply = Shape::Handle("surface::shape::handles::Shop".to_owned());
    assert_ne!(row.expected_fingerprint(), row.fingerprint);
}

#[test]
fn two_resources_of_one_name_are_told_apart() {
    let both = listing(&[&OPEN, &OTHER, &JOIN]);
    assert_eq!(both.functions[1].signature(), "(a: handle<Store>, b: handle<Store>)");
    assert_ne!(both.functions[1].params[0].shape, both.functions[1].params[1].shape);
    for remark in [
        "| `kv.open` | `handle<Store>` is a handle of `surface::shape::handles::Store` |",
        "| `sql.open` | `handle<Store>` is a handle of `surface::shape::handles::elsewhere::Store` |",
    ] {
        let (function, remark) = remark.trim_matches(['|', ' ']).split_once(" | ").unwrap();
        let markdown = both.to_markdown();
        let block = markdown.split("\n### ").find(|block| block.starts_with(function)).unwrap();
        assert!(block.contains(&format!("\n- {remark}\n")), "{remark}: {block}");
    }
    assert!(
        both.to_text().contains("handle<Store> is a handle of surface::shape::handles::elsewhere::Store")
    );
    assert_eq!(Listing::from_json(&both.to_json()).unwrap(), both);
    let read = Listing::from_lock("hostfn.lock", &both.to_lock()).unwrap();
    for (read, written) in read.functions.iter().zip(&both.functions) {
        assert_eq!((&read.params, &read.reply), (&written.params, &written.reply));
    }
    // of one alone there is nothing to say
    assert!(!listing(&[&OPEN]).to_text().contains("is a handle of"));
}
