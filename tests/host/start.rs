//! Starts of instances.

use hostfn::engine::MissingCapability;
use hostfn::error::Code;
use hostfn::{Error, Grants, Host, HostFn, Instance, Limits, Status, capabilities, host_fn};
use test_support::probe::{Record, bare_guest, expect_word, export, guest, problems, registry};

use crate::{instance, start};

capabilities! {
    /// Write things down.
    pub NOTE = "note";
}

/// Write a number down.
#[host_fn(capability = NOTE)]
fn note(#[state] record: &Record, number: u32) -> u32 {
    record.add(format!("note {number}"));
    number
}

/// Break.
#[host_fn(capability = none)]
fn broken() {
    panic!("it broke")
}

fn host(record: &Record) -> Host {
    let state = record.clone();
    Host::builder(registry(&[note::SPEC, broken::SPEC]))
        .state("record", move |_| Ok::<_, Error>(state.clone()))
        .observer(record.clone())
        .missing(MissingCapability::Deny)
        .build()
        .unwrap()
}

/// Logs one letter.
fn log(letter: char) -> String {
    format!("(call $log (i32.const 2) (i32.const {}) (i32.const 1))", u32::from(letter))
}

/// Every letter, each at its own code.
const LETTERS: &str = r#"(data (i32.const 97) "abcdefghijklmnopqrstuvwxyz")"#;

