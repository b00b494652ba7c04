//! From a plugin's bytes to records.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Carried, LONGEST_SECTION, MOST, unreadable};
use crate::error::{Problems, printable};

/// Bytes of one record.
const LONGEST_RECORD: usize = 64 * 1024;

pub(super) fn all(bytes: &[u8]) -> Result<Carried, Problems> {
    if bytes.len() > LONGEST_SECTION {
        let what = format!("they are more than {LONGEST_SECTION} bytes");
        return Err(unreadable("function records".to_owned(), what).into());
    }
    let (mut records, mut problems) = (Carried::default(), Vec::new());
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
        match one(record, &mut records) {
            Ok(()) => {}
            Err(what) => problems.push(unreadable(format!("function record {number} at byte {at}"), what)),
        }
        if problems.len() >= MOST {
            break;
        }
    }
    Problems::check(problems)?;
    Ok(records)
}

/// The member that tells the kinds of records apart.
#[derive(Deserialize)]
struct Kind {
    #[serde(default)]
    contract: Option<IgnoredAny>,
}

fn one(bytes: &[u8], records: &mut Carried) -> Result<(), String> {
    if bytes.len() > LONGEST_RECORD {
        return Err(format!("it is {} bytes, and a record has at most {LONGEST_RECORD}", bytes.len()));
    }
    // serde_json refuses what is nested more than 128 deep
    let invalid = |error: serde_json::Error| format!("it is not one: {}", printable(&error.to_string()));
    let is_entry = serde_json::from_slice(bytes).is_ok_and(|kind: Kind| kind.contract.is_some());
    if is_entry {
        records.entries.push(serde_json::from_slice(bytes).map_err(invalid)?);
    } else {
        records.functions.push(serde_json::from_slice(bytes).map_err(invalid)?);
    }
    Ok(())
}
