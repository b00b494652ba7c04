//! Lines of Zig, as `zig fmt` has them.

use crate::text::Text;

const WIDTH: usize = 110;

/// `head(params)tail`, in as few lines as there is room for.
pub(super) fn list(head: &str, params: &[String], tail: &str, text: &mut Text) {
    let one_line = format!("{head}({}){tail}", params.join(", "));
    if text.indent() + one_line.chars().count() <= WIDTH {
        return text.line(one_line);
    }
    text.block(format!("{head}("), &format!("){tail}"), |text| {
        for param in params {
            text.line(format!("{param},"));
        }
    });
}

/// `head{ fields }tail`, likewise.
pub(super) fn fields(head: &str, fields: &[String], tail: &str, text: &mut Text) {
    let one_line = match fields {
        [] => format!("{head}{{}}{tail}"),
        fields => format!("{head}{{ {} }}{tail}", fields.join(", ")),
    };
    if text.indent() + one_line.chars().count() <= WIDTH {
        return text.line(one_line);
    }
    text.block(format!("{head}{{"), &format!("}}{tail}"), |text| {
        for field in fields {
            text.line(format!("{field},"));
        }
    });
}

/// `head(params) reply {`, and what `body` writes.
pub(super) fn function(
    head: &str,
    params: &[String],
    reply: &str,
    text: &mut Text,
    body: impl FnOnce(&mut Text),
) {
    list(head, params, &format!(" {reply} {{"), text);
    text.block_body("}", body);
}

/// A string literal.
pub(super) fn quoted(value: &str) -> String {
    let mut out = String::from("\"");
    for byte in value.bytes() {
        match byte {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(byte));
            }
            0x20..=0x7e => out.push(char::from(byte)),
            byte => out += &format!("\\x{byte:02x}"),
        }
    }
    out.push('"');
    out
}
