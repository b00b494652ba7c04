//! The host functions that a plugin imports, against what is granted to it.

use crate::error::{Code, Problem, Problems};
use crate::policy::{Grants, Manifest, Report};
use crate::spec::FnMetadata;

/// A plugin has an index of 16 bits for each host function that it imports, and one value for "not imported".
const MOST_FUNCTIONS: usize = u16::MAX as usize;

/// Checks the imports of a plugin against what is granted to it.
///
/// # Errors
/// `H0310` for each function whose capability is not granted.
pub fn check_grants(
    plugin: &str,
    manifest: Option<&Manifest>,
    imports: impl Iterator<Item = &'static FnMetadata> + Clone,
    granted: &Grants,
) -> Result<(), Problems> {
    let cut = manifest.map(|manifest| manifest.effective(granted));
    let effective = cut.as_ref().unwrap_or(granted);
    let allows = |spec: &FnMetadata| spec.capability().is_none_or(|capability| effective.allows(capability));
    if imports.clone().all(allows) {
        return Ok(());
    }
    Problems::check(Report::new(plugin, manifest, imports, granted).refusals().cloned().collect())
}

/// Returns the problem of a plugin that imports more host functions than an instance can have.
pub(crate) fn too_many_functions(plugin: &str, count: usize) -> Option<Problem> {
    (count >= MOST_FUNCTIONS).then(|| {
        let what = format!("it imports {count} host functions, limit {}", MOST_FUNCTIONS - 1);
        Problem::new(Code::UnknownImport, format!("plugin `{plugin}`"), what, "import fewer functions")
    })
}
