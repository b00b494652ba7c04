//! The listing: complete, sorted, the same bytes every time, and readable.
//!
//! `UPDATE_EXPECT=1 cargo test --test listing` writes the snapshots again.

mod fingerprint;
mod library;

use std::collections::BTreeSet;

use expect_test::expect_file;
use hostfn::audit::{GroupBy, Layout};
use hostfn::scope::ScopeKind;
use hostfn::spec::{Call, Param, Reply, SourceLocation};
use hostfn::{Capability, Grants, HostFnSpec, Listing, Registry};
use library::{ALL, DRAW, FS_READ, GREET};
use proptest::prelude::*;

fn listing(specs: impl IntoIterator<Item = &'static HostFnSpec>) -> Listing {
    Registry::builder().add_all(specs).build().unwrap().listing()
}

fn some_grants() -> Grants {
    Grants::none().allow(&GREET).allow(&FS_READ).allow_within(&DRAW, ["map-*", "legend"]).unwrap()
}

#[test]
fn text() {
    expect_file!["snapshots/listing.txt"].assert_eq(&listing(ALL).to_string());
}

#[test]
fn json() {
    expect_file!["snapshots/listing.json"].assert_eq(&listing(ALL).to_json());
}

#[test]
fn markdown() {
    expect_file!["snapshots/listing.md"].assert_eq(&listing(ALL).to_markdown());
}

#[test]
fn listing_by_module_has_the_same_functions() {
    let listing = listing(ALL);
    let layout = Layout { program: Some("app\u{1b}[2K"), group_by: GroupBy::Module, styled: false };
    let text = listing.to_text_with(&layout);
    expect_file!["snapshots/by_module.txt"].assert_eq(&text);
    assert!(text.starts_with("Host functions of app\\u{1b}[2K\n"), "{text}");
    let blocks = |text: &str| -> BTreeSet<String> {
        let functions = text.split("\n\n").filter(|block| block.contains("fn "));
        functions.map(str::to_owned).collect()
    };
    assert_eq!(blocks(&text), blocks(&listing.to_text()));
    let markdown = listing.to_markdown_with(&layout);
    assert!(markdown.starts_with("# Host functions of `app\\u{1b}[2K`\n"), "{markdown}");
    assert!(
        markdown.contains("\n## Module `host`\n") && markdown.contains("\n## Capabilities\n"),
        "{markdown}"
    );
}

