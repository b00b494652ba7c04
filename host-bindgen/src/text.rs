//! Source text, line by line.

/// Source text with an indentation.
#[derive(Default)]
pub(crate) struct Text {
    out: String,
    level: usize,
}

impl Text {
    pub(crate) fn line(&mut self, line: impl AsRef<str>) {
        let line = line.as_ref();
        if !line.is_empty() {
            for _ in 0..self.level {
                self.out += "    ";
            }
            self.out += line;
        }
        self.out.push('\n');
    }

    /// Several lines, each indented as the text is.
    pub(crate) fn lines(&mut self, lines: &str) {
        lines.lines().for_each(|line| self.line(line));
    }

    pub(crate) fn blank(&mut self) {
        self.out.push('\n');
    }

    /// A line, and what `inner` writes one step further in.
    pub(crate) fn block(&mut self, head: impl AsRef<str>, end: &str, inner: impl FnOnce(&mut Self)) {
        self.line(head);
        self.block_body(end, inner);
    }

    /// Indents the output of `inner` by one step, after a head that exists.
    pub(crate) fn block_body(&mut self, end: &str, inner: impl FnOnce(&mut Self)) {
        self.indented(inner);
        self.line(end);
    }

    /// Indents the output of `inner` by one step.
    pub(crate) fn indented(&mut self, inner: impl FnOnce(&mut Self)) {
        self.level += 1;
        inner(self);
        self.level -= 1;
    }

    /// Outdents the output of `inner` by one step.
    pub(crate) fn outdented(&mut self, inner: impl FnOnce(&mut Self)) {
        self.level -= 1;
        inner(self);
        self.level += 1;
    }

    /// A comment of `///` in paragraphs, within `columns`; an empty paragraph is dropped.
    pub(crate) fn doc_comment(&mut self, paragraphs: &[String], columns: usize) {
        let width = columns - self.indent();
        for (i, paragraph) in paragraphs.iter().filter(|paragraph| !paragraph.is_empty()).enumerate() {
            if i > 0 {
                self.line("///");
            }
            for line in wrap(paragraph, width) {
                self.line(format!("/// {line}"));
            }
        }
    }

    /// Returns how many columns the indentation takes.
    pub(crate) fn indent(&self) -> usize {
        4 * self.level
    }

    pub(crate) fn finish(self) -> String {
        self.out
    }
}

/// Breaks a paragraph, which a listing may have from a stranger, into lines of at most `width` columns, where there are spaces to break it at.
pub(crate) fn wrap(paragraph: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in paragraph.split_whitespace() {
        let word = &*hostfn_core::lines_escaped(word);
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                *line += word;
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Writes a comment of paragraphs, in the form of JavaScript. No paragraph can end it.
pub(crate) fn comment(paragraphs: &[String], text: &mut Text) {
    let width = 104 - text.indent();
    let lines: Vec<String> = paragraphs
        .iter()
        .filter(|paragraph| !paragraph.is_empty())
        .flat_map(|paragraph| wrap(&paragraph.replace("*/", "* /"), width))
        .collect();
    match lines.as_slice() {
        [] => {}
        [one] => text.line(format!("/** {one} */")),
        lines => {
            text.line("/**");
            for line in lines {
                text.line(format!(" * {line}"));
            }
            text.line(" */");
        }
    }
}

/// A string literal of JavaScript.
pub(crate) fn quoted(value: &str) -> String {
    let mut out = String::from("\"");
    for unit in value.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte @ (b'"' | b'\\')) => {
                out.push('\\');
                out.push(char::from(byte));
            }
            Ok(byte @ 0x20..=0x7e) => out.push(char::from(byte)),
            _ => out += &format!("\\u{unit:04x}"),
        }
    }
    out.push('"');
    out
}
