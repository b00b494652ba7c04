use alloc::format;

use log::{LevelFilter, Log, Metadata, Record, SetLoggerError};

use crate::LogLevel;

struct HostLog;

static HOST_LOG: HostLog = HostLog;

/// From now on the macros of the `log` crate reach the host's log, each with its level: those up to `most`.
///
/// The place to call it is [`init!`](crate::init). It needs the feature `log`.
///
/// ```
/// hostfn_guest::init! {
///     fn start() -> Result<(), log::SetLoggerError> {
///         hostfn_guest::install_logger(log::LevelFilter::Debug)
///     }
/// }
///
/// start()?;
/// log::warn!("{} of {} umbrellas left", 1, 20);
/// # Ok::<(), log::SetLoggerError>(())
/// ```
///
/// # Errors
/// When there is a logger already.
pub fn install_logger(most: LevelFilter) -> Result<(), SetLoggerError> {
    log::set_logger(&HOST_LOG)?;
    log::set_max_level(most);
    Ok(())
}

impl Log for HostLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        let level = match record.level() {
            log::Level::Error => LogLevel::Error,
            log::Level::Warn => LogLevel::Warn,
            log::Level::Info => LogLevel::Info,
            log::Level::Debug => LogLevel::Debug,
            log::Level::Trace => LogLevel::Trace,
        };
        match record.args().as_str() {
            Some(line) => crate::log(level, line),
            None => crate::log(level, &format!("{}", record.args())),
        }
    }

    fn flush(&self) {}
}
