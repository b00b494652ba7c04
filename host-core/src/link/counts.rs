//! Sizes that a module declares, checked before any part of it is kept.

use wasmparser::{Encoding, Parser, Payload};

use super::measure;
use crate::error::Problem;
use crate::policy::{LoadLimits, Metric};

/// Refuses a module with more bytes than the limits allow.
///
/// # Errors
/// `H0340` when there are too many.
pub(super) fn check_bytes(plugin: &str, bytes: u64, limits: &LoadLimits) -> Result<(), Problem> {
    measure::check(plugin, Metric::ModuleBytes, bytes, limits)
}

/// Refuses a module with more bytes, imports or functions than the limits allow. Reading one keeps a few hundred bytes for
/// each import and function; this check keeps nothing.
///
/// # Errors
/// `H0340` when there are too many.
pub(super) fn check_counts(plugin: &str, wasm: &[u8], limits: &LoadLimits) -> Result<(), Problem> {
    check_bytes(plugin, wasm.len() as u64, limits)?;
    for payload in Parser::new(0).parse_all(wasm) {
        let (metric, count) = match payload {
            Ok(Payload::ImportSection(imports)) => (Metric::Imports, imports.count()),
            Ok(Payload::FunctionSection(functions)) => (Metric::Functions, functions.count()),
            // the reader refuses a module that cannot be read
            Ok(Payload::CodeSectionStart { .. } | Payload::Version { encoding: Encoding::Component, .. })
            | Err(_) => break,
            Ok(_) => continue,
        };
        measure::check(plugin, metric, count.into(), limits)?;
    }
    Ok(())
}
