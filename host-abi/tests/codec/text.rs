//! Text is what the standard library takes for UTF-8, however long it is and wherever the bytes are that are not ASCII.

use hostfn_abi::codec::{ErrorKind, decode};

fn encoded(text: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xd9, u8::try_from(text.len()).unwrap()];
    bytes.extend_from_slice(text);
    bytes
}

#[test]
fn text_is_what_the_standard_library_takes() {
    let inserts: [&[u8]; 10] = [
        b"\x7f",
        b"\x80",
        b"\xff",
        b"\xc3",
        b"\xc3\xa9",
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xf0\x9f\x94\x94",
        b"\xf5\x80\x80\x80",
        b"\xe2\x82",
    ];
    for len in 0..=100 {
        for at in 0..=len {
            for insert in inserts {
                let mut text = vec![b'a'; len];
                text.splice(at..at, insert.iter().copied());
                let bytes = encoded(&text);
                match (decode::<&str>(&bytes), std::str::from_utf8(&text)) {
                    (Ok(decoded), Ok(expected)) => assert_eq!(decoded, expected),
                    (Err(error), Err(_)) => assert!(matches!(error.kind(), ErrorKind::NotUtf8), "{error}"),
                    (decoded, expected) => panic!("{text:x?}: {decoded:?}, not {expected:?}"),
                }
            }
        }
    }
}
