//! Results of exports that become larger when they are decoded, and errors.

use std::collections::BTreeMap;

use hostfn::Error;
use hostfn::abi::Value;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::harness::{answering, guest, guests, host, start};

/// Bytes of a result.
const LONG: u32 = 12 << 20;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wide {
    #[allow(dead_code, reason = "takes up memory")]
    names: [Option<String>; 32],
}

fn answer<T: DeserializeOwned>(wasm: &[u8]) -> Result<T, Error> {
    start(&host(&[]), wasm).call("run", ())
}

fn text(text: &str) -> Vec<u8> {
    [&[0xa0 | u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
}

guests! {
    /// A dynamic result.
    fn dynamic_result_is_charged() {
        let _ = answer::<Value>(&answering(0, &[], &[0xc0], LONG));
    }

    /// A dynamic result of small maps.
    fn json_result_is_charged() {
        let _ = answer::<serde_json::Value>(&answering(0, &[], &[0x81, 0xa0, 0xc0], LONG));
    }

    /// A typed result.
    fn typed_result_is_charged() {
        let _ = answer::<Vec<Option<String>>>(&answering(0, &[], &[0xc0], LONG));
    }

    /// A typed result of maps.
    fn typed_maps_are_charged() {
        let _ = answer::<Vec<BTreeMap<String, u64>>>(&answering(0, &[], &[0x81, 0xa0, 0x00], LONG));
    }

    /// A typed result whose fields have defaults.
    fn default_fields_are_charged() {
        let _ = answer::<Vec<Wide>>(&answering(0, &[], &[0x80], LONG));
    }

    /// An error reply is bounded in bytes, and so in what becomes of them.
    fn error_reply_is_bounded() {
        let head = [vec![0x83], text("code"), text("a"), text("message"), text("b"), text("detail")].concat();
        let error = answer::<()>(&answering(-6, &head, &[0xc0], LONG)).unwrap_err();
        assert!(matches!(error, Error::Guest { reply: None, .. }), "{error}");
    }

    /// A trap's backtrace names functions, by names of a mebibyte.
    fn long_names_of_a_trap_are_bounded() {
        let name = "n".repeat(1 << 20);
        let body = format!(
            r#"(func $"{name}" (param i32) (if (i32.eqz (local.get 0)) (then unreachable))
                (call $"{name}" (i32.sub (local.get 0) (i32.const 1))))
            (func (export "run") (param i32 i32) (result i64) (call $"{name}" (i32.const 100)) (i64.const 0))"#
        );
        let error = answer::<()>(&guest(&[], 1, &[], &body)).unwrap_err();
        assert!(!format!("{error:?}").is_empty());
    }
}
