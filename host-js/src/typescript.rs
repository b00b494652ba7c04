//! Removes types. The parser runs inside the sandbox of a host of its own, as the engine does.

use std::sync::OnceLock;

use hostfn_core::{Code, Error, Grants, Plugin, Problem, ProblemList, Problems};

use crate::inspect;

/// Line, column, what is wrong, and what to write.
type Wrong = (u32, u32, String, String);

/// Returns true if the module is in TypeScript, which its name tells.
pub(crate) fn is_typescript(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| matches!(ending, "ts" | "mts"))
}

/// Returns a module in TypeScript with spaces in place of its types: everything else keeps its line and column.
///
/// ```
/// let script = hostfn_js::strip_types("plugin.ts", "export const twice = (n: number): number => 2 * n;")?;
/// assert_eq!(script, "export const twice = (n        )         => 2 * n;");
/// # Ok::<(), hostfn_core::Problems>(())
/// ```
///
/// # Errors
/// `H0901` for what is not TypeScript, and for syntax that cannot be left out, such as an `enum`, each with its place.
/// `H0905` for a module that is too large or too deeply nested.
pub fn strip_types(name: &str, source: &str) -> Result<String, Problems> {
    let mut problems = ProblemList::new();
    let stripped = strip(name, source, &mut problems);
    problems.into_result()?;
    Ok(stripped)
}

pub(crate) fn strip(name: &str, source: &str, problems: &mut ProblemList) -> String {
    match run(source) {
        Err(error) => problems.push(inspect::failed(name, &error)),
        Ok(Err(wrong)) => {
            for (line, column, what, help) in wrong {
                problems.push(Problem::new(Code::JsSyntax, format!("{name}:{line}:{column}"), what, help));
            }
        }
        Ok(Ok(stripped)) => return stripped,
    }
    String::new()
}

fn run(source: &str) -> Result<Result<String, Vec<Wrong>>, String> {
    static STRIPPER: OnceLock<Result<Plugin, Error>> = OnceLock::new();
    let load = || inspect::sandbox()?.load("typescript", crate::TYPESCRIPT);
    let stripper = STRIPPER.get_or_init(load).as_ref().map_err(ToString::to_string)?;
    let mut instance = stripper.instantiate(&Grants::none()).map_err(|error| error.to_string())?;
    instance.call("strip", (source,)).map_err(|error| error.to_string())
}
