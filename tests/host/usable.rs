//! The state of an instance after each way in which a call can end.

use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use hostfn::error::{Limit, SetBy};
use hostfn::wasm::CutOff;
use hostfn::{Error, Grants, Host, HostFn, Instance, Limits, Registry, Status, host_fn};
use test_support::probe::{bare_guest, export, registry};

/// Answer with four bytes.
#[host_fn(capability = none)]
fn four() -> u32 {
    u32::MAX
}

/// Refuse whatever is said.
#[host_fn(capability = none)]
fn picky(said: &str) -> usize {
    said.len()
}

/// Break.
#[host_fn(capability = none)]
fn broken() {
    panic!("on purpose");
}

/// Wait for ever.
#[host_fn(capability = none)]
async fn never() {
    std::future::pending::<()>().await;
}

/// End the instance that another calls from.
#[host_fn(capability = none)]
fn end(#[state] life: &mut hostfn::CancelToken) {
    life.cancel();
}

fn functions() -> Registry {
    registry(&[four::SPEC, picky::SPEC, broken::SPEC, never::SPEC, end::SPEC])
}

fn host(cut_off: CutOff, change: impl FnOnce(&mut Limits)) -> Host {
    let mut limits = Limits::default();
    limits.time = Duration::from_millis(50);
    (limits.memory, limits.args, limits.reply) = (10 << 16, 1 << 16, 1 << 16);
    (limits.log_lines, limits.refusals) = (20, 20);
    change(&mut limits);
    let builder = Host::builder(functions()).limits(limits).cut_off(cut_off);
    builder.state("life", |cx| Ok::<_, Error>(cx.lifetime().clone())).build().unwrap()
}

/// A guest whose allocator does what the last byte of its first block, the arguments, says.
fn wasm(imports: &[&str]) -> Vec<u8> {
    let forever = "(loop $more (br $more))";
    let mut body = vec![
        format!(
            r#"(global $mood (mut i32) (i32.const 0))
            (func (export "plugin_alloc") (param i32) (result i32)
                (if (i32.eq (global.get $mood) (i32.const 1)) (then unreachable))
                (if (i32.eq (global.get $mood) (i32.const 2)) (then {forever}))
                (if (result i32) (i32.eq (global.get $mood) (i32.const 3))
                    (then (i32.const 0)) (else (i32.const 4096))))
            (func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))"#
        ),
        export("fine", "(global.set $mood (i32.const 0))", "(i64.const 0)"),
        export(
            "not_found",
            "",
            &format!("(i64.const {})", u64::from(Status::NOT_FOUND.code().cast_unsigned())),
        ),
        export("bad_result", "", "(i64.const 0x500000000)"),
        export("trap", "unreachable", ""),
        export("forever", forever, "(i64.const 0)"),
        export("deep", "(drop (call $deep (i32.const 0)))", "(i64.const 0)"),
        export(
            "grow",
            "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable",
            "",
        ),
        export(
            "log",
            "(loop $more (call $log (i32.const 2) (i32.const 0) (i32.const 1)) (br $more))",
            "(i64.const 0)",
        ),
    ];
    for mood in 1..=3 {
        body.push(export(
            &format!("mood{mood}"),
            &format!("(global.set $mood (i32.const {mood}))"),
            "(i64.const 0)",
        ));
    }
    let call = |name: &str| format!("(drop (call ${name} (i32.const 0) (i32.const 0)))");
    if imports.contains(&"four") {
        body.push(export("four", &call("four"), "(i64.const 0)"));
        body.push(export("end", &(call("end") + forever), "(i64.const 0)"));
        body.push(export(
            "refused",
            "(loop $more (drop (call $picky (i32.const 0) (i32.const 1))) (br $more))",
            "(i64.const 0)",
        ));
        body.push(export("broken", "", "(call $broken (i32.const 0) (i32.const 0))"));
    }
    if imports.contains(&"never") {
        body.push(export("never", &call("never"), "(i64.const 0)"));
    }
    bare_guest(imports, &body.concat())
}

