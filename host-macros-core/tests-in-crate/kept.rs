//! The user's function comes out as it went in, but for our attributes, whatever is wrong with it.

use super::cases::{CONTRACTS, FUNCTIONS};
use super::{beside, expand, parse, take_attribute, words};

/// Asserts that the expansion begins with the function itself.
#[track_caller]
fn kept(source: &str) {
    let (_, mut item) = take_attribute(source);
    for ours in ["#[state] ", "#[caller] ", "#[grant] "] {
        item = item.replace(ours, "");
    }
    let item = words(parse(&item));
    let mut expansion = words(expand(source));
    if let Some(at) = expansion.iter().position(|word| word.starts_with(SECTION)) {
        let blank = if at > 6 && expansion[at - 6] == "\"\"" { 6 } else { 0 };
        expansion.drain(at - 4 - blank..=at + 1);
    }
    assert_eq!(expansion[..item.len()], item, "{source}");
}

/// The start of the line that is added to a function's documentation, after a blank one where it has any.
const SECTION: &str = r#"" Host function `"#;

#[test]
fn a_good_function() {
    for (_, source) in FUNCTIONS {
        kept(source);
    }
}

/// The line that is added to the documentation of a function, after its own.
fn section(source: &str) -> String {
    let expansion = words(expand(source));
    let item = expansion.iter().position(|word| word == "fn").unwrap();
    let [.., pound, open, doc, equals, text, close] = &expansion[..item] else { panic!("{expansion:?}") };
    assert_eq!([pound, open, doc, equals, close], ["#", "[", "doc", "=", "]"]);
    syn::parse_str::<syn::LitStr>(text).unwrap().value()
}

#[test]
fn its_documentation_says_what_a_guest_needs_for_it() {
    for (source, says) in [
        ("#[host_fn(capability = GREET)]\nfn greet() {}", "Host function `host.greet`, requires [`GREET`]."),
        (
            "/// Docs.\n#[host_fn(capability = crate::caps::READ(r#type), name = \"fs-read\", module = \"fs\")]\n\
             #[must_use] fn read(r#type: &str) -> u8 { 0 }",
            "Host function `fs.fs-read`, requires [`crate::caps::READ`] on `type`.",
        ),
        ("#[host_fn(capability = none)]\nfn r#add() {}", "Host function `host.add`, always available."),
    ] {
        assert_eq!(section(source), format!(" {says}"));
    }
}

#[test]
fn a_function_that_is_refused_has_nothing_added() {
    for source in
        ["/// Docs.\n#[host_fn()]\nfn f() {}", "/// Docs.\n#[host_fn(capability = none)]\nfn f(&self) {}"]
    {
        assert!(!words(expand(source)).iter().any(|word| word.starts_with(SECTION)), "{source}");
    }
}

/// Asserts that the expansion begins with the trait itself, but for what keeps rustc quiet about it.
#[track_caller]
fn trait_kept(source: &str) {
    let (_, item) = take_attribute(source);
    let item = words(parse(&item.replace("#[entry(\"forget\")]", "")));
    let quiet = words(parse("#[allow(async_fn_in_trait, dead_code)]"));
    let expansion = words(expand(source));
    assert_eq!(expansion[..quiet.len()], quiet, "{source}");
    assert_eq!(expansion[quiet.len()..][..item.len()], item, "{source}");
}

#[test]
fn a_trait() {
    for (_, source) in CONTRACTS {
        trait_kept(source);
    }
    trait_kept(
        "#[guest_contract()]\npub trait A: Sized { const N: u8; fn f(); fn g(self) -> &Self { self } }",
    );
    trait_kept("#[guest_contract(id = 3)]\n#[cfg(unix)] unsafe trait A<T> where T: Copy { type B; a!{} }");
}

#[test]
fn what_is_not_a_trait() {
    for item in ["struct S;", "fn f() {}", "trait A { fn f(&self) -> ; }", "impl A for B {}", "trait"] {
        kept(&format!("/// Docs.\n#[guest_contract(id = \"a\")]\n{item}"));
    }
}

#[test]
fn with_bad_arguments() {
    for args in [
        "",
        ",",
        "= =",
        "capability",
        "capability =",
        "capability = \"greet\"",
        "capability = none(a), quota = 0",
        "capability = GREET GREET",
        "captability = GREET, crate = \"hostfn\"",
        "capability = GREET, max_args = 64 KiB, name = \"\"",
    ] {
        kept(&format!("/// Docs.\n#[host_fn({args})]\npub fn f(#[state] s: &mut S, a: u32) -> u32 {{ a }}"));
    }
}

#[test]
fn with_an_unfinished_body() {
    for body in ["a.", "let b = a", "match a { 0 => }", "a +", "f(, )", "if", "let x: = 1;", "#", "for in"] {
        kept(&format!("#[host_fn(capability = none)]\nfn f(a: u32) -> u32 {{ {body} }}"));
    }
}

#[test]
fn with_a_signature_that_no_host_function_has() {
    for signature in [
        "const unsafe extern \"C\" fn f<'a, T: Copy, const N: usize>(a: &'a mut [T; N]) -> impl Sized where T: Send,",
        "pub(in crate::a) fn f((a, b): (u8, u8), _: u8, ref c: u8, d @ 1..: u8,)",
        "fn f(&mut self, #[state] #[caller] #[grant] a: dyn Fn(u8) -> u8 + 'static)",
        "fn f(self: Box<Self>, a: u8)",
        "unsafe extern \"C\" fn f(a: u8, args: ...) -> !",
        "async fn f(#[grant] r#type: for<'a> fn(&'a u8) -> &'a u8) -> <u8 as Trait>::Type",
    ] {
        kept(&format!("#[host_fn(capability = GREET(a))]\n{signature} {{ a + 1 }}"));
    }
}

#[test]
fn with_everyone_elses_attributes() {
    kept(
        r#"
/// Docs.
#[cfg(feature = "files")]
#[doc = include_str!("docs.md")]
#[tracing::instrument(skip(a), fields(b = %b))]
#[host_fn(capability = none)]
#[must_use = "it was work"]
#[cfg_attr(test, allow(unused))]
#[expect(clippy::pedantic, reason = "there is one")]
/** More docs. */
pub fn f(
    #[state] #[allow(unused)] s: &mut S,
    #[cfg_attr(test, allow(unused))] #[caller] c: &Caller,
    /** Docs. */ #[allow(unused_mut)] mut a: u32,
    #[doc(hidden)] b: u32,
) -> u32 {
    #![allow(unused)]
    a + b
}
"#,
    );
}

#[test]
fn what_is_not_a_function() {
    for item in ["struct S { a: u8 }", "fn f(a: u8);", "impl S { fn f(&self) {} }", "type A = B;", "not Rust"]
    {
        kept(&format!("/// Docs.\n#[host_fn(capability = none)]\n{item}"));
    }
}

#[test]
fn a_condition_goes_on_all_that_is_made_beside() {
    let condition = "#[cfg(all(unix, feature = \"files\"))]";
    let conditional =
        format!("{condition}\n#[cfg(not(test))]\n#[host_fn(capability = none)]\n#[must_use]\nfn f() {{}}");
    let condition = words(parse(&format!("{condition} #[cfg(not(test))]")));
    let items = beside(&conditional);
    assert_eq!(items.len(), 3);
    for item in items {
        let item = words(item);
        assert_eq!(item[..condition.len()], condition);
        assert!(!item.contains(&"must_use".to_owned()));
    }
}
