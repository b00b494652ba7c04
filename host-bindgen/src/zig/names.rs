//! Names of the listing's items in Zig.

use std::collections::BTreeMap;

use crate::model::{Body, Errors, Function, Model, Variant};
use crate::names::{Names, camel, pascal, snake};

/// Keywords, which no name is.
const KEYWORDS: &[&str] = &[
    "addrspace",
    "align",
    "allowzero",
    "and",
    "anyframe",
    "anytype",
    "asm",
    "async",
    "await",
    "break",
    "callconv",
    "catch",
    "comptime",
    "const",
    "continue",
    "defer",
    "else",
    "enum",
    "errdefer",
    "error",
    "export",
    "extern",
    "fn",
    "for",
    "if",
    "inline",
    "linksection",
    "noalias",
    "noinline",
    "nosuspend",
    "opaque",
    "or",
    "orelse",
    "packed",
    "pub",
    "resume",
    "return",
    "struct",
    "suspend",
    "switch",
    "test",
    "threadlocal",
    "try",
    "union",
    "unreachable",
    "usingnamespace",
    "var",
    "volatile",
    "while",
    "_",
];

/// Names that the language has beside its keywords and the integers of each width.
const PRIMITIVES: &[&str] = &[
    "anyerror",
    "anyopaque",
    "bool",
    "c_char",
    "c_int",
    "c_long",
    "c_longdouble",
    "c_longlong",
    "c_short",
    "c_uint",
    "c_ulong",
    "c_ulonglong",
    "c_ushort",
    "comptime_float",
    "comptime_int",
    "f128",
    "f16",
    "f32",
    "f64",
    "f80",
    "false",
    "isize",
    "noreturn",
    "null",
    "true",
    "type",
    "undefined",
    "usize",
    "void",
];

/// Names that the file declares itself.
const DECLARED: &[&str] = &["hostfn", "this", "wire"];

/// Names of variables in the functions of listings.
const LOCALS: &[&str] = &["answer", "args", "entries", "err", "len", "ptr", "reply"];

/// Names of variables in other functions of the file, none of which exists at its top. Those with an underscore
/// are no function's name anyway.
const VARIABLES: &[&str] =
    &["a", "at", "b", "byte", "fields", "from", "index", "n", "one", "payload", "self", "to", "value"];

/// The parameters of the file's generic functions, and the types that others have inside.
const TYPES: &[&str] = &[
    "BitsType",
    "FloatType",
    "GuestType",
    "HandleType",
    "InnerCodec",
    "IntType",
    "ItemCodec",
    "ItemType",
    "KeyCodec",
    "KeyType",
    "PartCodec",
    "TupleType",
    "TypeCodec",
    "ValueCodec",
    "ValueType",
    "ZigType",
];

/// The errors of every call, and the status that each stands for.
const CALL_ERRORS: &[(&str, i32)] = &[
    ("NoCapability", -1),
    ("QuotaExceeded", -2),
    ("BadInput", -3),
    ("Internal", -4),
    ("NotFound", -5),
    ("Failed", -6),
    ("NoRoom", -7),
    ("Other", 0),
    ("OutOfMemory", 0),
    ("Malformed", 0),
];

/// The module whose functions stand at the top.
pub(super) const ROOT: &str = "host";

pub(super) struct ZigNames {
    pub(super) types: Vec<String>,
    pub(super) handles: Vec<String>,
    /// The error sets, and the errors of each.
    pub(super) errors: Vec<(String, Vec<String>)>,
    pub(super) modules: BTreeMap<String, String>,
    /// The functions that export the entries of a contract.
    pub(super) exports: Vec<String>,
    /// By module, or contract: what no parameter of its functions can be called.
    around: BTreeMap<String, Names>,
}