const ALL: [&str; 4] = ["four", "picky", "broken", "end"];

/// The way a call ended, if it did.
type Ended = Option<Result<(), Error>>;

fn sync(host: &Host) -> Instance {
    host.load("probe", &wasm(&ALL)).unwrap().instantiate(&Grants::none()).unwrap()
}

/// Calls `before` one after the other, and `last` with these arguments; how `last` ended.
fn calls(host: &Host, before: &[&str], last: &str, args: impl serde::Serialize) -> (Instance, Ended) {
    let mut instance = sync(host);
    for export in before {
        let _ = instance.call::<_, ()>(export, ());
    }
    let ended = instance.call(last, args);
    (instance, Some(ended))
}

/// The outcome of a call on an instance of a host.
type Way = fn(&Host) -> (Instance, Ended);

/// Each row of the table: what happens.
fn ways() -> Vec<(&'static str, Way)> {
    vec![
        ("the guest returned a result", |host| calls(host, &[], "fine", ())),
        ("the guest returned an error", |host| calls(host, &[], "not_found", ())),
        ("the plugin has no such export", |host| calls(host, &[], "nowhere", ())),
        ("the arguments found no room", |host| calls(host, &["mood3"], "fine", (1,))),
        ("the result breaks the ABI", |host| calls(host, &[], "bad_result", ())),
        ("the wrong kind of call", |host| {
            let mut instance = sync(host);
            let ended = pollster::block_on(instance.call_async("fine", ()));
            (instance, Some(ended))
        }),
        ("too many calls at once", |host| {
            let host = patient(host, |limits| limits.concurrent = 1);
            let plugin = host.load("probe", &wasm(&["never"])).unwrap();
            let mut other = pollster::block_on(plugin.instantiate_async(&Grants::none())).unwrap();
            let mut instance = pollster::block_on(plugin.instantiate_async(&Grants::none())).unwrap();
            let mut call = pin!(other.call_async::<_, ()>("never", ()));
            assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            let ended = pollster::block_on(instance.call_async("fine", ()));
            (instance, Some(ended))
        }),
        ("the thread has too little stack", |host| {
            let mut instance = sync(host);
            let small = std::thread::Builder::new().stack_size(256 << 10);
            let call = small.spawn(move || {
                let ended = instance.call::<_, ()>("fine", ());
                (instance, Some(ended))
            });
            call.unwrap().join().unwrap()
        }),
        ("the guest trapped", |host| calls(host, &[], "trap", ())),
        ("the allocator trapped before the call", |host| calls(host, &["mood1"], "fine", (1,))),
        ("the allocator trapped when a host function replied", |host| calls(host, &["mood1"], "four", ())),
        ("the allocator ran out of time when a host function replied", |host| {
            calls(host, &["mood2"], "four", ())
        }),
        ("the guest ran out of time", |host| calls(host, &[], "forever", ())),
        ("the guest used up its stack", |host| calls(host, &[], "deep", ())),
        ("the guest used up its memory", |host| calls(host, &[], "grow", ())),
        ("the guest used up its log", |host| calls(host, &[], "log", ())),
        ("the guest used up its refusals", |host| calls(host, &[], "refused", ())),
        ("a host function panicked", |host| calls(host, &[], "broken", ())),
        ("a host function panicked in an earlier call", |host| calls(host, &["broken"], "fine", ())),
        ("the instance was cancelled while the guest ran", |host| calls(host, &[], "end", ())),
        ("the future of the call was dropped half-way", |host| {
            let plugin = patient(host, |_| {}).load("probe", &wasm(&["never"])).unwrap();
            let mut instance = pollster::block_on(plugin.instantiate_async(&Grants::none())).unwrap();
            {
                let mut call = pin!(instance.call_async::<_, ()>("never", ()));
                assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            }
            (instance, None)
        }),
        ("the instance is closed", |host| {
            let mut instance = sync(host);
            instance.close().unwrap();
            let ended = instance.call("fine", ());
            (instance, Some(ended))
        }),
    ]
}

