//! The nesting of a TOML text, measured before it is parsed.

use toml_parser::Source;
use toml_parser::lexer::TokenKind;

/// The message for a text that is refused for its nesting.
pub(crate) const TOO_DEEP: &str = "it is nested too deep";

/// Arrays and inline tables in each other. Manifests, grants and locks have 3 at most.
const MOST_OPEN: usize = 16;

/// Dots of one key. A capability's name has 31 at most.
const MOST_DOTS: usize = 32;

/// Returns where a TOML text is nested deeper than any that this project reads.
///
/// The parser takes 80 brackets in each other and 80 parts in each key, so tables can be nested 6,400 deep, and reading
/// or dropping them overflows a thread's stack. This takes time in proportion to the text, and none of the stack.
///
/// ```
/// assert_eq!(hostfn_core::toml_too_deep("fs.read = { allow = ['/a'] }"), None);
/// assert_eq!(hostfn_core::toml_too_deep(&"a = [".repeat(17)), Some(84));
/// ```
pub fn toml_too_deep(text: &str) -> Option<usize> {
    let (mut open, mut dots) = (0_usize, 0_usize);
    for token in Source::new(text).lex() {
        match token.kind() {
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => (open, dots) = (open + 1, 0),
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                (open, dots) = (open.saturating_sub(1), 0);
            }
            TokenKind::Dot => dots += 1,
            TokenKind::Equals | TokenKind::Comma | TokenKind::Newline => dots = 0,
            _ => {}
        }
        if open > MOST_OPEN || dots > MOST_DOTS {
            return Some(token.span().start());
        }
    }
    None
}
