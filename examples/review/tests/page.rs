//! Checks the output of each command in `docs/review.md`: each is run by a shell, in a checkout of the host that the
//! page is about. `HOSTFN_BLESS=1 cargo test -p notes --test page` writes the page again.
//!
//! Under the name `hostfn` this program is the command.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, ExitCode};

use tempfile::TempDir;

const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// The comment before what shows how one release became another.
const CHANGED: &str = "<!-- changed: ";
/// The comment from which on another release is built.
const BUILT: &str = "<!-- built: ";

fn main() -> ExitCode {
    let mut args = env::args_os();
    if args.next().is_some_and(|name| Path::new(&name).ends_with("hostfn")) {
        let (mut out, mut err) = (anstream::stdout().lock(), anstream::stderr().lock());
        return hostfn_cli::run(env::args_os(), &mut out, &mut err).into();
    }
    the_page_shows_what_its_commands_write();
    println!("test the page shows what its commands write ... ok");
    ExitCode::SUCCESS
}

fn the_page_shows_what_its_commands_write() {
    let path = Path::new(HERE).join("../../docs/review.md");
    let written = fs::read_to_string(&path).unwrap();
    let fresh = regenerate(&written);
    if env::var_os("HOSTFN_BLESS").is_some() {
        fs::write(&path, fresh).unwrap();
        return;
    }
    for (number, (written, fresh)) in (1..).zip(written.lines().zip(fresh.lines())) {
        assert_eq!(written, fresh, "docs/review.md:{number}; write it again with HOSTFN_BLESS=1");
    }
    assert_eq!(written, fresh, "docs/review.md; write it again with HOSTFN_BLESS=1");
}

/// The page with every output as it is now.
fn regenerate(page: &str) -> String {
    let checkout = Checkout::new();
    let mut fresh = String::new();
    let mut ran = 0;
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        fresh += &format!("{line}\n");
        if let Some(release) = marked(line, BUILT) {
            checkout.build("notes", release);
        } else if let Some(releases) = marked(line, CHANGED) {
            assert_eq!(lines.next(), Some("```diff"));
            fresh += &format!("```diff\n{}```\n", changed(releases));
            assert!(lines.any(|line| line == "```"), "`{line}` has no end");
        } else if line == "```console" {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            for command in block.iter().filter_map(|line| line.strip_prefix("$ ")) {
                fresh += &format!("$ {command}\n{}", checkout.run(command));
                ran += 1;
            }
            fresh += "```\n";
        }
    }
    assert!(ran > 0, "the page has no command");
    fresh
}

fn marked<'l>(line: &'l str, mark: &str) -> Option<&'l str> {
    line.strip_prefix(mark)?.strip_suffix(" -->")
}

/// Returns what became of the sources, `before to after`.
fn changed(releases: &str) -> String {
    let (old, new) = releases.split_once(" to ").unwrap();
    let file = |release: &str| format!("{release}.rs");
    let mut diff = Command::new("diff");
    diff.args(["-U1", "--label", &file(old), "--label", &file(new), &file(old), &file(new)]);
    output(diff.current_dir(HERE))
}

/// The host's checkout, and beside it that of what was released.
struct Checkout(TempDir);

impl Checkout {
    fn new() -> Self {
        let checkout = Checkout(tempfile::tempdir().unwrap());
        let notes = checkout.0.path().join("notes");
        fs::create_dir_all(notes.join("plugins")).unwrap();
        fs::create_dir(checkout.0.path().join("bin")).unwrap();
        symlink(env::current_exe().unwrap(), checkout.0.path().join("bin/hostfn")).unwrap();
        fs::copy(Path::new(HERE).join("grants.toml"), notes.join("grants.toml")).unwrap();
        let digest = wat::parse_file(Path::new(HERE).join("digest.wat")).unwrap();
        fs::write(notes.join("plugins/digest.wasm"), digest).unwrap();
        checkout.build("main", "before");
        checkout.build("notes", "after");
        let lock = checkout.run("hostfn list --program ../main/target/debug/notes --format lock");
        fs::write(notes.join("hostfn.lock"), lock).unwrap();
        checkout
    }

    /// Has `cargo build` in a folder give this release.
    fn build(&self, folder: &str, release: &str) {
        let program = match release {
            "before" => env!("CARGO_BIN_EXE_before"),
            "after" => env!("CARGO_BIN_EXE_after"),
            "agreed" => env!("CARGO_BIN_EXE_agreed"),
            release => panic!("there is no release `{release}`"),
        };
        let built = self.0.path().join(folder).join("target/debug");
        fs::create_dir_all(&built).unwrap();
        // the first time, it is absent
        let _ = fs::remove_file(built.join("notes"));
        symlink(program, built.join("notes")).unwrap();
    }

    /// Returns what a command writes, wherever it writes it to.
    fn run(&self, command: &str) -> String {
        let inherited = env::var("PATH").unwrap();
        let path = format!("{}:{inherited}", self.0.path().join("bin").display());
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("exec 2>&1; {command}")]).env("PATH", path).env_remove("HOSTFN_BLESS");
        output(shell.current_dir(self.0.path().join("notes")))
    }
}

fn output(command: &mut Command) -> String {
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}
