//! Zig, with `zig` or the `ziglang` package of Python.

use std::path::Path;
use std::process::Command;

use hostfn_bindgen::Language;

use super::{Compiler, between, compiled, function, round_trip};

struct Zig(Option<&'static [&'static str]>);

impl Zig {
    fn find() -> Self {
        let runs = |command: &&'static [&'static str]| {
            let ran = Command::new(command[0]).args(&command[1..]).arg("version").output();
            ran.is_ok_and(|ran| ran.status.success())
        };
        Zig([&["zig"] as &[_], &["python3", "-m", "ziglang"]].into_iter().find(runs))
    }
}

impl Compiler for Zig {
    const LANGUAGE: Language = Language::Zig;

    fn is_available(&self) -> bool {
        self.0.is_some()
    }

    fn program(&self, bindings: &str, indices: &[usize]) -> String {
        let run = |index: &usize| {
            format!(
                "export fn run_{index}(_: usize, _: u32) i64 {{\n\
                 const mark = hostfn.mark();\n\
                 defer hostfn.release(mark);\n\
                 {}\
                 return hostfn.word(if (same) 0 else -2001, 0);\n\
                 }}\n",
                body(bindings, *index)
            )
        };
        let echo = |index: &usize| {
            let head = format!("pub fn echo{index}(");
            format!("{head}{} {{\nreturn value;\n}}\n", between(bindings, &format!("///     {head}"), "\n"))
        };
        let (all_run, all_echo) = (indices.iter().map(run), indices.iter().map(echo));
        format!(
            "{}const Guest = struct {{\n{}}};\ncomptime {{ exportAll(Guest); }}\n",
            all_run.collect::<String>(),
            all_echo.collect::<String>()
        )
    }

    fn compile(&self, dir: &Path, source: &str, _indices: &[usize]) -> Result<Vec<u8>, String> {
        std::fs::write(dir.join("main.zig"), source).unwrap();
        let command = self.0.unwrap_or_default();
        let mut zig = Command::new(command[0]);
        // checks for undefined behaviour, and compiles faster
        let flags = ["-target", "wasm32-freestanding", "-fno-entry", "-rdynamic", "-O", "Debug", "-fstrip"];
        zig.args(&command[1..]).args(["build-exe", "main.zig"]).args(flags).arg("-femit-bin=main.wasm");
        compiled(&mut zig, dir)
    }
}

/// A statement that sets `name` to the value of `call`, or returns the status.
fn value(name: &str, call: &str, status: i32) -> String {
    format!("const {name} = {call} catch return hostfn.word({status}, 0);\n")
}

fn body(bindings: &str, index: usize) -> String {
    let make = function(bindings, &format!("pub fn make{index}("));
    let is_same = function(bindings, &format!("pub fn isSame{index}("));
    let flat = make.split_whitespace().collect::<Vec<_>>().join(" ");
    let ends = ["hostfn.endCall( ", "hostfn.endCall("];
    let end = ends.into_iter().find(|end| flat.contains(end)).unwrap();
    let reader = flat.split_once(end).unwrap().1;
    let at = [", true, &args", ", false, &args"].into_iter().find_map(|tail| reader.find(tail)).unwrap();
    let reader = &reader[..at];
    let writer = between(is_same, "    try ", ".write(&args, value);");
    let received = value("made", &format!("make{index}()"), -2003);
    if reader == writer {
        return received + &value("same", &format!("isSame{index}(made)"), -2002);
    }
    [
        received,
        "var to = hostfn.Writer.begin();\n".to_owned(),
        format!("{reader}.write(&to, made) catch return hostfn.word(-2007, 0);\n"),
        value("first", "isSameBytes(to.written())", -2004),
        "if (!first) return hostfn.word(-2005, 0);\n".to_owned(),
        value("bytes", "makeBytes()", -2008),
        "var from = hostfn.Reader.of(bytes);\n".to_owned(),
        value("taken", &format!("{writer}.read(&from)"), -2006),
        "from.finish() catch return hostfn.word(-2006, 0);\n".to_owned(),
        value("same", &format!("isSame{index}(taken)"), -2002),
    ]
    .concat()
}

#[test]
fn zig_guest_returns_each_type() {
    round_trip(&Zig::find(), |_| true, 0);
}
