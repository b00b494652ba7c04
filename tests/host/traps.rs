//! The error of a trap: its kind, the function, and the last line of the guest's log.

use hostfn::wasm::CutOff;
use hostfn::{Error, Grants, Host, Instance, MemoryBudget};
use test_support::probe::{export, guest, registry};

fn start(body: &str) -> Instance {
    let host = Host::builder(registry(&[]))
        .cut_off(CutOff::Keep)
        .state("memory", |cx| Ok::<_, Error>(cx.memory().clone()))
        .build()
        .unwrap();
    let data = r#"(data (i32.const 0) "panicked at src/lib.rs:7:5: no digits\1b[2K\e2\80\ae")"#;
    let plugin = host.load("probe", &guest(&[], &format!("{data} {body}"))).unwrap();
    plugin.instantiate(&Grants::none()).unwrap()
}

fn trap(instance: &mut Instance, export: &str) -> Error {
    let error = instance.call::<_, ()>(export, ()).unwrap_err();
    assert!(matches!(error, Error::Trapped { .. }), "{error:?}");
    error
}

fn logged(error: &Error) -> Option<&str> {
    match error {
        Error::Trapped { trap, .. } => trap.log.as_deref(),
        _ => None,
    }
}

fn log(len: u32) -> String {
    format!("(call $log (i32.const 4) (i32.const 0) (i32.const {len}))")
}

#[test]
fn trap_names_its_kind_and_function() {
    let cases = [
        ("(drop (i32.load (i32.const -1)))", "out of bounds memory access"),
        ("(drop (i32.div_u (i32.const 1) (i32.const 0)))", "integer divide by zero"),
        ("(call_indirect (i32.const 0))", "uninitialized element"),
        ("(drop (i32.trunc_f32_s (f32.const nan)))", "invalid conversion to integer"),
        ("unreachable", "unreachable"),
    ];
    for (code, kind) in cases {
        let body = format!(
            "(table 1 funcref) (func $sum_of_lines {code}) {}",
            export("run", "(call $sum_of_lines)", "(i64.const 0)")
        );
        let error = trap(&mut start(&body), "run").to_string();
        assert_eq!(error, format!("H0405 probe.run: the guest trapped: {kind} in `sum_of_lines`"));
    }
}

#[test]
fn trap_repeats_the_last_line_of_its_call() {
    let run = |code: &str| export("run", &format!("{} {} {code}", log(3), log(37)), "(i64.const 0)");
    let panic = "panicked at src/lib.rs:7:5: no digits";
    let mut instance = start(&(run("unreachable") + &export("later", "unreachable", "(i64.const 0)")));
    let error = trap(&mut instance, "run");
    assert!(error.to_string().ends_with(&format!("unreachable in `function 6`: {panic}")), "{error}");
    assert!(logged(&error) == Some(panic), "{error:?}");
    // that of another call is no reason
    let later = trap(&mut instance, "later");
    assert!(logged(&later).is_none(), "{later:?}");

    let error = trap(&mut start(&run("(drop (i32.load (i32.const -1)))")), "run").to_string();
    assert!(error.ends_with(&format!("access in `function 6`; its last log line: {panic}")), "{error}");
}

#[test]
fn trap_with_a_hostile_log_is_safe() {
    let whole = export("whole", &(log(47) + "unreachable"), "(i64.const 0)");
    let error = trap(&mut start(&whole), "whole").to_string();
    assert!(error.contains(r"no digits\u{1b}[2K\u{202e}"), "{error}");

    // cut within a character, in the memory that the instance pays for
    let long = format!(r#"(data (i32.const 0) "a{}")"#, "\\e2\\82\\ac".repeat(400));
    let error =
        trap(&mut start(&(long + &export("long", &(log(65_536) + "unreachable"), "(i64.const 0)"))), "long");
    let line = logged(&error).unwrap();
    assert_eq!((line.len(), line.ends_with('\u{20ac}')), (1024, true), "1 + 341 * 3 bytes");
    assert!(error.to_string().len() < 1100, "{error}");

    let bad = format!("{}(call $log (i32.const 4) (i32.const -1) (i32.const 9)) unreachable", log(5));
    let error = trap(&mut start(&export("bad", &bad, "(i64.const 0)")), "bad");
    assert!(logged(&error).is_none(), "{error:?}");
}

#[test]
fn log_line_is_kept_in_the_memory_of_the_instance() {
    let run = export("run", &(log(5) + &log(9)), "(i64.const 0)");
    let mut instance = start(&run);
    let memory = instance.state::<MemoryBudget>().unwrap().clone();
    let before = memory.used();
    for _ in 0..3 {
        instance.call::<_, ()>("run", ()).unwrap();
    }
    assert_eq!(memory.used() - before, 1024);
}
