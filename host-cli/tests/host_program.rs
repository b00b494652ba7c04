//! A program that is asked for its listing: this one. Run as a test it runs the command, which runs it again.

use std::env;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use host_core::{Call, Capability, HostFnSpec, Listing, Registry, Reply, cli, here, reply_shape};

static CLOCK: Capability = Capability::new("clock", "Read the time.");

fn now(call: Call<'_>) -> Reply {
    call.authorize()?.reply(&0_u64)
}

static NOW: HostFnSpec = HostFnSpec::new("host", "now", now)
    .requires(&CLOCK)
    .replies(reply_shape!(u64))
    .docs("The time.")
    .declared_at(here!());

fn registry() -> Registry {
    Registry::builder().add(&NOW).build().unwrap()
}

/// How this program behaves when it is asked.
const BEHAVIOUR: &str = "HOSTFN_TEST_BEHAVIOUR";

fn main() {
    match env::var(BEHAVIOUR).as_deref() {
        Ok("talks before it answers") => println!("starting up\n{{ \"schema\": 7 }}"),
        Ok("fails before it answers") => {
            eprintln!("there is no configuration\u{1b}[2K");
            std::process::exit(3);
        }
        Ok("never answers") => thread::sleep(Duration::from_mins(10)),
        Ok("answers half") => {
            let json = registry().listing().to_json();
            print!("{}{}", cli::MARK, &json[..json.len() / 2]);
            std::process::exit(0);
        }
        Ok("never ends to answer") => {
            let line = vec![b' '; 1 << 16];
            print!("{}", cli::MARK);
            while std::io::stdout().write_all(&line).is_ok() {}
            std::process::exit(1);
        }
        Ok("complains without end") => {
            let line = vec![b'!'; 1 << 16];
            for _ in 0..100 {
                std::io::stderr().write_all(&line).unwrap();
            }
        }
        _ => {}
    }
    cli::answer(&registry());
    tests();
}

/// The program's own work, which the command must never have it do.
fn tests() {
    let tests: [(&str, fn()); 8] = [
        ("it answers with its listing", it_answers_with_its_listing),
        ("cargo hostfn does the same", cargo_hostfn_does_the_same),
        ("what it says besides does no harm", what_it_says_besides_does_no_harm),
        ("one that fails is told with what it said", one_that_fails_is_told_with_what_it_said),
        ("one that does not answer is ended", one_that_does_not_answer_is_ended),
        ("half an answer is none", half_an_answer_is_none),
        ("an endless answer is none", an_endless_answer_is_none),
        ("one that cannot answer is not run", one_that_cannot_answer_is_not_run),
    ];
    for (name, test) in tests {
        test();
        println!("test {name} ... ok");
    }
    another_question_is_refused();
}

fn this() -> String {
    env::current_exe().unwrap().display().to_string()
}

fn hostfn(args: &[&str], behaviour: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hostfn")).args(args).env(BEHAVIOUR, behaviour).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What was complained about this program.
fn complaint(output: &Output) -> String {
    assert_eq!((output.status.code(), out(output).as_str()), (Some(2), ""));
    String::from_utf8(output.stderr.clone()).unwrap().replace(&this(), "PROGRAM")
}

fn it_answers_with_its_listing() {
    let listed = hostfn(&["list", &this(), "--format", "json"], "");
    assert_eq!((listed.status.code(), listed.stderr.len()), (Some(0), 0));
    assert_eq!(Listing::from_json(&out(&listed)).unwrap(), registry().listing());

    // no terminal, no colours
    let text = hostfn(&["list", &this()], "");
    assert_eq!(out(&text), registry().listing().to_text());
    let mut before = registry().listing();
    before.functions[0].quota = Some(1);
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join("hostfn.lock");
    fs::write(&lock, before.to_lock()).unwrap();
    let check =
        |deny: &str| hostfn(&["check", &this(), "--lock", lock.to_str().unwrap(), "--deny", deny], "");
    assert_eq!(check("widens").status.code(), Some(1));
    assert_eq!(check("breaks").status.code(), Some(0));
    assert_eq!(out(&check("widens")), before.diff(&registry().listing()).to_text());
}

fn cargo_hostfn_does_the_same() {
    let mut cargo = Command::new(env!("CARGO_BIN_EXE_cargo-hostfn"));
    let listed = cargo.args(["hostfn", "list", &this()]).output().unwrap();
    assert_eq!(out(&listed), registry().listing().to_text());
}

fn what_it_says_besides_does_no_harm() {
    for behaviour in ["talks before it answers", "complains without end"] {
        let listed = hostfn(&["list", &this()], behaviour);
        assert_eq!(out(&listed), registry().listing().to_text(), "{behaviour}");
    }
}

fn one_that_fails_is_told_with_what_it_said() {
    assert_eq!(
        complaint(&hostfn(&["list", &this()], "fails before it answers")),
        "error: H0607 PROGRAM: it ended without an answer (exit status: 3), and said: there is no \
         configuration\\u{1b}[2K; call `hostfn::cli::answer` first thing in `main`\n"
    );
}

fn one_that_does_not_answer_is_ended() {
    assert_eq!(
        complaint(&hostfn(&["list", &this(), "--timeout", "2"], "never answers")),
        "waiting for PROGRAM to answer, for 2 s at most\n\
         error: H0607 PROGRAM: it did not answer within 2 s; call `hostfn::cli::answer` first thing in `main`, or \
         give it more `--timeout`\n"
    );
}

fn half_an_answer_is_none() {
    let said = complaint(&hostfn(&["list", &this()], "answers half"));
    assert!(said.starts_with("error: H0601 PROGRAM, listing line ") && said.contains("EOF"), "{said}");
}

fn an_endless_answer_is_none() {
    let said = complaint(&hostfn(&["list", &this()], "never ends to answer"));
    assert!(said.contains("H0607 PROGRAM: its answer is larger than 256 MiB"), "{said}");
}

/// The command is a program too, and one that would do something when it is run.
fn one_that_cannot_answer_is_not_run() {
    let said = complaint(&hostfn(&["list", "/bin/sh"], ""));
    assert!(
        said.starts_with("error: H0608 /bin/sh: it is no program that calls `hostfn::cli::answer`"),
        "{said}"
    );
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    // it has the mark and nobody may run it
    fs::write(&copy, fs::read(this()).unwrap()).unwrap();
    let said = complaint(&hostfn(&["list", copy.to_str().unwrap()], ""));
    assert!(said.contains("H0607 ") && said.contains("it cannot be run: "), "{said}");
    assert!(Path::new(&copy).exists());
}

fn another_question_is_refused() {
    let asked = Command::new(this()).env(cli::ASK, "everything").output().unwrap();
    assert_eq!((asked.status.code(), out(&asked).as_str()), (Some(2), ""));
}
