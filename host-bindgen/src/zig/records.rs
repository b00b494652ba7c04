//! A guest's record of each function that it imports.

use crate::text::Text;

/// A section of the module of assembly that holds the record of a function: what is declared nowhere else makes none.
pub(super) fn print(record: &str, text: &mut Text) {
    text.block("comptime {", "}", |text| {
        text.block("asm (", ");", |text| {
            text.line(r#"\\.section .custom_section.hostfn.functions,"",@"#);
            text.line(format!(r#"\\.ascii "{}""#, escaped(record)));
            text.line(r"\\.text");
        });
    });
}

/// A line as the assembler has it.
fn escaped(record: &str) -> String {
    record.replace('\\', "\\\\").replace('"', "\\\"") + "\\n"
}
