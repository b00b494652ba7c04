use clap::Args;
use hostfn_core::Code;

use crate::outcome::{Exit, Stop, Streams};
use crate::pages;

/// Explain an error code, with an example and the remedy
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Error code, such as H0310; omit to list all codes
    code: Option<String>,
}

pub(crate) fn run(args: &Explain, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let text = match &args.code {
        None => Code::ALL.iter().map(|code| format!("{code}  {}\n", code.meaning())).collect(),
        Some(wanted) => {
            let code = find(wanted).ok_or_else(|| unknown(wanted))?;
            format!("{code}: {}\n\n{}", code.meaning(), plain(pages::page(code)))
        }
    };
    streams.print(&text)?;
    Ok(Exit::Success)
}

/// The text of a page with its examples set off, in place of Markdown's fences.
fn plain(page: &str) -> String {
    let mut out = String::new();
    let mut example = false;
    for line in page.lines() {
        if line.starts_with("```") {
            example = !example;
        } else {
            out += &format!("{}{line}\n", if example { "    " } else { "" });
        }
    }
    out
}

/// `H0310`, `h310` or `310`.
fn find(wanted: &str) -> Option<Code> {
    let number: u16 = wanted.strip_prefix(['H', 'h']).unwrap_or(wanted).parse().ok()?;
    Code::ALL.iter().copied().find(|code| code.number() == number)
}

fn unknown(wanted: &str) -> Stop {
    Stop::Usage(format!("unknown code `{wanted}`; `hostfn explain` lists all codes"))
}
