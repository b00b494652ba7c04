//! A granted call allocates nothing in the toolkit. Counted by the allocator, through a real
//! guest.

use allocation_counter::measure;
use hostfn::abi::codec;
use hostfn::{Grants, Host, HostFn, HostFnSpec, Instance, capabilities, host_fn};
use test_support::probe::{export, guest, registry};

capabilities! {
    /// Do sums.
    pub SUMS = "sums";
    /// Read files beneath granted directories.
    pub FS_READ = "fs.read" in path;
}

/// The calls that were made so far.
#[derive(Default)]
struct Calls(u64);

/// Add two numbers.
#[host_fn(capability = SUMS)]
fn add(a: u64, b: u64) -> u64 {
    a.wrapping_add(b)
}

/// Give bytes back.
#[host_fn(capability = none)]
fn echo(data: &[u8]) -> &[u8] {
    data
}

/// Count a call, within budgets.
#[host_fn(capability = none, max_args = "1 KiB", max_reply = "1 KiB", quota = 1_000_000)]
fn count(#[state] calls: &mut Calls) -> u64 {
    calls.0 += 1;
    calls.0
}

/// Returns how long a path is.
#[host_fn(capability = FS_READ(path))]
fn length(path: &str) -> usize {
    path.len()
}

/// Greet.
#[host_fn(capability = none)]
fn greet(name: &str) -> String {
    ["Hello, ", name].concat()
}

const MANY: u64 = 1000;

/// A guest with a reply window and the exports `one` and `many`, which make the call so often.
fn calling(spec: &'static HostFnSpec, args: &[u8], window: u32) -> Instance {
    let data: String = args.iter().map(|b| format!("\\{b:02x}")).collect();
    let times = |times: u64| {
        format!(
            "(local $n i64)
            (drop (call $set_window (i32.const 4096) (i32.const {window})))
            (local.set $n (i64.const {times}))
            (loop $again
                (if (i32.wrap_i64 (call ${name} (i32.const 1024) (i32.const {len}))) (then unreachable))
                (br_if $again (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0))))",
            name = spec.name(),
            len = args.len(),
        )
    };
    let body = format!("(data (i32.const 1024) \"{data}\")")
        + &export("one", &times(1), "(i64.const 0)")
        + &export("many", &times(MANY), "(i64.const 0)");
    let host = Host::builder(registry(&[spec]))
        .state("calls", |_| Ok::<_, hostfn::Error>(Calls::default()))
        .build()
        .unwrap();
    let plugin = host.load("guest", &guest(&[spec.name()], &body)).unwrap();
    let grants = Grants::none().allow(&SUMS).allow_within(&FS_READ, ["/data/**"]).unwrap();
    plugin.instantiate(&grants).unwrap()
}

/// The allocations of `MANY` calls beyond those of one.
fn allocations_with(window: u32, spec: &'static HostFnSpec, args: impl serde::Serialize) -> u64 {
    let mut instance = calling(spec, &codec::to_vec(&args).unwrap(), window);
    let mut of = |export: &str| measure(|| instance.call::<_, ()>(export, ()).unwrap()).count_total;
    // what is made once and kept, per instance and per export, exists after the first
    of("one");
    of("many");
    let (one, many) = (of("one"), of("many"));
    many - one
}

fn allocations(spec: &'static HostFnSpec, args: impl serde::Serialize) -> u64 {
    allocations_with(512, spec, args)
}

#[test]
fn a_granted_call_allocates_nothing() {
    assert_eq!(allocations(add::SPEC, (5_u64, 70_000_u64)), 0);
    assert_eq!(allocations(count::SPEC, ()), 0);
}

#[test]
fn what_is_borrowed_and_matched_allocates_nothing() {
    assert_eq!(allocations(echo::SPEC, (serde_bytes::Bytes::new(&[7; 200]),)), 0);
    assert_eq!(allocations(length::SPEC, ("/data/a/b.txt",)), 0);
}

#[test]
fn what_the_function_itself_allocates_is_all_there_is() {
    assert_eq!(allocations(greet::SPEC, ("world",)), MANY - 1);
}

#[test]
fn a_reply_beside_the_window_reuses_its_buffer() {
    assert_eq!(allocations_with(8, echo::SPEC, (serde_bytes::Bytes::new(&[7; 60]),)), 0);
}
