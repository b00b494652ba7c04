//! From a mock host's call to its record.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::Arc;

use hostfn_abi::{Status, Value, codec};

use super::block::block_on;
use super::script::Script;
use super::{Logs, MockCall};
use crate::call::{AsyncOutcome, AsyncReply, CallFailure, Caller, Env, Incoming, ReplySlot};
use crate::error::{Code, near};
use crate::observe::{Decision, Fault};
use crate::policy::{Access, Gate, Grants, Limits};
use crate::registry::{HostFnSpec, Registry};
use crate::spec::Capability;
use crate::state::States;

pub(super) struct Inner {
    registry: Registry,
    max_calls: u32,
    refusals: u32,
    refusals_left: u32,
    functions: Vec<Function>,
    gates: BTreeMap<&'static str, Arc<Gate>>,
    /// The types of the states that there are.
    provided: Vec<TypeId>,
    pub(super) env: Env,
    pub(super) calls: Vec<MockCall>,
    pub(super) logs: Logs,
}

struct Function {
    access: Access,
    script: Option<Script>,
    /// Its script is running, or scripted anew since.
    scripted: bool,
}

/// A call that has passed the gates, or not.
pub(super) enum Begun {
    Ended(ReturnProbe),
    /// It is for the script to answer.
    Scripted(Script, AsyncReply, &'static HostFnSpec, Option<String>),
}

/// How a call ended, and the value that it matched against its grant.
pub(super) type ReturnProbe = (Result<ReplySlot, CallFailure>, Option<String>);

/// A call that has been answered.
pub(super) enum Answered {
    Ended(ReturnProbe),
    Scripted(Script, AsyncOutcome, Option<String>),
}

impl Begun {
    #[track_caller]
    pub(super) fn answered(self, args: &[u8]) -> Answered {
        match self {
            Begun::Ended(ended) => Answered::Ended(ended),
            Begun::Scripted(mut script, later, spec, matched) => {
                let finished = script.run(spec, args, later).unwrap_or_else(|what| {
                    panic!("the script of `{}.{}`: {what}", spec.module(), spec.name())
                });
                Answered::Scripted(script, finished, matched)
            }
        }
    }
}

impl Inner {
    pub(super) fn new(
        registry: Registry,
        grants: &Grants,
        limits: &Limits,
        caller: Caller,
        states: States,
        provided: Vec<TypeId>,
        logs: Logs,
    ) -> Self {
        let gates = open(&registry, grants);
        let caller = caller.holding(gates.values().cloned().collect());
        let mut env = Env::new(caller, states, limits.args, limits.reply);
        env.enter();
        let mut host = Self {
            functions: Vec::new(),
            gates,
            max_calls: limits.calls,
            refusals: limits.refusals,
            refusals_left: limits.refusals,
            env,
            calls: Vec::new(),
            logs,
            registry,
            provided,
        };
        for spec in host.registry.iter() {
            let access = host.access(spec);
            host.functions.push(Function { access, script: None, scripted: false });
        }
        host
    }

    fn access(&self, spec: &'static HostFnSpec) -> Access {
        let gate = spec.capability().and_then(|capability| self.gates.get(capability.name()));
        Access::new(spec, gate.cloned(), self.max_calls)
    }

    pub(super) fn deny(&mut self, capability: &Capability) {
        if let Some(gate) = self.gates.get(capability.name()) {
            gate.close();
        }
    }

    pub(super) fn allow(&mut self, capability: &Capability) {
        if let Some(gate) = self.gates.get(capability.name()) {
            gate.reopen();
        }
    }

    pub(super) fn begin(&mut self) {
        self.refusals_left = self.refusals;
        for function in &mut self.functions {
            function.access.begin();
        }
    }

    #[track_caller]
    pub(super) fn position(&self, module: &str, name: &str) -> usize {
        self.registry.position(module, name).unwrap_or_else(|| {
            let known = self.registry.iter().filter(|spec| spec.module() == module).map(|spec| spec.name());
            let near = near(name, known).join("`, `");
            let hint = if near.is_empty() { String::new() } else { format!("; did you mean `{near}`?") };
            panic!("{} the host has no function `{name}` of module `{module}`{hint}", Code::UnknownImport)
        })
    }

    pub(super) fn spec(&self, at: usize) -> &'static HostFnSpec {
        self.registry.at(at)
    }

    pub(super) fn put(&mut self, at: usize, script: Script) {
        let function = &mut self.functions[at];
        (function.script, function.scripted) = (Some(script), true);
    }

