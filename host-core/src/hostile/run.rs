//! Runs the guests of one function.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use hostfn_abi::{Status, Value};

use super::args::{Args, Kind, arguments};
use super::guest::{NUMBER_BYTES, When, module};
use super::judge::{Judge, Outcome, SLACK};
use super::report::{FunctionReport, Invariant};
use super::scene::{Ends, Granted, Scene, scenes};
use crate::error::{Code, Error, Result, message_of};
use crate::observe::{Record, Recorder};
use crate::policy::Grants;
use crate::registry::HostFnSpec;
use crate::wasm::{Host, Instance, Plugin};

/// The progress of a thread that runs guests.
pub(super) enum Progress {
    /// A guest begins.
    Guest(String),
    /// All are done.
    Done(Result<FunctionReport>),
}

/// A function, and the host that its guests attack.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) host: Host,
    pub(super) recorder: Recorder,
    pub(super) spec: &'static HostFnSpec,
    /// The functions that its guests import: itself first.
    pub(super) functions: Vec<&'static HostFnSpec>,
    pub(super) granted: Grants,
    pub(super) elsewhere: Grants,
    pub(super) texts: Vec<String>,
    pub(super) process_memory: Option<u64>,
}

impl Target {
    /// Runs all guests, and says when each begins.
    pub(super) fn run(&self, progress: &Sender<Progress>) -> Result<FunctionReport> {
        let spec = self.spec.metadata();
        let mut report = FunctionReport::new(spec.module(), spec.name());
        let (args, is_traced) = arguments(spec, &self.texts);
        let functions = i32::try_from(self.functions.len()).unwrap_or(i32::MAX);
        let plugin = self.load(When::Run, &args[0])?;
        let scenes = scenes(spec, &args, functions, self.host.limits());
        let reply = spec.reply().shape();
        let judge = Judge { spec, reply: &reply, limits: *self.host.limits() };
        let peak = self.process_memory.and_then(|_| reset_peak());
        let mut accepted = !is_traced || spec.wire_params().next().is_none();
        let base = Scene::new(&args[0]);

        for scene in &scenes {
            let _ = progress.send(Progress::Guest(scene.name.clone()));
            report.guests += 1;
            let run = catch_unwind(AssertUnwindSafe(|| self.scene(&plugin, scene)));
            let outcome = match run {
                Ok(outcome) => outcome?,
                Err(panic) => {
                    report.add(
                        Invariant::Panic,
                        &scene.name,
                        format!("the host panicked: {}", message_of(panic)),
                    );
                    continue;
                }
            };
            let status = judge.judge(scene, &outcome, &mut report);
            let is_plain = scene.granted == Granted::Yes && scene.kind == Kind::Valid;
            // a call that ran into a limit has no status, and its arguments were accepted
            accepted |= is_plain && scene.ends == Ends::Well && status != Some(Status::BAD_INPUT);
            if let (Some(most), Some(before)) = (self.process_memory, peak)
                && peak_of_process().is_some_and(|peak| peak > before + most)
            {
                report.add(Invariant::HostMemory, &scene.name, format!("more than {most} bytes"));
            }
            if report.breaks(Invariant::Hang) {
                return Ok(report);
            }
        }
        if !accepted {
            let message = "arguments of the declared types are all refused with `BAD_INPUT`";
            report.add(Invariant::Arguments, &base.name, message);
        }
        self.life(&plugin, &base, &mut report)?;
        for when in [When::Start, When::Init] {
            let _ = progress.send(Progress::Guest(format!("{when:?}")));
            self.early(when, &args[0], &judge, &mut report)?;
        }
        Ok(report)
    }

    fn load(&self, when: When, args: &Args) -> Result<Plugin> {
        self.host.load("hostile", &module(&self.functions, when, &args.bytes))
    }

    fn instantiate(&self, plugin: &Plugin, grants: &Grants) -> Result<Instance> {
        if plugin.needs_async() {
            wait(plugin.instantiate_async(grants), self.patience())?
        } else {
            plugin.instantiate(grants)
        }
    }

    fn patience(&self) -> Duration {
        self.host.limits().time + 2 * SLACK
    }

