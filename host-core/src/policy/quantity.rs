//! Amounts as people write them: numbers, and numbers with a unit.

use crate::error::printable;

/// A unit as it is written, and how many of the smallest one it is.
type Unit = (&'static str, u64);

pub(crate) const SIZES: [Unit; 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];
pub(crate) const TIMES: [Unit; 2] = [("s", 1_000), ("ms", 1)];

/// The meaning of an amount.
#[derive(Clone, Copy)]
pub(crate) enum Measure {
    /// Bytes.
    Size,
    Count,
    /// In milliseconds.
    Time,
}

/// A value where an amount is expected.
pub(crate) enum Given<'v> {
    Number(u64),
    Text(&'v str),
    /// Of another kind, which this names with its article.
    Other(String),
}

/// The message and help of a problem.
pub(crate) struct Wrong {
    pub(crate) message: String,
    pub(crate) help: &'static str,
}

/// The amount that is given for `key`.
///
/// # Errors
/// A value of another kind, in another unit, or larger than `T`.
pub(crate) fn amount<T: TryFrom<u64>>(key: &str, given: &Given<'_>, measure: Measure) -> Result<T, Wrong> {
    let amount = match (given, measure) {
        (Given::Text(text), Measure::Size) => read(text, &SIZES),
        (Given::Text(text), Measure::Time) => read(text, &TIMES),
        (Given::Number(number), Measure::Size | Measure::Count) => Some(*number),
        _ => None,
    };
    if let Some(amount) = amount {
        return T::try_from(amount).map_err(|_| Wrong {
            message: format!("`{key}` is {amount}, which no limit can be"),
            help: "write less, or leave it to the host",
        });
    }
    let message = match given {
        Given::Text(text) => format!("`{key}` is `{}`", printable(text)),
        Given::Number(_) => format!("`{key}` is an integer"),
        Given::Other(kind) => format!("`{key}` is {kind}"),
    };
    let help = match measure {
        Measure::Size => "write bytes, or a number and a unit, B, KiB, MiB or GiB: `\"64 KiB\"`",
        Measure::Count => "write a whole number",
        Measure::Time => "write a number and a unit, ms or s: `\"500 ms\"`",
    };
    Err(Wrong { message, help })
}

/// `64 KiB`, in the smallest unit; `None` for what is no whole number with one of `units`, or too large.
fn read(text: &str, units: &[Unit]) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim_start())?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

/// With the largest of `units` in which it is a whole number.
pub(crate) fn write(amount: u64, units: &[Unit]) -> String {
    let whole = units.iter().find(|(_, factor)| amount.is_multiple_of(*factor) && amount > 0);
    let (name, factor) = whole.unwrap_or(&units[units.len() - 1]);
    format!("{} {name}", amount / factor)
}
