//! A guest's records of the functions and contracts that its bindings were generated for: a host that has changed since
//! reports the change when it loads the guest.

use hostfn_core::{Code, EntryRecord, FunctionRecord, Listing, Problem, Problems};

/// Records, each a line of JSON in ASCII without the line feed.
pub(crate) struct Records {
    /// Of each function, in the listing's order.
    pub(crate) functions: Vec<String>,
    /// Of each method of each contract, in the listing's order.
    pub(crate) methods: Vec<Vec<String>>,
}

pub(crate) fn records(listing: &Listing) -> Result<Records, Problems> {
    let mut problems = Vec::new();
    let mut line = |place: String, bytes: &[u8]| {
        let record = ascii(&String::from_utf8_lossy(bytes));
        if let Err(why) = FunctionRecord::read_all(record.as_bytes()) {
            let remedy = "let it take and reply types that say less of themselves";
            problems.push(unreadable(place, &why, remedy));
        }
        record
    };
    let functions: Vec<String> = listing
        .functions
        .iter()
        .map(|row| line(row.full_name(), &FunctionRecord::from_row(row).to_bytes()))
        .collect();
    let mut methods = Vec::new();
    for contract in &listing.contracts {
        let records = contract.methods.iter().map(|method| {
            line(contract.full_name(method), &EntryRecord::from_row(contract, method).to_bytes())
        });
        methods.push(records.collect::<Vec<_>>());
    }
    Problems::check(problems)?;
    let all: Vec<&str> = functions.iter().chain(methods.iter().flatten()).map(String::as_str).collect();
    FunctionRecord::read_all(all.join("\n").as_bytes()).map_err(|why| {
        unreadable(
            "the listing".to_owned(),
            &why,
            "make bindings of the functions alone that a plugin uses, with `--only`",
        )
    })?;
    Ok(Records { functions, methods })
}

fn unreadable(place: String, why: &Problems, remedy: &str) -> Problem {
    let what = format!("a host would not read what a plugin carries of it: {}", why.first().message());
    Problem::new(Code::BindingRecord, place, what, remedy)
}

/// The same JSON without a character that is not ASCII or not printable, which only strings have.
fn ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.trim_end().chars() {
        match c {
            ' '..='~' => out.push(c),
            c => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out += &format!("\\u{unit:04x}")),
        }
    }
    out
}

/// JSON broken into lines of at most `width` columns, at the commas between its values.
pub(crate) fn lines(json: &str, width: usize) -> Vec<&str> {
    let (mut lines, mut start, mut end) = (Vec::new(), 0, 0);
    for comma in commas(json).chain([json.len()]) {
        if comma - start > width && end > start {
            lines.push(&json[start..end]);
            start = end;
        }
        end = comma;
    }
    lines.push(&json[start..]);
    lines
}

/// Returns where each comma between values ends.
fn commas(json: &str) -> impl Iterator<Item = usize> {
    let (mut in_string, mut escaped) = (false, false);
    json.bytes().enumerate().filter_map(move |(at, byte)| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b',' if !in_string => return Some(at + 1),
            _ => {}
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::{ascii, lines};

    #[test]
    fn what_is_not_ascii_is_escaped() {
        assert_eq!(ascii("[\"caf\u{e9}\u{7f}\u{1f600}~\"]\n"), r#"["caf\u00e9\u007f\ud83d\ude00~"]"#);
    }

    #[test]
    fn lines_break_between_values_alone() {
        let json = r#"{"a":"1,2","b\",\\":[3,4],"long, and longer":5}"#;
        assert_eq!(lines(json, 12), [r#"{"a":"1,2","#, r#""b\",\\":[3,"#, "4],", r#""long, and longer":5}"#]);
        assert_eq!(lines(json, 200), [json]);
        assert_eq!(lines("7", 0), ["7"]);
    }
}
