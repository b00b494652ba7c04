//! A bound on how deep a parser recurses into tokens, before it is given them.

use proc_macro2::{Delimiter, Punct, Spacing, TokenStream, TokenTree, token_stream};

/// The words that cannot name a macro and do not end an operand.
const KEYWORDS: [&str; 34] = [
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern", "fn",
    "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return",
    "static", "struct", "trait", "type", "unsafe", "use", "where", "while", "yield",
];

/// An upper bound on how deep `syn` nests what it parses from these tokens.
///
/// Brackets nest, and so do chains without brackets: `!!!x`, `a + b + c`, `x.y.z`, `A<A<A<`, `if {} else if {}`,
/// `|a| |a|`, `use a::b::c`. So each token counts until one ends everything that was open: a `;`, a `,` outside of angle
/// brackets and of closures' parameters, or a block that nothing continues. Arguments of macros stay tokens, so only
/// their brackets count.
pub(super) fn depth(tokens: TokenStream) -> usize {
    let mut deepest = 0;
    let mut levels = vec![Level::new(tokens, 0, false)];
    while let Some(level) = levels.last_mut() {
        let Some(token) = level.tokens.next() else {
            levels.pop();
            continue;
        };
        level.take(&token);
        let here = level.base + level.open;
        deepest = deepest.max(here);
        if let TokenTree::Group(group) = token {
            let in_macro = level.in_macro || level.is_macro;
            levels.push(Level::new(group.stream(), here, in_macro));
        }
    }
    deepest
}

/// The tokens between two brackets.
struct Level {
    tokens: token_stream::IntoIter,
    /// The depth of the brackets.
    base: usize,
    in_macro: bool,
    /// Tokens that may have something open.
    open: usize,
    /// The value of `open` at each `<` that is not closed.
    angles: Vec<usize>,
    /// Closures since the last token that ended everything.
    closures: usize,
    before: Before,
    /// True if the last tokens name a macro, and a bracket has its arguments.
    is_macro: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Start,
    /// A name, a literal or a bracket.
    Operand,
    /// A name that may be a macro's.
    Name,
    /// The `!` after such a name.
    Bang,
    Block,
    Keyword,
    /// `-` or `=`, which make an arrow with `>`.
    Stem,
    /// The `#` or `#!` of an attribute.
    Hash,
    /// The first half of `<<` or `<=`.
    Shift,
    Other,
}

impl Level {
    fn new(tokens: TokenStream, base: usize, in_macro: bool) -> Self {
        Self {
            tokens: tokens.into_iter(),
            base,
            in_macro,
            open: 1,
            angles: Vec::new(),
            closures: 0,
            before: Before::Start,
            is_macro: false,
        }
    }

    fn take(&mut self, token: &TokenTree) {
        if self.in_macro {
            return;
        }
        if self.before == Before::Block && !continues(token) {
            self.end();
        }
        // attributes stand beside one another, and documentation is hundreds of them
        let is_hash = matches!(token, TokenTree::Punct(punct) if punct.as_char() == '#');
        if !is_hash && self.before != Before::Hash {
            self.open += 1;
        }
        let was_macro = self.is_macro;
        self.is_macro = self.before == Before::Bang;
        self.before = match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Before::Block,
            TokenTree::Group(_) | TokenTree::Literal(_) => Before::Operand,
            TokenTree::Ident(name) if KEYWORDS.iter().any(|keyword| name == keyword) => Before::Keyword,
            // `macro_rules! name { ... }`
            TokenTree::Ident(_) if self.is_macro && !was_macro => Before::Bang,
            TokenTree::Ident(_) => Before::Name,
            TokenTree::Punct(punct) => self.punct(punct),
        };
    }

    fn punct(&mut self, punct: &Punct) -> Before {
        match punct.as_char() {
            ';' => self.end(),
            ',' => self.open = self.angles.last().copied().unwrap_or(1) + self.closures,
            // generics follow a name: this compares or shifts
            '<' if self.before == Before::Operand && punct.spacing() == Spacing::Joint => {
                return Before::Shift;
            }
            '<' if matches!(self.before, Before::Operand | Before::Shift) => {}
            '<' => self.angles.push(self.open),
            '>' if self.before != Before::Stem => drop(self.angles.pop()),
            '|' if !matches!(self.before, Before::Operand | Before::Name | Before::Block) => {
                self.closures += 1;
            }
            '!' if self.before == Before::Name => return Before::Bang,
            '!' if self.before == Before::Hash => return Before::Hash,
            '#' => return Before::Hash,
            '-' | '=' => return Before::Stem,
            _ => {}
        }
        Before::Other
    }

    fn end(&mut self) {
        self.open = 1;
        self.angles.clear();
        self.closures = 0;
    }
}

/// Returns whether a token that follows a block can belong to the same expression.
fn continues(token: &TokenTree) -> bool {
    match token {
        TokenTree::Ident(name) => ["else", "as", "in"].iter().any(|word| name == word),
        TokenTree::Punct(punct) => !matches!(punct.as_char(), '#' | '\''),
        TokenTree::Group(_) => true,
        TokenTree::Literal(_) => false,
    }
}
