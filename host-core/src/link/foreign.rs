//! Imports that no host function can be: what they come from, and how to build without them.

use hostfn_abi::names;
use wasmparser::{ExternalKind, TypeRef};

use super::module::{Import, ModuleInfo, place};
use crate::error::{Code, Problem, printable};

/// What an import that the host does not have comes from, where that is known: what is wrong, and what helps.
struct Origin {
    code: Code,
    what: &'static str,
    remedy: &'static str,
}

const fn origin(what: &'static str, remedy: &'static str) -> Origin {
    Origin { code: Code::ForeignImport, what, remedy }
}

const PLAIN_TARGET: &str = "build it for `wasm32-unknown-unknown`";

/// The problem of an import that a toolchain made and no host function can be; `None` where it may be a host function
/// that this host lacks.
pub(super) fn problem(plugin: &str, import: &Import<'_>) -> Option<Problem> {
    let Origin { code, what, remedy } = of(import)?;
    let place = format!(
        "{}, import `{}` of module `{}`",
        place(plugin),
        printable(import.name),
        printable(import.module)
    );
    Some(Problem::new(code, place, what, remedy))
}

fn of(import: &Import<'_>) -> Option<Origin> {
    let owned = |what, remedy| Some(Origin { code: Code::ImportedMemory, what, remedy });
    let position_independent = "link it as an executable or `cdylib`, without `--shared` and `--pie`";
    if import.module == names::HOST {
        return None;
    }
    match (import.module, import.name, &import.ty) {
        ("GOT.mem" | "GOT.func", ..)
        | ("env", "__memory_base" | "__table_base" | "__stack_pointer", TypeRef::Global(_)) => owned(
            "it was linked as position-independent code, to be loaded into another module",
            position_independent,
        ),
        (.., TypeRef::Memory(_)) => owned(
            "it imports its memory, and a plugin has a memory of its own",
            "link it without `--import-memory`",
        ),
        (.., TypeRef::Table(_)) => owned(
            "it imports its table, and a plugin has tables of its own",
            "link it without `--import-table`",
        ),
        (module, name, TypeRef::Func(_) | TypeRef::FuncExact(_)) => of_function(module, name),
        (.., TypeRef::Global(_) | TypeRef::Tag(_)) => None,
    }
}

fn of_function(module: &str, name: &str) -> Option<Origin> {
    let js = module.strip_suffix(".js").is_some_and(|path| path.starts_with("./"));
    Some(match (module, name) {
        (
            "__wbindgen_placeholder__"
            | "__wbindgen_externref_xform__"
            | "__wbindgen_anon_externref_xform__"
            | "wbg",
            _,
        ) => origin(
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
        ("env", _) => origin(
            "it is declared in the plugin's code and not defined; the linker imports such functions from `env`",
            "define it, link the library that does, or import it from the host's module by the generated bindings",
        ),
        _ if js => origin("it was built for JavaScript, which this host does not run", PLAIN_TARGET),
        _ => return None,
    })
}

fn is_emscripten(name: &str) -> bool {
    ["emscripten_", "_emscripten_", "__syscall_", "invoke_", "__cxa_throw", "_embind_"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// The constructors of a C or C++ module (and of Rust's, where it links one). A linker calls them from `_initialize`, or
/// from each export; where they are exported and `_initialize` is not, it leaves that to whoever runs the module. The ABI
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
