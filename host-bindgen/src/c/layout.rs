//! Lines of C.

use crate::text::Text;

const WIDTH: usize = 110;

/// `head(params)tail`, in as few lines as there is room for.
pub(super) fn list(head: &str, params: &[String], tail: &str, text: &mut Text) {
    let one_line = format!("{head}({}){tail}", params.join(", "));
    if text.indent() + one_line.chars().count() <= WIDTH {
        return text.line(one_line);
    }
    text.block(format!("{head}("), &format!("){tail}"), |text| {
        for (i, param) in params.iter().enumerate() {
            text.line(format!("{param}{}", if i + 1 < params.len() { "," } else { "" }));
        }
    });
}

/// `head(params) {`, and what `body` writes.
pub(super) fn function(head: &str, params: &[String], text: &mut Text, body: impl FnOnce(&mut Text)) {
    list(head, params, " {", text);
    text.block_body("}", body);
}

/// A string literal. What is not printable ASCII is written in octal, which unlike hexadecimal has an end.
pub(super) fn quoted(value: &str) -> String {
    let mut out = String::from("\"");
    for byte in value.bytes() {
        match byte {
            b'"' | b'\\' | b'?' => {
                out.push('\\');
                out.push(char::from(byte));
            }
            0x20..=0x7e => out.push(char::from(byte)),
            byte => out += &format!("\\{byte:03o}"),
        }
    }
    out.push('"');
    out
}