impl ZigNames {
    pub(super) fn new(model: &Model) -> Self {
        let mut taken = reserved();
        for row in model.functions.iter().filter(|row| row.module == ROOT) {
            taken.take(&function(row));
        }
        let modules = model.modules();
        let modules = modules.iter().filter(|(module, _)| *module != ROOT);
        let modules =
            modules.map(|(module, _)| ((*module).to_owned(), taken.take(&unreserved(&snake(module)))));
        let modules: BTreeMap<String, String> = modules.collect();
        let types = model.types.iter().map(|named| taken.take(&named.name)).collect();
        let errors = model.errors.iter().map(|errors| (taken.take(&errors.name), error_names(errors)));
        let errors = errors.collect();
        let exports = model.contracts.iter().map(|row| taken.take(&format!("export{}", pascal(&row.id))));
        let exports: Vec<String> = exports.collect();
        let handles: Vec<String> = model.handles.iter().map(|handle| taken.take(&handle.name)).collect();
        let around = around(model, modules.values().chain(&exports).chain(&handles));
        ZigNames { types, handles, errors, modules, exports, around }
    }

    /// The parameters of a function or a method: names of nothing that is declared around it.
    pub(super) fn params(&self, function: &Function) -> Vec<String> {
        let mut taken = self.around.get(&function.module).cloned().unwrap_or_default();
        function.params.iter().map(|param| taken.take(&unreserved(&snake(&param.name)))).collect()
    }

    /// The type of the errors of `function`.
    pub(super) fn error_of(&self, function: &Function) -> String {
        let own = function.error.map(|id| &self.errors[id].0);
        own.map_or_else(|| "hostfn.Error".to_owned(), |own| format!("(hostfn.Error || {own})"))
    }
}

/// Returns the names declared around each module and contract: those of the functions of the root and
/// of the module itself, and the file's `own` names.
fn around<'n>(model: &Model, own: impl Iterator<Item = &'n String>) -> BTreeMap<String, Names> {
    let mut root = Names::reserving(&[KEYWORDS, PRIMITIVES, DECLARED, LOCALS].concat());
    let take = |names: &mut Names, functions: &[Function]| {
        functions.iter().map(function).for_each(|name| drop(names.take(&name)));
    };
    let modules = model.modules();
    for (_, functions) in modules.iter().filter(|(module, _)| *module == ROOT) {
        take(&mut root, functions);
    }
    own.for_each(|name| drop(root.take(name)));
    let contracts = model.contracts.iter().map(|row| (row.id.clone(), root.clone()));
    let mut around: BTreeMap<String, Names> = contracts.collect();
    for (module, functions) in modules {
        let names = around.entry(module.to_owned()).or_insert_with(|| root.clone());
        if module != ROOT {
            take(names, functions);
        }
    }
    around
}

fn reserved() -> Names {
    Names::reserving(&[KEYWORDS, PRIMITIVES, DECLARED, LOCALS, VARIABLES, TYPES].concat())
}

/// The name, but for one of an integer type, such as `u8`.
fn unreserved(name: &str) -> String {
    let is_int = name
        .strip_prefix(['i', 'u'])
        .is_some_and(|bits| !bits.is_empty() && bits.chars().all(|c| c.is_ascii_digit()));
    if is_int { format!("{name}_") } else { name.to_owned() }
}

/// A function, within the module that it is imported from.
pub(super) fn function(function: &Function) -> String {
    reserved().take(&unreserved(&camel(&function.name)))
}

/// Returns the name under which a function is imported. Zig rejects a name in a module that also exists at the top.
pub(super) fn import(function: &Function) -> String {
    let prefix = if function.module == ROOT { "import" } else { "imported" };
    format!("{prefix}_{}", snake(&function.name))
}

/// A name that is any text, where it is declared.
pub(super) fn any(text: &str) -> String {
    if is_plain(text) && !PRIMITIVES.contains(&text) && unreserved(text) == text {
        return text.to_owned();
    }
    format!("@{}", super::layout::quoted(text))
}

/// The same behind a dot.
pub(super) fn any_member(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { format!("@{}", super::layout::quoted(text)) }
}

fn is_plain(text: &str) -> bool {
    crate::names::ident(text) == text && !KEYWORDS.contains(&text)
}

/// Fields of a struct, or variants of an enum.
pub(super) fn members<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut taken = Names::reserving(KEYWORDS);
    names.map(|name| taken.take(&snake(name))).collect()
}

