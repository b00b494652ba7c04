use expect_test::{expect, expect_file};
use hostfn_cli::Exit;

use crate::library::{first, second};
use crate::{Files, Ran, hostfn};

fn diff(args: &[&str]) -> Ran {
    let files = Files::new();
    let (old, new) = (files.listing("old.json", &first()), files.listing("new.json", &second()));
    let args: Vec<&dyn AsRef<std::path::Path>> = args.iter().map(|arg| arg as _).collect();
    hostfn(&[&[&"diff" as _, &old as _, &new as _], &*args].concat())
}

#[test]
fn what_changed_in_every_form() {
    let text = diff(&[]);
    assert_eq!((text.exit, text.err.as_str()), (Exit::Success, ""));
    expect_file!["../snapshots/diff.txt"].assert_eq(&text.out);
    expect_file!["../snapshots/diff.json"].assert_eq(&diff(&["--format", "json"]).out);
    expect_file!["../snapshots/diff.md"].assert_eq(&diff(&["--format", "markdown"]).out);
}

#[test]
fn denied_classes_and_no_others_end_it_with_1() {
    let same = Files::new();
    let (old, new) = (same.listing("old.json", &first()), same.listing("new.json", &first()));
    let unchanged = hostfn(&[&"diff", &old, &new, &"--deny", &"widens,breaks,surprises,narrows,docs"]);
    assert_eq!((unchanged.exit, unchanged.out.as_str()), (Exit::Success, "no difference\n"));
    assert_eq!(diff(&["--deny", "widens"]).exit, Exit::Denied);
    assert_eq!(diff(&["--deny", "docs,breaks"]).exit, Exit::Denied);

    // the other way round, nothing is as it was, and other classes have it
    let files = Files::new();
    let mut docs = first();
    docs.functions[0].summary = "Other words.".into();
    let (old, new) = (files.listing("old.json", &first()), files.listing("new.json", &docs));
    let widens = hostfn(&[&"diff", &old, &new, &"--deny", &"widens,breaks", &"--deny", &"narrows"]);
    assert_eq!(widens.exit, Exit::Success, "{}", widens.out);
    assert_eq!(hostfn(&[&"diff", &old, &new, &"--deny", &"docs"]).exit, Exit::Denied);
}

#[test]
fn no_class_by_that_name() {
    let ran = diff(&["--deny", "wider"]);
    assert_eq!(ran.exit, Exit::Failure);
    expect![[r#"
        error: invalid value 'wider' for '--deny <CLASS>': `wider` is not a class of changes; write `widens`, `breaks`, `surprises`, `narrows` or `docs`

        For more information, try '--help'.
    "#]].assert_eq(&ran.err);
}
