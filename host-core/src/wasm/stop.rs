//! Reasons that a guest was stopped.

use std::fmt;

use wasmtime::{Trap, WasmBacktrace};

use super::guest::Guest;
use crate::engine::Stop;
use crate::error::{Code, Error, Limit, TrapSite, lines_escaped, printable};

/// The reason a guest ended, and where it was. The names of its functions are its own, so the engine's text of them is not
/// passed on.
#[derive(Debug)]
struct Cause {
    text: String,
    cause: Option<Box<Cause>>,
}

impl Cause {
    /// Frames of the backtrace.
    const FRAMES: usize = 32;

    fn new(error: &wasmtime::Error) -> Self {
        let mut causes: Vec<String> = Vec::new();
        if let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() {
            causes.push(frames(backtrace));
        }
        // the context that the backtrace is has the engine's own text
        let is_backtrace = |text: &str| text.starts_with("error while executing at wasm backtrace");
        causes.extend(error.chain().map(ToString::to_string).filter(|text| !is_backtrace(text)));
        let texts = causes.into_iter().rev().map(|text| lines_escaped(&text).into_owned());
        let ended = texts.fold(None, |cause, text| Some(Box::new(Cause { text, cause })));
        ended.map_or_else(|| Cause { text: "it ended".to_owned(), cause: None }, |ended| *ended)
    }
}

/// In the order of calls, the last one first.
fn frames(backtrace: &WasmBacktrace) -> String {
    let mut text = "error while executing at wasm backtrace:".to_owned();
    let frames = backtrace.frames();
    for (number, frame) in frames.iter().take(Cause::FRAMES).enumerate() {
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
    if frames.len() > Cause::FRAMES {
        text += &format!("\n  and {} more", frames.len() - Cause::FRAMES);
    }
    text
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Cause {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

/// The kind of a trap, and the function that ran.
fn site(error: &wasmtime::Error) -> TrapSite {
    let kind = match error.downcast_ref::<Trap>() {
        Some(Trap::UnreachableCodeReached) => "unreachable".to_owned(),
        Some(trap) => trap.to_string().trim_start_matches("wasm trap: ").to_owned(),
        None => error.root_cause().to_string(),
    };
    let backtrace = error.downcast_ref::<WasmBacktrace>();
    let function = backtrace.and_then(|backtrace| backtrace.frames().first()).map(|frame| {
        frame.func_name().map_or_else(|| format!("function {}", frame.func_index()), str::to_owned)
    });
    TrapSite::new(kind, function)
}

/// Returns whether the host stopped the guest, which ends more than what the guest was doing.
pub(super) fn is_final(error: &wasmtime::Error) -> bool {
    error.is::<Stop>() || matches!(error.downcast_ref(), Some(Trap::OutOfFuel))
}

/// The code of the error for the embedder.
pub(super) fn error_code(error: &wasmtime::Error, refused: Option<Limit>) -> Code {
    match (error.downcast_ref::<Stop>(), error.downcast_ref::<Trap>()) {
        (Some(Stop::Time), _) => Code::TimedOut,
        (Some(Stop::Cancelled), _) => Code::Cancelled,
        (Some(_), _) | (_, Some(Trap::StackOverflow | Trap::OutOfFuel)) => Code::Exhausted,
        _ if refused.is_some() => Code::Exhausted,
        _ => Code::Trapped,
    }
}

/// Returns what the embedder gets for a call that came to no end of its own.
#[expect(clippy::needless_pass_by_value, reason = "what is left of the error is the text")]
pub(super) fn into_error(guest: &Guest, export: &str, error: wasmtime::Error) -> Error {
    let session = &guest.session;
    let source = Box::new(Cause::new(&error));
    let limit = match (error.downcast_ref::<Stop>(), error.downcast_ref::<Trap>()) {
        (Some(&stop), _) => return session.stopped_by(export, stop, Some(source)),
        (_, Some(Trap::StackOverflow)) => Some(Limit::Stack),
        (_, Some(Trap::OutOfFuel)) => Some(Limit::Fuel),
        _ => guest.meter.refused(),
    };
    let (plugin, export) = (session.subject().name().to_owned(), export.to_owned());
    if let Some(limit) = limit {
        let set_by = session.subject().set_by(limit.field());
        return Error::Exhausted { plugin, export, limit, set_by, cut_off: true, source: Some(source) };
    }
    let trap = Box::new(site(&error).logged(session.last_log().map(str::to_owned)));
    Error::Trapped { plugin, export, earlier: session.cut_offs().saturating_sub(1), trap, source }
}
