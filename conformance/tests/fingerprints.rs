//! A guest in C carries the fingerprints of the functions that it was generated for.

mod common;

use common::guest;
use conformance::listing;

/// A number of LEB128 at the front of `bytes`, which begin after it then.
fn number(bytes: &mut &[u8]) -> usize {
    let (mut n, mut shift) = (0, 0);
    while let [byte, rest @ ..] = *bytes {
        *bytes = rest;
        n |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
    }
    n
}

fn custom_section(wasm: &[u8], wanted: &str) -> Option<String> {
    let mut rest = &wasm[8..];
    while let [id, after @ ..] = rest {
        rest = after;
        let len = number(&mut rest);
        let (mut section, after) = rest.split_at(len);
        rest = after;
        if *id == 0 {
            let len = number(&mut section);
            let (name, contents) = section.split_at(len);
            if name == wanted.as_bytes() {
                return Some(String::from_utf8(contents.to_vec()).unwrap());
            }
        }
    }
    None
}

#[test]
fn a_guest_in_c_carries_them() {
    let wasm = std::fs::read(guest("c")).unwrap();
    let carried = custom_section(&wasm, "hostfn.fingerprints").unwrap();
    let rows = listing().unwrap().functions;
    let expected: String =
        rows.iter().map(|row| format!("{} {} {}\n", row.module, row.name, row.fingerprint)).collect();
    assert_eq!(carried, expected);
}
