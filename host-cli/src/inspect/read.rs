//! Reading a module as a host does before it compiles it.

use hostfn_core::link::{Features, ModuleInfo};
use hostfn_core::{LoadLimits, Problem};

use super::Subject;
use super::report::MetricRow;

/// The module, with its code measured. A module that the host refuses for its features or its code is shown all the
/// same: why it is refused goes to `problems`.
///
/// # Errors
/// When it is not a module by any version of WebAssembly.
pub(super) fn module<'s>(
    subject: &Subject<'s>,
    problems: &mut Vec<Problem>,
) -> Result<ModuleInfo<'s>, Problem> {
    let refused = match measured(subject, Features::Host) {
        Ok(module) => {
            problems.extend(module.exceeded(subject.name, &subject.limits));
            return Ok(module);
        }
        Err(refused) => refused,
    };
    match measured(subject, Features::Any) {
        Ok(module) => {
            problems.push(refused);
            Ok(module)
        }
        Err(_) => Err(refused),
    }
}

fn measured<'s>(subject: &Subject<'s>, features: Features) -> Result<ModuleInfo<'s>, Problem> {
    let mut module = ModuleInfo::read(subject.name, subject.wasm, features)?;
    module.measure(subject.name, &subject.limits, || Ok::<_, Problem>(()))?;
    Ok(module)
}

/// The metrics, each with its limit and whether it passes.
pub(super) fn metrics(module: &ModuleInfo<'_>, limits: &LoadLimits) -> Vec<MetricRow> {
    let counted: Vec<_> = module.metrics.iter().collect();
    let functions = counted.iter().filter(|(metric, _)| metric.unit() == "function");
    let names = module.names_of(functions.filter_map(|(_, peak)| peak.at));
    let row = |(metric, peak): &(hostfn_core::Metric, hostfn_core::link::Peak)| MetricRow {
        name: metric.field(),
        about: metric.text(),
        value: peak.value,
        limit: limits.get(*metric),
        passes: peak.value <= limits.get(*metric),
        of: metric.unit(),
        index: peak.at.filter(|_| peak.value > 0),
        function: peak
            .at
            .filter(|_| peak.value > 0)
            .and_then(|at| names.get(&at).copied().flatten())
            .map(str::to_owned),
    };
    counted.iter().map(row).collect()
}
