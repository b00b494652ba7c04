//! `clock` and `random`.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hostfn::{Limits, Status};
use hostfn_modules::{clock, random};
use serde_bytes::ByteBuf;
use test_support::relay::{Guest, host, limited};

const CLOCK: &str = "\"clock.read\" = true\n\"clock.sleep\" = true";

#[test]
fn the_wall_clock_is_the_host_s() {
    let mut guest = Guest::new(clock::module(), CLOCK);
    let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let told: i64 = guest.call("clock_wall", ()).unwrap();
    let after = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    assert!((before.as_nanos()..=after.as_nanos()).contains(&u128::try_from(told).unwrap()));
}

#[test]
fn the_monotonic_clock_goes_on_and_a_sleep_takes_its_time() {
    let mut guest = Guest::new(clock::module(), CLOCK);
    let before: u64 = guest.call("clock_monotonic", ()).unwrap();
    guest.call::<()>("clock_sleep", (20,)).unwrap();
    let after: u64 = guest.call("clock_monotonic", ()).unwrap();
    assert!(after - before >= 20_000_000, "{before} {after}");
}

#[test]
fn a_sleep_beyond_the_call_s_time_is_refused_at_once() {
    let mut limits = Limits::default();
    limits.time = Duration::from_millis(500);
    let mut guest = Guest::in_host(&limited([clock::module()], limits), CLOCK);
    let refused = guest.call::<()>("clock_sleep", (60_000,)).unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::QUOTA_EXCEEDED, "too_long"));
    guest.call::<()>("clock_sleep", (1,)).unwrap();
}

#[test]
fn random_bytes_are_as_many_as_asked_for_and_differ() {
    let mut guest = Guest::new(random::module(), "\"random.read\" = true");
    let mut draw = || guest.call::<ByteBuf>("random_bytes", (32,)).unwrap();
    let (one, other) = (draw(), draw());
    assert_eq!((one.len(), other.len()), (32, 32));
    assert_ne!(one, other);
    assert_ne!(guest.call::<u64>("random_u64", ()).unwrap(), guest.call::<u64>("random_u64", ()).unwrap());
}

#[test]
fn more_bytes_than_the_instance_has_memory_are_refused() {
    let mut guest = Guest::new(random::module(), "\"random.read\" = true");
    let refused = guest.call::<ByteBuf>("random_bytes", (u32::MAX,)).unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::QUOTA_EXCEEDED, "out_of_memory"));
}

#[test]
fn a_seeded_source_gives_every_instance_the_same() {
    let seeded = |seed| host([random::module().seeded(seed).into()]);
    let draw = |host| Guest::in_host(host, "\"random.read\" = true").call::<u64>("random_u64", ()).unwrap();
    let (one, other) = (seeded(1), seeded(2));
    assert_eq!(draw(&one), draw(&one));
    assert_ne!(draw(&one), draw(&other));
}

#[test]
fn random_bytes_end_with_the_call_s_time() {
    let mut limits = Limits::default();
    (limits.time, limits.memory) = (Duration::from_millis(20), 3 << 30);
    let random = random::module().seeded(1);
    let mut guest = Guest::in_host(&limited([random.into()], limits), "\"random.read\" = true");
    let before = Instant::now();
    let cut_off = pollster::block_on(guest.instance.call_async::<_, ByteBuf>("random_bytes", (1_u32 << 30,)));
    assert!(cut_off.is_err());
    // the whole draw takes about 8 s in a build without optimisations
    assert!(before.elapsed() < Duration::from_secs(4), "{:?}", before.elapsed());
}
