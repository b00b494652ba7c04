//! A program that is asked for its listing: this one. Run as a test it runs the command, which runs it again.

use std::env;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use hostfn_core::{Call, Capability, HostFnSpec, Layout, Listing, Registry, Reply, cli, here, reply_shape};

static CLOCK: Capability = Capability::new("clock", "Read the time.");

fn now(call: Call<'_>) -> Reply {
    call.authorize()?.reply(&0_u64)
}

static NOW: HostFnSpec = HostFnSpec::new("host", "now", now)
    .requires(&CLOCK)
    .with_reply(reply_shape!(u64))
    .with_docs("The time.")
    .declared_at(here!());

fn registry() -> Registry {
    Registry::builder().add(&NOW).build().unwrap()
}

/// The way this program behaves when it is asked.
const BEHAVIOUR: &str = "HOSTFN_TEST_BEHAVIOUR";

/// The place where a program that should not have run says that it did.
const MARK_AT: &str = "HOSTFN_TEST_MARK";

/// The one program that may run.
const NAMED: &str = "HOSTFN_TEST_NAMED";

fn main() {
    match env::var(BEHAVIOUR).as_deref() {
        Ok("talks before it answers") => println!("starting up\n{{ \"schema\": 7 }}"),
        Ok("fails before it answers") => {
            eprintln!("there is no configuration\u{1b}[2K");
            std::process::exit(3);
        }
        Ok("never answers") => thread::sleep(Duration::from_mins(10)),
        Ok("answers and goes on") => {
            use std::os::unix::process::CommandExt;
            let answer = format!("{}{}", cli::MARK, registry().listing().to_json());
            // the answer is whole where the output is closed
            let error =
                Command::new("/bin/sh").args(["-c", "printf %s \"$0\"; exec sleep 600 >&-", &answer]).exec();
            panic!("{error}");
        }
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
        // the program that the command was told to run is this one, and no mark is left by it
        Ok("leaves a mark") if env::current_exe().ok() != env::var_os(NAMED).map(Into::into) => {
            fs::write(env::var_os(MARK_AT).unwrap(), "").unwrap();
        }
        _ => {}
    }
    cli::answer(&registry());
    if env::var(BEHAVIOUR).as_deref() == Ok("does its own work") {
        println!("my own work");
        return;
    }
    tests();
}

/// The program's own work, which the command must never have it do.
fn tests() {
    let tests: [(&str, fn()); 13] = [
        ("it answers with its listing", it_answers_with_its_listing),
        ("cargo hostfn does the same", cargo_hostfn_does_the_same),
        ("what it says besides does no harm", what_it_says_besides_does_no_harm),
        ("one that fails is reported with what it said", one_that_fails_is_told_with_what_it_said),
        ("one that does not answer is ended", one_that_does_not_answer_is_ended),
        ("one that answers and goes on is ended", one_that_answers_and_goes_on_is_ended),
        ("a program named dash is judged by its file", a_program_named_dash_is_judged_by_its_file),
        ("half an answer is rejected", half_an_answer_is_none),
        ("an endless answer is rejected", an_endless_answer_is_none),
        ("one that cannot answer is not run", one_that_cannot_answer_is_not_run),
        ("files are never run", files_are_never_run),
        ("half a question changes nothing", half_a_question_changes_nothing),
        ("another question is refused", another_question_is_refused),
    ];
    for (name, test) in tests {
        test();
        println!("test {name} ... ok");
    }
}

fn this() -> String {
    env::current_exe().unwrap().display().to_string()
}

fn hostfn(args: &[&str], behaviour: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hostfn")).args(args).env(BEHAVIOUR, behaviour).output().unwrap()
}

