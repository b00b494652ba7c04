//! Every kind of difference has its class.

use expect_test::expect_file;
use hostfn_core::{Body, Class, Diff, Listing, Shape, TypeDef};

use crate::host::{function, listing};

/// The change of the listing, its class, and whether the old one was changed.
type Case = (&'static str, &'static [Class], fn(&mut Listing));

fn changed(change: fn(&mut Listing)) -> Diff {
    let mut new = listing();
    change(&mut new);
    listing().diff(&new)
}

fn figure(listing: &mut Listing) -> &mut Vec<hostfn_core::Variant> {
    match function(listing, "screen.draw").types.get_mut("Figure") {
        Some(TypeDef::Enum(variants)) => variants,
        other => panic!("{other:?}"),
    }
}

fn point(listing: &mut Listing) -> &mut Vec<hostfn_core::Field> {
    match function(listing, "screen.draw").types.get_mut("Point") {
        Some(TypeDef::Struct(Body::Fields(fields))) => fields,
        other => panic!("{other:?}"),
    }
}

/// Each is a difference one way; the other way round has a class of its own.
const CASES: &[(Case, &[Class])] = {
    use Class::{Breaks, Docs, Narrows, Surprises, Widens};
    &[
        (
            ("a function more", &[Widens], |l| {
                let mut row = function(l, "host.now").clone();
                row.name = "then".into();
                row.summary = "Another time.".into();
                l.functions.push(row);
            }),
            &[Breaks],
        ),
        (
            ("a function under another name", &[Breaks], |l| {
                let row = function(l, "host.now");
                row.name = "time".into();
                row.fingerprint = row.expected_fingerprint();
            }),
            &[Breaks],
        ),
        (
            ("a capability more", &[Widens], |l| {
                let mut row = l.capabilities[0].clone();
                row.name = "zoom".into();
                l.capabilities.push(row);
            }),
            &[Breaks],
        ),
        (("a requirement dropped", &[Widens], |l| function(l, "host.now").capability = None), &[Narrows]),
        (
            ("another capability", &[Widens], |l| {
                function(l, "host.now").capability = Some("draw".to_owned());
            }),
            &[Widens],
        ),
        (("a scope dropped", &[Widens], |l| function(l, "host.fs_read").scoped_param = None), &[Narrows]),
        (
            ("another parameter matched", &[Widens], |l| {
                function(l, "screen.draw").scoped_param = Some("figure".to_owned());
            }),
            &[Widens],
        ),
        (("a capability without scope", &[Widens], |l| l.capabilities[1].scope = "none".into()), &[Narrows]),
        (("a scope of another kind", &[Breaks], |l| l.capabilities[1].scope = "host".into()), &[Breaks]),
        (("a quota raised", &[Widens], |l| function(l, "host.fs_read").quota = Some(11)), &[Narrows]),
        (("a quota dropped", &[Widens], |l| function(l, "host.fs_read").quota = None), &[Narrows]),
        (("more arguments", &[Widens], |l| function(l, "host.fs_read").max_args = Some(8192)), &[Narrows]),
        (("a reply without limit", &[Widens], |l| function(l, "host.fs_read").max_reply = None), &[Narrows]),
        (
            ("another state", &[Widens], |l| function(l, "host.now").states.push("Vault".to_owned())),
            &[Narrows],
        ),
        (
            ("from outside", &[Widens], |l| {
                let row = function(l, "host.now");
                (row.krate, row.outside) = ("dep".to_owned(), Some("1.2.3".to_owned()));
            }),
            &[Docs],
        ),
        (
            ("another version", &[Docs], |l| function(l, "host.echo").outside = Some("1.2.4".to_owned())),
            &[Docs],
        ),
        (("another package", &[Docs], |l| function(l, "host.now").krate = "clock".into()), &[Docs]),
        (("by the macro", &[Docs], |l| function(l, "host.now").origin = "macro".into()), &[Docs]),
        (
            ("a parameter more", &[Breaks], |l| {
                let param = function(l, "host.fs_read").params[1].clone();
                function(l, "host.now").params.push(param);
            }),
            &[Breaks],
        ),
        (
            ("a parameter's name", &[Breaks], |l| {
                function(l, "host.fs_read").params[0].name = "file".into();
            }),
            &[Breaks],
        ),
        (
            ("a parameter's type", &[Breaks], |l| function(l, "host.fs_read").params[1].shape = Shape::U32),
            &[Breaks],
        ),
        (
            ("parameters in another order", &[Breaks], |l| function(l, "host.fs_read").params.swap(0, 1)),
            &[Breaks],
        ),
        (
            ("a handle in place of a number", &[Breaks], |l| {
                function(l, "host.now").reply = Shape::Handle("app::Clock".to_owned());
            }),
            &[Breaks],
        ),
        (
            ("a handle of another resource", &[Breaks], |l| {
                function(l, "store.save").params[0].shape = Shape::Handle("app::Statement".to_owned());
            }),
            &[Breaks],
        ),
        (
            ("a handle of another resource in a field", &[Breaks], |l| {
                match function(l, "store.save").types.get_mut("Batch") {
                    Some(TypeDef::Struct(Body::Fields(fields))) => {
                        fields[0].shape = Shape::Seq(Box::new(Shape::Handle("app::Statement".to_owned())));
                    }
                    other => panic!("{other:?}"),
                }
            }),
            &[Breaks],
        ),
        (
            ("another group", &[Docs], |l| function(l, "store.open").group = Some("stores".to_owned())),
            &[Docs],
        ),
        (("no group", &[Docs], |l| function(l, "store.open").group = None), &[Docs]),
        (("another reply", &[Breaks], |l| function(l, "host.now").reply = Shape::I64), &[Breaks]),
        (
            ("async", &[Surprises], |l| function(l, "host.now").convention = "messagepack, async".into()),
            &[Surprises],
        ),
        (("a field's name", &[Breaks], |l| point(l)[0].name = "across".into()), &[Breaks]),
        (("a field's type", &[Breaks], |l| point(l)[0].shape = Shape::I64), &[Breaks]),
        (("a field less", &[Breaks], |l| drop(point(l).pop())), &[Breaks]),
        (("fields in another order", &[Docs], |l| point(l).swap(0, 1)), &[Docs]),
        (("a variant less", &[Breaks], |l| drop(figure(l).remove(1))), &[Surprises]),
        (("a variant's body", &[Breaks], |l| figure(l)[1].body = Body::Unit), &[Breaks]),
        (
            ("a struct that is an enum", &[Breaks], |l| {
                let types = &mut function(l, "screen.draw").types;
                types.insert("Point".to_owned(), TypeDef::Enum(Vec::new()));
            }),
            &[Breaks],
        ),
        (("no error", &[Surprises], |l| function(l, "host.fs_read").error = None), &[Surprises]),
        (
            ("an error's status", &[Breaks], |l| {
                function(l, "host.fs_read").error.as_mut().unwrap().kinds[1].status = -1025;
            }),
            &[Breaks],
        ),
        (
            ("an error less", &[Surprises], |l| {
                drop(function(l, "host.fs_read").error.as_mut().unwrap().kinds.pop());
            }),
            &[Surprises],
        ),
        (
            ("what a fingerprint alone tells", &[Surprises], |l| {
                function(l, "host.now").fingerprint = "0".repeat(16);
            }),
            &[Surprises],
        ),
        (("another ABI", &[Breaks], |l| l.abi = 2), &[Breaks]),
        (("a contract less", &[Breaks], |l| drop(l.contracts.pop())), &[Docs]),
        (("a method less", &[Breaks], |l| drop(l.contracts[0].methods.pop())), &[Breaks]),
        (("an entry's name", &[Breaks], |l| l.contracts[0].methods[0].entry = "greets".into()), &[Breaks]),
        (("a method's reply", &[Breaks], |l| l.contracts[0].methods[0].reply = Shape::Unit), &[Breaks]),
        (("a contract's words", &[Docs], |l| l.contracts[0].summary = "Other words.".into()), &[Docs]),
        (
            ("a method's words", &[Docs], |l| l.contracts[0].methods[0].summary = "Other words.".into()),
            &[Docs],
        ),
        (
            ("a function's words", &[Docs], |l| function(l, "host.now").summary = "Other words.".into()),
            &[Docs],
        ),
        (("a capability's words", &[Docs], |l| l.capabilities[0].about = "Other words.".into()), &[Docs]),
        (
            ("an error's words", &[Docs], |l| {
                function(l, "host.fs_read").error.as_mut().unwrap().kinds[0].docs = "Other words.".into();
            }),
            &[Docs],
        ),
        (("since", &[Docs], |l| function(l, "host.now").since = 3), &[Docs]),
        (
            ("linked and not registered", &[Docs], |l| {
                l.unregistered.push(hostfn_core::UnregisteredRow {
                    module: "host".to_owned(),
                    name: "forgotten".to_owned(),
                    krate: "app".to_owned(),
                    outside: None,
                    file: "src/lib.rs".to_owned(),
                    line: 60,
                });
            }),
            &[Docs],
        ),
    ]
};