/// The errors of a set. One that has the name of an error of every call is the same error in Zig: it keeps that name
/// where both stand for the same status.
fn error_names(errors: &Errors) -> Vec<String> {
    let call_errors: Vec<&str> = CALL_ERRORS.iter().map(|(name, _)| *name).collect();
    let (mut taken, mut shared) = (Names::reserving(&call_errors), Names::default());
    let names = errors.kinds.iter().map(|kind| {
        let wanted = pascal(&kind.code);
        let is_same = CALL_ERRORS.contains(&(wanted.as_str(), kind.status));
        if is_same && shared.take(&wanted) == wanted { wanted } else { taken.take(&wanted) }
    });
    names.collect()
}

/// Returns whether an enum is without payloads, which is one here too.
pub(super) fn is_plain_enum(variants: &[Variant]) -> bool {
    variants.iter().all(|variant| matches!(variant.body, Body::Unit))
}

#[cfg(test)]
mod tests {
    use super::{LOCALS, TYPES, VARIABLES, any, any_member, function, unreserved};

    /// Returns what is declared inside a function, or is a parameter of one, or is captured.
    fn variables(line: &str) -> Vec<&str> {
        let code = line.split("//").next().unwrap_or_default();
        let is_name = |text: &&str| {
            text.starts_with(|c: char| c.is_ascii_alphabetic())
                && text.chars().all(|c| c.is_ascii_alphanumeric())
        };
        let inner = code.strip_prefix("    ").filter(|code| !code.trim_start().starts_with("pub "));
        let declared = inner.into_iter().flat_map(|code| {
            ["const ", "var "]
                .into_iter()
                .filter_map(|word| code.trim_start().strip_prefix(word)?.split([' ', ':']).next())
        });
        let captured = code
            .split('|')
            .skip(1)
            .step_by(2)
            .flat_map(|list| list.split(", "))
            .map(|name| name.trim_start_matches('*'));
        let params =
            code.split_once("fn ").or_else(|| code.split_once("    comptime ")).into_iter().flat_map(
                |(_, params)| {
                    params.split(['(', ',']).filter_map(|param| {
                        Some(param.split_once(": ")?.0.trim().trim_start_matches("comptime "))
                    })
                },
            );
        declared.chain(captured).chain(params).filter(is_name).collect()
    }

    #[test]
    fn no_variable_of_the_runtime_can_be_the_name_of_something_at_the_top() {
        let mut seen = 0;
        for line in super::super::RUNTIME.iter().flat_map(|part| part.lines()) {
            for name in variables(line) {
                seen += 1;
                let is_known = [LOCALS, VARIABLES, TYPES].iter().any(|known| known.contains(&name));
                assert!(is_known, "`{name}` of `{line}`");
            }
        }
        assert!(seen > 100, "{seen}");
        assert_eq!(
            variables("    pub fn f(comptime A: type, b: u8) void { for (b) |*c, d| {"),
            ["c", "d", "A", "b"]
        );
    }

    #[test]
    fn names_of_the_language_are_avoided_or_quoted() {
        assert_eq!(
            [unreserved("u8"), unreserved("up"), unreserved("i")],
            ["u8_", "up", "i"].map(str::to_owned)
        );
        assert_eq!(
            ["read", "add-up", "fn", "type", "u8"].map(any),
            ["read", "@\"add-up\"", "@\"fn\"", "@\"type\"", "@\"u8\""]
        );
        assert_eq!(
            ["read", "add-up", "fn", "type"].map(any_member),
            ["read", "@\"add-up\"", "@\"fn\"", "type"]
        );
        let named = |name: &str| {
            let mut row = crate::model::Function {
                module: String::new(),
                name: String::new(),
                group: String::new(),
                since: 1,
                full_name: String::new(),
                params: Vec::new(),
                reply: crate::model::Type::Unit,
                error: None,
                fingerprint: String::new(),
                summary: String::new(),
                terms: Vec::new(),
            };
            name.clone_into(&mut row.name);
            function(&row)
        };
        assert_eq!(["add-up", "test", "hostfn", "u8"].map(named), ["addUp", "test_", "hostfn_", "u8_"]);
    }
}
