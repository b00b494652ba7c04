//! Limits: errors in them, and limits narrowed by a manifest.

use std::time::Duration;

use hostfn_core::{Code, Limits, Problem, RequestedLimits};
use proptest::prelude::*;

fn changed(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

fn asking(change: impl FnOnce(&mut RequestedLimits)) -> RequestedLimits {
    let mut asked = RequestedLimits::default();
    change(&mut asked);
    asked
}

#[test]
fn the_defaults_are_these() {
    let limits = Limits::default();
    assert_eq!(limits.problems(), []);
    assert_eq!((limits.memory, limits.table, limits.stack), (64 << 20, 100_000, 512 << 10));
    assert_eq!((limits.args, limits.reply), (1 << 20, 16 << 20));
    assert_eq!((limits.time, limits.fuel), (Duration::from_secs(10), None));
    assert_eq!((limits.calls, limits.concurrent), (1_000_000, 1_024));
    assert_eq!((limits.log_lines, limits.log_bytes), (10_000, 4 << 20));
    assert_eq!((limits.refusals, limits.depth), (10_000, 8));
    assert_eq!(RequestedLimits::default().problems(), []);
}

#[test]
fn each_limit_has_a_least_value() {
    type Change = fn(&mut Limits);
    let table: [(&str, Change); 9] = [
        ("memory: 65535 is too little", |limits| {
            *limits = changed(|limits| (limits.args, limits.reply, limits.memory) = (1, 1, 65_535));
        }),
        ("table: 0 is too little", |limits| limits.table = 0),
        ("time: 0 is too little", |limits| limits.time = Duration::from_micros(999)),
        ("stack: 16383 is too little", |limits| limits.stack = (16 << 10) - 1),
        ("args: 0 is too little", |limits| limits.args = 0),
        ("reply: 0 is too little", |limits| limits.reply = 0),
        ("fuel: 0 is too little", |limits| limits.fuel = Some(0)),
        ("calls: 0 is too little", |limits| limits.calls = 0),
        ("concurrent: 0 is too little", |limits| limits.concurrent = 0),
    ];
    for (text, change) in table {
        let problems = changed(change).problems();
        let [problem] = &*problems else { panic!("{text}: {problems:?}") };
        assert_eq!(problem.code(), Code::BadLimit);
        assert!(problem.to_string().contains(text), "{problem}");
        assert!(problem.help().starts_with("make it at least "), "{problem}");
    }
    assert_eq!(changed(|limits| (limits.log_lines, limits.log_bytes) = (0, 1)).problems(), []);
}

#[test]
fn contradictions_come_with_everything_else_at_once() {
    let problems = changed(|limits| {
        limits.memory = 64 << 10;
        limits.args = (64 << 10) + 1;
        limits.stack = 2 << 20;
        limits.calls = 0;
        limits.concurrent = 0;
    })
    .problems();
    let places: Vec<_> = problems.iter().map(Problem::location).collect();
    assert_eq!(places, ["limits.calls", "limits.args", "limits.reply", "limits.concurrent", "limits.stack"]);
    assert_eq!(
        problems[1].to_string(),
        "H0115 limits.args: 65537 bytes never fit in a memory of 65536; make it at most `limits.memory`, or that larger"
    );
    let asked = asking(|asked| (asked.memory, asked.reply) = (Some(1 << 20), Some(2 << 20)));
    assert_eq!(asked.problems().len(), 1);
    assert_eq!(asking(|asked| asked.reply = Some(u32::MAX)).problems(), [], "the host's memory is not known");
}

#[test]
fn what_is_asked_for_makes_limits_smaller_only() {
    let host = Limits::default();
    assert_eq!(host.within(&RequestedLimits::default()), host);
    let more = asking(|asked| {
        asked.memory = Some(usize::MAX);
        asked.table = Some(usize::MAX);
        asked.time = Some(Duration::MAX);
        (asked.args, asked.reply, asked.calls) = (Some(u32::MAX), Some(u32::MAX), Some(u32::MAX));
        (asked.log_lines, asked.log_bytes) = (Some(u32::MAX), Some(u32::MAX));
        (asked.refusals, asked.depth) = (Some(u32::MAX), Some(u32::MAX));
    });
    assert_eq!(host.within(&more), host);
    let less = host.within(&asking(|asked| {
        asked.memory = Some(1 << 20);
        asked.time = Some(Duration::from_millis(5));
        asked.log_lines = Some(0);
    }));
    assert_eq!((less.memory, less.time, less.log_lines), (1 << 20, Duration::from_millis(5), 0));
    assert_eq!((less.args, less.reply), (1 << 20, 1 << 20), "no more than the memory holds");
    assert_eq!((less.stack, less.concurrent), (host.stack, host.concurrent));
}

#[test]
fn fuel_is_metered_when_either_side_says_so() {
    for (host, asked, expected) in [
        (None, None, None),
        (None, Some(5), Some(5)),
        (Some(7), None, Some(7)),
        (Some(7), Some(5), Some(5)),
        (Some(7), Some(9), Some(7)),
    ] {
        let limits = changed(|limits| limits.fuel = host);
        assert_eq!(limits.within(&asking(|limits| limits.fuel = asked)).fuel, expected);
    }
}

proptest! {
    #[test]
    fn what_has_no_problems_has_none_cut_down(
        memory in prop::option::of(64_usize << 10..1 << 33),
        args in prop::option::of(1_u32..),
        reply in prop::option::of(1_u32..),
        time in prop::option::of(1_u64..20_000),
        fuel in prop::option::of(1_u64..),
        calls in prop::option::of(1_u32..),
    ) {
        let asked = asking(|asked| {
            asked.memory = memory;
            asked.time = time.map(Duration::from_millis);
            (asked.args, asked.reply, asked.fuel, asked.calls) = (args, reply, fuel, calls);
        });
        let host = Limits::default();
        let limits = host.within(&asked);
        prop_assert_eq!(limits.problems(), []);
        prop_assert_eq!(limits.within(&asked), limits);
        prop_assert!(limits.memory <= host.memory && limits.time <= host.time && limits.calls <= host.calls);
        prop_assert!(limits.args <= host.args && limits.reply <= host.reply);
    }
}
