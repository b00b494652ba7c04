//! The guest's records of functions and of contract entries, in a custom section.

use super::{comment, section};
use crate::model::Model;
use crate::records;
use crate::text::Text;

const WIDTH: usize = 104;

/// C99 promises a string literal 4095 bytes, which so many lines have even where each character is escaped.
const LINES: usize = 18;

/// An attribute on data makes no custom section; the assembler does. Of the text of a record the preprocessor makes a
/// literal, and of that one for the assembler.
const MACROS: &str = r##"#define HOSTFN_CARRY(text, end) \
    __asm__(".section .custom_section.hostfn.functions,\"\",@\n.ascii " #text "\n" end ".text\n")
#define HOSTFN_CARRY_TEXT(text, end) HOSTFN_CARRY(text, end)
#define HOSTFN_RECORD_PART(...) HOSTFN_CARRY_TEXT(#__VA_ARGS__, "")
#define HOSTFN_RECORD(...) HOSTFN_CARRY_TEXT(#__VA_ARGS__, ".ascii \"\\n\"\n")"##;

/// The macros that carry a record, before what uses them.
pub(super) fn print_macros(model: &Model, text: &mut Text) {
    if model.records.is_empty() && model.contracts.is_empty() {
        return;
    }
    section("records", text);
    let about = "What this was generated from, which goes with the guest in the custom section `hostfn.functions`. A \
                 host that has changed since refuses to load the guest, and says what has changed. Functions that \
                 the guest does not import, and entries that it does not export, do not count.";
    comment(&[about.to_owned()], text);
    text.lines(MACROS);
}

pub(super) fn print(model: &Model, text: &mut Text) {
    if model.records.is_empty() {
        return;
    }
    section("function records", text);
    text.line("#ifdef HOSTFN_IMPLEMENTATION");
    print_all(&model.records, text);
    text.line("#endif");
}

pub(super) fn print_all(records: &[String], text: &mut Text) {
    for (i, record) in records.iter().enumerate() {
        if i > 0 {
            text.blank();
        }
        print_one(record, text);
    }
}

fn print_one(record: &str, text: &mut Text) {
    // two question marks begin a trigraph
    let record = record.replace("??", "?\\u003f");
    let lines = records::lines(&record, WIDTH);
    let parts = lines.chunks(LINES);
    let last = parts.len() - 1;
    for (i, part) in parts.enumerate() {
        let head = if i < last { "HOSTFN_RECORD_PART(" } else { "HOSTFN_RECORD(" };
        text.block(head, ");", |text| part.iter().for_each(|line| text.line(line)));
    }
}
