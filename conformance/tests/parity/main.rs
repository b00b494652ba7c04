//! One table of calls, run by every engine: the same status, code, value and record.
//!
//! An engine joins by implementing `World` in `worlds.rs`.

mod cases;
mod functions;
mod worlds;

use std::fmt::Write;

use hostfn::abi::{Value, codec};

use crate::cases::{Case, Step, cases};
use crate::worlds::{Answer, Setup, World, worlds};

/// Transcript of a case in one world: a line for each step and each record.
fn transcript(world: &dyn World, case: &Case) -> String {
    let setup = Setup::new(case);
    let mut guest = world.start(&setup);
    let (mut text, mut handle) = (String::new(), 0_u64);
    for step in &case.steps {
        let (function, answer) = match step {
            Step::Call { function, args, times } => (function, guest.call(function, args, *times)),
            Step::OnHandle(function) => {
                (function, guest.call(function, &codec::to_vec(&(handle,)).unwrap(), 1))
            }
            Step::Revoke(capability) => {
                guest.revoke(capability);
                continue;
            }
        };
        match answer {
            // handles are random numbers
            Answer::Reply(Value::Unsigned(opened)) if *function == "thing_open" => {
                handle = opened;
                writeln!(text, "{function}: a handle").unwrap();
            }
            answer => writeln!(text, "{function}: {answer}").unwrap(),
        }
        for record in guest.records() {
            writeln!(text, "  {record}").unwrap();
        }
    }
    text
}

#[test]
fn every_engine_gives_the_same_status_code_value_and_record() {
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for case in cases() {
        let able = || worlds().into_iter().filter(|world| !case.waits || world.waits());
        let transcripts: Vec<_> = able().map(|world| (world.name(), transcript(&*world, &case))).collect();
        let (first, expected) = &transcripts[0];
        for part in &case.expect {
            if !expected.contains(part) {
                wrong.push(format!("{}: {first} has no `{part}`:\n{expected}", case.name));
            }
        }
        for (name, other) in &transcripts[1..] {
            compared += 1;
            if other != expected {
                wrong.push(format!("{}: {first}\n{expected}{name}\n{other}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared >= 180, "{compared} comparisons");
}

#[test]
fn the_table_has_at_least_60_cases_of_distinct_names() {
    let mut names: Vec<_> = cases().iter().map(|case| case.name.clone()).collect();
    assert!(names.len() >= 60, "{} cases", names.len());
    names.sort();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn every_echo_of_the_suite_has_a_case() {
    let cases = cases();
    for spec in functions::registry().iter().filter(|spec| spec.name().starts_with("echo_")) {
        let called = |step: &Step| step.function() == Some(spec.name());
        assert!(cases.iter().any(|case| case.steps.iter().any(called)), "{}", spec.name());
    }
}
