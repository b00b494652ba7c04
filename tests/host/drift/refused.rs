//! Every change that a guest of yesterday would not survive, and the words for it.

use hostfn::scope::ScopeKind;
use hostfn::spec::ErrorKind;
use hostfn::{Capability, HostError, Resource, Status};

use super::{drift, guest, record, wrong};

static READ: Capability = Capability::new("read", "Read it.").scoped(ScopeKind::Name);
static WRITE: Capability = Capability::new("write", "Write it.").scoped(ScopeKind::Name);
static LOOK: Capability = Capability::new("look", "Look at it.");

pub struct Store;
pub struct Statement;

versions! {
    takes_a_number { (store: u64) -> () }
    takes_a_store { (store: Resource<Store>) -> () }
    takes_a_statement { (store: Resource<Statement>) -> () }
    takes_a_store_or_none { (store: Option<Resource<Store>>) -> () }
    replies_a_number { () -> Vec<u64> }
    replies_stores { () -> Vec<Resource<Store>> }
    replies_statements { () -> Vec<Resource<Statement>> }
    takes_a_job { [pub struct Job { pub store: Resource<Store>, pub next: u64 }] (job: Job) -> () }
    takes_another_job { [pub struct Job { pub store: Resource<Statement>, pub next: Resource<Store> }] (job: Job) -> () }

    then { (a: u32, b: String) -> Vec<u32> }
    one_gone { (b: String) -> Vec<u32> }
    one_more { (a: u32, b: String, c: Option<u8>) -> Vec<u32> }
    other_type { (a: u64, b: String) -> Vec<u32> }
    other_name { (count: u32, b: String) -> Vec<u32> }
    swapped { (b: String, a: u32) -> Vec<u32> }
    other_reply { (a: u32, b: String) -> Vec<i32> }
    no_reply { (a: u32, b: String) -> () }
    waits_not { (a: u32, b: String) -> Option<Vec<u32>> }

    takes_a_point { [pub struct Point { pub x: u32, pub y: u32 }] (p: Vec<Option<Point>>) -> () }
    field_of_another_type { [pub struct Point { pub x: u64, pub y: u32 }] (p: Vec<Option<Point>>) -> () }
    field_gone { [pub struct Point { pub x: u32 }] (p: Vec<Option<Point>>) -> () }
    field_new { [pub struct Point { pub x: u32, pub y: u32, pub z: u32 }] (p: Vec<Option<Point>>) -> () }
    field_renamed { [pub struct Point { pub x: u32, pub why: u32 }] (p: Vec<Option<Point>>) -> () }
    tuple_now { [pub struct Point(pub u32, pub u32);] (p: Vec<Option<Point>>) -> () }
    enum_now { [pub enum Point { Origin }] (p: Vec<Option<Point>>) -> () }

    replies_a_point { [pub struct Point { pub x: u32, pub y: u32 }] () -> Point }
    replies_less_of_it { [pub struct Point { pub x: u32 }] () -> Point }

    takes_a_colour { [pub enum Colour { Red, Mixed(u8, u8), Named { name: String }, Tint(u8) }] (c: Colour) -> () }
    takes_fewer { [pub enum Colour { Red, Mixed(u8, u8), Tint(u8) }] (c: Colour) -> () }
    takes_others {
        [pub enum Colour { Red(u8), Mixed(u8, i8), Named { name: u32 }, Tint(u16) }]
        (c: Colour) -> ()
    }
    takes_wider { [pub enum Colour { Red, Mixed(u8, u8, u8), Named { name: String }, Tint(u8) }] (c: Colour) -> () }
    replies_a_colour { [pub enum Colour { Red, Mixed(u8) }] () -> Colour }
    replies_more { [pub enum Colour { Red, Mixed(u8), Clear }] () -> Colour }

    deep_then {
        [pub struct Leaf { pub n: u8 }]
        [pub struct Twig { pub leaves: Vec<Leaf>, pub next: Option<Box<Twig>> }]
        [pub struct Tree { pub twigs: std::collections::BTreeMap<String, (Twig, u8)> }]
        (t: Tree) -> Tree
    }
    deep_now {
        [pub struct Leaf { pub n: u16 }]
        [pub struct Twig { pub leaves: Vec<Leaf>, pub next: Option<Box<Twig>> }]
        [pub struct Tree { pub twigs: std::collections::BTreeMap<String, (Twig, u8)> }]
        (t: Tree) -> Tree
    }

    reads { (store: String) -> (); requires_on(&READ, "store") }
    reads_otherwise { (store: String) -> (); requires_on(&WRITE, "store") }
    looks { (store: String) -> (); requires(&LOOK) }
    free { (store: String) -> () }
    reads_one { (from: String, to: String) -> (); requires_on(&READ, "from") }
    reads_other { (from: String, to: String) -> (); requires_on(&READ, "to") }

    fails { () -> Result<(), Failure> }
    fails_otherwise { () -> Result<(), OtherFailure> }
}

