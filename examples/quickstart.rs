//! The main job, end to end: two annotated functions, a listing, and two plugins, one written in Rust
//! and one in C, that are denied, granted, and held to what they were granted.

use std::error::Error;
use std::io;
use std::path::Path;

use hostfn::observe::{Event, EventKind};
use hostfn::scope::{LastLink, LocateError};
use hostfn::{Grants, Host, HostError, Plugin, Registry, Scope, Status, capabilities, host_fn};

capabilities! {
    /// Greet people by name.
    pub GREET = "greet";
    /// Read files beneath granted directories.
    pub FS_READ = "fs.read" in path;
}

/// Build a greeting.
#[host_fn(capability = GREET)]
fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

/// The largest file that is read.
const MOST: u64 = 1 << 20;

/// Read a whole file.
#[host_fn(capability = FS_READ(path))]
fn fs_read(#[grant] grant: &Scope, path: &str) -> Result<Vec<u8>, FsError> {
    // the glue has matched the path against the grant; the file is opened with `locate`, which no link leads astray
    Ok(grant.locate(path, LastLink::Follow)?.read(MOST)?)
}

/// The errors for guests. They do not distinguish a file that is denied from one that is missing.
#[derive(Debug, thiserror::Error)]
enum FsError {
    #[error("there is no such file")]
    NotFound,
    #[error("the file cannot be read")]
    Unreadable,
}

impl HostError for FsError {
    fn status(&self) -> Status {
        match self {
            FsError::NotFound => Status::NOT_FOUND,
            FsError::Unreadable => Status::FAILED,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            FsError::NotFound => "not_found",
            FsError::Unreadable => "unreadable",
        }
    }
}

impl From<LocateError> for FsError {
    fn from(error: LocateError) -> Self {
        match error {
            LocateError::Io(error) => error.into(),
            LocateError::NotAFile => FsError::Unreadable,
            _ => FsError::NotFound,
        }
    }
}

impl From<io::Error> for FsError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => FsError::NotFound,
            _ => FsError::Unreadable,
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let registry = Registry::collect()?;
    hostfn::cli::answer(&registry); // `hostfn list --program target/debug/examples/quickstart` asks for the listing alone
    println!("What plugins can reach:\n\n{}", registry.listing());

    let host = Host::builder(registry)
        .observer(|event: &Event<'_>| match event.what {
            EventKind::Log { level, text, .. } => println!("  [{}] {level}: {text}", event.plugin),
            EventKind::HostCall(call) if call.decision.is_denied() => {
                println!("  [{}] denied {}: {}", event.plugin, call.spec.name(), call.message());
            }
            _ => {}
        })
        .build()?;

    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/guests");
    let files = tempfile::tempdir()?;
    let granted = lay_out(files.path())?;
    for name in ["greeter-rs", "greeter-c"] {
        println!("\n{name}");
        visit(&host.load_file(guests.join(name).with_extension("wasm"))?, &granted)?;
    }
    Ok(())
}

/// A directory to grant, a secret beside it, and a symlink from the one to the other.
fn lay_out(root: &Path) -> Result<String, Box<dyn Error>> {
    let granted = root.canonicalize()?.join("granted");
    std::fs::create_dir(&granted)?;
    std::fs::write(granted.join("hello.txt"), "a real file")?;
    std::fs::write(root.join("secret.txt"), "a secret")?;
    #[cfg(unix)]
    std::os::unix::fs::symlink(root.join("secret.txt"), granted.join("link.txt"))?;
    Ok(granted.to_str().ok_or("the temporary directory's name is not UTF-8")?.to_owned())
}

fn visit(plugin: &Plugin, granted: &str) -> Result<(), Box<dyn Error>> {
    match plugin.instantiate(&Grants::none()) {
        Ok(_) => return Err("a plugin ran without its grants".into()),
        Err(error) => {
            println!(
                "  without grants it does not start:\n    {}",
                error.to_string().replace('\n', "\n    ")
            );
        }
    }

    let grants = Grants::none().allow(&GREET).allow_within(&FS_READ, [format!("{granted}/**")])?;
    println!("  with these grants it does:\n    {}", grants.to_string().trim_end().replace('\n', "\n    "));
    let mut instance = plugin.instantiate(&grants)?;
    let answer: String = instance.call("run", ("world",))?;
    println!("  run(\"world\") = {answer:?}");

    for (what, path) in [
        ("inside", "/hello.txt"),
        ("outside", "/../secret.txt"),
        ("outside, by a detour", "/sub/../../secret.txt"),
        ("through a symlink", "/link.txt"),
    ] {
        match instance.call::<_, Vec<u8>>("read", (format!("{granted}{path}"),)) {
            Ok(bytes) => println!("  read {what}: {:?}", String::from_utf8_lossy(&bytes)),
            Err(error) => println!("  read {what}: {error}"),
        }
    }

    instance.grants().revoke(&GREET);
    match instance.call::<_, String>("run", ("world",)) {
        Ok(_) => Err("a revoked grant let a call through".into()),
        Err(error) => {
            println!("  after GREET was revoked: {error}");
            Ok(())
        }
    }
}
