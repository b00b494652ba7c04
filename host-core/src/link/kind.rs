//! The kind of a file, from its first bytes.

use wasmparser::{Encoding, Parser, Payload};

use super::module::not_a_module;
use crate::error::{Code, Problem};

/// The help for what another target, or a broken tool, made.
pub(crate) const CORE_MODULE: &str = "build it for `wasm32-unknown-unknown`, as a core module";

/// Refuses anything that is not a core module, with a remedy for its kind.
pub(super) fn check(plugin: &str, wasm: &[u8]) -> Result<(), Problem> {
    let target =
        |what: &str| Err(Problem::new(Code::WrongTarget, super::module::place(plugin), what, CORE_MODULE));
    let kind = Parser::new(0).parse(wasm, true);
    if let Ok(wasmparser::Chunk::Parsed { payload: Payload::Version { encoding, .. }, .. }) = kind {
        return match encoding {
            Encoding::Module => Ok(()),
            Encoding::Component => target("it is a component"),
        };
    }
    if wasm.starts_with(b"\x7fELF") || wasm.starts_with(b"MZ") {
        return target("it is native code, or a module that was compiled already");
    }
    let remedy = "name a `.wasm` file";
    if wasm.is_empty() {
        return Err(not_a_module(plugin, "the file is empty", remedy));
    }
    if wasm.starts_with(b"\0asm") {
        let what = "it has an unknown version of the WebAssembly format";
        return Err(not_a_module(plugin, what, "fetch it again: the file may be cut off or damaged"));
    }
    // the first bytes decide: a huge text is not read to its end
    let text = wasm.get(..wasm.len().min(256)).unwrap_or_default();
    if text.trim_ascii_start().starts_with(b"(") {
        return Err(not_a_module(plugin, "it is WebAssembly as text", "assemble it, as `wat2wasm` does"));
    }
    Err(not_a_module(plugin, "not a WebAssembly module: bad magic number", remedy))
}
