use std::fs;
use std::path::Path;

use expect_test::expect;
use hostfn_bindgen::{Language, generate};
use hostfn_cli::Exit;
use hostfn_core::{Body, FunctionRow, Listing, Shape, TypeDef};

use crate::library::{first, second};
use crate::{Files, Ran, hostfn};

fn bindgen(listing: &Path, args: &[&str]) -> Ran {
    let args: Vec<&dyn AsRef<Path>> = args.iter().map(|arg| arg as _).collect();
    hostfn(&[&[&"bindgen" as _, &listing as _], &*args].concat())
}

#[test]
fn to_standard_output() {
    let files = Files::new();
    let listing = files.listing("listing.json", &first());
    for language in Language::ALL {
        let ran = bindgen(&listing, &["--language", language.name()]);
        assert_eq!((ran.exit, ran.err.as_str()), (Exit::Success, ""), "{language:?}");
        assert_eq!(ran.out, generate(&first(), *language).unwrap(), "{language:?}");
    }
}

#[test]
fn bindgen_accepts_aliases_and_suggests_names() {
    let files = Files::new();
    let listing = files.listing("listing.json", &first());
    let aliases = [
        ("rs", Language::Rust),
        ("cpp", Language::C),
        ("c++", Language::C),
        ("ts", Language::TypeScript),
        ("typescript", Language::TypeScript),
        ("as", Language::AssemblyScript),
        ("zig", Language::Zig),
        ("component", Language::Wit),
    ];
    for (alias, language) in aliases {
        let ran = bindgen(&listing, &["--language", alias]);
        assert_eq!(ran.out, generate(&first(), language).unwrap(), "{alias}");
    }
    let near = bindgen(&listing, &["--language", "assemblyscrpt"]);
    assert_eq!(near.exit, Exit::Failure);
    assert!(near.err.contains("tip: a similar value exists: 'assemblyscript'"), "{}", near.err);
    let far = bindgen(&listing, &["--language", "cobol"]);
    assert!(
        far.err.contains("[possible values: rust, c, assemblyscript, zig, wit, typescript, all]"),
        "{}",
        far.err
    );
}

#[test]
fn to_a_folder_a_file_and_again() {
    let files = Files::new();
    let listing = files.listing("listing.json", &first());
    let folder = listing.with_file_name("guest/src");
    let to = |language: &str, out: &Path| {
        bindgen(&listing, &["--language", language, "--out", out.to_str().unwrap()])
    };
    let all = to("all", &folder);
    assert_eq!((all.exit, all.out.as_str()), (Exit::Success, ""));
    for language in Language::ALL {
        let path = folder.join(language.file_name());
        assert!(all.err.contains(&format!("{} is written\n", path.display())), "{}", all.err);
        assert_eq!(fs::read_to_string(path).unwrap(), generate(&first(), *language).unwrap());
    }
    let again = to("rust", &folder);
    assert_eq!(files.relative(&again.err), "guest/src/host.rs is up to date\n");
    let file = folder.join("bindings.h");
    assert_eq!(files.relative(&to("c", &file).err), "guest/src/bindings.h is written\n");
    files.listing("listing.json", &second());
    assert_eq!(files.relative(&to("c", &file).err), "guest/src/bindings.h is written\n");
    assert_eq!(fs::read_to_string(file).unwrap(), generate(&second(), Language::C).unwrap());
}

/// Its target would be created, wherever that is.
#[cfg(unix)]
#[test]
fn bindgen_link_to_nothing_is_not_written_through() {
    let files = Files::new();
    let listing = files.listing("listing.json", &first());
    let (link, target) = (listing.with_file_name("host.rs"), listing.with_file_name("elsewhere"));
    std::os::unix::fs::symlink(&target, &link).unwrap();
    for (language, out) in [("rust", &link), ("all", &link.parent().unwrap().to_owned())] {
        let ran = bindgen(&listing, &["--language", language, "--out", out.to_str().unwrap()]);
        assert_eq!((ran.exit, ran.out.as_str()), (Exit::Failure, ""));
        assert_eq!(
            files.relative(&ran.err),
            "error: H0608 host.rs: it is a link to a file that does not exist; remove the link\n"
        );
        assert!(!target.exists() && !link.with_file_name("host.h").exists());
    }
    let check = bindgen(&listing, &["--language", "rust", "--check", "--out", link.to_str().unwrap()]);
    assert_eq!(check.exit, Exit::Denied, "{}", check.err);
}

