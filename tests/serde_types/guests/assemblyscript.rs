//! `AssemblyScript`, with the `asc` of the conformance guests.

use std::path::{Path, PathBuf};
use std::process::Command;

use hostfn_bindgen::Language;

use super::{Compiler, between, compiled, function, round_trip};

/// `npm ci` in `conformance/guests/as` installs it.
struct Asc(PathBuf);

impl Compiler for Asc {
    const LANGUAGE: Language = Language::AssemblyScript;

    fn is_available(&self) -> bool {
        Command::new(&self.0).arg("--version").output().is_ok()
    }

    fn program(&self, bindings: &str, indices: &[usize]) -> String {
        let run = |index: &usize| {
            format!(
                "export function run_{index}(args: usize, len: i32): i64 {{\n{}\
                 return word(same.value ? 0 : -2001, 0);\n}}\n",
                body(bindings, *index)
            )
        };
        let echo = |index: &usize| {
            let types = between(bindings, &format!("    abstract echo{index}("), ";");
            let reply = if types.ends_with("void") { "" } else { " return value;" };
            format!("    echo{index}({types} {{{reply} }}\n")
        };
        let (all_run, all_echo) = (indices.iter().map(run), indices.iter().map(echo));
        format!(
            "{}class Guest extends All {{\n{}}}\nexportAll(new Guest());\n",
            all_run.collect::<String>(),
            all_echo.collect::<String>()
        )
    }

    fn compile(&self, dir: &Path, source: &str, indices: &[usize]) -> Result<Vec<u8>, String> {
        let names: String = indices.iter().map(|index| format!(", run_{index}, echo_{index}")).collect();
        let main = format!(
            "export {{ plugin_alloc, plugin_abi_version, hostfn_functions{names} }} from \"./host\";\n"
        );
        std::fs::write(dir.join("host.ts"), source).unwrap();
        std::fs::write(dir.join("main.ts"), main).unwrap();
        let mut asc = Command::new(&self.0);
        let flags = ["--runtime", "incremental", "--use", "abort=host/hostAbort", "--noColors"];
        compiled(asc.arg("main.ts").args(flags).args(["--outFile", "main.wasm"]), dir)
    }
}

/// Statements that set `name` to the reply of `call`, or return the status.
fn reply(name: &str, call: &str, status: i32) -> String {
    format!("    const {name} = {call};\n    if (!{name}.ok) return word({status}, 0);\n")
}

fn body(bindings: &str, index: usize) -> String {
    let make = function(bindings, &format!("export function make{index}("));
    let is_same = function(bindings, &format!("export function isSame{index}("));
    let (reader, writer) = (between(make, ", read_", "(r)"), between(is_same, "    write_", "(w, value);"));
    let received = reply("made", &format!("make{index}()"), -2003);
    if reader == writer {
        return received + &reply("same", &format!("isSame{index}(made.value)"), -2002);
    }
    [
        received,
        format!("    const w = new Writer();\n    write_{reader}(w, made.value);\n"),
        reply("first", "isSameBytes(w.take())", -2004),
        "    if (!first.value) return word(-2005, 0);\n".to_owned(),
        // the reader alone refers to the bytes, and a collector writes to what it frees
        "    const r = Reader.of(makeBytes().value);\n    __collect();\n".to_owned(),
        format!("    const taken = read_{writer}(r);\n"),
        "    if (!r.all()) return word(-2006, 0);\n".to_owned(),
        reply("same", &format!("isSame{index}(taken)"), -2002),
    ]
    .concat()
}

fn asc() -> Asc {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    Asc(root.join("conformance/guests/as/node_modules/.bin/asc"))
}

#[test]
fn assemblyscript_guest_returns_each_type() {
    // maps whose keys are objects
    round_trip(&asc(), |_| true, 20);
}

#[test]
fn assemblyscript_reader_keeps_its_bytes() {
    round_trip(&asc(), |case| case.name == "Struct of Word", 0);
}
