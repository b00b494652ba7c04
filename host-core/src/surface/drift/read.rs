//! From a plugin's bytes to records.

use super::{FunctionRecord, LONGEST_SECTION, MOST, unreadable};
use crate::error::{Problems, printable};

/// Bytes of one record.
const LONGEST_RECORD: usize = 64 * 1024;

pub(super) fn all(bytes: &[u8]) -> Result<Vec<FunctionRecord>, Problems> {
    if bytes.len() > LONGEST_SECTION {
        let what = format!("they are more than {LONGEST_SECTION} bytes");
        return Err(unreadable("function records".to_owned(), what).into());
    }
    let (mut records, mut problems) = (Vec::new(), Vec::new());
    let mut start = 0;
    let mut number = 0;
    for line in bytes.split_inclusive(|&byte| byte == b'\n' || byte == 0) {
        let at = start;
        start += line.len();
        let record = line.trim_ascii().strip_suffix(b"\0").unwrap_or(line).trim_ascii();
        if record.is_empty() {
            continue;
        }
        number += 1;
        match one(record) {
            Ok(record) => records.push(record),
            Err(what) => problems.push(unreadable(format!("function record {number} at byte {at}"), what)),
        }
        if problems.len() >= MOST {
            break;
        }
    }
    Problems::check(problems)?;
    Ok(records)
}

fn one(bytes: &[u8]) -> Result<FunctionRecord, String> {
    if bytes.len() > LONGEST_RECORD {
        return Err(format!("it is {} bytes, and a record has at most {LONGEST_RECORD}", bytes.len()));
    }
    // serde_json refuses what is nested more than 128 deep
    serde_json::from_slice(bytes).map_err(|error| format!("it is not one: {}", printable(&error.to_string())))
}