#[test]
fn a_file_of_someone_else_is_left_alone() {
    let files = Files::new();
    let listing = files.listing("listing.json", &first());
    let mine = files.write("host.h", "int mine;\n");
    let folder = mine.parent().unwrap().to_str().unwrap();
    for out in [folder, mine.to_str().unwrap()] {
        let ran = bindgen(&listing, &["--language", "c", "--out", out]);
        assert_eq!((ran.exit, ran.out.as_str()), (Exit::Failure, ""));
        expect![[r#"
            error: H0608 host.h: it exists, and `hostfn bindgen` did not write it; name another file, or move that one away
        "#]].assert_eq(&files.relative(&ran.err));
    }
    let all = bindgen(&listing, &["--language", "all", "--out", folder]);
    assert_eq!(all.exit, Exit::Failure);
    assert_eq!(fs::read_to_string(&mine).unwrap(), "int mine;\n");
    assert!(!mine.with_file_name("host.rs").exists(), "one was written before the other was refused");
    fs::write(&mine, "").unwrap();
    assert_eq!(bindgen(&listing, &["--language", "c", "--out", folder]).exit, Exit::Success);
}

#[test]
fn what_is_out_of_date_fails_a_check() {
    let files = Files::new();
    let listing = files.listing("listing.json", &first());
    let folder = listing.parent().unwrap().to_str().unwrap().to_owned();
    let check = |language: &str| bindgen(&listing, &["--language", language, "--out", &folder, "--check"]);
    let missing = check("rust");
    assert_eq!((missing.exit, missing.err.as_str()), (Exit::Denied, ""));
    assert_eq!(files.relative(&missing.out), "host.rs is missing; write it without `--check`\n");
    assert!(!Path::new(&folder).join("host.rs").exists(), "a check writes nothing");

    assert_eq!(bindgen(&listing, &["--language", "all", "--out", &folder]).exit, Exit::Success);
    let fresh = check("all");
    assert_eq!((fresh.exit, fresh.out.as_str(), fresh.err.as_str()), (Exit::Success, "", ""));

    let header = Path::new(&folder).join("host.h");
    let cut = fs::read_to_string(&header).unwrap().replacen("#define HOSTFN_H", "#define OTHER_H", 1);
    let line = cut.lines().position(|line| line == "#define OTHER_H").unwrap() + 1;
    fs::write(&header, &cut).unwrap();
    let edited = check("all");
    assert_eq!(edited.exit, Exit::Denied);
    let said = format!("host.h is out of date from line {line} on; write it without `--check`\n");
    assert_eq!(files.relative(&edited.out), said);
    assert_eq!(fs::read_to_string(&header).unwrap(), cut, "a check writes nothing");

    files.listing("listing.json", &second());
    let stale = check("all");
    assert_eq!(stale.exit, Exit::Denied);
    assert_eq!(stale.out.matches(" is out of date from line 1 on;").count(), Language::ALL.len());
}

#[test]
fn some_functions_alone() {
    let files = Files::new();
    let listing = files.listing("listing.json", &first());
    let name = first().functions[0].name.clone();
    for only in [name.clone(), first().functions[0].full_name()] {
        let ran = bindgen(&listing, &["--language", "c", "--only", &only]);
        let expected = Listing { functions: first().functions[..1].to_vec(), contracts: vec![], ..first() };
        assert_eq!(ran.out, generate(&expected, Language::C).unwrap());
    }
    let wrong = bindgen(&listing, &["--language", "c", "--only", &format!("{name},other")]);
    assert_eq!((wrong.exit, wrong.out.as_str()), (Exit::Failure, ""));
    assert_eq!(wrong.err, "error: unknown function, group or contract `other`; `hostfn list` shows all\n");
}

/// The functions of these names, in groups.
fn grouped(groups: &[(&str, &str)]) -> Listing {
    let mut listing = first();
    for (function, group) in groups {
        let row = listing.functions.iter_mut().find(|row| row.name == *function).unwrap();
        row.group = Some((*group).to_owned());
    }
    listing
}

/// The bindings of these functions alone.
fn of(listing: &Listing, functions: &[&str]) -> String {
    let mut listing = listing.clone();
    listing.functions.retain(|row| functions.contains(&row.name.as_str()));
    assert_eq!(listing.functions.len(), functions.len());
    generate(&listing, Language::Rust).unwrap()
}

#[test]
fn only_group_selects_its_functions() {
    let files = Files::new();
    let listing = grouped(&[("fs_list", "files"), ("fs_read", "files"), ("labels", "texts")]);
    let path = files.listing("listing.json", &listing);
    let only = |names: &str| bindgen(&path, &["--language", "rust", "--only", names]);
    assert_eq!(only("files").out, of(&listing, &["fs_list", "fs_read"]));
    assert_eq!(only("texts,now").out, of(&listing, &["labels", "now"]));
    assert_eq!(only("files,fs_read,host.fs_read").out, of(&listing, &["fs_list", "fs_read"]));
    // a lock has the groups, too
    let lock = files.write("hostfn.lock", listing.to_lock());
    let from_lock = bindgen(&lock, &["--language", "rust", "--only", "files"]);
    assert_eq!(from_lock.out, of(&listing, &["fs_list", "fs_read"]));
}

#[test]
fn only_selects_everything_of_a_name() {
    let files = Files::new();
    // the group `now` has the name of a function, and `host` that of the module which they are imported from
    let listing = grouped(&[("fs_list", "now"), ("fs_read", "host"), ("labels", "host")]);
    let path = files.listing("listing.json", &listing);
    let only = |names: &str| bindgen(&path, &["--language", "rust", "--only", names]).out;
    assert_eq!(only("now"), of(&listing, &["fs_list", "now"]));
    assert_eq!(only("host.now"), of(&listing, &["now"]));
    assert_eq!(only("host"), of(&listing, &["fs_read", "labels"]));
}

#[test]
fn only_unknown_name_suggests_a_near_one() {
    let files = Files::new();
    let path = files.listing("listing.json", &grouped(&[("fs_list", "files")]));
    let said = |name: &str| {
        let ran = bindgen(&path, &["--language", "rust", "--only", name]);
        assert_eq!((ran.exit, ran.out.as_str()), (Exit::Failure, ""), "{name}");
        ran.err
    };
    let is_called = |name: &str| format!("error: unknown function, group or contract `{name}`; ");
    assert_eq!(said("filse"), is_called("filse") + "did you mean `files`?\n");
    assert_eq!(said("labls"), is_called("labls") + "did you mean `labels`?\n");
    assert_eq!(said("host"), is_called("host") + "`hostfn list` shows all\n");
    let long = said(&"x".repeat(100_000));
    assert!(long.starts_with(&is_called("x")[..40]) && !long.contains("did you mean"));
}

#[test]
fn what_a_language_has_nothing_for_is_told_at_once_and_nothing_is_written() {
    let files = Files::new();
    let mut never = first();
    never.functions.retain(|row| row.params.is_empty());
    never.functions.truncate(1);
    never.functions[0] = FunctionRow {
        reply: Shape::Named("Never".to_owned()),
        types: [
            ("Never".to_owned(), TypeDef::Enum(vec![])),
            ("Pair".to_owned(), TypeDef::Struct(Body::Unit)),
        ]
        .into(),
        ..first().functions[0].clone()
    };
    never.contracts.clear();
    let listing = files.listing("listing.json", &never);
    let folder = listing.with_file_name("out");
    let one = bindgen(&listing, &["--language", "c"]);
    assert_eq!((one.exit, one.out.as_str()), (Exit::Failure, ""));
    assert_eq!(
        one.err,
        "error: H0802 type `Never`: an enum without variants has no values; give it a variant\n"
    );
    let all = bindgen(&listing, &["--language", "all", "--out", folder.to_str().unwrap()]);
    assert_eq!(all.exit, Exit::Failure);
    for language in Language::ALL {
        assert!(all.err.contains(&format!("H0802 {}, type `Never`: ", language.name())), "{}", all.err);
    }
    assert!(!folder.exists());
}

#[test]
fn arguments_that_make_no_sense() {
    let files = Files::new();
    let listing = files.listing("listing.json", &first());
    let said = |args: &[&str]| {
        let ran = bindgen(&listing, args);
        assert_eq!((ran.exit, ran.out.as_str()), (Exit::Failure, ""));
        ran.err
    };
    assert_eq!(
        said(&["--language", "c", "--check"]),
        "error: there is no file to check; name it with `--out`\n"
    );
    let several = "error: several files need a folder; name it with `--out`\n";
    assert_eq!(said(&["--language", "all"]), several);
    assert_eq!(said(&["--language", "all", "--out", listing.to_str().unwrap()]), several);
    assert!(said(&["--language", "fortran"]).contains("invalid value 'fortran' for '--language <LANGUAGE>'"));
}
