//! Imports that no host function can be: what they come from, and how to build without them.

use hostfn_abi::names;
use wasmparser::{ExternalKind, Parser, Payload, TypeRef};

use super::abi::place_of;
use super::module::{Import, ModuleInfo, place};
use crate::error::{Code, Problem};

/// The toolchain behind an import that the host lacks: the message and the remedy.
struct Origin {
    code: Code,
    what: &'static str,
    remedy: &'static str,
}

const fn origin(what: &'static str, remedy: &'static str) -> Origin {
    Origin { code: Code::ForeignImport, what, remedy }
}

pub(super) const PLAIN_TARGET: &str = "build it for `wasm32-unknown-unknown`";

/// The problem of an import that a toolchain made and no host function can be; `None` where it may be a host function
/// that this host lacks.
pub(super) fn problem(plugin: &str, import: &Import<'_>) -> Option<Problem> {
    let Origin { code, what, remedy } = of(import)?;
    Some(Problem::new(code, place_of(plugin, import), what, remedy))
}

fn of(import: &Import<'_>) -> Option<Origin> {
    let owned = |what, remedy| Some(Origin { code: Code::ImportedMemory, what, remedy });
    if import.module == names::HOST {
        return None;
    }
    if is_position_independent(import) {
        return owned(
            "it was linked as position-independent code, to be loaded into another module",
            "link it as an executable or `cdylib`, without `--shared` and `--pie`",
        );
    }
    match (import.module, import.name, &import.ty) {
        (.., TypeRef::Memory(_)) => owned(
            "it imports its memory, and a plugin has a memory of its own",
            "link it without `--import-memory`",
        ),
        (.., TypeRef::Table(_)) => owned(
            "it imports its table, and a plugin has tables of its own",
            "link it without `--import-table`",
        ),
        (module, name, TypeRef::Func(_) | TypeRef::FuncExact(_)) => of_function(module, name),
        (.., TypeRef::Global(_)) => Some(origin(
            "it imports a global variable, and a host offers functions only",
            "define it in the plugin, or link the object file that does",
        )),
        (.., TypeRef::Tag(_)) => Some(origin(
            "it imports an exception tag, and a host offers functions only",
            "build it without WebAssembly exceptions, as with `-fno-exceptions`",
        )),
    }
}

/// The problem of a module that was refused and imports an exception tag: the engine has no exceptions, so it ends such a
/// module before its imports are checked. Reads up to the imports, and no bodies of functions.
#[cold]
pub(super) fn tag(plugin: &str, wasm: &[u8]) -> Option<Problem> {
    let payloads = Parser::new(0).parse_all(wasm).map_while(Result::ok);
    let imports =
        payloads.take_while(|payload| !matches!(payload, Payload::CodeSectionStart { .. })).find_map(
            |payload| if let Payload::ImportSection(imports) = payload { Some(imports) } else { None },
        )?;
    let mut imports = imports.into_imports().map_while(Result::ok);
    let tag = imports.find(|import| matches!(import.ty, TypeRef::Tag(_)))?;
    problem(plugin, &Import { module: tag.module, name: tag.name, ty: tag.ty })
}

/// Toolchain that a plugin was built by; the imports of each are one problem.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Toolchain {
    Wasi,
    WasmBindgen,
    Go,
    Emscripten,
    Cpp,
    PositionIndependent,
}

/// The toolchain that an import reveals; `None` where each such import has a cause of its own.
pub(super) fn toolchain(import: &Import<'_>) -> Option<Toolchain> {
    if import.module.starts_with("wasi_") {
        return Some(Toolchain::Wasi);
    }
    if is_position_independent(import) {
        return Some(Toolchain::PositionIndependent);
    }
    if !matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)) {
        return None;
    }
    match (import.module, import.name) {
        (module, _) if is_bindgen(module) => Some(Toolchain::WasmBindgen),
        ("gojs" | "go", _) => Some(Toolchain::Go),
        ("env", name) if is_emscripten(name) => Some(Toolchain::Emscripten),
        ("env", name) if is_cpp(name) => Some(Toolchain::Cpp),
        _ => None,
    }
}

