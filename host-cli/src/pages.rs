//! The explanation of each code, with an example and the remedy.

use hostfn_core::Code;

/// The families of codes; a heading `## H0101` begins the page of a code.
const FAMILIES: [&str; 7] = [
    include_str!("../pages/H01.md"),
    include_str!("../pages/H02.md"),
    include_str!("../pages/H03.md"),
    include_str!("../pages/H04.md"),
    include_str!("../pages/H06.md"),
    include_str!("../pages/H08.md"),
    include_str!("../pages/H09.md"),
];

/// The pages in the order of their codes: the code and the text.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    FAMILIES.into_iter().flat_map(|family| family.split("\n## ").skip(1)).map(|page| {
        let (code, text) = page.split_once('\n').unwrap_or((page, ""));
        (code, text.trim())
    })
}

/// The page of a code; every one has one.
pub(crate) fn page(code: Code) -> &'static str {
    let code = code.to_string();
    all().find(|(of, _)| *of == code).map_or("", |(_, text)| text)
}
