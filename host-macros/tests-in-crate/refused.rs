//! All that is wrong is said in one go.

use proc_macro2::TokenStream;
use syn::{Item, LitStr};

use super::{beside, items, parse};

/// The messages of every `compile_error!`, and the number of other items.
fn said(items: Vec<Item>) -> (Vec<String>, usize) {
    let mut messages = Vec::new();
    let mut others = 0;
    for item in items {
        match item {
            Item::Macro(item)
                if item.mac.path.segments.last().is_some_and(|s| s.ident == "compile_error") =>
            {
                let message: LitStr = item.mac.parse_body().expect("a message is a string");
                messages.push(message.value());
            }
            _ => others += 1,
        }
    }
    (messages, others)
}

/// Asserts that there is one message about each of these, in order, and no other.
#[track_caller]
fn about(messages: &[String], subjects: &[&str]) {
    assert_eq!(messages.len(), subjects.len(), "{messages:#?}");
    for (message, subject) in messages.iter().zip(subjects) {
        assert!(message.contains(subject), "{message} is not about {subject}");
    }
}

#[test]
fn every_mistake_of_a_function_is_reported_and_nothing_is_made_of_it() {
    let source = r#"
#[host_fn(capability = GREET(nobody), quota = 0, nme = "x", since = 1, since = 2)]
const unsafe fn f<T>(&self, _: u8, (a, b): (u8, u8), c: &mut u8, #[state] s: impl Fn()) -> &'a u8 {}
"#;
    let (messages, others) = said(beside(source));
    assert_eq!(others, 0);
    about(
        &messages,
        &[
            "`quota`",
            "`nme`",
            "`since`",
            "`self`",
            "`_name`",
            "pattern",
            "`const`",
            "`unsafe`",
            "generic parameters",
            "`impl Trait`",
            "lifetime",
            "`&`",
            "comes first",
            "`nobody`",
        ],
    );
}

#[test]
fn a_function_that_is_not_allowed_to_wait_hears_of_each_borrow() {
    let source = "
#[host_fn(capability = NAME(a))]
async fn f(#[state] s: &mut S, #[caller] c: &Caller, #[grant] g: &Scope, a: &str, b: Cow<'_, str>) -> &str {}
";
    let (messages, others) = said(beside(source));
    assert_eq!(others, 0);
    about(&messages, &["`#[state]", "`Caller`", "`Scope`", "arguments", "arguments", "reply"]);
}

#[test]
fn every_mistake_of_a_contract_is_reported_and_nothing_is_made_of_it() {
    let source = r#"
#[guest_contract(id = "b", krate = a, id = "Greeter")]
unsafe trait Greeter<T>: Sized {
    const N: u8;
    fn f<'a>(&'a mut self, _: u8, (a, b): (u8, u8), c: impl Sized, d: &mut u8) -> &str;
    #[entry("x y")]
    const fn g(self, a: Self) -> Cow<'_, str> {}
    #[entry(a)]
    #[cfg(unix)]
    fn h();
}
"#;
    let (messages, others) = said(beside(source));
    assert_eq!(others, 0);
    about(
        &messages,
        &[
            "`crate`",
            "`id` is given twice",
            "lower-case",
            "`name`",
            "pattern",
            "`#[entry(\"greet\")]`",
            "`unsafe`",
            "generic parameters",
            "supertraits",
            "constant",
            "`&mut self`",
            "lifetime",
            "when the call is over",
            "`const`",
            "the body",
            "comes and goes",
            "begin with `&mut self`",
            "`impl Trait`",
            "a copy",
            "owned",
            "`Self`",
            "owned",
            "`x y`",
        ],
    );
}

#[test]
fn every_mistake_of_an_error_is_reported() {
    let said_of = |source: &str| said(items(crate::host_error::derive(parse(source)))).0;
    let messages = said_of(
        r#"
#[status(failed)]
#[hostfn(path = a)]
enum E {
    #[status(not_fond)] A,
    #[code("two words")] #[status(3)] B,
    #[code("a")] #[code("b")] C,
}
"#,
    );
    about(
        &messages,
        &[
            "`crate`",
            "variants",
            "`not_fond`",
            "-1024",
            "one word",
            "`#[code]` is given twice",
            "the code `a`",
        ],
    );
}

#[test]
fn every_mistake_of_a_declaration_is_reported() {
    let source: TokenStream = parse("pub A = \"Aa\" in pth; /// B.\nB = \"b\"; /// C.\nC = \"b\";");
    let (messages, statics) = said(items(crate::capabilities::expand(source)));
    assert_eq!(statics, 3, "they stay, so that what uses them reports nothing");
    about(&messages, &["declared twice", "name", "doc comment", "`pth`"]);
}

#[test]
fn a_function_may_be_all_that_its_rules_allow_and_no_more() {
    let function =
        |args: &str, signature: &str| said(beside(&format!("#[host_fn({args})]\n{signature} {{}}"))).0.len();
    let named =
        |letters| function(&format!("capability = none, name = \"{}\"", "a".repeat(letters)), "fn f()");
    assert_eq!([128, 129].map(named), [0, 1]);
    let takes = |param: &str| function("capability = NAME(a)", &format!("fn f({param})"));
    assert_eq!(["a: u8", "#[cfg_attr(unix, cfg(any()))] a: u8", "a: u8, b @ 1..: u8"].map(takes), [0, 1, 1]);
    assert_eq!(["a: &[u8]", "a: [u8; 2]", "a: [u8]"].map(takes), [0, 1, 1]);
    let waits_for = |reply: &str| function("capability = none", &format!("async fn f() -> {reply}"));
    assert_eq!(["&'static str", "Cow<'static, str>", "&str", "Cow<'_, str>"].map(waits_for), [0, 0, 1, 1]);
    assert_eq!(function("", "fn f(#[grant] g: &Scope)"), 1, "only the capability is missing");
}

#[test]
fn a_declaration_and_an_error_may_be_all_that_their_rules_allow_and_no_more() {
    let declared = |name: &str| {
        let source = format!("/// A.\nA = \"{name}\";");
        said(items(crate::capabilities::expand(parse(&source)))).0.len()
    };
    let [longest, longer] = [64, 65].map(|letters| "a".repeat(letters));
    assert_eq!([&*longest, "a.b-1_", &*longer, "a.1b", "a."].map(declared), [0, 0, 1, 1, 1]);
    let answers = |status: &str| {
        let source = format!("#[status({status})] struct E;");
        said(items(crate::host_error::derive(parse(&source)))).0.len()
    };
    assert_eq!(["-1024", "-1023", "-1", "0"].map(answers), [0, 1, 1, 1]);
}
