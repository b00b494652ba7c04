//! C, with clang.

use std::path::Path;
use std::process::Command;

use hostfn_bindgen::Language;

use super::{Compiler, between, compiled, function, round_trip};

struct Clang;

impl Compiler for Clang {
    const LANGUAGE: Language = Language::C;

    fn is_available(&self) -> bool {
        Command::new("clang-14").arg("--version").output().is_ok()
    }

    fn program(&self, bindings: &str, indices: &[usize]) -> String {
        indices.iter().map(|index| run(bindings, *index) + &echo(bindings, *index)).collect()
    }

    fn compile(&self, dir: &Path, source: &str, _indices: &[usize]) -> Result<Vec<u8>, String> {
        let head = "#define HOSTFN_IMPLEMENTATION\n#define HOSTFN_EXPORT_ALL\n";
        std::fs::write(dir.join("main.c"), head.to_owned() + source).unwrap();
        let flags = ["--target=wasm32", "-mbulk-memory", "-std=c99", "-ffreestanding", "-nostdlib", "-O1"];
        let mut clang = Command::new("clang-14");
        clang.args(flags).args(["-fuse-ld=lld", "-Wl,--no-entry", "main.c", "-o", "main.wasm"]);
        compiled(&mut clang, dir)
    }
}

fn run(bindings: &str, index: usize) -> String {
    format!(
        "HOSTFN_EXPORT(\"run_{index}\")\n\
         int64_t run_{index}(uint32_t args, uint32_t len) {{\n    \
             (void)args, (void)len;\n    \
             uint8_t *mark = hostfn_mark();\n    \
             bool same = false;\n\
         {}    \
             hostfn_release(mark);\n    \
             return same ? 0 : (uint32_t)-2001;\n\
         }}\n",
        body(bindings, index)
    )
}

fn echo(bindings: &str, index: usize) -> String {
    let params = between(bindings, &format!("int32_t all_echo_{index}("), ");");
    let value = if params.contains("*value") { "*value" } else { "value" };
    let reply =
        if params.contains("*reply") { format!("*reply = {value};") } else { format!("(void){value};") };
    format!("int32_t all_echo_{index}({params}) {{\n    {reply}\n    return HOSTFN_OK;\n}}\n")
}

/// `expression` or the status.
fn or(expression: &str, status: i32) -> String {
    format!("    if (!({expression})) return (uint32_t){status};\n")
}

fn body(bindings: &str, index: usize) -> String {
    let make = function(bindings, &format!("static inline int32_t host_make_{index}("));
    let is_same = function(bindings, &format!("static inline int32_t host_is_same_{index}("));
    let (reader, writer) =
        (between(make, "    hostfn_read_", "(&r,"), between(is_same, "    hostfn_write_", "(&args, value);"));
    // `const T *value` or `T value`
    let (taken, passed) = match between(is_same, "(", "value,").trim() {
        pointer if pointer.ends_with('*') => {
            (pointer.trim_start_matches("const ").trim_end_matches(" *").to_owned(), "&")
        }
        plain => (plain.to_owned(), ""),
    };
    if reader == writer {
        let received = if make.contains("*reply") {
            or(&format!("host_make_{index}(&value) == HOSTFN_OK"), -2003)
        } else {
            or(&format!("host_make_{index}() == HOSTFN_OK"), -2003) + "    value = 0;\n"
        };
        let is_same = or(&format!("host_is_same_{index}({passed}value, &same) == HOSTFN_OK"), -2002);
        return format!("    {taken} value;\n{received}{is_same}");
    }
    let given = between(make, "(", " *reply)");
    let by_pointer =
        bindings.contains(&format!("hostfn_write_{reader}(hostfn_writer *w, const {given} *value)"));
    [
        format!("    {given} given;\n    {taken} taken;\n    hostfn_bytes bytes;\n"),
        or(&format!("host_make_{index}(&given) == HOSTFN_OK"), -2003),
        "    hostfn_writer w = hostfn_write();\n".to_owned(),
        format!("    hostfn_write_{reader}(&w, {}given);\n", if by_pointer { "&" } else { "" }),
        or("host_is_same_bytes(hostfn_written(&w), &same) == HOSTFN_OK && same", -2004),
        "    same = false;\n".to_owned(),
        or("host_make_bytes(&bytes) == HOSTFN_OK", -2005),
        "    hostfn_reader r = hostfn_read(bytes.ptr, bytes.len);\n".to_owned(),
        format!("    hostfn_read_{writer}(&r, &taken);\n"),
        or("hostfn_read_all(&r)", -2006),
        or(&format!("host_is_same_{index}({passed}taken, &same) == HOSTFN_OK"), -2002),
    ]
    .concat()
}

#[test]
fn c_guest_returns_each_type() {
    round_trip(&Clang, |_| true, 0);
}
