//! The command's cost for a host of 10,000 functions: `cargo bench -p hostfn-cli --bench scale` prints seconds and MiB for
//! each form, and ends with 1 when one takes more than 2 s or 200 MiB.
//!
//! Each is run in a process of its own, which tells the most memory that it had and how long it was at work: what else
//! the machine does is not counted. Linux has both beneath `/proc`.

use std::env;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, ExitCode};

use hostfn_cli::Exit;
use hostfn_core::{
    Call, Capability, ErrorKind, FunctionRow, HostError, HostFnSpec, Listing, Param, Registry, Reply,
    ScopeKind, SourceLocation, Status, reply_shape,
};

const FUNCTIONS: usize = 10_000;
const MOST_SECONDS: f64 = 2.0;
const MOST_MIB: u64 = 200;

/// Has this program run one command and tell what it cost.
const COMMAND: &str = "HOSTFN_SCALE_COMMAND";

fn main() -> ExitCode {
    if env::var_os(COMMAND).is_some() {
        run();
        return ExitCode::SUCCESS;
    }
    let folder = tempfile::tempdir().unwrap();
    lay_out(folder.path());
    // what comes second is the same as the first, or another in this way
    let others = ["same", "changed", "renamed", "removed"];
    let mut is_fine = true;
    for format in ["text", "json", "markdown", "html", "lock"] {
        is_fine &= measured(folder.path(), &["list", "first.json", "--format", format]);
    }
    for other in others {
        let other = format!("{other}.json");
        for format in ["text", "json", "markdown", "html", "sarif"] {
            is_fine &= measured(folder.path(), &["diff", "first.json", &other, "--format", format]);
        }
    }
    is_fine &= measured(folder.path(), &["check", "changed.json", "--lock", "hostfn.lock"]);
    ExitCode::from(u8::from(!is_fine))
}

/// A file of a directory.
#[derive(serde::Serialize, serde::Deserialize)]
struct Entry {
    name: String,
    size: u64,
    modified: Option<u64>,
}

#[derive(Debug, thiserror::Error)]
#[error("there is no such file")]
struct NotThere;

impl HostError for NotThere {
    const KINDS: &'static [ErrorKind] =
        &[ErrorKind { code: "not_there", status: Status::NOT_FOUND, docs: "There is no such file." }];

    fn code(&self) -> &'static str {
        "not_there"
    }
}

/// A host whose functions have what those of real hosts have: scopes, structs, errors, budgets.
fn host() -> Listing {
    let rights: Vec<&'static Capability> = (0..100).map(right).collect();
    let specs = (0..FUNCTIONS).map(|i| function(i, rights[i % rights.len()]));
    Registry::builder().add_all(specs).build().unwrap().listing()
}

fn right(i: usize) -> &'static Capability {
    let about = format!("Read what is in archive {i}.").leak();
    Box::leak(Box::new(Capability::new(format!("archive{i}.read").leak(), about).scoped(ScopeKind::Path)))
}

static PARAMS: [Param; 2] = [Param::new::<&str>("path"), Param::new::<Option<u32>>("most")];

fn function(i: usize, right: &'static Capability) -> &'static HostFnSpec {
    let call: fn(Call<'_>) -> Reply = |call| call.authorize()?.reply(&());
    let place = SourceLocation::new(Some("app"), Some("1.0.0"), "app::files", "src/files.rs", 7);
    let docs = format!("The entries of directory {i}, without those that it hides.").leak();
    let spec = HostFnSpec::new(format!("module{}", i % 7).leak(), format!("function_{i}").leak(), call)
        .requires_on(right, "path")
        .with_params(&PARAMS)
        .with_reply(reply_shape!(Result<Vec<Entry>, NotThere>))
        .with_max_reply(1 << 20)
        .with_docs(docs)
        .annotated_at(place);
    Box::leak(Box::new(spec))
}

fn lay_out(folder: &Path) {
    let first = host();
    let each = |change: fn(&mut FunctionRow)| {
        let mut listing = first.clone();
        listing.functions.iter_mut().for_each(change);
        listing
    };
    let changed = each(|row| {
        row.quota = Some(7);
        row.capability = None;
        row.scoped_param = None;
        row.summary += " In other words.";
    });
    let renamed = each(|row| row.name += "_again");
    let removed = Listing { functions: Vec::new(), ..first.clone() };
    for (name, listing) in
        [("same", &first), ("changed", &changed), ("renamed", &renamed), ("removed", &removed)]
    {
        fs::write(folder.join(name).with_extension("json"), listing.to_json()).unwrap();
    }
    fs::write(folder.join("first.json"), first.to_json()).unwrap();
    fs::write(folder.join("hostfn.lock"), first.to_lock()).unwrap();
}

fn measured(folder: &Path, args: &[&str]) -> bool {
    let program = env::current_exe().unwrap();
    let output = Command::new(program).env(COMMAND, "1").current_dir(folder).args(args).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {said}");
    let (seconds, mib) = said.trim().split_once(' ').unwrap();
    let (seconds, mib): (f64, u64) = (seconds.parse().unwrap(), mib.parse().unwrap());
    let is_fine = seconds <= MOST_SECONDS && mib <= MOST_MIB;
    let size = output.stdout.len() >> 10;
    let verdict = if is_fine { "" } else { "  too much" };
    println!("{seconds:6.2} s {mib:4} MiB, {size:6} KiB written: hostfn {}{verdict}", args.join(" "));
    is_fine
}

fn run() {
    let exit = hostfn_cli::run(env::args_os(), &mut io::stdout().lock(), &mut io::stderr().lock());
    assert_ne!(exit, Exit::Failure);
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: u64 = most.trim().trim_end_matches(" kB").parse().unwrap();
    let worked = fs::read_to_string("/proc/self/schedstat").unwrap();
    let nanoseconds: f64 = worked.split_once(' ').unwrap().0.parse().unwrap();
    eprintln!("{:.3} {}", nanoseconds / 1e9, kib.div_ceil(1024));
}
