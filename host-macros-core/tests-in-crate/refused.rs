//! Every mistake is reported in one build.

use proc_macro2::TokenStream;
use syn::{Item, LitStr};

use super::{beside, items, parse};

/// Returns the messages of every `compile_error!`, and the number of other items.
fn reported(items: Vec<Item>) -> (Vec<String>, usize) {
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

/// Asserts that the messages are about these subjects, in order.
#[track_caller]
fn about(messages: &[String], subjects: &[&str]) {
    assert_eq!(messages.len(), subjects.len(), "{messages:#?}");
    for (message, subject) in messages.iter().zip(subjects) {
        assert!(message.contains(subject), "{message} is not about {subject}");
    }
}

#[test]
fn host_fn_reports_every_mistake() {
    let source = r#"
#[host_fn(capability = GREET(nobody), quota = 0, nme = "x", since = 1, since = 2)]
const unsafe fn f<T>(&self, _: u8, (a, b): (u8, u8), c: &mut u8, #[state] s: impl Fn()) -> &'a u8 {}
"#;
    let (messages, others) = reported(beside(source));
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
            "generic",
            "`impl Trait`",
            "`'a`",
            "`&`",
            "misplaced",
            "`nobody`",
        ],
    );
}

#[test]
fn async_host_fn_reports_every_borrow() {
    let source = "
#[host_fn(capability = NAME(a))]
async fn f(#[state] s: &mut S, #[caller] c: &Caller, #[grant] g: &Scope, a: &str, b: Cow<'_, str>) -> &str {}
";
    let (messages, others) = reported(beside(source));
    assert_eq!(others, 0);
    about(&messages, &["state", "Caller", "Scope", "arguments", "arguments", "reply"]);
}

#[test]
fn guest_contract_reports_every_mistake() {
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
    let (messages, others) = reported(beside(source));
    assert_eq!(others, 0);
    about(
        &messages,
        &[
            "`crate`",
            "duplicate `id`",
            "lower-case",
            "a name",
            "patterns",
            "`#[entry(\"greet\")]`",
            "`unsafe`",
            "generic",
            "supertraits",
            "constants",
            "`&mut self`",
            "lifetime",
            "by value",
            "`const`",
            "a body",
            "`#[cfg]`",
            "a receiver",
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
fn host_error_reports_every_mistake() {
    let messages_of = |source: &str| reported(items(crate::host_error::host_error(parse(source)))).0;
    let messages = messages_of(
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
            "unknown argument",
            "`not_fond`",
            "-1024",
            "one word",
            "duplicate `#[code]`",
            "variant",
            "code `a`",
        ],
    );
}

#[test]
fn capabilities_report_every_mistake() {
    let source: TokenStream = parse("pub A = \"Aa\" in pth; /// B.\nB = \"b\"; /// C.\nC = \"b\";");
    let (messages, statics) = reported(items(crate::capabilities::capabilities(source)));
    assert_eq!(statics, 3, "they stay, so that their uses report nothing");
    about(&messages, &["duplicate", "name", "doc comment", "`pth`"]);
}

#[test]
fn host_fn_rules_allow_their_limits() {
    let function = |args: &str, signature: &str| {
        reported(beside(&format!("#[host_fn({args})]\n{signature} {{}}"))).0.len()
    };
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
fn name_and_status_rules_allow_their_limits() {
    let declared = |name: &str| {
        let source = format!("/// A.\nA = \"{name}\";");
        reported(items(crate::capabilities::capabilities(parse(&source)))).0.len()
    };
    let [longest, longer] = [64, 65].map(|letters| "a".repeat(letters));
    assert_eq!([&*longest, "a.b-1_", &*longer, "a.1b", "a."].map(declared), [0, 0, 1, 1, 1]);
    let answers = |status: &str| {
        let source = format!("#[status({status})] struct E;");
        reported(items(crate::host_error::host_error(parse(&source)))).0.len()
    };
    assert_eq!(["-1024", "-1023", "-1", "0"].map(answers), [0, 1, 1, 1]);
}