#[test]
fn the_exports_of_the_start_run_in_the_order_of_the_abi() {
    let record = Record::default();
    let body = [
        LETTERS.to_owned(),
        format!(r#"(func (export "plugin_init") (result i32) {} i32.const 0)"#, log('d')),
        format!(r#"(func (export "plugin_abi_version") (result i32) {} i32.const 1)"#, log('c')),
        format!(r#"(func (export "_initialize") {})"#, log('b')),
        format!("(func $start {}) (start $start)", log('a')),
    ];
    let mut running =
        instance(&host(&record), &guest(&[], &(body.concat() + &export("run", &log('e'), "i64.const 0"))))
            .unwrap();
    let say = |letters: &str| letters.chars().map(|c| format!("probe says info: {c}")).collect::<Vec<_>>();
    assert_eq!(record.take(), say("abcd"));
    running.call::<_, ()>("run", ()).unwrap();
    running.call::<_, ()>("run", ()).unwrap();
    assert_eq!(record.take(), say("ee"), "what runs once ran once");
}

#[test]
fn guest_of_another_abi_is_refused_before_its_init() {
    let version = |version: i32, computed: &str| {
        let record = Record::default();
        let body = format!(
            r#"{LETTERS}
            (func (export "plugin_abi_version") (result i32) i32.const {version} {computed})
            (func (export "plugin_init") (result i32) {} i32.const 0)"#,
            log('i')
        );
        let loaded = host(&record).load("probe", &guest(&[], &body));
        let started = loaded.as_ref().map(|plugin| plugin.instantiate(&Grants::none()).map(drop));
        let error = match started {
            Err(error) => Some(("load", problems(error))),
            Ok(Err(error)) => Some(("instantiate", problems(&error))),
            Ok(Ok(())) => None,
        };
        (error, record.take().len())
    };
    // a constant is known without running the guest
    for (computed, refused_by) in [("", "load"), ("i32.const 0 i32.add", "instantiate")] {
        assert_eq!(version(1, computed), (None, 1));
        for other in [2, 0, -1] {
            let problem = format!(
                "H0307 plugin `probe`: it was built for version {other} of the ABI, and this host speaks 1; \
                 build it against version 1"
            );
            assert_eq!(version(other, computed), (Some((refused_by, vec![problem])), 0));
        }
    }
}

#[test]
fn an_init_that_answers_with_a_failure_fails_the_start() {
    let answering = |status: i32| {
        guest(&[], &format!(r#"(func (export "plugin_init") (result i32) i32.const {status})"#))
    };
    start(&[], &answering(0));
    for (status, shown) in
        [(-6, "FAILED (-6)"), (-1024, "application status (-1024)"), (1, "reserved status (1)")]
    {
        let error = instance(&test_support::probe::host(&[]), &answering(status)).unwrap_err();
        assert_eq!(
            problems(&error),
            [format!(
                "H0402 plugin `probe`, export `plugin_init`: it returned {shown}; \
                 fix the guest's start code"
            )]
        );
    }
}

/// `plugin_init` answers a status alone; why it failed is in the log.
#[test]
fn start_that_fails_has_the_last_line_of_the_log() {
    let init = r#"(func (export "plugin_init") (result i32)"#;
    let wasm = guest(&[], &format!("{LETTERS} {init} {} {} i32.const -6)", log('a'), log('b')));
    let error = instance(&test_support::probe::host(&[]), &wasm).unwrap_err();
    let expected = "it returned FAILED (-6); its last log line: b;";
    assert!(error.to_string().contains(expected), "{error}");
}

/// The ways in which a guest's own code runs at its start.
const STARTS: [(&str, &str); 4] = [
    ("(func $start", ") (start $start)"),
    (r#"(func (export "_initialize")"#, ")"),
    (r#"(func (export "plugin_abi_version") (result i32)"#, "i32.const 1)"),
    (r#"(func (export "plugin_init") (result i32)"#, "i32.const 0)"),
];

fn starting(imports: &[&str], body: &str) -> [Vec<u8>; 4] {
    STARTS.map(|(before, after)| guest(imports, &format!("{before} {body} {after}")))
}

#[test]
fn a_trap_fails_the_start() {
    for wasm in starting(&[], "unreachable") {
        let error = instance(&test_support::probe::host(&[]), &wasm).unwrap_err();
        assert_eq!(error.code(), Code::InitFailed);
        assert!(error.to_string().contains("wasm trap: wasm `unreachable` instruction executed"), "{error}");
    }
}

#[test]
fn a_start_that_never_ends_is_stopped() {
    let mut limits = Limits::default();
    limits.time = std::time::Duration::from_millis(20);
    let host = Host::builder(registry(&[])).limits(limits).build().unwrap();
    for wasm in starting(&[], "(loop $again (br $again))") {
        let error = instance(&host, &wasm).unwrap_err();
        assert!(matches!(&error, Error::TimedOut { plugin, .. } if plugin == "probe"), "{error}");
    }
}

/// Calls `note` with the number 7, for this word.
fn noting(expected: Status) -> String {
    let call = "(call $note (i32.const 16) (i32.const 2))";
    match expected {
        // a reply of one byte
        Status::OK => format!("(if (i64.ne {call} (i64.const 0x100000000)) (then unreachable))"),
        status => expect_word(call, status),
    }
}

const SEVEN: &str = r#"(data (i32.const 16) "\91\07")"#;

#[test]
fn a_guest_calls_host_functions_from_its_start_on() {
    let record = Record::default();
    let host = host(&record);
    let granted = Grants::none().allow(&NOTE);
    for (before, after) in STARTS {
        let wasm = guest(&["note"], &format!("{SEVEN} {before} {} {after}", noting(Status::OK)));
        host.load("probe", &wasm).unwrap().instantiate(&granted).unwrap();
        assert_eq!(record.take(), ["note 7"]);
        let wasm =
            bare_guest(&["note"], &format!("{SEVEN} {before} {} {after}", noting(Status::NO_CAPABILITY)));
        host.load("probe", &wasm).unwrap().instantiate(&Grants::none()).unwrap();
        assert_eq!(record.take(), ["probe denied note note: the capability `note` is not granted"]);
    }
}

#[test]
fn a_window_that_is_set_at_the_start_stays() {
    let run = export("run", &noting(Status::OK), "i64.const 0");
    for (before, after) in STARTS {
        let set = "(drop (call $set_window (i32.const 4096) (i32.const 64)))";
        let wasm = bare_guest(&["note"], &format!("{SEVEN} {before} {set} {after} {run}"));
        let mut instance = host(&Record::default())
            .load("probe", &wasm)
            .unwrap()
            .instantiate(&Grants::none().allow(&NOTE))
            .unwrap();
        instance.call::<_, ()>("run", ()).unwrap();
    }
}

#[test]
fn a_result_that_is_set_at_the_start_is_nobodys() {
    let set = "(call $set_result (i32.const 16) (i32.const 2))";
    for (before, after) in STARTS {
        let wasm =
            guest(&[], &format!("{SEVEN} {before} {set} {after} {}", export("run", "", "i64.const 0")));
        start(&[], &wasm).call::<_, ()>("run", ()).unwrap();
    }
}

#[test]
fn a_host_function_that_panics_fails_the_start() {
    let call = expect_word("(call $broken (i32.const 0) (i32.const 0))", Status::INTERNAL);
    for wasm in starting(&["broken"], &call) {
        let error = instance(&host(&Record::default()), &wasm).unwrap_err();
        assert_eq!(error.code(), Code::Poisoned);
        assert!(error.to_string().contains("broken: it broke"), "{error}");
    }
}

#[test]
fn a_failed_start_leaves_the_plugin_as_it_was() {
    let record = Record::default();
    let body = r#"(func (export "plugin_init") (result i32)
        (i32.wrap_i64 (call $note (i32.const 16) (i32.const 2))))"#;
    let plugin = host(&record).load("probe", &guest(&["note"], &format!("{SEVEN} {body}"))).unwrap();
    let tried =
        |grants: &Grants| plugin.instantiate(grants).map(|_: Instance| ()).map_err(|error| error.code());
    assert_eq!(tried(&Grants::none()), Err(Code::InitFailed));
    assert_eq!(tried(&Grants::none().allow(&NOTE)), Ok(()));
    assert_eq!(tried(&Grants::none()), Err(Code::InitFailed));
}
