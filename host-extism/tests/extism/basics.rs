use hostfn::Grants;
use hostfn_extism::{ExtismPlugin, Values};

use super::{C, Host, RUST, grants, guest};

fn number(bytes: Vec<u8>) -> u64 {
    u64::from_le_bytes(bytes.try_into().unwrap())
}

#[test]
fn unmodified_guest_in_rust_calls_functions_of_all_kinds() {
    let host = Host::new();
    let mut plugin = host.load(&RUST, &grants()).unwrap();
    assert_eq!(plugin.call("hello", b"Ada").unwrap(), b"Hello, Ada!");
    assert_eq!(plugin.call("hello", "añb 🦀".as_bytes()).unwrap(), "Hello, añb 🦀!".as_bytes());
    assert_eq!(plugin.call("hello", b"").unwrap(), b"Hello, !");
    assert_eq!(number(plugin.call("sum", &100u64.to_le_bytes()).unwrap()), 4950);
    assert_eq!(plugin.call("scalars", b"").unwrap(), 5.75f64.to_le_bytes());
    assert_eq!(plugin.call("found", b"Emma").unwrap(), b"shelf 3");
    assert_eq!(plugin.call("found", b"Ulysses").unwrap(), b"none");
    assert_eq!(number(plugin.call("cost", b"Emma").unwrap()), 400);
    let book = plugin.call("book", b"").unwrap();
    let expected = r#"{"title":"EMMA","pages":475,"price":4.0,"cover":[255,1],"tags":["a\"b","shelved"]}"#;
    assert_eq!(String::from_utf8(book).unwrap(), expected);
}

#[test]
fn bytes_of_every_length_are_unchanged() {
    let host = Host::new();
    let mut plugin = host.load(&RUST, &grants()).unwrap();
    for len in [0, 1, 15, 16, 255, 256, 65_535, 65_536, 300_000] {
        let data: Vec<u8> = (0..len).map(|at: u32| at.to_le_bytes()[0] ^ 0x5a).collect();
        let reversed: Vec<u8> = data.iter().rev().copied().collect();
        assert_eq!(plugin.call("echo", &data).unwrap(), reversed, "{len}");
    }
}

#[test]
fn guest_in_c_calls_two_namespaces() {
    let host = Host::new();
    let mut plugin = host.load(&C, &grants()).unwrap();
    assert_eq!(plugin.call("hello", b"Ada").unwrap(), b"Hello, Ada!");
    assert_eq!(number(plugin.call("sum", b"").unwrap()), 10);
    assert_eq!(host.lines().len(), 11);
}

#[test]
fn values_are_messagepack_where_the_host_says_so() {
    let host = Host::new();
    // {"title": "a", "pages": 1, "price": 2.0, "cover": bin, "tags": []}, the text after the block's length
    let book =
        b"\x85\xa5title\xa1a\xa5pages\x01\xa5price\xcb\x40\0\0\0\0\0\0\0\xa5cover\xc4\x01\x07\xa4tags\x90";
    let mut stores = String::new();
    for (at, byte) in book.iter().enumerate() {
        stores += &format!("(call $store_u8 (i64.add (local.get $b) (i64.const {at})) (i32.const {byte}))");
    }
    let body = format!(
        "(local $b i64) (local.set $b (call $alloc (i64.const {}))) {stores}
         (local.set $b (call $shelve (local.get $b)))
         (call $output_set (local.get $b) (call $length (local.get $b)))",
        book.len()
    );
    let wasm = guest(r#"(import "host" "shelve" (func $shelve (param i64) (result i64)))"#, &body);
    let loader = ExtismPlugin::loader(&host.composition).values(Values::MessagePack);
    let mut plugin = loader.load(&wasm, &Grants::none()).unwrap();
    let reply = plugin.call("run", b"").unwrap();
    assert_eq!(&reply[..7], b"\x85\xa5title");
    assert!(reply.windows(7).any(|part| part == b"shelved"));
    // as JSON, the same block is nonsense
    let error = host.load(&wasm, &Grants::none()).unwrap().call("run", b"").unwrap_err();
    assert!(error.to_string().contains("bad_input"), "{error}");
}