#[test]
fn a_function_that_is_gone() {
    static OTHER: hostfn::HostFnSpec =
        hostfn::HostFnSpec::new("shop", "g", |call| call.authorize()?.reply(&())).always_available();
    let guest = guest(&[("shop", "f"), ("shop", "h")], &record(&then::SPEC), "");
    assert_eq!(
        wrong(&guest, &[&OTHER]),
        [
            "H0303 plugin `p`, import `h` of module `shop`: the host has no such function; did the plugin mean `g`?",
            "H0321 plugin `p`, function `f` of module `shop`: the plugin was built with it, as `(a: u32, b: str) -> \
             seq<u32>`, and the host does not have it any more; regenerate the plugin's bindings from this host's \
             listing, and build it again"
        ]
    );
}

#[test]
fn parameters() {
    assert_eq!(drift(&then::SPEC, &one_gone::SPEC), ["H0322 parameter `a` is gone"]);
    assert_eq!(drift(&then::SPEC, &one_more::SPEC), ["H0322 parameter `c: option<u8>` is new"]);
    assert_eq!(drift(&then::SPEC, &other_type::SPEC), ["H0322 parameter `a` was `u32` | is `u64`"]);
    assert_eq!(drift(&then::SPEC, &other_name::SPEC), ["H0322 parameter 1 was `a: u32` | is `count: u32`"]);
    assert_eq!(
        drift(&then::SPEC, &swapped::SPEC),
        ["H0322 parameter 1 was `a: u32` | is `b: str`", "H0322 parameter 2 was `b: str` | is `a: u32`"]
    );
}

#[test]
fn replies() {
    assert_eq!(drift(&then::SPEC, &other_reply::SPEC), ["H0323 the reply was `seq<u32>` | is `seq<i32>`"]);
    assert_eq!(drift(&then::SPEC, &no_reply::SPEC), ["H0323 the reply was `seq<u32>` | is `unit`"]);
    assert_eq!(
        drift(&then::SPEC, &waits_not::SPEC),
        ["H0323 the reply was `seq<u32>` | is `option<seq<u32>>`"]
    );
    assert_eq!(
        drift(&replies_a_point::SPEC, &replies_less_of_it::SPEC),
        ["H0324 field `y: u32` of `Point` is gone"]
    );
}

#[test]
fn handle_in_place_of_a_number_is_refused() {
    let was = |then: &str, now: &str| [format!("H0322 parameter `store` was `{then}` | is `{now}`")];
    assert_eq!(drift(&takes_a_number::SPEC, &takes_a_store::SPEC), was("u64", "handle<Store>"));
    assert_eq!(drift(&takes_a_store::SPEC, &takes_a_number::SPEC), was("handle<Store>", "u64"));
    assert_eq!(
        drift(&takes_a_store::SPEC, &takes_a_store_or_none::SPEC),
        was("handle<Store>", "option<handle<Store>>")
    );
    assert_eq!(
        drift(&replies_a_number::SPEC, &replies_stores::SPEC),
        ["H0323 the reply was `seq<u64>` | is `seq<handle<Store>>`"]
    );
    assert_eq!(
        drift(&replies_stores::SPEC, &replies_a_number::SPEC),
        ["H0323 the reply was `seq<handle<Store>>` | is `seq<u64>`"]
    );
}

#[test]
fn handle_of_another_resource_is_refused() {
    assert_eq!(
        drift(&takes_a_store::SPEC, &takes_a_statement::SPEC),
        ["H0322 parameter `store` was `handle<Store>` | is `handle<Statement>`"]
    );
    assert_eq!(
        drift(&replies_stores::SPEC, &replies_statements::SPEC),
        ["H0323 the reply was `seq<handle<Store>>` | is `seq<handle<Statement>>`"]
    );
    assert_eq!(
        drift(&takes_a_job::SPEC, &takes_another_job::SPEC),
        [
            "H0324 field `next` of `Job` was `u64` | is `handle<Store>`",
            "H0324 field `store` of `Job` was `handle<Store>` | is `handle<Statement>`"
        ]
    );
}

#[test]
fn fields() {
    let drift = |now| drift(&takes_a_point::SPEC, now);
    assert_eq!(drift(&field_of_another_type::SPEC), ["H0324 field `x` of `Point` was `u32` | is `u64`"]);
    assert_eq!(drift(&field_gone::SPEC), ["H0324 field `y: u32` of `Point` is gone"]);
    let new =
        |field: &str| format!("H0324 field `{field}` of `Point` is new, and the plugin does not pass it");
    assert_eq!(drift(&field_new::SPEC), [new("z: u32")]);
    assert_eq!(
        drift(&field_renamed::SPEC),
        [new("why: u32"), "H0324 field `y: u32` of `Point` is gone".to_owned()]
    );
    assert_eq!(drift(&tuple_now::SPEC), ["H0324 `Point` was `{x: u32, y: u32}` | is `(u32, u32)`"]);
    assert_eq!(drift(&enum_now::SPEC), ["H0324 `Point` was `struct{x: u32, y: u32}` | is `enum{Origin}`"]);
}

