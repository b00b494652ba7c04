//! Modules that are wrong in very many places.

use crate::harness::{guests, host};

fn number(mut n: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(n & 0x7f).unwrap();
        n >>= 7;
        bytes.push(if n == 0 { low } else { low | 0x80 });
        if n == 0 {
            return bytes;
        }
    }
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id][..], &number(content.len()), content].concat()
}

/// A module with so many imports that no host has.
fn importing(count: usize) -> Vec<u8> {
    let mut imports = number(count);
    for n in 0..count {
        imports.extend_from_slice(&[1, b'm', 7]);
        imports.extend_from_slice(format!("f{n:06}").as_bytes());
        imports.extend_from_slice(&[0, 0]);
    }
    // the type `() -> ()`
    let types = section(1, &[1, 0x60, 0, 0]);
    [b"\0asm\x01\0\0\0", &types[..], &section(2, &imports)].concat()
}

guests! {
    /// Imports that the host does not have.
    fn unknown_imports_are_bounded() {
        let wasm = importing(480_000);
        assert!(host(&[]).load("hostile", &wasm).is_err());
    }
}