/// The text of the listing, with this program in its title.
fn listing_of_this() -> String {
    let this = env::current_exe().unwrap();
    let program = this.file_name().unwrap().to_str().unwrap();
    registry().listing().to_text_with(&Layout { program: Some(program), ..Layout::default() })
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Returns what was complained about this program.
fn complaint(output: &Output) -> String {
    assert_eq!((output.status.code(), out(output).as_str()), (Some(2), ""));
    String::from_utf8(output.stderr.clone()).unwrap().replace(&this(), "PROGRAM")
}

fn it_answers_with_its_listing() {
    let listed = hostfn(&["list", "--program", &this(), "--format", "json"], "");
    assert_eq!((listed.status.code(), listed.stderr.len()), (Some(0), 0));
    assert_eq!(Listing::from_json(&out(&listed)).unwrap(), registry().listing());

    // no terminal, no colours
    let text = hostfn(&["list", "--program", &this()], "");
    assert_eq!(out(&text), listing_of_this());
    let mut before = registry().listing();
    before.functions[0].quota = Some(1);
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join("hostfn.lock");
    fs::write(&lock, before.to_lock()).unwrap();
    let check = |deny: &str| {
        hostfn(&["check", "--program", &this(), "--lock", lock.to_str().unwrap(), "--deny", deny], "")
    };
    assert_eq!(check("widens").status.code(), Some(1));
    assert_eq!(check("breaks").status.code(), Some(0));
    assert_eq!(out(&check("widens")), before.diff(&registry().listing()).to_text());
}

fn cargo_hostfn_does_the_same() {
    let mut cargo = Command::new(env!("CARGO_BIN_EXE_cargo-hostfn"));
    let listed = cargo.args(["hostfn", "list", "--program", &this()]).output().unwrap();
    assert_eq!(out(&listed), listing_of_this());
}

fn what_it_says_besides_does_no_harm() {
    for behaviour in ["talks before it answers", "complains without end"] {
        let listed = hostfn(&["list", "--program", &this()], behaviour);
        assert_eq!(out(&listed), listing_of_this(), "{behaviour}");
    }
}

fn one_that_fails_is_told_with_what_it_said() {
    assert_eq!(
        complaint(&hostfn(&["list", "--program", &this()], "fails before it answers")),
        "error: H0607 PROGRAM: it ended without an answer (exit status: 3), and said: there is no \
         configuration\\u{1b}[2K; call `hostfn::cli::answer` first thing in `main`\n"
    );
}

fn one_that_does_not_answer_is_ended() {
    assert_eq!(
        complaint(&hostfn(&["list", "--program", &this(), "--timeout", "2"], "never answers")),
        "waiting for PROGRAM to answer, for 2 s at most\n\
         error: H0607 PROGRAM: it did not answer within 2 s; call `hostfn::cli::answer` first thing in `main`, or \
         give it more `--timeout`\n"
    );
}

fn one_that_answers_and_goes_on_is_ended() {
    let began = Instant::now();
    let listed = hostfn(&["list", "--program", &this(), "--timeout", "2"], "answers and goes on");
    assert_eq!(out(&listed), listing_of_this());
    assert!(began.elapsed() < Duration::from_mins(5), "{:?}", began.elapsed());
}

/// Standard input could answer, and what is beside it under that name could not.
fn a_program_named_dash_is_judged_by_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let dash = folder.path().join("-");
    fs::write(&dash, "#!/bin/sh\ntouch ran\n").unwrap();
    executable(&dash);
    let mut command = Command::new(env!("CARGO_BIN_EXE_hostfn"));
    command.args(["list", "--program", "-"]).current_dir(folder.path());
    let output = command.stdin(fs::File::open(this()).unwrap()).output().unwrap();
    assert!(complaint(&output).contains("H0608 -: it is a script and was not run"));
    assert!(!folder.path().join("ran").exists());
}

fn half_an_answer_is_none() {
    let said = complaint(&hostfn(&["list", "--program", &this()], "answers half"));
    assert!(said.starts_with("error: H0601 PROGRAM, listing line ") && said.contains("EOF"), "{said}");
}

fn an_endless_answer_is_none() {
    let said = complaint(&hostfn(&["list", "--program", &this()], "never ends to answer"));
    assert!(said.contains("H0607 PROGRAM: its answer is larger than 256 MiB"), "{said}");
}