    /// One guest, in an instance of its own.
    fn scene(&self, plugin: &Plugin, scene: &Scene) -> Result<Outcome> {
        let grants = match scene.granted {
            Granted::Yes | Granted::Revoked => self.granted.clone(),
            Granted::No => {
                self.spec.capability().map_or(Grants::none(), |own| self.granted.clone().without(own))
            }
            Granted::Elsewhere => self.elsewhere.clone(),
        };
        let mut instance = self.instantiate(plugin, &grants)?;
        if let (Granted::Revoked, Some(capability)) = (scene.granted, self.spec.capability()) {
            instance.grants().revoke(capability);
        }
        let since = Instant::now();
        let result = self.call(&mut instance, scene);
        let elapsed = since.elapsed();
        let records = self.records(instance.id());
        // a path: the method of the same name that poisons belongs to `engine`
        let poison = Instance::poison(&instance).map(str::to_owned);
        let usable = instance.is_usable();
        if let Err(error) = instance.close() {
            return Ok(Outcome { result: Err(error), records, elapsed, usable, poison });
        }
        Ok(Outcome { result, records, elapsed, usable, poison })
    }

    fn call(&self, instance: &mut Instance, scene: &Scene) -> Result<Value> {
        let mut input: Vec<u8> = scene.numbers().iter().flat_map(|number| number.to_le_bytes()).collect();
        input.resize(NUMBER_BYTES, 0);
        input.extend_from_slice(&scene.args);
        // so that its header has the length that the guest module expects
        input.resize(input.len().max(256), 0);
        let args = (Value::Bytes(input),);
        if instance.is_async() {
            wait(instance.call_async("run", args), self.patience())?
        } else {
            instance.call("run", args)
        }
    }

    fn records(&self, instance: u64) -> Vec<Record> {
        let own = |record: &Record| {
            record.instance == Some(instance)
                && record.function == Some(self.spec.name())
                && record.module == Some(self.spec.module())
        };
        self.recorder.take().into_iter().filter(own).collect()
    }

    /// Calls one instance again and again, and after it is closed.
    fn life(&self, plugin: &Plugin, base: &Scene, report: &mut FunctionReport) -> Result<()> {
        let mut instance = self.instantiate(plugin, &self.granted)?;
        for round in 0..20 {
            let _ = self.call(&mut instance, base);
            report.guests += 1;
            if self.records(instance.id()).iter().any(|record| record.panicked) {
                report.add(
                    Invariant::Panic,
                    &format!("call {round} of one instance"),
                    "the function panicked",
                );
            }
        }
        let _ = instance.close();
        match self.call(&mut instance, base) {
            Err(Error::Closed { .. }) => {}
            Err(error) if error.code() == Code::Poisoned => {}
            other => {
                let message = format!("a call after `close` returned {:?}", other.map(|_| ()));
                report.add(Invariant::State, "call after close", message);
            }
        }
        report.guests += 1;
        if !self.records(instance.id()).is_empty() {
            report.add(Invariant::Gate, "call after close", "the function was called");
        }
        Ok(())
    }

    /// Calls in the start function or in `plugin_init`, granted and not.
    fn early(&self, when: When, args: &Args, judge: &Judge<'_>, report: &mut FunctionReport) -> Result<()> {
        let plugin = self.load(when, args)?;
        for granted in [Granted::Yes, Granted::No] {
            if granted == Granted::No && self.spec.capability().is_none() {
                continue;
            }
            let grants = match granted {
                Granted::No => {
                    self.spec.capability().map_or(Grants::none(), |own| self.granted.clone().without(own))
                }
                _ => self.granted.clone(),
            };
            let name = format!("a call in {when:?}, granted: {granted:?}");
            let since = Instant::now();
            let started = self.instantiate(&plugin, &grants);
            let elapsed = since.elapsed();
            report.guests += 1;
            let records = self.recorder.take().into_iter();
            let own = |record: &Record| record.function == Some(self.spec.name());
            let scene = Scene { name, granted, scoped: None, ends: Ends::Either, ..Scene::new(args) };
            let outcome = Outcome {
                // no facts: the records say what happened
                result: Err(Error::Closed { plugin: String::new() }),
                records: records.filter(own).collect(),
                elapsed,
                usable: true,
                poison: None,
            };
            judge.judge(&scene, &outcome, report);
            drop(started);
        }
        Ok(())
    }
}

/// Waits for a future, on this thread.
fn wait<T>(future: impl Future<Output = T>, patience: Duration) -> Result<T> {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = std::pin::pin!(future);
    let until = Instant::now() + patience;
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Ok(value);
        }
        let Some(left) = until.checked_duration_since(Instant::now()) else {
            return Err(Error::Cancelled { plugin: "hostile".to_owned(), export: "run".to_owned() });
        };
        thread::park_timeout(left);
    }
}

/// Bytes of the process's peak memory, which begins again here. Linux only.
fn reset_peak() -> Option<u64> {
    std::fs::write("/proc/self/clear_refs", "5").ok()?;
    peak_of_process()
}

fn peak_of_process() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
}