#[test]
fn every_difference_has_its_class() {
    let mut all = String::new();
    for ((what, classes, change), backwards) in CASES {
        let forth = changed(*change);
        let mut new = listing();
        change(&mut new);
        let back = new.diff(&listing());
        assert_eq!(forth.counts.keys().copied().collect::<Vec<_>>(), *classes, "{what}: {forth}");
        assert_eq!(back.counts.keys().copied().collect::<Vec<_>>(), *backwards, "{what}, backwards: {back}");
        all += &format!("# {what}\n{forth}\n# {what}, backwards\n{back}\n");
    }
    expect_file!["snapshots/classes.txt"].assert_eq(&all);
}

#[test]
fn every_class_has_a_case() {
    for class in Class::ALL {
        assert!(
            CASES.iter().any(|((_, forth, _), back)| forth.contains(&class) || back.contains(&class)),
            "{class}"
        );
        assert_eq!(class.as_str().parse(), Ok(class));
    }
    let error = "wider".parse::<Class>().unwrap_err().to_string();
    assert_eq!(
        error,
        "`wider` is not a class of changes; write `widens`, `breaks`, `surprises`, `narrows` or `docs`"
    );
}

#[test]
fn nothing_is_said_of_what_is_the_same() {
    let diff = listing().diff(&listing());
    assert!(diff.is_empty());
    assert_eq!(diff.to_text(), "no difference\n");
    assert_eq!(diff.to_markdown(), "# What changed\n\nno difference.\n");
}

