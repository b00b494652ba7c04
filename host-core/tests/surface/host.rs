//! A host that has one of everything. Its lines are in the snapshots: a change here is one there.

use hostfn_core::{
    Call, Capability, ContractSpec, ErrorKind, FunctionRow, HostError, HostFnSpec, HostModule, Listing,
    MethodSpec, Param, Registry, Reply, Resource, ScopeKind, SourceLocation, Status, passed, reply_shape,
};
use serde::{Deserialize, Serialize};

static CLOCK: Capability = Capability::new("clock", "Read the time.");
static DRAW: Capability = Capability::new("draw", "Draw on the screen.").scoped(ScopeKind::Name);
static FS_READ: Capability = Capability::new("fs.read", "Read \"granted\" files.").scoped(ScopeKind::Path);

#[derive(Serialize, Deserialize)]
struct Point {
    x: i32,
    y: i32,
}

#[derive(Serialize, Deserialize)]
enum Figure {
    Nothing,
    Dot(Point),
    Line(Point, Point),
    Group { name: Option<String>, members: Vec<Figure> },
}

#[derive(Debug, thiserror::Error)]
#[error("there is no such file")]
pub(crate) struct FsError;

impl HostError for FsError {
    const KINDS: &'static [ErrorKind] = &[
        ErrorKind { code: "not_found", status: Status::NOT_FOUND, docs: "There is no such file." },
        ErrorKind { code: "slow", status: Status::application(-1024), docs: "The disk is slow." },
    ];

    fn code(&self) -> &'static str {
        "not_found"
    }
}

struct Canvas;

fn call(call: Call<'_>) -> Reply {
    call.authorize()?.reply(&())
}

const fn at(file: &'static str, line: u32) -> SourceLocation {
    SourceLocation::new(Some("app"), Some("1.0.0"), "app", file, line)
}

static READ: HostFnSpec = HostFnSpec::new("host", "fs_read", call)
    .requires_on(&FS_READ, "path")
    .with_params(&[Param::new::<&str>("path"), Param::new::<Option<u32>>("most")])
    .with_reply(reply_shape!(Result<Vec<u8>, FsError>))
    .with_max_args(4096)
    .with_max_reply(65_536)
    .with_quota(10)
    .with_docs("Read a whole file. Or a part.")
    .annotated_at(at("src/files.rs", 10));

static NOW: HostFnSpec = HostFnSpec::new("host", "now", call)
    .requires(&CLOCK)
    .with_reply(reply_shape!(u64))
    .with_since(2)
    .with_docs("The time.")
    .declared_at(at("src/clock.rs", 20));

static FIGURE: HostFnSpec = HostFnSpec::new("screen", "draw", call)
    .requires_on(&DRAW, "layer")
    .with_params(&[
        Param::state::<&mut Canvas>("canvas"),
        Param::new::<&str>("layer"),
        Param::new::<Figure>("figure"),
    ])
    .with_reply(reply_shape!(Option<[Point; 3]>))
    .with_docs("Draw a figure.")
    .annotated_at(at("src/screen.rs", 30));

static ECHO: HostFnSpec = HostFnSpec::new("host", "echo", call).always_available().annotated_at(
    SourceLocation::new(Some("dep"), Some("1.2.3"), "dep", "/registry/src/dep-1.2.3/src/lib.rs", 40),
);

struct Store;

mod sql {
    pub(super) struct Statement;
}

#[derive(Serialize, Deserialize)]
struct Batch {
    stores: Vec<Resource<Store>>,
    statement: Option<Resource<sql::Statement>>,
}

static OPEN: HostFnSpec = HostFnSpec::new("store", "open", call)
    .always_available()
    .with_params(&[Param::new::<&str>("name")])
    .with_reply(reply_shape!(Resource<Store>))
    .with_docs("Open a store.")
    .annotated_at(at("src/store.rs", 50));

static SAVE: HostFnSpec = HostFnSpec::new("store", "save", call)
    .always_available()
    .with_params(&[Param::new::<Resource<Store>>("into"), Param::new::<Batch>("batch")])
    .with_docs("Save stores.")
    .annotated_at(at("src/store.rs", 60));

static GREETER: ContractSpec = ContractSpec::new("greeter.v1")
    .with_methods(&[
        MethodSpec::new("greet", "greeter_v1_greet")
            .with_params(&[passed!("name", &str)])
            .with_reply(reply_shape!(String))
            .with_docs("Greet a person."),
        MethodSpec::new_async("wait", "wait_for_it"),
    ])
    .with_docs("Guests that greet.")
    .annotated_at(at("src/greeter.rs", 50));

pub(crate) fn listing() -> Listing {
    let builder = Registry::builder().add_all([&READ, &NOW, &FIGURE, &ECHO]).contract(&GREETER);
    let builder = builder.module(HostModule::new("kv").functions([&OPEN, &SAVE]));
    builder.build().unwrap().listing()
}

/// The function of this name.
pub(crate) fn function<'l>(listing: &'l mut Listing, name: &str) -> &'l mut FunctionRow {
    listing.functions.iter_mut().find(|row| row.full_name() == name).unwrap()
}
