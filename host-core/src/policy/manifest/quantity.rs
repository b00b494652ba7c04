//! Numbers with a unit.

/// A unit as it is written, and how many of the smallest one it is.
pub(super) type Unit = (&'static str, u64);

pub(super) const SIZES: [Unit; 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];
pub(super) const TIMES: [Unit; 2] = [("s", 1_000), ("ms", 1)];

/// `64 KiB`, in the smallest unit; `None` for what is no whole number with one of `units`, or too large.
pub(super) fn read(text: &str, units: &[Unit]) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim_start())?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

/// With the largest of `units` in which it is a whole number.
pub(super) fn write(amount: u64, units: &[Unit]) -> String {
    let whole = units.iter().find(|(_, factor)| amount.is_multiple_of(*factor) && amount > 0);
    let (name, factor) = whole.unwrap_or(&units[units.len() - 1]);
    format!("{} {name}", amount / factor)
}