    pub(super) fn unscript(&mut self, at: usize) {
        let function = &mut self.functions[at];
        (function.script, function.scripted) = (None, false);
    }

    /// Takes a call through the gates, and to its end where nothing is scripted.
    #[track_caller]
    pub(super) fn run(&mut self, at: usize, args: &[u8]) -> Begun {
        let spec = self.spec(at);
        let scripted = self.functions[at].scripted;
        if !scripted {
            self.refuse_without_states(spec);
        }
        self.env.record(true);
        let args_len = u32::try_from(args.len()).unwrap_or(u32::MAX);
        let Inner { functions, env, .. } = self;
        let Function { access, script, .. } = &mut functions[at];
        let incoming = Incoming { access, args, args_len, window: &mut [], env };
        let ended = if scripted {
            Err(spec.check(incoming))
        } else if spec.is_async() {
            match spec.start(incoming) {
                Ok(task) => env.finish(block_on(task), &mut []),
                Err(failed) => Err(failed),
            }
        } else {
            spec.run(incoming)
        };
        // a script may call this host itself
        let matched = env.take_scope_value();
        match (ended, script.take()) {
            (Err(failed), Some(script)) if failed.fault.is_checked() => {
                Begun::Scripted(script, self.env.later(spec), spec, matched)
            }
            (Err(failed), None) if failed.fault.is_checked() => {
                panic!(
                    "the script of `{}.{}` calls the function that it stands for",
                    spec.module(),
                    spec.name()
                )
            }
            (ended, script) => {
                self.functions[at].script = script;
                Begun::Ended((ended, matched))
            }
        }
    }

    /// Records a call and hands its reply out.
    #[track_caller]
    pub(super) fn finish(&mut self, at: usize, args: &[u8], answered: Answered) -> (Status, Vec<u8>) {
        let (ended, matched) = match answered {
            Answered::Ended(ended) => ended,
            Answered::Scripted(script, finished, matched) => {
                let function = &mut self.functions[at];
                if function.scripted && function.script.is_none() {
                    function.script = Some(script);
                }
                (self.env.finish(finished, &mut []), matched)
            }
        };
        let spec = self.spec(at);
        let (placed, fault) = match ended {
            Ok(placed) => (placed, None),
            Err(CallFailure { placed, fault }) => (placed, Some(fault)),
        };
        if fault.as_ref().is_some_and(Fault::is_panic) {
            // as it poisons an instance
            self.functions.iter_mut().for_each(|function| function.access.shut());
        }
        let passed = if spec.capability().is_some() { Decision::Granted } else { Decision::Always };
        self.calls.push(MockCall {
            module: spec.module(),
            name: spec.name(),
            args: recorded(args),
            decision: fault.as_ref().and_then(Fault::decision).unwrap_or(passed),
            scope_value: fault.as_ref().and_then(Fault::scope_value).map(str::to_owned).or(matched),
            status: placed.status(),
            message: fault.as_ref().map_or_else(String::new, |fault| fault.message().to_owned()),
        });
        if fault.is_some() {
            self.refusals_left = self.refusals_left.checked_sub(1).unwrap_or_else(|| {
                let (code, most) = (Code::Exhausted, self.refusals);
                panic!(
                    "{code} more than {most} calls were refused or failed, and a host stops the guest here"
                )
            });
        }
        let reply = if placed.len() == 0 { Vec::new() } else { self.env.spilled().to_vec() };
        (placed.status(), reply)
    }

    #[track_caller]
    fn refuse_without_states(&self, spec: &HostFnSpec) {
        for param in spec.parameters() {
            if let Some(type_id) = param.state_id()
                && !self.provided.contains(&type_id)
            {
                panic!(
                    "{} `{}.{}` asks for a state of type `{}`; provide it with `state` or `shared`, or script the \
                     function",
                    Code::StateMissing,
                    spec.module(),
                    spec.name(),
                    param.type_name()
                );
            }
        }
    }
}

/// As an instance gets its gates.
fn open(registry: &Registry, grants: &Grants) -> BTreeMap<&'static str, Arc<Gate>> {
    let granted = registry.capabilities().into_iter().filter(|capability| grants.allows(capability));
    let gate = |capability: &'static Capability| {
        let scope = grants.scope_of(capability).filter(|_| capability.is_scoped()).cloned();
        (capability.name(), Arc::new(Gate::new(capability, scope)))
    };
    granted.map(gate).collect()
}

fn recorded(args: &[u8]) -> Value {
    if args.is_empty() {
        return Value::Array(Vec::new());
    }
    codec::decode(args).unwrap_or_else(|_| Value::Bytes(args.to_owned()))
}
