use super::{Registry, described};
use crate::error::{Code, Problem};
use crate::state::{StateInit, state_problems};

/// Checks the states of a host: they fit together, and every function finds its own.
pub(crate) fn check_states(registry: &Registry, states: &[StateInit], problems: &mut Vec<Problem>) {
    state_problems(states, problems);
    for spec in registry.iter() {
        for param in spec.params() {
            if let Some(type_id) = param.state_id()
                && !states.iter().any(|state| state.type_id() == type_id)
            {
                problems.push(Problem::new(
                    Code::StateMissing,
                    described(spec),
                    format!(
                        "its parameter `{}` asks for a state of type `{}`",
                        param.name(),
                        param.type_name()
                    ),
                    format!(
                        "provide it: `Host::builder(registry).state(\"{0}\", |cx| ...)`, or `.shared(\"{0}\", value)` for \
                         a `Shared`",
                        param.name()
                    ),
                ));
            }
        }
    }
}
