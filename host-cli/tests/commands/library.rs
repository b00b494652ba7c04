//! Two releases of a host. Their lines are in the snapshots: a change here is one there.

use std::collections::BTreeMap;

use hostfn_core::{
    Call, Capability, ErrorKind, HostError, HostFnSpec, Listing, Param, Registry, Reply, ScopeKind,
    SourceLocation, Status, reply_shape,
};

static CLOCK: Capability = Capability::new("clock", "Read the time.");
static FS_READ: Capability =
    Capability::new("fs.read", "Read files beneath granted directories.").scoped(ScopeKind::Path);
static FS_WRITE: Capability =
    Capability::new("fs.write", "Write files beneath granted directories.").scoped(ScopeKind::Path);

#[derive(serde::Serialize, serde::Deserialize)]
struct Entry {
    name: String,
    size: u64,
}

mod later {
    #[derive(serde::Serialize, serde::Deserialize)]
    pub struct Entry {
        pub name: String,
        pub size: u64,
        pub modified: Option<u64>,
    }
}

#[derive(Debug, thiserror::Error)]
#[error("there is no such file")]
struct FsError;

impl HostError for FsError {
    const KINDS: &'static [ErrorKind] =
        &[ErrorKind { code: "not_found", status: Status::NOT_FOUND, docs: "There is no such file." }];

    fn code(&self) -> &'static str {
        "not_found"
    }
}

fn call(call: Call<'_>) -> Reply {
    call.authorize()?.reply(&())
}

const fn at(line: u32) -> SourceLocation {
    SourceLocation::new(Some("app"), Some("1.0.0"), "app::files", "src/files.rs", line)
}

static NOW: HostFnSpec = HostFnSpec::new("host", "now", call)
    .requires(&CLOCK)
    .with_reply(reply_shape!(u64))
    .with_quota(10)
    .with_docs("The time.")
    .annotated_at(at(12));
static NOW_LATER: HostFnSpec = HostFnSpec::new("host", "now", call)
    .always_available()
    .with_reply(reply_shape!(u64))
    .with_quota(100)
    .with_docs("The time, in seconds.")
    .annotated_at(at(14));
static READ: HostFnSpec = HostFnSpec::new("host", "fs_read", call)
    .requires_on(&FS_READ, "path")
    .with_params(&[Param::new::<&str>("path")])
    .with_reply(reply_shape!(Result<Vec<u8>, FsError>))
    .with_max_reply(1 << 20)
    .with_docs("Read a whole file.")
    .annotated_at(at(20));
static READ_LATER: HostFnSpec = HostFnSpec::new("host", "fs_read", call)
    .requires_on(&FS_READ, "path")
    .with_params(&[Param::new::<&str>("path")])
    .with_reply(reply_shape!(Result<Vec<u8>, FsError>))
    .with_max_reply(1 << 16)
    .with_docs("Read a whole file.")
    .annotated_at(at(22));
static LIST: HostFnSpec = HostFnSpec::new("host", "fs_list", call)
    .requires_on(&FS_READ, "path")
    .with_params(&[Param::new::<&str>("path")])
    .with_reply(reply_shape!(Vec<Entry>))
    .with_docs("The entries of a directory.")
    .annotated_at(at(30));
static LIST_LATER: HostFnSpec = HostFnSpec::new("host", "fs_list", call)
    .requires_on(&FS_READ, "path")
    .with_params(&[Param::new::<&str>("path")])
    .with_reply(reply_shape!(Vec<later::Entry>))
    .with_docs("The entries of a directory.")
    .annotated_at(at(32));
static LABELS: HostFnSpec = HostFnSpec::new("host", "labels", call)
    .always_available()
    .with_reply(reply_shape!(BTreeMap<String, String>))
    .annotated_at(at(40));
static WRITE: HostFnSpec = HostFnSpec::new("host", "fs_write", call)
    .requires_on(&FS_WRITE, "path")
    .with_params(&[Param::new::<&str>("path"), Param::new::<Vec<u8>>("data")])
    .with_docs("Write a whole file.")
    .annotated_at(at(50));

fn registry(specs: &[&'static HostFnSpec]) -> Registry {
    Registry::builder().add_all(specs.iter().copied()).build().unwrap()
}

pub(crate) fn first() -> Listing {
    registry(&[&NOW, &READ, &LIST, &LABELS]).listing()
}

pub(crate) fn second() -> Listing {
    second_registry().listing()
}

pub(crate) fn second_registry() -> Registry {
    registry(&[&NOW_LATER, &READ_LATER, &LIST_LATER, &WRITE])
}