fn host_cut_off(host: &Host) -> CutOff {
    if host.limits().queued == 7 { CutOff::Keep } else { CutOff::End }
}

/// A host like `like`, whose calls can wait as long as the test does on a busy machine.
fn patient(like: &Host, change: impl FnOnce(&mut Limits)) -> Host {
    host(host_cut_off(like), |limits| {
        limits.time = Duration::from_mins(10);
        change(limits);
    })
}

fn word(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// The documented table, line by line, is what happens.
#[test]
fn instance_after_each_error_is_as_documented() {
    let ending = host(CutOff::End, |_| {});
    let keeping = host(CutOff::Keep, |limits| limits.queued = 7);
    let mut rows = Vec::new();
    for (what, way) in ways() {
        let mut usable = Vec::new();
        let mut results = Vec::new();
        for host in [&ending, &keeping] {
            let (mut instance, ended) = way(host);
            let result = match &ended {
                Some(Ok(())) => "`Ok`".to_owned(),
                Some(Err(error)) => format!("`{}`", error.code()),
                None => "none".to_owned(),
            };
            usable.push(instance.is_usable());
            // what is said to be usable is, and what is not says so
            let again = if instance.is_async() {
                pollster::block_on(instance.call_async::<_, ()>("fine", ()))
            } else {
                instance.call::<_, ()>("fine", ())
            };
            assert_eq!(again.is_ok(), instance.is_usable(), "{what}: {again:?}");
            assert_eq!(again.as_ref().is_err_and(Error::ends_instance), !instance.is_usable(), "{what}");
            if let (Some(Err(error)), CutOff::End) = (&ended, host_cut_off(host))
                // the guest answers after a panic, and its answer does not tell
                && what != "a host function panicked"
            {
                assert_eq!(error.ends_instance(), !instance.is_usable(), "{what}");
            }
            results.push(result);
        }
        assert_eq!(results[0], results[1], "{what}");
        rows.push(format!("| {what} | {} | {} | {} |", results[0], word(usable[0]), word(usable[1])));
    }
    let docs = include_str!("../../host-core/src/error/usable.rs");
    let documented: Vec<_> = docs
        .lines()
        .filter_map(|line| line.trim().strip_prefix("/// "))
        .filter(|line| line.starts_with('|'))
        .collect();
    assert_eq!(documented[2..], rows);
}

#[test]
fn call_after_a_cut_off_says_why() {
    let mut instance = sync(&host(CutOff::End, |_| {}));
    assert!(instance.is_usable() && instance.poison().is_none());
    instance.call::<_, ()>("trap", ()).unwrap_err();
    assert_eq!(instance.poison(), Some("a call of `trap` was cut off by H0405"));
    let error = instance.call::<_, ()>("fine", ()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "H0418 plugin `probe`: a call of `trap` was cut off by H0405, so its memory cannot be trusted; drop the \
         instance and create another"
    );
}

#[test]
fn handle_of_a_cut_off_instance_is_not_usable() {
    let plugin = host(CutOff::End, |_| {}).load("probe", &wasm(&ALL)).unwrap();
    let (handle, owner) = plugin.instantiate(&Grants::none()).unwrap().into_handle();
    let owner = std::thread::spawn(|| pollster::block_on(owner));
    pollster::block_on(async {
        assert!(handle.is_usable());
        handle.call::<_, ()>("fine", ()).await.unwrap();
        assert!(handle.is_usable());
        let error = handle.call::<_, ()>("trap", ()).await.unwrap_err();
        assert!(error.ends_instance() && !handle.is_usable(), "{error}");
        handle.close().await.unwrap();
        assert!(!handle.is_usable());
    });
    owner.join().unwrap().unwrap();
}

#[test]
fn kept_instance_survives_2000_traps() {
    for export in ["trap", "deep", "grow", "log", "refused"] {
        let mut instance = sync(&host(CutOff::Keep, |_| {}));
        for _ in 0..2_000 {
            assert!(instance.call::<_, ()>(export, ()).is_err());
        }
        instance.call::<_, ()>("fine", (1, 2)).unwrap();
        assert!(instance.is_usable());
    }
    // and in the allocator, at every depth
    let mut instance = sync(&host(CutOff::Keep, |_| {}));
    for _ in 0..2_000 {
        instance.call::<_, ()>("mood1", ()).unwrap();
        instance.call::<_, ()>("four", ()).unwrap();
    }
    instance.call::<_, ()>("fine", ()).unwrap();
}

/// As compilers write it: each call takes a frame of a stack in memory, and gives it back when it returns.
#[test]
fn kept_instance_that_decays_says_so() {
    let frame = |body: &str| {
        format!(
            "(global.set $sp (i32.sub (global.get $sp) (i32.const 64)))
             (i32.store (global.get $sp) (i32.const 1))
             {body}
             (global.set $sp (i32.add (global.get $sp) (i32.const 64)))"
        )
    };
    let body = [
        "(global $sp (mut i32) (i32.const 65536))".to_owned(),
        format!(
            r#"(func (export "plugin_alloc") (param i32) (result i32) {} (i32.const 131072))"#,
            frame("")
        ),
        export("trap", &frame("unreachable"), "(i64.const 0)"),
        export("fine", &frame(""), "(i64.const 0)"),
    ];
    let wasm = bare_guest(&[], &body.concat());
    let plugin = host(CutOff::Keep, |_| {}).load("probe", &wasm).unwrap();
    let mut instance = plugin.instantiate(&Grants::none()).unwrap();
    for _ in 0..2_000 {
        instance.call::<_, ()>("trap", (1,)).unwrap_err();
    }
    let error = instance.call::<_, ()>("fine", (1,)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "H0405 probe.fine: the guest trapped: out of bounds memory access in `function 5`; it was cut off 2000 times before: make another instance"
    );
}

#[test]
fn remedy_names_whose_limit_was_hit() {
    let manifest =
        |limits: &str| format!("name = \"probe\"\nversion = \"1.0.0\"\nabi = 1\n[limits]\n{limits}\n");
    let ended = |asked: &str, export: &str| {
        let host = host(CutOff::End, |limits| limits.fuel = Some(1_000_000_000));
        let plugin = host.load_with_manifest(&manifest(asked), &wasm(&ALL)).unwrap();
        plugin.instantiate(&Grants::none()).unwrap().call::<_, ()>(export, ()).unwrap_err()
    };
    for (asked, export, limit) in [
        ("memory = \"384 KiB\"\nargs = \"1 KiB\"\nreply = \"1 KiB\"", "grow", Limit::Memory),
        ("log_lines = 3", "log", Limit::LogLines),
        ("log_bytes = 3", "log", Limit::LogBytes),
        ("refusals = 3", "refused", Limit::Refusals),
        ("fuel = 1_000", "forever", Limit::Fuel),
    ] {
        let error = ended(asked, export);
        let Error::Exhausted { limit: hit, set_by, .. } = &error else { panic!("{error:?}") };
        assert_eq!((*hit, *set_by), (limit, SetBy::Manifest));
        let remedy = format!("; raise `{}` under `[limits]` in its manifest", limit.field());
        assert!(error.to_string().ends_with(&remedy), "{error}");
    }
    let error = ended("time = \"20 ms\"", "forever");
    assert_eq!(
        error.to_string(),
        "H0406 probe.forever: the guest ran out of time; raise `time` under `[limits]` in its manifest"
    );
    // a manifest that asks for more, or for as much, has nothing to raise
    for asked in ["refusals = 20", "refusals = 1000"] {
        let error = ended(asked, "refused");
        assert!(error.to_string().ends_with("; give it more with `Limits::refusals`"), "{error}");
    }
}