fn is_position_independent(import: &Import<'_>) -> bool {
    matches!(
        (import.module, import.name, &import.ty),
        ("GOT.mem" | "GOT.func", ..)
            | ("env", "__memory_base" | "__table_base" | "__stack_pointer", TypeRef::Global(_))
    )
}

fn is_bindgen(module: &str) -> bool {
    matches!(
        module,
        "__wbindgen_placeholder__"
            | "__wbindgen_externref_xform__"
            | "__wbindgen_anon_externref_xform__"
            | "wbg"
    )
}

/// Functions of the C++ runtime library, by their mangled names: `operator new` and `delete`, the namespace `std`,
/// exceptions. A function of the plugin's own that is not defined has such a name too, and another cause.
fn is_cpp(name: &str) -> bool {
    ["_Znw", "_Zna", "_Zdl", "_Zda", "_ZSt", "_ZNSt", "_ZNKSt", "__cxa_", "__gxx_personality_"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

fn of_function(module: &str, name: &str) -> Option<Origin> {
    let js = module.strip_suffix(".js").is_some_and(|path| path.starts_with("./"));
    Some(match (module, name) {
        (module, _) if is_bindgen(module) => origin(
            "it was built with `wasm-bindgen`, which needs JavaScript",
            "remove `wasm-bindgen` and `js-sys`, and features such as `js` of `getrandom` that use them",
        ),
        ("env", "abort") => origin(
            "it was built by AssemblyScript, which reports failures to `env.abort`",
            "build it with `asc --use abort=host/hostAbort` and the generated `host.ts`",
        ),
        ("env", "seed") => origin(
            "it was built by AssemblyScript, and uses `Math.random`",
            "remove `Math.random`, or use a host function for random numbers",
        ),
        ("gojs" | "go", _) => {
            origin("it was built by Go for JavaScript", "build it with TinyGo, `-target=wasm-unknown`")
        }
        ("env", name) if is_emscripten(name) => origin(
            "it was built by Emscripten, which needs JavaScript",
            "build it with clang, `--target=wasm32-unknown-unknown`",
        ),
        ("env", name) if is_cpp(name) => origin(
            "it is C++ and was linked without the C++ runtime library",
            "link that library, or build it with `-fno-exceptions -fno-rtti` and define `operator new` and `delete`",
        ),
        ("env", _) => origin(
            "it is declared in the plugin's code and not defined; the linker imports such functions from `env`",
            "define it, link the library that does, or import it from the host's module by the generated bindings",
        ),
        _ if js => origin("it was built for JavaScript, which this host does not run", PLAIN_TARGET),
        _ => return None,
    })
}

fn is_emscripten(name: &str) -> bool {
    ["emscripten_", "_emscripten_", "__syscall_", "invoke_", "_embind_"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// The constructors of a C or C++ module (and of Rust's, where it links one). A linker calls them from `_initialize`, or
/// from each export; where they are exported and `_initialize` is not, it leaves that to the embedder. The ABI
/// has no such step, so they would never run.
const CONSTRUCTORS: &str = "__wasm_call_ctors";

/// Refuses a module whose constructors nobody would call.
pub(super) fn check_constructors(plugin: &str, module: &ModuleInfo<'_>, problems: &mut Vec<Problem>) {
    let is_func = |name: &str| {
        let export = module.export(name);
        export.is_some_and(|export| matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact))
    };
    if is_func(CONSTRUCTORS) && !is_func(names::INITIALIZE) {
        problems.push(Problem::new(
            Code::ConstructorsNotCalled,
            format!("{}, export `{CONSTRUCTORS}`", place(plugin)),
            "constructors are exported, and the module has no `_initialize` that calls them",
            "link it with `-mexec-model=reactor`, or export an `_initialize` that calls `__wasm_call_ctors`",
        ));
    }
}
