//! Memory that observers take for records.

use hostfn::observe::{AuditFile, Learner, Observer, Recorder};
use hostfn::scope::ScopeKind;
use hostfn::spec::LogValue;
use hostfn::{Caller, Capability, Grants, Host, HostFn, HostFnSpec, LogLevel, Registry, host_fn};

use crate::harness::{guest, guests, limits, repeat, run_export};

/// Logs the text in many fields.
#[host_fn(capability = none, collect = false)]
fn note(#[caller] caller: &Caller, text: &str) {
    let fields: Vec<(&str, LogValue<'_>)> = (0..64).map(|_| ("field", text.into())).collect();
    caller.log(LogLevel::Info, text, &fields);
}

/// Using a name.
static NAME: Capability = Capability::new("memory.name", "Use a name.").scoped(ScopeKind::Name);

#[host_fn(capability = NAME(name), collect = false)]
fn use_name(name: &str) -> u64 {
    name.len() as u64
}

fn attack(
    observer: impl Observer + 'static,
    specs: &[&'static HostFnSpec],
    granted: bool,
    wasm: &[u8],
    calls: u32,
) {
    let registry = Registry::builder().add_all(specs.iter().copied()).build().unwrap();
    let grants = if granted { registry.grant_everything() } else { Grants::none() };
    let missing = hostfn::engine::MissingCapability::Deny;
    let host = Host::builder(registry).limits(limits()).observer(observer).missing(missing).build().unwrap();
    let mut instance = host.load("hostile", wasm).unwrap().instantiate(&grants).unwrap();
    for _ in 0..calls {
        let _ = instance.call::<_, ()>("run", ());
    }
}

/// A text of 3,999 bytes as the only argument, of which the first four count the calls.
fn calling(import: &str, times: u32) -> Vec<u8> {
    let args = [&[0x91, 0xda, 0x0f, 0x9f][..], &[b'a'; 0xf9f]].concat();
    // digits in letters, so that the text stays UTF-8
    let digit = |at: u32, shift: u32| {
        format!(
            "(i32.store8 (i32.const {at}) (i32.add (i32.const 97)
                (i32.and (i32.shr_u (global.get $n) (i32.const {shift})) (i32.const 15))))"
        )
    };
    let digits: String = (0..5).map(|n| digit(1030 + n, 4 * n)).collect();
    let call = format!(
        "{digits} (global.set $n (i32.add (global.get $n) (i32.const 1)))
        (drop (call ${import} (i32.const 1024) (i32.const {})))",
        args.len()
    );
    let body = format!("(global $n (mut i32) (i32.const 0)) {}", run_export(&repeat(times, &call)));
    guest(&[import], 1, &args, &body)
}

/// Lines of 4 KiB.
fn logging() -> Vec<u8> {
    let line = "(call $log (i32.const 2) (i32.const 1024) (i32.const 4096))";
    guest(&[], 1, &[b'a'; 4096], &run_export(&repeat(1_000, line)))
}

guests! {
    /// Lines that a guest logs.
    fn recorder_of_lines_is_bounded() {
        attack(Recorder::new(), &[], true, &logging(), 100);
    }

    /// Lines with fields.
    fn recorder_of_fields_is_bounded() {
        attack(Recorder::new(), &[note::SPEC], true, &calling("note", 20_000), 1);
    }

    /// The values of granted calls.
    fn recorder_of_values_is_bounded() {
        attack(Recorder::new(), &[use_name::SPEC], true, &calling("use_name", 100_000), 1);
    }

    /// Calls that are denied, which are kept longer than others.
    fn recorder_of_denials_is_bounded() {
        let registry = Registry::builder().add(use_name::SPEC).build().unwrap();
        let grants = Grants::none().allow_scope(
            &NAME,
            hostfn::Scope::new(ScopeKind::Name, &["other"], &[]).unwrap(),
        ).unwrap();
        let host = Host::builder(registry).limits(limits()).observer(Recorder::new()).build().unwrap();
        let mut instance = host.load("hostile", &calling("use_name", 100_000)).unwrap().instantiate(&grants).unwrap();
        let _ = instance.call::<_, ()>("run", ());
    }

    /// Values that are denied, each held while the guest's allocator asks for the next one.
    fn nested_denials_are_bounded() {
        let len: u32 = 12 << 20;
        let args = [&[0x91, 0xdb][..], &len.to_be_bytes()].concat();
        let call = format!("(drop (call $use_name (i32.const 1024) (i32.const {})))", len + 6);
        let fill = format!("(memory.fill (i32.const 1030) (i32.const 97) (i32.const {len}))");
        let alloc = format!(r#"(func (export "plugin_alloc") (param i32) (result i32) {call} (i32.const 0))"#);
        let wasm = guest(&["use_name"], 200, &args, &(alloc + &run_export(&(fill + &call))));
        let scope = hostfn::Scope::new(ScopeKind::Name, &["other"], &[]).unwrap();
        let grants = Grants::none().allow_scope(&NAME, scope).unwrap();
        let registry = Registry::builder().add(use_name::SPEC).build().unwrap();
        let host = Host::builder(registry).limits(limits()).observer(Recorder::new()).build().unwrap();
        let _ = host.load("hostile", &wasm).unwrap().instantiate(&grants).unwrap().call::<_, ()>("run", ());
    }

    /// Values that are learnt.
    fn learner_is_bounded() {
        attack(Learner::new(), &[use_name::SPEC], true, &calling("use_name", 100_000), 1);
    }

    /// Records that wait for the disk.
    fn audit_queue_is_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let audit = AuditFile::create(dir.path().join("audit.jsonl")).unwrap();
        attack(audit.clone(), &[note::SPEC], true, &calling("note", 8_000), 1);
        audit.close().unwrap();
    }
}
