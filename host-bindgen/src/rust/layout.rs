//! Lines as rustfmt breaks them.

use crate::text::Text;

const WIDTH: usize = 100;
/// The longest list in parentheses or brackets on one line.
const LIST: usize = 60;

/// A function's head and body: `head` up to the parenthesis, `tail` from the closing one to the brace.
pub(super) fn function(
    head: &str,
    params: &[String],
    tail: &str,
    text: &mut Text,
    body: impl FnOnce(&mut Text),
) {
    signature(head, params, &format!("{tail} {{"), text);
    text.block_body("}", body);
}

/// A function without a body.
pub(super) fn signature(head: &str, params: &[String], tail: &str, text: &mut Text) {
    let one_line = format!("{head}({}){tail}", params.join(", "));
    if text.indent() + one_line.chars().count() <= WIDTH || params.is_empty() {
        text.line(one_line);
        return;
    }
    text.block(format!("{head}("), &format!("){tail}"), |text| {
        for param in params {
            text.line(format!("{param},"));
        }
    });
}

/// A call: `head` up to the parenthesis, `tail` from the closing one on.
pub(super) fn call(head: &str, args: &[String], tail: &str, text: &mut Text) {
    let list = args.join(", ");
    let one_line = format!("{head}({list}){tail}");
    if list.chars().count() <= LIST && text.indent() + one_line.chars().count() <= WIDTH {
        text.line(one_line);
        return;
    }
    if list.chars().count() <= LIST
        && let Some((place, value)) = one_line.split_once(" = ")
        && text.indent() + 4 + value.chars().count() <= WIDTH
    {
        text.line(format!("{place} ="));
        text.indented(|text| text.line(value));
        return;
    }
    text.block(format!("{head}("), &format!("){tail}"), |text| {
        for arg in args {
            text.line(format!("{arg},"));
        }
    });
}

/// An array's items, `head` up to the bracket.
pub(super) fn array(head: &str, items: &[String], text: &mut Text) {
    let list = items.join(", ");
    let one_line = format!("{head}[{list}];");
    if list.chars().count() <= LIST && text.indent() + one_line.chars().count() <= WIDTH {
        text.line(one_line);
        return;
    }
    text.block(format!("{head}["), "];", |text| items.iter().for_each(|item| text.line(format!("{item},"))));
}
