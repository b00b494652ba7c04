//! A guest's code outside of WebAssembly, in a unit test: who answers its calls there.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;

use crate::{LogLevel, Status};

/// Answers calls of host functions: module, name and arguments, to status and reply.
type Calls = dyn Fn(&str, &str, &[u8]) -> (Status, Vec<u8>);
type Logs = dyn Fn(LogLevel, &str);

std::thread_local! {
    static HOST: RefCell<Option<Host>> = const { RefCell::new(None) };
}

/// The host of a guest outside of WebAssembly, on the thread that runs it.
///
/// `hostfn::testing::MockHost` is made for it: with the registry of a real host it answers as that would.
///
/// ```
/// use std::cell::RefCell;
/// use std::rc::Rc;
///
/// use hostfn_guest::{Status, native};
///
/// hostfn_guest::imports! {
///     fn answer() -> u32;
/// }
///
/// let lines = Rc::new(RefCell::new(Vec::new()));
/// let kept = Rc::clone(&lines);
/// let host = native::Host::new(|_, name, _| match name {
///     "answer" => (Status::OK, vec![42]), // in MessagePack
///     _ => (Status::NOT_FOUND, vec![]),
/// })
/// .on_log(move |level, line| kept.borrow_mut().push(format!("{level}: {line}")));
///
/// let answer = host.run(|| {
///     hostfn_guest::info("asking");
///     answer()
/// });
/// assert_eq!(answer, Ok(42));
/// assert_eq!(*lines.borrow(), ["info: asking"]);
/// ```
#[derive(Clone)]
pub struct Host {
    calls: Rc<Calls>,
    logs: Option<Rc<Logs>>,
}

impl Host {
    /// A host that answers calls so: with the status, and the reply's bytes, of a call of the function of this module
    /// and name with these arguments.
    pub fn new(calls: impl Fn(&str, &str, &[u8]) -> (Status, Vec<u8>) + 'static) -> Self {
        Self { calls: Rc::new(calls), logs: None }
    }

    /// Takes the guest's lines of log; without it they are dropped.
    #[must_use]
    pub fn on_log(mut self, logs: impl Fn(LogLevel, &str) + 'static) -> Self {
        self.logs = Some(Rc::new(logs));
        self
    }

    /// Runs `guest`, whose calls of host functions come here. Where it runs another such host, that one answers until
    /// it is done.
    pub fn run<R>(&self, guest: impl FnOnce() -> R) -> R {
        /// Also when `guest` panics.
        struct Restore(Option<Host>);
        impl Drop for Restore {
            fn drop(&mut self) {
                HOST.set(self.0.take());
            }
        }
        let _restore = Restore(HOST.replace(Some(self.clone())));
        guest()
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Host")
    }
}

/// Runs `guest`, with calls of host functions answered by `calls`: [`Host::run`] of a host that is used once.
///
/// ```
/// use hostfn_guest::{Status, native};
///
/// hostfn_guest::imports! {
///     fn delete(path: &str);
/// }
///
/// let denied = native::with_host(|_, _, _| (Status::NO_CAPABILITY, vec![]), || delete("/a.txt"));
/// assert_eq!(denied.unwrap_err().status, Status::NO_CAPABILITY);
/// ```
pub fn with_host<R>(
    calls: impl Fn(&str, &str, &[u8]) -> (Status, Vec<u8>) + 'static,
    guest: impl FnOnce() -> R,
) -> R {
    Host::new(calls).run(guest)
}

/// Returns what the host of this thread answers; `None` if absent.
pub(crate) fn call(module: &str, name: &str, args: &[u8]) -> Option<(Status, Vec<u8>)> {
    let calls = HOST.with_borrow(|host| host.as_ref().map(|host| Rc::clone(&host.calls)))?;
    Some(calls(module, name, args))
}

pub(crate) fn log(level: LogLevel, line: &str) {
    let logs = HOST.with_borrow(|host| host.as_ref().and_then(|host| host.logs.clone()));
    if let Some(logs) = logs {
        logs(level, line);
    }
}
