//! What a module says it has so many of, looked at before any of it is kept.

use wasmparser::{Encoding, Parser, Payload};

use super::measure::{Peak, problem};
use crate::error::Problem;
use crate::policy::{LoadLimits, Metric};

/// Refuses a module with more imports or functions than the limits allow. Reading one keeps a few hundred bytes for each
/// of them, and this keeps nothing.
///
/// # Errors
/// `H0340` when there are too many.
pub(crate) fn check_counts(plugin: &str, wasm: &[u8], limits: &LoadLimits) -> Result<(), Problem> {
    for payload in Parser::new(0).parse_all(wasm) {
        let (metric, count) = match payload {
            Ok(Payload::ImportSection(imports)) => (Metric::Imports, imports.count()),
            Ok(Payload::FunctionSection(functions)) => (Metric::Functions, functions.count()),
            // a module that cannot be read is refused by who reads it
            Ok(Payload::CodeSectionStart { .. } | Payload::Version { encoding: Encoding::Component, .. })
            | Err(_) => break,
            Ok(_) => continue,
        };
        let limit = limits.get(metric);
        if u64::from(count) > limit {
            return Err(problem(plugin, None, metric, Peak { value: count.into(), at: None }, limit));
        }
    }
    Ok(())
}
