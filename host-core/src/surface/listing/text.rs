use super::layout::{GroupBy, Heading, Layout, declaration, definition, sections, totals};
use super::notes::{self, Style};
use super::{CapabilityRow, ContractRow, ESCAPES, FunctionRow, Listing, shown};

const HEADING: &str = "\u{1b}[1m";
const CAPABILITY: &str = "\u{1b}[33m";
const SIGNATURE: &str = "\u{1b}[36m";
const DIMMED: &str = "\u{1b}[2m";
const PLAIN: &str = "\u{1b}[0m";

pub(super) fn render(listing: &Listing, layout: &Layout<'_>) -> String {
    let mut page = Page { out: String::new(), styled: layout.styled };
    let title = layout.program.map_or_else(String::new, |program| format!(" of {}", shown(program)));
    page.line(0, HEADING, &format!("Host functions{title}"));
    let style = Style::new(listing, shown, shown);
    for section in sections(listing, layout.group_by) {
        page.heading(&section.heading);
        if section.rows.is_empty() {
            page.line(1, DIMMED, "no function requires it");
        }
        for row in section.rows {
            page.function(row, &style.function(listing, row));
        }
    }
    if layout.group_by == GroupBy::Module {
        page.capabilities(&listing.capabilities);
    }
    for contract in &listing.contracts {
        page.contract(contract, &style);
    }
    page.types(listing);
    page.errors(listing);
    page.unregistered(listing);
    page.blank();
    page.line(0, "", &totals(listing));
    page.out
}

/// One line for each function.
pub(super) fn compact(listing: &Listing, styled: bool) -> String {
    let page = Page { out: String::new(), styled };
    let line = |row: &FunctionRow| {
        let declaration = declaration(&row.full_name(), &row.signature(), &row.convention);
        let mut line = format!(
            "{} {}",
            page.paint(CAPABILITY, &format!("[{}]", shown(&row.requirement()))),
            page.paint(SIGNATURE, &shown(&declaration))
        );
        if listing.escapes(row) {
            line += &format!(", {ESCAPES}");
        }
        if !row.summary.is_empty() {
            line += &format!(": {}", shown(&row.summary));
        }
        let place = format!("[{}, {}]", place(row), shown(&row.fingerprint));
        format!("{line} {}\n", page.paint(DIMMED, &place))
    };
    listing.functions.iter().map(line).collect()
}

fn place(row: &FunctionRow) -> String {
    at(&row.krate, row.outside.as_deref(), &row.file, row.line)
}

fn at(krate: &str, outside: Option<&str>, file: &str, line: u32) -> String {
    let package = match outside {
        Some(version) => format!("outside: {krate} {version}"),
        None => krate.to_owned(),
    };
    format!("{} {}:{line}", shown(&package), shown(file))
}

/// `fs.read, scope path`.
fn title(row: &CapabilityRow) -> String {
    match row.scope.as_str() {
        "none" => shown(&row.name),
        scope => format!("{}, scope {}", shown(&row.name), shown(scope)),
    }
}

/// The text so far. Each text of the listing is escaped before it gets here.
struct Page {
    out: String,
    styled: bool,
}

impl Page {
    fn paint(&self, style: &str, text: &str) -> String {
        if self.styled && !style.is_empty() && !text.is_empty() {
            format!("{style}{text}{PLAIN}")
        } else {
            text.to_owned()
        }
    }

    fn blank(&mut self) {
        self.out.push('\n');
    }

    /// A line at this depth; no line for an empty text.
    fn line(&mut self, depth: usize, style: &str, text: &str) {
        let text = text.trim_end();
        if !text.is_empty() {
            let line = self.paint(style, text);
            self.out += &format!("{:1$}{line}\n", "", depth * 2);
        }
    }

    /// A heading after a blank line.
    fn title(&mut self, text: &str) {
        self.blank();
        self.line(0, HEADING, text);
    }

