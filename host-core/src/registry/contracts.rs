//! Checks of the contracts of a registry.

use hostfn_abi::names;

use crate::error::{Code, Problem};
use crate::spec::ContractSpec;

/// Everything that is wrong with contracts that are sorted by id, then place.
pub(super) fn contract_problems(contracts: &[&'static ContractSpec], problems: &mut Vec<Problem>) {
    for contract in contracts {
        check_names(contract, problems);
        check_unique_methods(contract, problems);
    }
    for pair in contracts.windows(2) {
        let (first, other) = (pair[0], pair[1]);
        if first.id() == other.id() {
            let parts = first.differences(other).join(" and ");
            problems.push(Problem::new(
                Code::DuplicateContractId,
                described(first),
                format!("the contract is declared at {} too, with other {parts}", other.location()),
                "declare it once and import it, or give one of them another id, `id = \"...\"`",
            ));
        }
    }
}

/// A contract and where it is declared, as problems name it.
fn described(contract: &ContractSpec) -> String {
    format!("contract `{}` ({})", contract.id().escape_debug(), contract.location())
}

fn check_names(contract: &ContractSpec, problems: &mut Vec<Problem>) {
    if !names::is_dotted(contract.id()) {
        problems.push(Problem::new(
            Code::BadContractId,
            described(contract),
            "the id is not a valid name",
            names::DOTTED_REMEDY,
        ));
    }
    for method in contract.methods() {
        for (what, name) in [("name", method.name()), ("entry symbol", method.entry())] {
            if !names::is_importable(name) {
                problems.push(Problem::new(
                    Code::BadContractId,
                    described(contract),
                    format!(
                        "the {what} `{}` cannot be exported by every guest language",
                        name.escape_debug()
                    ),
                    names::IMPORTABLE_REMEDY,
                ));
            }
        }
        if taken(method.entry()) {
            problems.push(Problem::new(
                Code::BadContractId,
                described(contract),
                format!("the ABI gives the entry symbol `{}` another meaning", method.entry()),
                "give the method another, `#[entry(\"...\")]`",
            ));
        }
    }
}

/// Returns whether the ABI gives an export of this name a meaning of its own.
fn taken(entry: &str) -> bool {
    [
        names::MEMORY,
        names::PLUGIN_ALLOC,
        names::PLUGIN_ABI_VERSION,
        names::PLUGIN_INIT,
        names::INITIALIZE,
        names::FUNCTIONS_GLOBAL,
    ]
    .contains(&entry)
}

fn check_unique_methods(contract: &ContractSpec, problems: &mut Vec<Problem>) {
    let methods = contract.methods();
    for (i, method) in methods.iter().enumerate() {
        let mut twice = |what: &str, value: &str| {
            problems.push(Problem::new(
                Code::BadContractId,
                described(contract),
                format!("two methods have the {what} `{}`", value.escape_debug()),
                "give one of them another",
            ));
        };
        if methods[..i].iter().any(|other| other.name() == method.name()) {
            twice("name", method.name());
        } else if methods[..i].iter().any(|other| other.entry() == method.entry()) {
            twice("entry symbol", method.entry());
        }
    }
}
