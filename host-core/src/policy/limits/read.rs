//! Limits as an operator writes them.

use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::{Limits, Metric};
use crate::error::{Code, Problem, Problems, near, printable};
use crate::policy::document::{Document, given};
use crate::policy::quantity::{Given, Measure, Wrong, amount};

const KEYS: [&str; 15] = [
    "memory",
    "table",
    "time",
    "stack",
    "args",
    "reply",
    "fuel",
    "calls",
    "refusals",
    "depth",
    "log_lines",
    "log_bytes",
    "concurrent",
    "queued",
    "load",
];

/// In bytes. No limits are as long.
const LONGEST: usize = 1 << 20;

pub(super) fn from_toml(text: &str) -> Result<Limits, Problems> {
    let mut document = Document::new("limits", Code::BadLimit, text);
    if text.len() > LONGEST {
        let what = format!("they are {} bytes long", text.len());
        return Err(Problem::new(Code::BadLimit, document.place(0), what, "keep them to 1 MiB").into());
    }
    let table = document.parse(Code::BadLimit, "write TOML: `memory = \"64 MiB\"`")?;
    let table = table.get_ref();
    let mut limits = Limits::default();
    for (key, value) in table {
        let (name, at) = (&**key.get_ref(), key.span().start);
        match value.get_ref() {
            DeValue::Table(load) if name == "load" => read_load(&mut document, load, &mut limits),
            _ if !KEYS.contains(&name) => document.unknown_key("the file", "limits", &KEYS, name, at),
            value => {
                if let Err(wrong) = set(&mut limits, name, &given(value)) {
                    document.wrong(at, wrong.message, wrong.help);
                }
            }
        }
    }
    for problem in limits.problems() {
        let at = offset(table, problem.location());
        document.wrong(at, format!("{}: {}", problem.location(), problem.message()), problem.help());
    }
    document.problems.into_result().map(|()| limits)
}

fn read_load<'t>(document: &mut Document<'t>, table: &DeTable<'t>, limits: &mut Limits) {
    for (key, value) in table {
        let (name, at) = (&**key.get_ref(), key.span().start);
        if metric(name).is_none() {
            document.unknown_key("`load`", "`load`", &fields(), name, at);
        } else if let Err(wrong) = set_load(limits, name, &given(value.get_ref())) {
            document.wrong(at, wrong.message, wrong.help);
        }
    }
}

/// Returns where the limit of a problem such as `limits.load.imports` stands, or the start of the file.
fn offset(table: &DeTable<'_>, location: &str) -> usize {
    let mut path = location.trim_start_matches("limits.").split('.');
    let value = path.next().and_then(|key| table.get(key));
    let inner = match (value.map(toml::Spanned::get_ref), path.next()) {
        (Some(DeValue::Table(load)), Some(field)) => load.get(field),
        _ => None,
    };
    inner.or(value).map_or(0, |value| value.span().start)
}

/// Reads a section of a larger configuration, of which no lines are known. The error has every problem.
pub(super) fn from_table(table: &toml::Table) -> Result<Limits, String> {
    let mut limits = Limits::default();
    let mut problems = Vec::new();
    let mut wrong = |wrong: Wrong| problems.push(format!("{}; {}", wrong.message, wrong.help));
    for (key, value) in table {
        match value {
            toml::Value::Table(load) if key == "load" => {
                for (field, value) in load {
                    if metric(field).is_none() {
                        wrong(unknown(field, &fields()));
                    } else if let Err(error) = set_load(&mut limits, field, &given_as(value)) {
                        wrong(error);
                    }
                }
            }
            _ if !KEYS.contains(&&**key) => wrong(unknown(key, &KEYS)),
            value => {
                if let Err(error) = set(&mut limits, key, &given_as(value)) {
                    wrong(error);
                }
            }
        }
    }
    let invalid = limits.problems();
    problems.extend(
        invalid
            .iter()
            .map(|problem| format!("{}: {}; {}", problem.location(), problem.message(), problem.help())),
    );
    if problems.is_empty() { Ok(limits) } else { Err(problems.join("\n")) }
}

fn given_as(value: &toml::Value) -> Given<'_> {
    match value {
        toml::Value::String(text) => Given::Text(text),
        toml::Value::Integer(number) if *number >= 0 => Given::Number(number.unsigned_abs()),
        value => Given::Other(format!("a value of the type {}", value.type_str())),
    }
}

fn unknown(key: &str, keys: &[&str]) -> Wrong {
    let near = near(key, keys.iter().copied());
    let meant = near.first().map_or_else(String::new, |near| format!(", near `{near}`"));
    Wrong {
        message: format!("there is no limit `{}`{meant}", printable(key)),
        help: "write the name of a field of `Limits`",
    }
}

fn set(limits: &mut Limits, key: &str, given: &Given<'_>) -> Result<(), Wrong> {
    match key {
        "memory" => limits.memory = amount(key, given, Measure::Size)?,
        "table" => limits.table = amount(key, given, Measure::Count)?,
        "time" => limits.time = Duration::from_millis(amount(key, given, Measure::Time)?),
        "stack" => limits.stack = amount(key, given, Measure::Size)?,
        "args" => limits.args = amount(key, given, Measure::Size)?,
        "reply" => limits.reply = amount(key, given, Measure::Size)?,
        "fuel" => limits.fuel = Some(amount(key, given, Measure::Count)?),
        "calls" => limits.calls = amount(key, given, Measure::Count)?,
        "refusals" => limits.refusals = amount(key, given, Measure::Count)?,
        "depth" => limits.depth = amount(key, given, Measure::Count)?,
        "log_lines" => limits.log_lines = amount(key, given, Measure::Count)?,
        "log_bytes" => limits.log_bytes = amount(key, given, Measure::Size)?,
        "concurrent" => limits.concurrent = amount(key, given, Measure::Count)?,
        "queued" => limits.queued = amount(key, given, Measure::Count)?,
        _ => {
            let help = "write a table: `[load]`, and the limits of compiling below it";
            return Err(Wrong { message: "`load` is no table".to_owned(), help });
        }
    }
    Ok(())
}

fn set_load(limits: &mut Limits, key: &str, given: &Given<'_>) -> Result<(), Wrong> {
    if let Some(metric) = metric(key) {
        let measure = if key.ends_with("_bytes") { Measure::Size } else { Measure::Count };
        limits.load.set(metric, amount(key, given, measure)?);
    }
    Ok(())
}

fn metric(field: &str) -> Option<Metric> {
    Metric::ALL.iter().copied().find(|metric| metric.field() == field)
}

fn fields() -> Vec<&'static str> {
    Metric::ALL.iter().map(|metric| metric.field()).collect()
}