/// The command is a program too, and one that would do something when it is run.
fn one_that_cannot_answer_is_not_run() {
    let said = complaint(&hostfn(&["list", "--program", "/bin/sh"], ""));
    assert!(
        said.starts_with("error: H0608 /bin/sh: it does not call `hostfn::cli::answer` and was not run"),
        "{said}"
    );
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    // it has the mark and nobody may run it
    fs::write(&copy, fs::read(this()).unwrap()).unwrap();
    let said = complaint(&hostfn(&["list", "--program", copy.to_str().unwrap()], ""));
    assert!(said.contains("H0607 ") && said.contains("it cannot be run: "), "{said}");
    // a shell would run both
    for text in ["#!/bin/sh\ntouch ran\n".to_owned(), format!("touch ran\n# {}", cli::MARK)] {
        fs::write(&copy, text).unwrap();
        executable(&copy);
        let said = complaint(&hostfn(&["list", "--program", copy.to_str().unwrap()], ""));
        assert!(said.contains("H0608 ") && said.contains("was not run"), "{said}");
    }
}

fn executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A program that could answer stands at every place that names data.
fn files_are_never_run() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    for name in ["hostfn.lock", "listing.json", "plugin.wasm", "plugin.toml", "grants.toml", "Cargo.toml"] {
        fs::copy(this(), at(name)).unwrap();
        executable(Path::new(&at(name)));
    }
    let real = at("real.json");
    fs::write(&real, registry().listing().to_json()).unwrap();
    let (lock, json) = (&at("hostfn.lock"), &at("listing.json"));
    let (here, plugin, grants) =
        (&folder.path().display().to_string(), &at("plugin.wasm"), &at("grants.toml"));
    let empty = &at("empty.wasm");
    fs::write(empty, b"\0asm\x01\0\0\0").unwrap();
    let commands: [&[&str]; 14] = [
        &["list", lock],
        &["list", json],
        &["diff", json, &real],
        &["diff", &real, json],
        &["diff", lock, "--program", &this()],
        &["check", json, "--lock", &real],
        &["check", &real, "--lock", lock],
        &["check", "--program", &this(), "--lock", lock],
        &["inspect", plugin],
        &["inspect", empty, "--listing", json],
        &["inspect", empty, "--listing", &real, "--grants", grants],
        &["verify", here, "--listing", json],
        &["verify", here, "--listing", &real],
        &["bindgen", json, "--language", "rust"],
    ];
    for command in commands {
        let ran = at("ran");
        let output = Command::new(env!("CARGO_BIN_EXE_hostfn"))
            .args(command)
            .current_dir(folder.path())
            .env(BEHAVIOUR, "leaves a mark")
            .env(MARK_AT, &ran)
            .env(NAMED, this())
            .output()
            .unwrap();
        assert_eq!((output.status.code(), out(&output).as_str()), (Some(2), ""), "{command:?}");
        assert!(!Path::new(&ran).exists(), "{command:?} ran a file");
    }
}

/// The program does its own work unless both halves of one question reach it.
fn half_a_question_changes_nothing() {
    let (variable, argument) = cli::question(cli::LISTING, 7);
    let (_, another) = cli::question(cli::LISTING, 8);
    let short = format!("{}:7", cli::LISTING);
    let cases: [(Option<&str>, &[&str]); 9] = [
        (Some("listing"), &[]),
        (Some(&variable), &[]),
        (Some(""), &["--hostfn-answer="]),
        (Some(&variable), &[&another]),
        (Some(&variable), &[&argument, "more"]),
        (Some(&variable), &["more", &argument]),
        (Some(&short), &["--hostfn-answer=listing:7"]),
        (None, &[&argument]),
        (Some("listing"), &["--hostfn-answer=listing"]),
    ];
    let run = |variable: Option<&str>, arguments: &[&str]| {
        let mut this = Command::new(this());
        this.args(arguments).env(BEHAVIOUR, "does its own work").env_remove(cli::ASK);
        out(&this.envs(variable.map(|value| (cli::ASK, value))).output().unwrap())
    };
    for (variable, arguments) in cases {
        assert_eq!(run(variable, arguments), "my own work\n", "{variable:?} {arguments:?}");
    }
    assert!(run(Some(&variable), &[&argument]).starts_with(cli::MARK));
}

fn another_question_is_refused() {
    let (variable, argument) = cli::question("everything", 7);
    let asked = Command::new(this()).arg(argument).env(cli::ASK, variable).output().unwrap();
    assert_eq!((asked.status.code(), out(&asked).as_str()), (Some(2), ""));
}
