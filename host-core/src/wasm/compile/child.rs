//! The parent of the processes that compile: starts them, waits, and trusts what they send.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use wasmtime::{Engine, Module};

use super::worker::{FAILED, MAGIC, MARK, OK, is_available};
use super::{Compiled, Settings};
use crate::error::{Code, Problem, Result, printable};
use crate::link::CORE_MODULE;
use crate::policy::at_least;
use crate::wasm::cache::digest_of;

/// The interval at which a waiting load checks for cancellation.
const LOOK: Duration = Duration::from_millis(10);

/// Bytes of code that a module of no bytes may have; it may have sixteen times its size more.
const BASE: u64 = 64 << 20;

/// Bytes of messages that are read of a child.
const MESSAGES: u64 = 4 << 10;

/// Options of compiling in a child process: see
/// [`HostBuilder::compile_in_child`](crate::HostBuilder::compile_in_child).
///
/// ```
/// let mut child = hostfn_core::CompileChild::default();
/// child.memory = 512 << 20;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompileChild {
    /// Bytes of address space: 1 GiB.
    pub memory: u64,
    /// Processor time, in whole seconds: 30 seconds.
    pub cpu: Duration,
    /// Wall time: 120 seconds.
    pub time: Duration,
    /// Children of one host at once: 2. Other loads wait.
    pub concurrent: u32,
    /// The program that is started, whose `main` begins with [`compile_worker`](crate::compile_worker): `None`, this
    /// program itself. It has to be trusted as this program is: what it sends runs as native code.
    pub program: Option<PathBuf>,
}

impl Default for CompileChild {
    fn default() -> Self {
        Self {
            memory: 1 << 30,
            cpu: Duration::from_secs(30),
            time: Duration::from_mins(2),
            concurrent: 2,
            program: None,
        }
    }
}

impl CompileChild {
    pub(in crate::wasm) fn problems(&self, problems: &mut Vec<Problem>) {
        let least: [(&str, u128, u128); 4] = [
            ("memory", self.memory.into(), 64 << 20),
            ("cpu", self.cpu.as_millis(), 1000),
            ("time", self.time.as_millis(), 1),
            ("concurrent", self.concurrent.into(), 1),
        ];
        for (field, value, least) in least {
            if value < least {
                let what = format!("{value} is too little to compile anything");
                let remedy = at_least(least);
                problems.push(Problem::new(Code::BadLimit, format!("CompileChild::{field}"), what, remedy));
            }
        }
        if !cfg!(unix) {
            let what = "this system has no limits that a child process can set itself";
            problems.push(unusable(what, "compile in this process, and keep `Limits::load` strict"));
        } else if self.program.is_none() && !is_available() {
            let what = "the program does not call `hostfn::wasm::compile_worker`";
            let remedy =
                "call it first thing in `main`, or name another program with `CompileChild::program`";
            problems.push(unusable(what, remedy));
        }
    }
}

/// The children of a host.
pub(in crate::wasm) struct Compilers {
    of: CompileChild,
    settings: Settings,
    running: Mutex<u32>,
    ended: Condvar,
}

impl Compilers {
    pub(in crate::wasm) fn new(of: CompileChild, settings: Settings) -> Self {
        Compilers { of, settings, running: Mutex::new(0), ended: Condvar::new() }
    }

    /// Compiles a module in a child; `go_on` is asked while it waits.
    pub(in crate::wasm) fn compile(
        &self,
        engine: &Engine,
        plugin: &str,
        wasm: &[u8],
        go_on: &dyn Fn() -> Result<()>,
    ) -> Result<Compiled> {
        let code = {
            let _turn = self.turn(go_on)?;
            self.run(engine, plugin, wasm, go_on)?
        };
        let module = trusted(engine, &code).map_err(|error| {
            let what = format!("its code does not suit this host: {error:#}");
            unusable(&what, "build the program with the same version and features of hostfn")
        })?;
        Ok(Compiled { module, code: Some(code.0) })
    }

