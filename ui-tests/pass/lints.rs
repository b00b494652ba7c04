//! The expansion of the macros passes the lints that a strict crate denies.

#![deny(missing_docs, missing_debug_implementations, unreachable_pub, unused_qualifications, warnings)]
#![deny(clippy::all, clippy::pedantic, elided_lifetimes_in_paths, non_camel_case_types, unused_lifetimes)]

// in scope, so that a path to them is a qualification that rustc calls unnecessary
use hostfn::__private::ReturnProbe;
use hostfn::scope::ScopeKind;
use hostfn::spec::{Linked, Param, SourceLocation};
use hostfn::{Capability, HostFn, HostFnSpec};
use hostfn::{HostError, Status, capabilities, host_fn};

capabilities! {
    crate = hostfn;

    /// Read files.
    pub(crate) FS_READ = "fs.read" in path;
}

/// There is no such file.
#[derive(Debug, thiserror::Error, HostError)]
#[error("there is no such file")]
#[status(not_found)]
pub(crate) struct NoSuchFile;

/// Read a file, from `offset` on.
#[host_fn(capability = FS_READ(path), quota = 8, crate = hostfn)]
pub(crate) fn fs_read(#[state] reads: &mut u64, path: &str, offset: usize) -> Result<String, NoSuchFile> {
    *reads += 1;
    path.get(offset..).map(str::to_owned).ok_or(NoSuchFile)
}

/// Double a number.
#[host_fn(capability = none)]
pub(crate) async fn double(n: u64) -> u64 {
    std::future::ready(n.wrapping_mul(2)).await
}

fn main() {
    let spec: &'static HostFnSpec = fs_read::SPEC;
    assert_eq!(spec.docs(), "Read a file, from `offset` on.");
    assert_eq!(spec.capability().map(Capability::scope_kind), Some(ScopeKind::Path));
    assert_eq!(spec.wire_params().map(Param::name).collect::<Vec<_>>(), ["path", "offset"]);
    assert_eq!((NoSuchFile.status(), Linked(spec).0.name()), (Status::NOT_FOUND, "fs_read"));
    let _ = ReturnProbe::new(());
    assert_ne!(spec.location().line(), SourceLocation::UNKNOWN.line());
    assert!(double::SPEC.is_async());
}