#[test]
fn text_with_backticks_stays_within_its_cell() {
    let markdown = changed(|l| function(l, "host.now").summary = "Use `a|b` or ``c``.".into()).to_markdown();
    assert!(
        markdown.contains("| `The time.` | ``` Use `a\\|b` or ``c``. ``` | src/clock.rs:20 |"),
        "{markdown}"
    );
}

#[test]
fn a_diff_is_read_back_from_json() {
    let diff = changed(|l| {
        l.abi = 2;
        function(l, "host.now").capability = None;
    });
    assert_eq!(serde_json::from_str::<Diff>(&diff.to_json()).unwrap(), diff);
    assert!(
        diff.to_json().find("capability dropped") < diff.to_json().find("version changed"),
        "{}",
        diff.to_json()
    );
}

#[test]
fn grants_are_compared_where_both_have_them() {
    let granted = |text: Option<&str>| {
        let mut listing = listing();
        listing.capabilities[2].granted = text.map(str::to_owned);
        listing
    };
    for (old, new, class) in [
        ("no", "/srv/**", Some(Class::Widens)),
        ("/srv/**", "no", Some(Class::Narrows)),
        ("everything", "/srv/**", Some(Class::Narrows)),
        ("/srv/**", "everything", Some(Class::Widens)),
        ("/srv/**", "/etc/**", Some(Class::Widens)),
        ("no", "no", None),
    ] {
        let diff = granted(Some(old)).diff(&granted(Some(new)));
        assert_eq!(diff.changes.first().map(|change| change.class), class, "{old} -> {new}: {diff}");
    }
    assert!(granted(None).diff(&granted(Some("everything"))).is_empty());
}