    /// Waits until one more child may run.
    fn turn(&self, go_on: &dyn Fn() -> Result<()>) -> Result<Turn<'_>> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        while *running >= self.of.concurrent {
            go_on()?;
            let waited = self.ended.wait_timeout(running, LOOK);
            running = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        *running += 1;
        Ok(Turn(self))
    }

    fn command(&self) -> Command {
        let program = match &self.of.program {
            Some(program) => program.clone(),
            // the file that runs, even where another has taken its name
            None if cfg!(target_os = "linux") => PathBuf::from("/proc/self/exe"),
            None => std::env::current_exe().unwrap_or_default(),
        };
        let mut command = Command::new(program);
        command.arg(MARK).arg(self.of.memory.to_string()).arg(self.of.cpu.as_secs().to_string());
        command.env_clear().current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(
        &self,
        engine: &Engine,
        plugin: &str,
        wasm: &[u8],
        go_on: &dyn Fn() -> Result<()>,
    ) -> Result<FromChild> {
        let mut command = self.command();
        let cannot = |error: std::io::Error| {
            let what = format!("it cannot be started: {error}");
            unusable(&what, "check the program and the limit of processes")
        };
        let mut child = Running(command.spawn().map_err(cannot)?);
        let (Some(mut input), Some(mut output), Some(messages)) =
            (child.0.stdin.take(), child.0.stdout.take(), child.0.stderr.take())
        else {
            return Err(unusable("it has no pipes", "report this as a bug").into());
        };
        let request = [&MAGIC[..], &self.settings.to_bytes(), &(wasm.len() as u64).to_le_bytes()].concat();
        let most = (BASE + 16 * wasm.len() as u64).min(self.of.memory);
        let until = Instant::now() + self.of.time;
        let (done, waiting) = mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                // a child that ends early does not read it all, and its reply tells why
                let _ = input.write_all(&request).and_then(|()| input.write_all(wasm));
            });
            scope.spawn(move || {
                let mut reply = Vec::new();
                let read = (&mut output).take(most + HEAD as u64 + 1).read_to_end(&mut reply);
                // a child that goes on writing is ended by this
                drop(output);
                let mut text = Vec::new();
                let _ = messages.take(MESSAGES).read_to_end(&mut text);
                let _ = done.send(read.map(|_| (reply, text)));
            });
            let read = loop {
                match waiting.recv_timeout(LOOK) {
                    Ok(read) => break read,
                    Err(RecvTimeoutError::Timeout) if Instant::now() < until => {
                        if let Err(stopped) = go_on() {
                            child.end();
                            return Err(stopped);
                        }
                    }
                    Err(_) => {
                        child.end();
                        return Err(self.exhausted(plugin, Spent::Time).into());
                    }
                }
            };
            let (reply, messages) = read.map_err(cannot)?;
            let ended = child.wait().map_err(cannot)?;
            self.judge(engine, plugin, reply, &messages, ended, most)
        })
    }

    /// The code of a whole reply of a child that ended well.
    fn judge(
        &self,
        engine: &Engine,
        plugin: &str,
        mut reply: Vec<u8>,
        messages: &[u8],
        ended: ExitStatus,
        most: u64,
    ) -> Result<FromChild> {
        if reply.len() as u64 > most + HEAD as u64 {
            return Err(self.exhausted(plugin, Spent::Code(most)).into());
        }
        let messages = String::from_utf8_lossy(messages);
        if !ended.success() {
            return Err(self.failed(plugin, &messages, ended).into());
        }
        let other = || unusable("its reply is not one of this version", "build it with the same hostfn");
        let head = reply.first_chunk::<HEAD>().ok_or_else(other)?;
        let rest = head.strip_prefix(MAGIC).ok_or_else(other)?;
        let (digest, rest) = rest.split_first_chunk::<32>().ok_or_else(other)?;
        let (status, len) = rest.split_first_chunk::<1>().ok_or_else(other)?;
        let len = u64::from_le_bytes(len.try_into().map_err(|_| other())?);
        if *digest != digest_of(engine) || len != (reply.len() - HEAD) as u64 {
            return Err(other().into());
        }
        let status = status[0];
        reply.drain(..HEAD);
        match status {
            OK => Ok(FromChild(reply)),
            FAILED => {
                let text = String::from_utf8_lossy(&reply);
                if text.contains("os error 12") {
                    return Err(self.exhausted(plugin, Spent::Memory).into());
                }
                let what = format!("the engine cannot compile the module: {}", printable(&text));
                let remedy = CORE_MODULE;
                Err(Problem::new(Code::NotAModule, format!("plugin `{plugin}`"), what, remedy).into())
            }
            _ => Err(other().into()),
        }
    }

    /// Returns why a child ended without a reply.
    fn failed(&self, plugin: &str, messages: &str, ended: ExitStatus) -> Problem {
        // the texts of the standard library and of the C library
        if messages.contains("memory allocation of") || messages.contains("os error 12") {
            return self.exhausted(plugin, Spent::Memory);
        }
        match signal(ended) {
            Some(SIGXCPU | SIGKILL) => self.exhausted(plugin, Spent::Cpu),
            Some(signal) => self.exhausted(plugin, Spent::Signal(signal)),
            None => {
                let what = format!("it failed ({ended}): {}", printable(messages.trim()));
                unusable(&what, "start the program by hand to see why it does not run")
            }
        }
    }

    fn exhausted(&self, plugin: &str, spent: Spent) -> Problem {
        let (what, field) = match spent {
            Spent::Memory => (format!("its {} bytes of memory", self.of.memory), "memory"),
            Spent::Cpu => (format!("its {} seconds of processor time", self.of.cpu.as_secs()), "cpu"),
            Spent::Time => (format!("its {} ms of time", self.of.time.as_millis()), "time"),
            Spent::Code(most) => (format!("{most} bytes of code"), "memory"),
            Spent::Signal(signal) => (format!("it may: the process was ended by signal {signal}"), "memory"),
        };
        Problem::new(
            Code::CompileExhausted,
            format!("plugin `{plugin}`"),
            format!("compiling took more than {what}"),
            format!("give `CompileChild::{field}` more, or split the module"),
        )
    }
}

