//! Cases that a plugin's author cannot reach: engines of other settings, and entries that were never tagged.

use wasmtime::{Config, Engine, Module};

use super::{Cache, Cached, Compiled, Id, MAGIC};

const WASM: &[u8] = b"\0asm\x01\0\0\0";

fn engine(set: impl FnOnce(&mut Config) -> &mut Config) -> Engine {
    let mut config = Config::new();
    set(&mut config);
    Engine::new(&config).unwrap()
}

fn cached(cache: &Cache, engine: &Engine, wasm: &[u8]) -> Cached {
    let make = || Ok(Compiled { module: Module::new(engine, wasm).unwrap(), code: None });
    cache.module(engine, wasm, make).unwrap().1
}

#[test]
fn every_setting_that_changes_code_has_entries_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::open(dir.path()).unwrap();
    let engines = [
        engine(|config| config),
        engine(|config| config.epoch_interruption(true)),
        engine(|config| config.consume_fuel(true)),
        engine(|config| config.wasm_multi_memory(false)),
        engine(|config| config.memory_reservation(1 << 20)),
        engine(|config| config.cranelift_nan_canonicalization(true)),
        engine(|config| config.cranelift_opt_level(wasmtime::OptLevel::None)),
    ];
    for engine in &engines {
        assert_eq!(cached(&cache, engine, WASM), Cached::Miss);
    }
    for engine in &engines {
        assert_eq!(cached(&cache, engine, WASM), Cached::Hit);
    }
}

#[test]
fn what_code_does_not_depend_on_shares_entries() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::open(dir.path()).unwrap();
    assert_eq!(cached(&cache, &engine(|config| config.max_wasm_stack(1 << 18)), WASM), Cached::Miss);
    assert_eq!(cached(&cache, &engine(|config| config.max_wasm_stack(1 << 19)), WASM), Cached::Hit);
}

#[test]
fn the_version_of_wasmtime_is_part_of_the_name() {
    use wasmtime::ModuleVersionStrategy::{Custom, None, WasmtimeVersion};
    let names = [WasmtimeVersion, None, Custom("48.0.7".to_owned()), Custom("48.0.8-patched".to_owned())]
        .map(|version| Id::new(&engine(|config| config.module_version(version).unwrap()), WASM).file_name());
    for (i, name) in names.iter().enumerate() {
        assert_eq!(name.len(), 64);
        assert!(!names[..i].contains(name));
    }
}

#[test]
fn a_module_is_vouched_for_under_its_own_name_only() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::open(dir.path()).unwrap();
    let engine = engine(|config| config);
    let (id, other) = (Id::new(&engine, WASM), Id::new(&engine, b"another"));
    cached(&cache, &engine, WASM);
    let entry = cache.directory.read(&id.file_name()).unwrap();
    assert!(cache.vouched(&engine, &id, &entry).is_some());
    assert!(cache.vouched(&engine, &other, &entry).is_none());
}

#[test]
fn code_that_is_sound_and_was_not_tagged_is_not_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::open(dir.path()).unwrap();
    let engine = engine(|config| config);
    let code = Module::new(&engine, WASM).unwrap().serialize().unwrap();
    let id = Id::new(&engine, WASM);
    let bare = cache.keyed.clone();
    let tags = [[0; 32], hmac::Mac::finalize(bare).into_bytes().into(), id.0];
    for tag in tags {
        let entry = [&MAGIC[..], &tag, &code].concat();
        assert!(cache.vouched(&engine, &id, &entry).is_none());
    }
    assert!(cache.vouched(&engine, &id, &code).is_none());
}

#[test]
fn a_tag_made_for_another_format_is_not_taken() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::open(dir.path()).unwrap();
    let engine = engine(|config| config);
    let id = Id::new(&engine, WASM);
    cached(&cache, &engine, WASM);
    let mut entry = cache.directory.read(&id.file_name()).unwrap();
    entry[MAGIC.len() - 1] += 1;
    assert!(cache.vouched(&engine, &id, &entry).is_none());
}
