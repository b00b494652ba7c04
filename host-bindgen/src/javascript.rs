//! Names of host functions in JavaScript, for the packer of plugins and for their types.

use hostfn_core::{FunctionRow, Shape};

/// Another name of a function of the toolkit's host modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Alias {
    /// The module that exports it: `host:sql`.
    pub specifier: &'static str,
    /// The other name: `openSql`.
    pub name: &'static str,
    /// The function's own name: `openWrite`.
    pub stands_for: &'static str,
    /// The function that is called instead where the only argument is `":memory:"`.
    pub in_memory: Option<&'static str>,
}

/// Every alias.
pub const ALIASES: [Alias; 3] = [
    Alias { specifier: "host:kv", name: "openKv", stands_for: "openToWrite", in_memory: None },
    Alias { specifier: "host:sql", name: "openSql", stands_for: "openWrite", in_memory: Some("openMemory") },
    Alias { specifier: "host:ffi", name: "dlopen", stands_for: "load", in_memory: None },
];

/// The module that exports the function, after its host module or the one it is imported from: `host:kv`.
pub fn specifier(row: &FunctionRow) -> String {
    format!("host:{}", row.group.as_deref().unwrap_or(&row.module))
}

/// The exported name: without the host module's prefix, in camel case.
pub fn export_name(row: &FunctionRow) -> String {
    let prefix = row.group.as_deref().and_then(|group| row.name.strip_prefix(group)?.strip_prefix('_'));
    camel(prefix.filter(|rest| !rest.is_empty()).unwrap_or(&row.name))
}

/// The Rust type of the resource whose class has the function as a method: that of a handle as first parameter.
pub fn method_of(row: &FunctionRow) -> Option<&str> {
    match row.params.first().map(|param| &param.shape) {
        Some(Shape::Handle(resource)) => Some(resource),
        _ => None,
    }
}

/// Returns true if the function closes the handle that it takes. Its class then has `close` and `Symbol.dispose`.
pub fn closes(row: &FunctionRow) -> bool {
    row.params.len() == 1 && method_of(row).is_some() && export_name(row).starts_with("close")
}

/// `compare_and_set` as `compareAndSet`.
///
/// ```
/// assert_eq!(hostfn_bindgen::javascript::camel("sha256_of"), "sha256Of");
/// ```
pub fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut is_start = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            is_start = !out.is_empty();
        } else if std::mem::take(&mut is_start) {
            out.push(c.to_ascii_uppercase());
        } else {
            out.push(c);
        }
    }
    if out.starts_with(|c: char| c.is_ascii_digit()) || out.is_empty() {
        out.insert(0, '_');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::camel;

    #[test]
    fn names_are_in_camel_case() {
        let names = ["compare_and_set", "greet", "draw-figure", "sha256_of", "2d", "alreadyCamel"].map(camel);
        assert_eq!(names, ["compareAndSet", "greet", "drawFigure", "sha256Of", "_2d", "alreadyCamel"]);
    }
}