const SIGKILL: i32 = 9;
const SIGXCPU: i32 = 24;

/// Bytes before the code of a reply: magic, digest, status, length.
const HEAD: usize = 8 + 32 + 1 + 8;

#[derive(Clone, Copy)]
enum Spent {
    Memory,
    Cpu,
    Time,
    Code(u64),
    Signal(i32),
}

#[cfg(unix)]
fn signal(ended: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&ended)
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}

/// A right to run one child.
struct Turn<'c>(&'c Compilers);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.running.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.ended.notify_one();
    }
}

/// A child that is ended and waited for, whatever happens.
struct Running(Child);

impl Running {
    fn wait(&mut self) -> std::io::Result<ExitStatus> {
        self.0.wait()
    }

    fn end(&mut self) {
        // it may have ended by itself
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// Code that came over a pipe from a child that [`Compilers::run`] started, which ended well; made nowhere else.
struct FromChild(Vec<u8>);

#[expect(unsafe_code, reason = "wasmtime cannot tell its own code from other bytes; where it comes from can")]
fn trusted(engine: &Engine, code: &FromChild) -> wasmtime::Result<Module> {
    // SAFETY: `deserialize` wants what `Engine::precompile_module` returned. `FromChild` is made in one place, of what
    // arrived over an anonymous pipe from a process that this one started: this program itself, or one that the
    // embedder named and so trusts. It ran `precompile_module` with an engine of the same settings, whose digest it
    // sent. The bytes are memory of our own, so nobody changes them.
    unsafe { Module::deserialize(engine, &code.0) }
}

fn unusable(what: &str, remedy: &str) -> Problem {
    Problem::new(Code::CompileWorker, "the compiler process", what, remedy)
}
