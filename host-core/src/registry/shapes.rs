//! Types that are refused where they are declared.

use super::HostFnSpec;
use super::described;
use crate::error::{Code, Problem};
use crate::spec::{ContractSpec, NilOption, Param, TypeShape};

/// The options of what can be nil, in everything that crosses.
pub(super) fn shape_problems(
    specs: &[&'static HostFnSpec],
    contracts: &[&'static ContractSpec],
    problems: &mut Vec<Problem>,
) {
    for spec in specs {
        let place = described(spec);
        check(&place, spec.params(), &spec.reply().shape(), problems);
    }
    for contract in contracts {
        for method in contract.methods() {
            let place =
                format!("{}.{} ({})", contract.id().escape_debug(), method.name(), contract.location());
            check(&place, method.params(), &method.reply().shape(), problems);
        }
    }
}

fn check(place: &str, params: &[Param], reply: &TypeShape, problems: &mut Vec<Problem>) {
    for param in params {
        if let Some(TypeShape { nil_option: Some(found), .. }) = param.shape() {
            problems.push(problem(place, &format!("the parameter `{}`", param.name()), &found));
        }
    }
    if let Some(found) = &reply.nil_option {
        problems.push(problem(place, "the reply", found));
    }
}

fn problem(place: &str, part: &str, NilOption { place: field, shape }: &NilOption) -> Problem {
    let field = field.as_ref().map(|field| format!(", in `{field}`,")).unwrap_or_default();
    Problem::new(
        Code::OptionOfNil,
        place,
        format!("{part}{field} has an `{shape}`: `Some` of nil would arrive as `None`"),
        "remove the outer `Option`, or use an enum with a variant for each case",
    )
}
