//! The lock of a host that has modules.

use hostfn::Registry;
use hostfn::testing::{assert_listing, assert_listing_of};
use hostfn_modules::{clock, kv};

/// Without the modules' functions it would pass, whatever they become.
#[test]
#[should_panic(
    expected = "the program links modules whose functions are not among those that `Registry::collect` finds: "
)]
fn collected_listing_of_a_program_with_modules_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join("hostfn.lock");
    std::fs::write(&lock, Registry::collect().unwrap().listing().to_lock()).unwrap();
    assert_listing(&lock);
}

#[test]
fn listing_of_the_host_s_registry_covers_its_modules() {
    let registry = |module: hostfn::HostModule| Registry::builder().module(module).build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join("hostfn.lock");
    std::fs::write(&lock, registry(clock::module()).listing().to_lock()).unwrap();
    assert_listing_of(&registry(clock::module()).listing(), &lock);
    let other = registry(kv::module().memory("notes").into()).listing();
    let refused = std::panic::catch_unwind(|| assert_listing_of(&other, &lock));
    assert!(refused.unwrap_err().downcast_ref::<String>().unwrap().contains("kv_open"));
}
