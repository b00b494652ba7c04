//! Text of plugins, escaped for each place where it is shown.

use hostfn_core::{Code, Error, Problem, Status, Untrusted, json_escaped, misleads};

/// The controls of direction: all that Unicode has.
const BIDI: [char; 12] = [
    '\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}',
    '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}',
];

#[test]
fn untrusted_unseen_characters_are_escaped() {
    let others =
        ['\0', '\n', '\r', '\u{1b}', '\u{7f}', '\u{9b}', '\u{2028}', '\u{2029}', '\u{200b}', '\u{200c}'];
    let more =
        ['\u{200d}', '\u{2060}', '\u{feff}', '\u{ad}', '\u{fe00}', '\u{fe0f}', '\u{e0001}', '\u{e007f}'];
    let last = ['\u{e0100}', '\u{e01ef}', '\u{115f}', '\u{3164}', '\u{34f}', '\u{180e}', '\u{206a}'];
    for c in BIDI.into_iter().chain(others).chain(more).chain(last) {
        assert!(misleads(c), "{c:?}");
        let text = format!("a{c}b");
        let untrusted = Untrusted::new(&text);
        let forms = [
            untrusted.to_string(),
            untrusted.markdown().to_string(),
            untrusted.code_span().to_string(),
            untrusted.html().to_string(),
            untrusted.sarif().to_string(),
            format!("{untrusted:?}"),
            json_escaped(&serde_json::to_string(&text).unwrap()).into_owned(),
            Problem::new(Code::NotAModule, &*text, &*text, &*text).to_string(),
            Error::Closed { plugin: text.clone() }.to_string(),
        ];
        for form in forms {
            assert!(!form.contains(c) && form.contains('\\') || c == '\\', "{form:?} has {c:?}");
        }
        let json = serde_json::to_string(&text).unwrap();
        assert_eq!(serde_json::from_str::<String>(&json_escaped(&json)).unwrap(), text);
    }
    for text in ["Größe 日本 \u{2764}\u{fe0f} é", "e\u{301}"] {
        assert_eq!(Untrusted::new(text).to_string(), text, "what can be seen stays");
    }
    assert_eq!(Untrusted::new("a\u{fe0f}").to_string(), "a\\u{fe0f}");
}

#[test]
fn untrusted_long_text_is_cut_with_a_marker() {
    let long = "é".repeat(1 << 20);
    let cut = Untrusted::new(&long).to_string();
    assert!(cut.chars().count() < 300 && cut.ends_with("... and 2096640 bytes more"), "{cut}");
    let problem = Problem::new(Code::NotAModule, &*long, &*long, &*long);
    let reply = hostfn_core::ErrorReply { code: long.clone(), message: long.clone(), detail: None };
    let guest = Error::Guest {
        plugin: long.clone(),
        export: long.clone(),
        status: Status::FAILED,
        reply: Some(Box::new(reply)),
    };
    for text in [problem.to_string(), guest.to_string()] {
        assert!(text.chars().count() < 7000 && text.contains("bytes more"), "{}", text.len());
    }
    assert_eq!(Untrusted::new(&long).raw(), long);
}

#[test]
fn untrusted_in_markdown_has_no_markup() {
    for (text, markdown) in [
        ("<img src=x>", r"\<img src=x\>"),
        ("[a](b) ![c](d)", r"\[a\](b) \!\[c\](d)"),
        ("*a* _b_ snake_case ~c~", r"\*a\* \_b\_ snake_case \~c\~"),
        ("| `x` |", r"\| \`x\` \|"),
        ("@all @", "@&#8203;all @"),
        ("a@b.example", "a@&#8203;b.example"),
        ("#1 GH-2 org/repo#3", r"\#&#8203;1 GH-&#8203;2 org/repo#&#8203;3"),
        ("# heading", r"\# heading"),
        ("http://evil.example WWW.evil.example", r"http\://evil.example WWW\.evil.example"),
        ("- item", r"\- item"),
        ("+ item", r"\+ item"),
        ("12. item", r"12\. item"),
        ("1) item", r"1\) item"),
        ("&lt; \\", r"\&lt; \\"),
        ("1.5 is 1.5", "1.5 is 1.5"),
    ] {
        assert_eq!(Untrusted::new(text).markdown().to_string(), markdown);
    }
    for (text, span) in [
        ("", ""),
        ("a", "`a`"),
        ("a|b", r"`a\|b`"),
        ("`", "`` ` ``"),
        ("a```b", "```` a```b ````"),
        ("@all <b>", "`@all <b>`"),
        (" a ", "`  a  `"),
    ] {
        assert_eq!(Untrusted::new(text).code_span().to_string(), span);
    }
    assert_eq!(Untrusted::new("[a](0) \\").sarif().to_string(), r"\[a\](0) \\");
    assert_eq!(Untrusted::new("<a href='x'>\"&").html().to_string(), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;");
}