    fn heading(&mut self, heading: &Heading<'_>) {
        match heading {
            Heading::AlwaysAvailable => self.title("Always available, without a grant"),
            Heading::Module(name) => self.title(&format!("Module {}", shown(name))),
            Heading::Capability(name, None) => self.title(&shown(name)),
            Heading::Capability(_, Some(row)) => self.capability(row),
        }
    }

    fn capability(&mut self, row: &CapabilityRow) {
        self.title(&title(row));
        self.line(1, "", &shown(&row.about()));
        if let Some(granted) = &row.granted {
            self.line(1, "", &format!("granted: {}", shown(granted)));
        }
    }

    /// The capabilities, where the functions are not under them.
    fn capabilities(&mut self, rows: &[CapabilityRow]) {
        for row in rows {
            self.capability(row);
            let functions: Vec<String> = row.functions.iter().map(|name| shown(name)).collect();
            self.line(1, DIMMED, &functions.join(", "));
        }
    }

    fn function(&mut self, row: &FunctionRow, remarks: &[String]) {
        self.blank();
        self.line(1, CAPABILITY, &shown(&row.requirement()));
        let declaration = declaration(&row.full_name(), &row.signature(), &row.convention);
        self.line(1, SIGNATURE, &shown(&declaration));
        self.line(2, "", &shown(&row.summary));
        for remark in remarks {
            self.line(2, "", remark);
        }
        let declared =
            [place(row), shown(&row.origin), shown(&row.convention), shown(&row.fingerprint)].join(", ");
        self.line(2, DIMMED, &declared);
    }

    fn contract(&mut self, contract: &ContractRow, style: &Style) {
        self.title(&format!("Guest side, contract {}", shown(&contract.id)));
        self.line(1, "", &shown(&contract.summary));
        let place = at(&contract.krate, contract.outside.as_deref(), &contract.file, contract.line);
        self.line(1, DIMMED, &format!("{place}, {}", shown(&contract.origin)));
        for method in &contract.methods {
            self.blank();
            self.line(1, CAPABILITY, &format!("export {}", shown(&method.entry)));
            let name = contract.full_name(method);
            let declaration = declaration(&name, &method.signature(), &method.convention);
            self.line(1, SIGNATURE, &shown(&declaration));
            self.line(2, "", &shown(&method.summary));
            for remark in style.method(method) {
                self.line(2, "", &remark);
            }
            self.line(2, DIMMED, &format!("{}, {}", shown(&method.convention), shown(&method.fingerprint)));
        }
    }

    fn types(&mut self, listing: &Listing) {
        let types = notes::types(listing);
        if types.is_empty() {
            return;
        }
        self.title("Types");
        for named in &types {
            self.line(1, SIGNATURE, &shown(&definition(named.name, named.is)));
            self.used(named.users());
        }
    }

    fn errors(&mut self, listing: &Listing) {
        let errors = notes::errors(listing);
        if errors.is_empty() {
            return;
        }
        self.title("Errors");
        for named in &errors {
            self.line(1, SIGNATURE, &format!("error {}", shown(named.name)));
            self.used(named.users());
            let codes: Vec<String> = named.is.kinds.iter().map(|kind| shown(&kind.code)).collect();
            let widest = codes.iter().map(|code| code.chars().count()).max().unwrap_or(0).min(32);
            for (kind, code) in named.is.kinds.iter().zip(codes) {
                self.line(2, "", &format!("{code:widest$}  {:>5}  {}", kind.status, shown(&kind.docs)));
            }
        }
    }

    /// The users of a name that several things have.
    fn used(&mut self, users: Option<String>) {
        if let Some(users) = users {
            self.line(2, DIMMED, &format!("used by {}", shown(&users)));
        }
    }

    fn unregistered(&mut self, listing: &Listing) {
        if listing.unregistered.is_empty() {
            return;
        }
        self.title("Linked and not registered: no plugin can call these");
        for row in &listing.unregistered {
            self.line(1, SIGNATURE, &shown(&format!("fn {}", row.full_name())));
            self.line(2, DIMMED, &at(&row.krate, row.outside.as_deref(), &row.file, row.line));
        }
    }
}
