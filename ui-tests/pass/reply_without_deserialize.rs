use hostfn::{HostFn, host_fn};
use serde::Serialize;

#[derive(Serialize)]
struct Report {
    lines: u32,
}

#[host_fn(capability = none)]
fn report() -> Report {
    Report { lines: 3 }
}

#[host_fn(capability = none)]
fn try_report() -> Result<Report, std::convert::Infallible> {
    Ok(report())
}

fn main() {
    assert!(report::SPEC.reply().type_name().ends_with("Report"));
    assert!(report::SPEC.reply().error().is_none());
    assert!(try_report::SPEC.reply().error().is_some());
    assert_eq!(report::SPEC.reply().shape(), try_report::SPEC.reply().shape());
}
