//! The guest's records of functions, in memory: the language has no custom sections.

use super::{comment, section};
use crate::model::Model;
use crate::text::Text;

const COLUMNS: usize = 100;

pub(super) fn print(model: &Model, text: &mut Text) {
    section("function records", text);
    text.blank();
    comment(
        &["What this was generated from, as a text that ends with a zero: a host that has changed since refuses to \
           load the guest that exports it, and says what has changed. Functions that the guest does not import, and \
           entries that it does not export, do not count."
            .to_owned()],
        text,
    );
    text.block("export const hostfn_functions: usize = memory.data<u8>([", "]);", |text| {
        for (function, record) in model.functions.iter().zip(&model.records) {
            comment(std::slice::from_ref(&function.full_name), text);
            bytes(record.bytes().chain([b'\n']), text);
        }
        for contract in &model.contracts {
            for (method, record) in contract.methods.iter().zip(&contract.records) {
                comment(std::slice::from_ref(&method.function.full_name), text);
                bytes(record.bytes().chain([b'\n']), text);
            }
        }
        text.line("0,");
    });
}

fn bytes(bytes: impl Iterator<Item = u8>, text: &mut Text) {
    let mut line = String::new();
    for byte in bytes {
        let number = format!("{byte},");
        if line.len() + number.len() > COLUMNS {
            text.line(std::mem::take(&mut line));
        }
        line += &number;
    }
    text.line(line);
}
