//! Sections of modules.

use hostfn_core::{FunctionRecord, Host, Registry};

use super::{Case, check_linear, check_problems, in_child};

fn leb(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap());
    bytes
}

fn text(text: &str) -> Vec<u8> {
    [leb(text.len()), text.as_bytes().to_owned()].concat()
}

fn section(id: u8, body: &[u8]) -> Vec<u8> {
    [&[id][..], &leb(body.len()), body].concat()
}

fn custom(name: &str, body: &[u8]) -> Vec<u8> {
    section(0, &[&text(name), body].concat())
}

fn vector(count: usize, item: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    [leb(count), (0..count).flat_map(item).collect()].concat()
}

/// A module with a memory and these sections, before it and behind it.
fn module(before: &[u8], behind: &[u8]) -> Vec<u8> {
    let memory = section(5, &[1, 0, 1]);
    let export = section(7, &[&leb(1)[..], &text("memory"), &[2, 0]].concat());
    [b"\0asm\x01\0\0\0", before, &memory, &export, behind].concat()
}

/// A subsection of the name section.
fn names(id: u8, body: &[u8]) -> Vec<u8> {
    custom("name", &section(id, body))
}

#[test]
fn sections_are_read_in_linear_time() {
    in_child("modules::sections_are_read_in_linear_time", || {
        let host = Host::builder(Registry::builder().build().unwrap()).build().unwrap();
        let manifest = |body: &[u8]| module(&[], &custom("hostfn.manifest", body));
        let cases = [
            Case {
                name: "a long name of the module",
                input: &|n| module(&[], &names(0, &text(&"n".repeat(n)))),
            },
            Case {
                name: "names of functions",
                input: &|n| {
                    let name = |i: usize| [leb(i), text(&format!("function {i}"))].concat();
                    module(&[], &names(1, &vector(n / 20, name)))
                },
            },
            Case {
                name: "mangled names",
                input: &|n| {
                    let name = |i: usize| [leb(i), text(&"_ZN".repeat(200))].concat();
                    module(&[], &names(1, &vector(n / 605, name)))
                },
            },
            Case { name: "sections of names", input: &|n| module(&[], &names(9, &[]).repeat(n / 9)) },
            Case { name: "empty sections", input: &|n| module(&[], &custom("", &[]).repeat(n / 3)) },
            Case {
                name: "manifests",
                input: &|n| module(&[], &custom("hostfn.manifest", b"").repeat(n / 18)),
            },
            Case { name: "a manifest of brackets", input: &|n| manifest(&b"[".repeat(n)) },
            Case { name: "a manifest of dots", input: &|n| manifest(&b"a.".repeat(n / 2)) },
            Case {
                name: "records",
                input: &|n| module(&[], &custom("hostfn.functions", &b"{}\n".repeat(n / 3))),
            },
            Case {
                name: "sections of records",
                input: &|n| module(&[], &custom("hostfn.functions", b"{}").repeat(n / 21)),
            },
            Case {
                name: "imports",
                input: &|n| {
                    let ty = section(1, &[1, 0x60, 0, 0]);
                    let import = |i: usize| [text("env"), text(&format!("{i:05}")), vec![0, 0]].concat();
                    module(&[ty, section(2, &vector(n / 12, import))].concat(), &[])
                },
            },
            Case {
                name: "imports of long names",
                input: &|n| {
                    let ty = section(1, &[1, 0x60, 0, 0]);
                    let import = |i: usize| [text("host"), text(&format!("{i:0250}")), vec![0, 0]].concat();
                    module(&[ty, section(2, &vector(n / 260, import))].concat(), &[])
                },
            },
        ];
        check_linear(&cases, &|bytes| {
            // of some of them nothing is wrong
            if let Err(error) = host.load("hostile", bytes) {
                assert!(!error.problems().is_empty() && error.problems().len() <= 64);
            }
        });
    });
}

#[test]
fn records_are_read_in_linear_time() {
    in_child("modules::records_are_read_in_linear_time", || {
        let cases = [
            Case { name: "empty lines", input: &|n| [b"\n".repeat(n), b"x".to_vec()].concat() },
            Case { name: "bad lines", input: &|n| b"x\n".repeat(n / 2) },
            Case {
                name: "deep arrays",
                input: &|n| [b"[".repeat(200), b"\n".to_vec()].concat().repeat(n / 201),
            },
            Case { name: "zeros", input: &|n| b"{\0".repeat(n / 2) },
            Case { name: "bad entries", input: &|n| b"{\"contract\":1}\n".repeat(n / 15) },
            Case {
                name: "long lines",
                input: &|n| [b"[".repeat(60_000), b"\n".to_vec()].concat().repeat(n / 60_001),
            },
        ];
        check_linear(&cases, &|bytes| check_problems(FunctionRecord::read_all(bytes).map(drop)));
    });
}
