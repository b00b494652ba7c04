//! From a mock host's call to its record.

use std::time::Duration;

use hostfn_abi::{Status, Value, codec};

use super::log::Seen;
use super::script::Script;
use crate::engine::{Completed, Import, Rehearsed, Session, Stop, block_on_for};
use crate::error::{Code, near};
use crate::registry::HostFnSpec;

pub(super) struct Inner {
    pub(super) session: Session,
    pub(super) seen: Seen,
    scripts: Vec<Scripted>,
    /// The time that an async function has.
    time: Duration,
}

/// A scripted replacement of a function.
#[derive(Default)]
struct Scripted {
    script: Option<Script>,
    /// Its script is running, or scripted again since.
    is: bool,
}

/// A call that has passed the gates, or not.
pub(super) enum Begun {
    Ended(CallResult),
    /// It is for the script to answer.
    Scripted(Script, Box<Rehearsed>),
}

/// A status and reply, or why the guest is stopped.
type CallResult = Result<(Status, Vec<u8>), Stop>;

/// A call that has been answered.
pub(super) enum Answered {
    Ended(CallResult),
    Scripted(Script, Box<Completed>),
}

impl Begun {
    #[track_caller]
    pub(super) fn answered(self, import: Import, args: &[u8]) -> Answered {
        match self {
            Begun::Ended(ended) => Answered::Ended(ended),
            Begun::Scripted(mut script, rehearsed) => {
                let spec = import.spec();
                let finished = script.run(spec, args, rehearsed.later.clone()).unwrap_or_else(|what| {
                    panic!("the script of `{}.{}`: {what}", spec.module(), spec.name())
                });
                Answered::Scripted(script, Box::new(rehearsed.completed(finished)))
            }
        }
    }
}

impl Inner {
    pub(super) fn new(session: Session, seen: Seen, time: Duration) -> Self {
        let functions = session.subject().composition().registry().len();
        let scripts = std::iter::repeat_with(Scripted::default).take(functions).collect();
        Self { session, seen, scripts, time }
    }

    #[track_caller]
    pub(super) fn import(&self, module: &str, name: &str) -> Import {
        let composition = self.session.subject().composition();
        composition.import(module, name).unwrap_or_else(|| {
            let known = composition.registry().iter().filter(|spec| spec.module() == module);
            let near = near(name, known.map(|spec| spec.name())).join("`, `");
            let hint = if near.is_empty() { String::new() } else { format!("; did you mean `{near}`?") };
            panic!("{} the host has no function `{name}` of module `{module}`{hint}", Code::UnknownImport)
        })
    }

    pub(super) fn put(&mut self, import: Import, script: Script) {
        self.scripts[import.index()] = Scripted { script: Some(script), is: true };
    }

    pub(super) fn unscript(&mut self, import: Import) {
        self.scripts[import.index()] = Scripted::default();
    }

    /// Takes a call through the gates, and to its end where nothing is scripted.
    #[track_caller]
    pub(super) fn run(&mut self, import: Import, args: &[u8]) -> Begun {
        let Scripted { script, is } = &mut self.scripts[import.index()];
        if *is {
            // taken while it runs: a script may call this host itself
            return match self.session.rehearse(import, args) {
                Ok(rehearsed) => match script.take() {
                    Some(script) => Begun::Scripted(script, Box::new(rehearsed)),
                    None => panic!(
                        "the script of `{}.{}` calls the function that it stands for",
                        import.spec().module(),
                        import.spec().name()
                    ),
                },
                Err(refused) => {
                    let ended =
                        self.session.report(refused).map(|reply| (reply.status, reply.bytes.to_owned()));
                    Begun::Ended(ended)
                }
            };
        }
        self.refuse_without_states(import.spec());
        let ended = if import.spec().is_async() {
            match self.session.start(import, args) {
                Ok(pending) => match block_on_for(pending.wait(), self.time) {
                    Some(completed) => self.session.finish(completed),
                    None => self.waited_in_vain(import.spec()),
                },
                Err(refused) => self.session.report(refused),
            }
        } else {
            self.session.call(import, args)
        };
        Begun::Ended(ended.map(|reply| (reply.status, reply.bytes.to_owned())))
    }

    /// Hands the reply of a call out.
    #[track_caller]
    pub(super) fn finish(&mut self, import: Import, args: &[u8], answered: Answered) -> (Status, Vec<u8>) {
        let ended = match answered {
            Answered::Ended(ended) => ended,
            Answered::Scripted(script, completed) => {
                let scripted = &mut self.scripts[import.index()];
                if scripted.is && scripted.script.is_none() {
                    scripted.script = Some(script);
                }
                self.session.finish(*completed).map(|reply| (reply.status, reply.bytes.to_owned()))
            }
        };
        // the session knows no arguments but as bytes that it decoded once
        self.seen.with(|seen| {
            if let Some(call) = seen.calls.last_mut() {
                call.args = recorded(args);
            }
        });
        ended.unwrap_or_else(|stop| self.stopped(stop))
    }

    #[track_caller]
    pub(super) fn stopped(&self, stop: Stop) -> ! {
        let limits = self.session.limits();
        match stop {
            Stop::Refusals => panic!(
                "{} more than {} calls were refused or failed, and a host stops the guest here",
                Code::Exhausted,
                limits.refusals
            ),
            stop => panic!("{} a host stops the guest here: {stop}", Code::Exhausted),
        }
    }

    #[track_caller]
    fn waited_in_vain(&self, spec: &HostFnSpec) -> ! {
        panic!(
            "{} `{}.{}` has not answered within {:?}, the limit `time`: a mock host waits on the thread of the test, so \
             that a runtime of one thread does nothing meanwhile; run the test with `#[tokio::test(flavor = \
             \"multi_thread\", worker_threads = 2)]`, or script the function",
            Code::Exhausted,
            spec.module(),
            spec.name(),
            self.time
        )
    }

    #[track_caller]
    fn refuse_without_states(&self, spec: &HostFnSpec) {
        for param in spec.params() {
            if let Some(type_id) = param.state_id()
                && !self.session.has_state(type_id)
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

fn recorded(args: &[u8]) -> Value {
    if args.is_empty() {
        return Value::Array(Vec::new());
    }
    codec::decode(args).unwrap_or_else(|_| Value::Bytes(args.to_owned()))
}