#[test]
fn variants() {
    assert_eq!(
        drift(&takes_a_colour::SPEC, &takes_fewer::SPEC),
        ["H0324 variant `Named` of `Colour` is gone"]
    );
    assert_eq!(
        drift(&takes_a_colour::SPEC, &takes_others::SPEC),
        [
            "H0324 `Colour::Red` was `unit` | is `(u8)`",
            "H0324 element 1 of `Colour::Mixed` was `u8` | is `i8`",
            "H0324 field `name` of `Colour::Named` was `str` | is `u32`",
            "H0324 what `Colour::Tint` holds was `u8` | is `u16`",
        ]
    );
    assert_eq!(
        drift(&takes_a_colour::SPEC, &takes_wider::SPEC),
        ["H0324 `Colour::Mixed` was `(u8, u8)` | is `(u8, u8, u8)`"]
    );
    assert_eq!(
        drift(&replies_a_colour::SPEC, &replies_more::SPEC),
        ["H0324 variant `Clear` of `Colour` is new, and the plugin does not know it"]
    );
}

/// Once, although it is found on the way in and on the way out.
#[test]
fn a_field_far_below() {
    assert_eq!(drift(&deep_then::SPEC, &deep_now::SPEC), ["H0324 field `n` of `Leaf` was `u8` | is `u16`"]);
}

#[test]
fn capabilities() {
    assert_eq!(
        drift(&reads::SPEC, &reads_otherwise::SPEC),
        ["H0325 it required `read` on `store` | requires `write` on `store`"]
    );
    assert_eq!(drift(&reads::SPEC, &looks::SPEC), ["H0325 it required `read` on `store` | requires `look`"]);
    assert_eq!(drift(&looks::SPEC, &free::SPEC), ["H0325 it required `look` | requires no capability"]);
    assert_eq!(drift(&free::SPEC, &looks::SPEC), ["H0325 it required no capability | requires `look`"]);
    assert_eq!(
        drift(&reads_one::SPEC, &reads_other::SPEC),
        ["H0325 it required `read` on `from` | requires `read` on `to`"]
    );
}

#[test]
fn statuses_of_errors() {
    assert_eq!(
        drift(&fails::SPEC, &fails_otherwise::SPEC),
        ["H0326 the error `lost` had the status -5 | has -1024"]
    );
}

#[test]
fn another_way_to_call() {
    let listed = || super::registry(&[&then::SPEC]).listing().functions.remove(0);
    let of = |convention: &str| hostfn::audit::FunctionRow {
        convention: convention.to_owned(),
        fingerprint: String::new(),
        ..listed()
    };
    let record = hostfn::audit::FunctionRecord::from_row(&listed());
    let drift =
        |now| record.drift(&now).iter().map(|problem| problem.message().to_owned()).collect::<Vec<_>>();
    assert_eq!(drift(of("messagepack, async")), [""; 0]);
    assert_eq!(
        drift(of("raw")),
        ["it was called by `messagepack` when the plugin was built, and is by `raw`"]
    );
}

/// All that has changed comes together.
#[test]
fn several_at_once() {
    static NOW: hostfn::HostFnSpec =
        hostfn::HostFnSpec::new("shop", "f", |call| call.authorize()?.reply(&()))
            .requires(&LOOK)
            .with_params(&[hostfn::spec::Param::new::<i32>("a"), hostfn::spec::Param::new::<u8>("b")])
            .with_reply(hostfn::spec::reply_shape!(u8));
    assert_eq!(
        drift(&then::SPEC, &NOW),
        [
            "H0322 parameter `a` was `u32` | is `i32`",
            "H0322 parameter `b` was `str` | is `u8`",
            "H0323 the reply was `seq<u32>` | is `u8`",
            "H0325 it required no capability | requires `look`",
        ]
    );
}

macro_rules! failure {
    ($name:ident: $status:expr) => {
        #[derive(Debug, thiserror::Error)]
        #[error("it failed")]
        pub struct $name;

        impl HostError for $name {
            const KINDS: &'static [ErrorKind] = &[ErrorKind { code: "lost", status: $status, docs: "" }];

            fn code(&self) -> &'static str {
                "lost"
            }
        }
    };
}
failure!(Failure: Status::NOT_FOUND);
failure!(OtherFailure: Status::application(-1024));
