use std::time::{SystemTime, UNIX_EPOCH};

/// A time as RFC 3339 writes it, in UTC and to the microsecond.
pub(super) fn rfc3339(at: SystemTime) -> String {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (days, seconds) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let micros = since.subsec_micros();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

/// The year, month and day, so many days after the first of 1970. Years are counted from March, so that the
/// day that only some of them have is their last; 400 years are one turn of the calendar.
fn date(days: u64) -> (u64, u64, u64) {
    const BEFORE_1970: u64 = 719_468;
    const TURN: u64 = 146_097;
    let days = days + BEFORE_1970;
    let (turn, day) = (days / TURN, days % TURN);
    let year = (day - day / 1460 + day / 36_524 - day / (TURN - 1)) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (turn * 400 + year + next, month, date)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (68_169_599, "1972-02-28T23:59:59.000000Z"),
            (68_169_600, "1972-02-29T00:00:00.000000Z"),
            (951_782_400, "2000-02-29T00:00:00.000000Z"),
            (1_709_251_199, "2024-02-29T23:59:59.000000Z"),
            (1_735_689_599, "2024-12-31T23:59:59.000000Z"),
            (4_107_542_399, "2100-02-28T23:59:59.000000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000000Z"),
        ] {
            assert_eq!(rfc3339(UNIX_EPOCH + Duration::from_secs(seconds)), expected);
        }
        let micros = UNIX_EPOCH + Duration::from_micros(1_500_001);
        assert_eq!(rfc3339(micros), "1970-01-01T00:00:01.500001Z");
    }

    #[test]
    fn each_day_comes_after_the_one_before() {
        let mut before = date(0);
        for days in 1..200_000 {
            let (year, month, day) = date(days);
            let (y, m, d) = before;
            let next = (year, month, day) == (y, m, d + 1)
                || (year, month, day) == (y, m + 1, 1) && d >= 28
                || (year, month, day) == (y + 1, 1, 1) && (m, d) == (12, 31);
            assert!(next, "{before:?} and then {:?}", (year, month, day));
            before = (year, month, day);
        }
    }
}