#[test]
fn listing_styles_change_no_text() {
    let listing = listing(ALL);
    let styled = listing.to_text_with(&Layout { styled: true, ..Layout::default() });
    assert!(styled.contains("\u{1b}[36mfn host.greet(") && styled.contains("\u{1b}[2m"), "{styled}");
    let plain = |styled: &str| {
        let codes = ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[33m", "\u{1b}[36m"];
        codes.iter().fold(styled.to_owned(), |text, style| text.replace(style, ""))
    };
    assert_eq!(plain(&styled), listing.to_text());
    assert_eq!(plain(&listing.to_compact_text(true)), listing.to_compact_text(false));
}

#[test]
fn lock() {
    let lock = listing(ALL).to_lock();
    expect_file!["snapshots/hostfn.lock"].assert_eq(&lock);
    let read = Listing::from_lock("hostfn.lock", &lock).unwrap();
    assert_eq!(read.to_lock(), lock);
    assert!(listing(ALL).diff(&read).is_empty());
}

#[test]
fn a_function_from_outside_the_workspace_stands_out() {
    static ELSEWHERE: HostFnSpec =
        HostFnSpec::new("host", "elsewhere", nothing).always_available().declared_at(SourceLocation::new(
            Some("dep"),
            Some("1.2.3"),
            "dep",
            "/registry/dep-1.2.3/src/lib.rs",
            7,
        ));
    let listing = listing(ALL.into_iter().chain([&ELSEWHERE]));
    let text = listing.to_text();
    assert!(
        text.contains("    outside: dep 1.2.3 dep-1.2.3/src/lib.rs:7, ")
            && text.contains(", 1 from outside the workspace"),
        "{text}"
    );
    assert!(listing.to_markdown().contains("<sub>**outside:** dep 1.2.3 dep-1.2.3/src/lib.rs:7, "));
    assert!(listing.to_lock().contains("\noutside = \"dep 1.2.3\"\n"));
    let outside: Vec<_> =
        listing.functions.iter().filter_map(hostfn::audit::FunctionRow::package_from_outside).collect();
    assert_eq!(outside, ["dep 1.2.3"]);
}

#[test]
fn what_is_outside_is_told_from_the_path() {
    let outside = |path| SourceLocation::new(Some("dep"), Some("1.2.3"), "dep", path, 7).outside();
    for inside in ["src/lib.rs", "dep/src/lib.rs", "dep-tools/src/lib.rs", "dep-1.2.30/src/lib.rs", ""] {
        assert_eq!(outside(inside), None, "{inside}");
    }
    for path in
        ["/src/dep/src/lib.rs", r"C:\code\dep\src\lib.rs", "dep-1.2.3/src/lib.rs", r"dep-1.2.3\src\lib.rs"]
    {
        assert_eq!(outside(path), Some("1.2.3"), "{path}");
    }
}

#[test]
fn nothing_is_listed_as_nothing() {
    let empty = listing([]);
    assert_eq!(Listing::from_json(&empty.to_json()).unwrap(), empty);
    let end = "\n0 functions, 0 capabilities, 0 always available, 6 linked and not registered\n";
    assert!(empty.to_text().ends_with(end), "{empty}");
}

#[test]
fn grants_are_shown_beside_what_they_grant() {
    let granted = listing(ALL).with_grants(&some_grants());
    let shown: Vec<_> =
        granted.capabilities.iter().map(|row| (row.name.as_str(), row.granted.as_deref().unwrap())).collect();
    assert_eq!(
        shown,
        [("fs.read", "everything"), ("greet", "granted"), ("oracle", "no"), ("screen.draw", "map-*, legend"),]
    );
    let text = granted.to_text();
    let sections = text.split("\n\n").filter(|block| block.contains("granted: "));
    let sections: Vec<&str> = sections.collect();
    expect_file!["snapshots/granted.txt"].assert_eq(&sections.join("\n\n"));
    let markdown = granted.to_markdown();
    assert!(
        markdown.contains(
            "## `screen.draw`, scope name\n\nDraw on the screen.\n\nGranted: `map-*, legend`\n\n### `screen.draw-figure`\n"
        ),
        "{markdown}"
    );
}

#[test]
fn without_grants_there_is_no_word_of_them() {
    let plain = listing(ALL);
    assert!(plain.capabilities.iter().all(|row| row.granted.is_none()));
    assert!(!plain.to_json().contains("granted\""));
}

static EXEC: Capability = Capability::new("process.exec", "Run programs.").escapes_the_sandbox();

static RUN: HostFnSpec = HostFnSpec::new("host", "run", nothing).requires(&EXEC);

#[test]
fn what_escapes_the_sandbox_is_marked_and_nothing_else() {
    const MARK: &str = "escapes the sandbox";
    let listing = listing(ALL.into_iter().chain([&RUN]));
    let marked: Vec<_> =
        listing.capabilities.iter().filter(|row| row.escapes).map(|row| &*row.name).collect();
    assert_eq!(marked, ["process.exec"]);

    let (text, markdown) = (listing.to_text(), listing.to_markdown());
    assert_eq!((text.matches(MARK).count(), markdown.matches(MARK).count()), (2, 2));
    assert!(text.contains(&format!("\nprocess.exec\n  Run programs. It {MARK}.\n")), "{text}");
    assert!(text.contains(&format!("\n  fn host.run()\n    {MARK}\n")), "{text}");
    assert!(markdown.contains(&format!("## `process.exec`\n\nRun programs. It {MARK}.\n")), "{markdown}");
    assert!(markdown.contains(&format!("`fn host.run()`\n\n- {MARK}\n")), "{markdown}");
    let compact = listing.to_compact_text(false);
    let marked: Vec<_> = compact.lines().filter(|line| line.contains(MARK)).collect();
    assert_eq!(marked.len(), 1, "{compact}");
    assert!(marked[0].starts_with(&format!("[process.exec] fn host.run(), {MARK} [")), "{compact}");

    assert_eq!(listing.to_json().matches("\"escapes\": true").count(), 1);
    assert_eq!(listing.to_json().matches("\"escapes\"").count(), 1);
    assert_eq!(Listing::from_json(&listing.to_json()).unwrap(), listing);
}

#[test]
fn a_capability_that_escapes_is_not_one_that_does_not() {
    static TAME: Capability = Capability::new("process.exec", "Run programs.");
    static RUN_TAMELY: HostFnSpec = HostFnSpec::new("host", "run", nothing).requires(&TAME);
    assert_eq!(RUN.differences(&RUN_TAMELY), ["requirement"]);
    assert!(!TAME.means_the_same_as(&EXEC));
}

#[test]
fn json_is_read_back_as_it_was() {
    for listing in [listing(ALL), listing(ALL).with_grants(&some_grants())] {
        let read = Listing::from_json(&listing.to_json()).unwrap();
        assert_eq!(read, listing);
        assert_eq!(read.to_text(), listing.to_text());
        assert_eq!(read.to_markdown(), listing.to_markdown());
    }
    assert!(Listing::from_json("{}").is_err());
}

proptest! {
    #[test]
    fn the_order_of_registration_never_shows(specs in Just(ALL.to_vec()).prop_shuffle()) {
        let (shuffled, sorted) = (listing(specs), listing(ALL));
        prop_assert_eq!(shuffled.to_text(), sorted.to_text());
        prop_assert_eq!(shuffled.to_json(), sorted.to_json());
        prop_assert_eq!(shuffled.to_markdown(), sorted.to_markdown());
    }
}

fn leaked(text: String) -> &'static str {
    text.leak()
}

fn nothing(call: Call<'_>) -> Reply {
    call.authorize()?.reply(&())
}

/// Names as long as they may be, words that cannot be broken, letters two columns wide.
fn unwieldy() -> impl Strategy<Value = &'static HostFnSpec> {
    let name = || prop_oneof!["[a-z]{1,9}", "[a-z_.]{100,128}"].prop_map(leaked);
    let docs = prop_oneof!["[a-z ]{0,300}", "[a-z]{200}", "[a-z漢字 ]{0,200}"].prop_map(leaked);
    let about = prop_oneof!["[A-Z][a-z ]{0,200}", "[a-z]{150}"].prop_map(leaked);
    (name(), name(), name(), docs, "[a-z]{1,64}".prop_map(leaked), about).prop_map(
        |(module, name, param, docs, capability, about)| {
            let capability = Box::leak(Box::new(Capability::new(capability, about).scoped(ScopeKind::Path)));
            let params = vec![Param::new::<&str>(param), Param::new::<library::Figure>(docs)].leak();
            let spec =
                HostFnSpec::new(module, name, nothing).requires_on(capability, param).with_params(params);
            let place = SourceLocation::new(
                Some(name),
                Some("1.0.0"),
                module,
                leaked(format!("{name}/src/{module}.rs")),
                12_345,
            );
            &*Box::leak(Box::new(spec.with_docs(docs).declared_at(place)))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn listing_signature_takes_one_line(spec in unwieldy()) {
        let listing = listing(ALL.into_iter().chain([spec]));
        let text = listing.to_text();
        prop_assert!(text.lines().all(|line| line.trim_end() == line), "a line ends in white space");
        let compact = listing.to_compact_text(false);
        prop_assert_eq!(compact.lines().count(), listing.functions.len());
        for row in &listing.functions {
            let signature = format!("fn {}{}", row.full_name(), row.signature());
            let block = format!("\n  {}\n  {signature}\n", row.requirement());
            prop_assert!(text.contains(&block), "{block} in {text}");
            let line = format!("[{}] {signature}", row.requirement());
            prop_assert!(compact.lines().any(|found| found.starts_with(&line)), "{line} in {compact}");
        }
    }
}

#[test]
fn no_form_tells_where_the_machine_keeps_its_files() {
    static ELSEWHERE: HostFnSpec =
        HostFnSpec::new("host", "elsewhere", nothing).always_available().declared_at(SourceLocation::new(
            Some("dep"),
            Some("1.2.3"),
            "dep::files",
            "/home/someone/.cargo/registry/src/index-0123/dep-1.2.3/src/files.rs",
            7,
        ));
    let listing = listing(ALL.into_iter().chain([&ELSEWHERE]));
    let row = listing.functions.iter().find(|row| row.name == "elsewhere").unwrap();
    assert_eq!((row.krate.as_str(), row.file.as_str()), ("dep", "dep-1.2.3/src/files.rs"));
    for form in [listing.to_text(), listing.to_json(), listing.to_markdown()] {
        assert!(!form.contains(env!("CARGO_MANIFEST_DIR")) && !form.contains("someone"), "{form}");
    }
}

#[test]
fn a_place_in_a_dependency_begins_at_its_own_folder() {
    let file = |path| SourceLocation::new(Some("dep"), Some("1.2.3"), "dep", path, 7).file();
    for (path, expected) in [
        ("src/lib.rs", "src/lib.rs"),
        ("plugins/files/src/lib.rs", "plugins/files/src/lib.rs"),
        ("/home/someone/code/dep/src/lib.rs", "dep/src/lib.rs"),
        ("/src/dep/src/deeper/lib.rs", "dep/src/deeper/lib.rs"),
        ("/home/someone/dep/tests/all.rs", "dep/tests/all.rs"),
        ("/home/someone/generated.rs", "generated.rs"),
        (r"C:\Users\someone\dep\src\lib.rs", r"dep\src\lib.rs"),
    ] {
        assert_eq!(file(path), expected);
    }
    assert_eq!(
        SourceLocation::new(Some("dep"), Some("1.2.3"), "dep", "src/lib.rs", 7).to_string(),
        "src/lib.rs:7"
    );
    assert_eq!(SourceLocation::UNKNOWN.to_string(), "an unknown place");
}

/// Two variants of one code are one kind to a guest.
#[test]
fn listing_with_one_code_twice_has_one_row() {
    use hostfn::spec::ErrorKind;
    use hostfn::{HostError, Status};

    struct ShelfError;

    impl std::fmt::Display for ShelfError {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("not found")
        }
    }

    impl HostError for ShelfError {
        const KINDS: &'static [ErrorKind] = &[
            ErrorKind { code: "gone", status: Status::NOT_FOUND, docs: "It was sold." },
            ErrorKind { code: "busy", status: Status::FAILED, docs: "" },
            ErrorKind { code: "gone", status: Status::NOT_FOUND, docs: "It was lost." },
            ErrorKind { code: "gone", status: Status::FAILED, docs: "It was burnt." },
            ErrorKind { code: "gone", status: Status::NOT_FOUND, docs: "It was sold." },
        ];

        fn code(&self) -> &'static str {
            "gone"
        }
    }

    static FETCH: HostFnSpec = HostFnSpec::new("host", "fetch", nothing)
        .always_available()
        .with_reply(hostfn::spec::reply_shape!(Result<(), ShelfError>));
    let listing = listing([&FETCH]);
    let kinds = &listing.functions[0].error.as_ref().unwrap().kinds;
    let rows: Vec<_> = kinds.iter().map(|kind| (&*kind.code, kind.status, &*kind.docs)).collect();
    let expected =
        [("gone", -5, "It was sold. It was lost."), ("busy", -6, ""), ("gone", -6, "It was burnt.")];
    assert_eq!(rows, expected);
    assert_eq!(listing.to_string().matches("gone").count(), 2, "{listing}");
    assert_eq!(listing.to_markdown().matches("| `gone` |").count(), 2);
    let lock = listing.to_lock();
    assert_eq!(Listing::from_lock("hostfn.lock", &lock).unwrap().to_lock(), lock);
    assert!(listing.to_string().contains("\n1 function, 0 capabilities, 1 always available"), "{listing}");
}
