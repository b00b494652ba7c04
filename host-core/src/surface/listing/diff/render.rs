use super::{Change, Class, Diff};
use crate::surface::listing::{markdown, shown};

pub(super) fn summary(diff: &Diff) -> String {
    if diff.is_empty() {
        return "no difference".to_owned();
    }
    let counts = diff.counts.iter().map(|(class, count)| format!("{count} {}", word(*class, *count)));
    counts.collect::<Vec<_>>().join(", ")
}

fn word(class: Class, count: usize) -> &'static str {
    match (class, count) {
        (class, 1) => class.as_str(),
        (Class::Widens, _) => "widen",
        (Class::Breaks, _) => "break",
        (Class::Surprises, _) => "surprise",
        (Class::Narrows, _) => "narrow",
        (Class::Docs, _) => "docs",
    }
}

pub(super) fn text(diff: &Diff) -> String {
    let mut out = String::new();
    for class in diff.counts.keys() {
        out += &format!("{class}: {}\n", class.meaning());
        let changes: Vec<&Change> = diff.of_class(*class).collect();
        for of_one in changes.chunk_by(|a, b| (a.item, &a.name) == (b.item, &b.name)) {
            out += &format!("  {}\n", heading(of_one[0]));
            for change in of_one {
                out += &format!("    {}\n", shown(&change.sentence()));
            }
        }
        out += "\n";
    }
    out + &summary(diff) + "\n"
}

fn heading(change: &Change) -> String {
    let place = match change.line {
        0 => String::new(),
        line => format!(" ({}:{line})", shown(&change.file)),
    };
    format!("{} {}{place}", change.item, shown(&change.name))
}

pub(super) fn markdown(diff: &Diff) -> String {
    let mut out = format!("# What changed\n\n{}.\n", summary(diff));
    for class in diff.counts.keys() {
        out += &format!(
            "\n## {class}: {}\n\n| | | what | before | now | declared |\n|---|---|---|---|---|---|\n",
            class.meaning()
        );
        for change in diff.of_class(*class) {
            let place = match change.line {
                0 => String::new(),
                line => format!("{}:{line}", markdown::escape(&change.file)),
            };
            let part = |text: &Option<String>| text.as_deref().map(markdown::code).unwrap_or_default();
            out += &markdown::line(&[
                change.item.as_str(),
                &markdown::code(&change.name),
                &markdown::escape(&change.what),
                &part(&change.old),
                &part(&change.new),
                &place,
            ]);
        }
    }
    out
}
