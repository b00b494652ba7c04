//! Why a guest was stopped.

use std::fmt;

use wasmtime::{Trap, WasmBacktrace};

use super::guest::Guest;
use crate::error::{Code, Error, Limit, lines_escaped, printable};

/// What the host stops a guest for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Its time is up.
    Time,
    /// Its end, or that of its start, was asked for.
    Cancelled,
    /// It wrote more lines into the log than it may.
    LogLines,
    /// It wrote more bytes into the log than it may.
    LogBytes,
    /// More of its calls were refused, or failed, than may be.
    Refusals,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stop::Time => "its time is up",
            Stop::Cancelled => "it was cancelled",
            Stop::LogLines | Stop::LogBytes => "it wrote too much into the log",
            Stop::Refusals => "too many of its calls were refused",
        })
    }
}

impl std::error::Error for Stop {}

/// Why a guest ended, and where it was. The names of its functions are its own, so the engine's text of them is not
/// passed on.
#[derive(Debug)]
struct PhaseEnd {
    text: String,
    cause: Option<Box<PhaseEnd>>,
}

impl PhaseEnd {
    /// Frames of the backtrace.
    const FRAMES: usize = 32;

    fn of(error: &wasmtime::Error) -> Self {
        let mut causes: Vec<String> = Vec::new();
        if let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() {
            causes.push(frames(backtrace));
        }
        // the context that the backtrace is has the engine's own text
        let is_backtrace = |text: &str| text.starts_with("error while executing at wasm backtrace");
        causes.extend(error.chain().map(ToString::to_string).filter(|text| !is_backtrace(text)));
        let texts = causes.into_iter().rev().map(|text| lines_escaped(&text).into_owned());
        let ended = texts.fold(None, |cause, text| Some(Box::new(PhaseEnd { text, cause })));
        ended.map_or_else(|| PhaseEnd { text: "it ended".to_owned(), cause: None }, |ended| *ended)
    }
}

/// In the order of calls, the last one first.
fn frames(backtrace: &WasmBacktrace) -> String {
    let mut text = "error while executing at wasm backtrace:".to_owned();
    let frames = backtrace.frames();
    for (number, frame) in frames.iter().take(PhaseEnd::FRAMES).enumerate() {
        let name = frame.func_name().map_or_else(|| "<unknown>".to_owned(), printable);
        let module = frame.module().name().map_or_else(|| "<unknown>".to_owned(), printable);
        let at = frame.module_offset().map_or_else(String::new, |at| format!("{at:#x} - "));
        text += &format!("\n  {number}: {at}{module}!{name}");
        for symbol in frame.symbols() {
            if let (Some(file), Some(line)) = (symbol.file(), symbol.line()) {
                text += &format!("\n       at {}:{line}", printable(file));
            }
        }
    }
    if frames.len() > PhaseEnd::FRAMES {
        text += &format!("\n  and {} more", frames.len() - PhaseEnd::FRAMES);
    }
    text
}

impl fmt::Display for PhaseEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for PhaseEnd {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

/// Whether the host stopped the guest, which ends more than what the guest was doing.
pub(super) fn is_final(error: &wasmtime::Error) -> bool {
    error.is::<Stop>() || matches!(error.downcast_ref(), Some(Trap::OutOfFuel))
}

/// The code of what the embedder is told.
pub(super) fn told_code(error: &wasmtime::Error, refused: Option<Limit>) -> Code {
    match (error.downcast_ref::<Stop>(), error.downcast_ref::<Trap>()) {
        (Some(Stop::Time), _) => Code::TimedOut,
        (Some(Stop::Cancelled), _) => Code::Cancelled,
        (Some(_), _) | (_, Some(Trap::StackOverflow | Trap::OutOfFuel)) => Code::Exhausted,
        _ if refused.is_some() => Code::Exhausted,
        _ => Code::Trapped,
    }
}

/// What the embedder is told of a call that came to no end of its own.
#[expect(clippy::needless_pass_by_value, reason = "what is left of the error is the text")]
pub(super) fn told(guest: &Guest, export: &str, error: wasmtime::Error) -> Error {
    let (plugin, export) = (guest.plugin.name.clone(), export.to_owned());
    let limit = match (error.downcast_ref::<Stop>(), error.downcast_ref::<Trap>()) {
        (Some(Stop::Time), _) => {
            return Error::TimedOut { plugin, export, set_by: guest.set_by("time") };
        }
        (Some(Stop::Cancelled), _) => return Error::Cancelled { plugin, export },
        (Some(Stop::LogLines), _) => Some(Limit::LogLines),
        (Some(Stop::LogBytes), _) => Some(Limit::LogBytes),
        (Some(Stop::Refusals), _) => Some(Limit::Refusals),
        (_, Some(Trap::StackOverflow)) => Some(Limit::Stack),
        (_, Some(Trap::OutOfFuel)) => Some(Limit::Fuel),
        _ => guest.meter.refused(),
    };
    let source = Box::new(PhaseEnd::of(&error));
    match limit {
        Some(limit) => {
            let set_by = guest.set_by(limit.field());
            Error::Exhausted { plugin, export, limit, set_by, cut_off: true, source: Some(source) }
        }
        None => Error::Trapped { plugin, export, earlier: guest.cut_offs.saturating_sub(1), source },
    }
}
