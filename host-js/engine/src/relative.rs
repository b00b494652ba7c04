//! Specifiers of a plugin's own modules. The packer compiles this file too.

/// `./text.js` seen from `lib/main.js`: `lib/text.js`. `None` for what is not relative, or leads above the plugin.
pub fn resolve(base: &str, specifier: &str) -> Option<String> {
    if !(specifier.starts_with("./") || specifier.starts_with("../")) {
        return None;
    }
    let mut parts: Vec<&str> = base.split('/').collect();
    parts.pop();
    for part in specifier.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
