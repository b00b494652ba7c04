//! The plugins of a directory, of which new versions replace old ones.

use hostfn::error::Code;
use hostfn::wasm::PluginSet;
use pollster::block_on;

use crate::pool::{granted, plugin_host, version};

#[test]
fn plugin_digest_is_that_of_its_module() {
    let (host, wasm) = (plugin_host(), version(1, ""));
    let (plugin, same) = (host.load("probe", &wasm).unwrap(), host.load("other", &wasm).unwrap());
    let other = host.load("probe", &version(2, "")).unwrap();
    assert_eq!(plugin.digest(), same.digest());
    assert_ne!(plugin.digest(), other.digest());
    let empty = b"\0asm\x01\0\0\0\x05\x03\x01\0\x01\x07\x0a\x01\x06memory\x02\0";
    let empty = host.load("empty", empty).unwrap();
    // `sha256sum` of these bytes
    assert_eq!(empty.digest(), "86b83c292b6362ce9b0e8b468f00c88186366ca4292be39a7acb5808d9f13d39");
}

fn call_version(set: &PluginSet, name: &str) -> u8 {
    block_on(set.pool(name).unwrap().call("version", ())).unwrap()
}

#[test]
fn plugin_set_adds_replaces_and_removes() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name);
    std::fs::write(file("a.wasm"), version(1, "")).unwrap();
    std::fs::write(file("b.wasm"), version(1, "")).unwrap();
    let set = PluginSet::new(&plugin_host(), directory.path(), |plugin| plugin.pool(&granted()).size(2));
    assert_eq!(block_on(set.refresh()).unwrap().added(), ["a", "b"]);
    let same = block_on(set.refresh()).unwrap();
    assert!(same.added().is_empty() && same.replaced().is_empty() && same.removed().is_empty());

    let held = set.pool("a").unwrap();
    let mut held = block_on(held.lease()).unwrap();
    std::fs::write(file("a.wasm"), version(2, "")).unwrap();
    std::fs::remove_file(file("b.wasm")).unwrap();
    let report = block_on(set.refresh()).unwrap();
    assert_eq!((report.replaced(), report.removed()), (&["a".to_owned()][..], &["b".to_owned()][..]));
    assert_eq!(call_version(&set, "a"), 2);
    assert_eq!(block_on(held.call_async::<_, u8>("version", ())).unwrap(), 1, "the lease lost its instance");
    assert!(set.pool("b").is_none());
}

#[test]
fn plugin_set_keeps_the_old_version_of_a_refused_one() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a.wasm");
    std::fs::write(&file, version(1, "")).unwrap();
    let set = PluginSet::new(&plugin_host(), directory.path(), |plugin| plugin.pool(&granted()).size(2));
    block_on(set.refresh()).unwrap();
    let broken = version(3, "(func (export \"plugin_init\") (result i32) (i32.const -6))");
    for (bytes, code) in [(b"\0asm garbage".to_vec(), Code::NotAModule), (broken, Code::InitFailed)] {
        std::fs::write(&file, bytes).unwrap();
        let report = block_on(set.refresh()).unwrap();
        let refused: Vec<_> = report.refused().iter().map(|(path, error)| (path, error.code())).collect();
        assert_eq!(refused, [(&file, code)]);
        assert!(report.removed().is_empty());
        assert_eq!(call_version(&set, "a"), 1);
    }
    std::fs::write(&file, version(2, "")).unwrap();
    assert_eq!(block_on(set.refresh()).unwrap().replaced(), ["a"]);
    assert_eq!(call_version(&set, "a"), 2);
}
