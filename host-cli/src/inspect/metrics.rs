//! Metrics of a module, with their limits.

use hostfn_core::LoadLimits;
use hostfn_core::link::ModuleInfo;

use super::report::MetricRow;

/// Returns the metrics, each with its limit and whether it passes.
pub(super) fn rows(module: &ModuleInfo<'_>, limits: &LoadLimits) -> Vec<MetricRow> {
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
