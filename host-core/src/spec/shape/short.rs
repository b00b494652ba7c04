/// The name of a Rust type without the paths in it: `Result<Vec<u8>, FsError>`.
pub(crate) fn short(type_name: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    let mut rest = type_name.chars().peekable();
    while let Some(c) = rest.next() {
        if c == ':' && rest.peek() == Some(&':') {
            rest.next();
            word.clear();
        } else if c.is_alphanumeric() || c == '_' {
            word.push(c);
        } else {
            out += &word;
            out.push(c);
            word.clear();
        }
    }
    out + &word
}
