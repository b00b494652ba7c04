use crate::LogLevel;
#[cfg(target_arch = "wasm32")]
use crate::raw;

/// Writes a line to the host's log. It needs no capability; a line is cut at 64 KiB.
pub fn log(level: LogLevel, line: &str) {
    #[cfg(all(feature = "alloc", not(target_arch = "wasm32")))]
    crate::native::log(level, line);
    #[cfg(all(not(feature = "alloc"), not(target_arch = "wasm32")))]
    let _ = (level, line);
    #[cfg(target_arch = "wasm32")]
    {
        let (ptr, len) = raw::range(line.as_bytes());
        raw::host_log(level as i32, ptr, len);
    }
}

/// Logs every step.
pub fn trace(line: &str) {
    log(LogLevel::Trace, line);
}

/// Logs a message for developers of the guest.
pub fn debug(line: &str) {
    log(LogLevel::Debug, line);
}

/// Logs a message for operators.
pub fn info(line: &str) {
    log(LogLevel::Info, line);
}

/// Logs what works, but should be looked at.
pub fn warn(line: &str) {
    log(LogLevel::Warn, line);
}

/// Logs that something failed.
pub fn error(line: &str) {
    log(LogLevel::Error, line);
}
