//! The modules of a plugin as sources: their checks, and what each imports and exports.

use std::collections::BTreeSet;

use hostfn_core::{Code, Problem, ProblemList, Problems};

use crate::table::Names;
use crate::{inspect, typescript};

/// The largest plugin, of all modules together.
pub(crate) const MOST: usize = 16 << 20;

/// The most modules of a plugin: each is read in an instance of its own.
pub(crate) const MODULES: usize = 1_000;

pub(crate) fn too_many() -> Problem {
    let what = format!("it has more than {MODULES} modules");
    Problem::new(Code::JsEngine, "the plugin", what, "bundle its modules into fewer")
}

/// Checks number, size and names.
pub(crate) fn check(sources: &[(String, String)], problems: &mut ProblemList) {
    let mut known = BTreeSet::new();
    if sources.is_empty() {
        let what = "a plugin has at least one module";
        problems.push(Problem::new(Code::JsSpecifier, "the plugin", what, "add the module that runs"));
    }
    if sources.iter().map(|(name, text)| name.len() + text.len()).sum::<usize>() > MOST {
        let what = format!("its modules have more than {} MiB", MOST >> 20);
        problems.push(Problem::new(Code::JsEngine, "the plugin", what, "leave out what it does not use"));
        return;
    }
    if sources.len() > MODULES {
        problems.push(too_many());
        return;
    }
    for (name, _) in sources {
        let is_plain =
            |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(char::is_control);
        if name.starts_with("host:") || name.contains('\\') || !name.split('/').all(is_plain) {
            let what = "this is no name of a module";
            let help = "name it by a relative path: `lib/text.js`";
            problems.push(Problem::new(Code::JsSpecifier, name, what, help));
        } else if !known.insert(name) {
            let what = "two modules have this name";
            problems.push(Problem::new(Code::JsNameClash, name, what, "give each its own name"));
        }
    }
}

/// Returns every module in JavaScript, under the same name.
pub(crate) fn scripts(sources: &[(String, String)]) -> Result<Vec<(String, String)>, Problems> {
    let mut problems = ProblemList::new();
    let script = |(name, text): &(String, String)| {
        let text = if typescript::is_typescript(name) {
            typescript::strip(name, text, &mut problems)
        } else {
            text.clone()
        };
        (name.clone(), text)
    };
    let scripts = sources.iter().map(script).collect();
    problems.into_result()?;
    Ok(scripts)
}

/// Returns the imports and exports of each module in JavaScript.
pub(crate) fn names(scripts: &[(String, String)]) -> Result<Vec<Names>, Problems> {
    let mut problems = ProblemList::new();
    let read = |(name, text): &(String, String)| {
        inspect::names(name, text).unwrap_or_else(|problem| {
            problems.push(problem);
            Names::default()
        })
    };
    let names = scripts.iter().map(read).collect();
    problems.into_result()?;
    Ok(names)
}

/// The same of one module in either language.
pub(crate) fn names_of(name: &str, text: &str) -> Result<Names, Problems> {
    if !typescript::is_typescript(name) {
        return Ok(inspect::names(name, text)?);
    }
    Ok(inspect::names(name, &typescript::strip_types(name, text)?)?)
}
