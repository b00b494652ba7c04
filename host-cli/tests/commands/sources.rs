//! Sources that would overflow a parser's stack, hold the command up, or have no end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use hostfn_cli::Exit;

use crate::library::first;
use crate::{Files, hostfn};

/// Nesting constructs: before it, what opens, what is in the middle, what closes, behind it.
const SHAPES: [(&str, &str, &str, &str, &str); 56] = [
    ("fn f() { x = ", "(", "1", ")", "; }"),
    ("fn f() { x = ", "[", "1", "]", "; }"),
    ("fn f() { x = ", "{", "1", "}", "; }"),
    ("fn f() { x = ", "f(", "1", ")", "; }"),
    ("fn f() { x = ", "!", "1", "", "; }"),
    ("fn f() { x = ", "& ", "1", "", "; }"),
    ("fn f() { x = ", "- ", "1", "", "; }"),
    ("fn f() { x = ", "1 +", "1", "", "; }"),
    ("fn f() { ", "x =", "1", "", "; }"),
    ("fn f() { ", "x ..", "1", "", "; }"),
    ("fn f() { x", ".y", "", "", "; }"),
    ("fn f() { x", ".y()", "", "", "; }"),
    ("fn f() { x", "?", "", "", "; }"),
    ("fn f() { x", " as u8", "", "", "; }"),
    ("fn f() { x", "[0]", "", "", "; }"),
    ("fn f() { x", "()", "", "", "; }"),
    ("fn f() { x = ", "|a|", "1", "", "; }"),
    ("fn f() { x = ", "|a, b|", "1", "", "; }"),
    ("fn f() { ", "return ", "1", "", "; }"),
    ("fn f() { ", "break ", "1", "", "; }"),
    ("fn f() { x = ", "move || ", "1", "", "; }"),
    ("fn f() { ", "if a {} else ", "{}", "", " }"),
    ("fn f() { ", "for A {} in ", "x", "", "{} }"),
    ("fn f() { ", "let x = ", "1", "", "; }"),
    ("fn f() { if ", "let x = ", "1", "", " {} }"),
    ("fn f() { ", "match x { _ => ", "1", "}", " }"),
    ("fn f() { ", "if ", "x", " {}", " }"),
    ("fn f() { ", "'a: { ", "x", " }", " }"),
    ("type T = ", "A<", "u8", ">", ";"),
    ("type T = ", "A<u8, ", "u8", ">", ";"),
    ("fn f() { x = ", "a::<", "u8", ">", "; }"),
    ("type T = ", "*const ", "u8", "", ";"),
    ("type T = ", "&'a ", "u8", "", ";"),
    ("type T = ", "fn() -> ", "u8", "", ";"),
    ("type T = ", "for<'a, 'b> fn() -> ", "u8", "", ";"),
    ("type T = ", "impl A<", "u8", ">", ";"),
    ("type T = ", "dyn Fn() -> ", "u8", "", ";"),
    ("type T = ", "<", "u8", " as A>::B", ";"),
    ("type T = ", "(", "u8", ",)", ";"),
    ("type T = ", "[", "u8", "]", ";"),
    ("use ", "a::", "b", "", ";"),
    ("use ", "a::{", "b", "}", ";"),
    ("fn f() { let ", "&", "x", "", "; }"),
    ("fn f() { let ", "x @ ", "y", "", "; }"),
    ("fn f() { let ", "(", "x", ")", "; }"),
    ("", "mod a { ", "", "}", ""),
    ("", "fn f() { ", "", "}", ""),
    ("", "impl A { fn f() { ", "", "} }", ""),
    ("#[a(", "all(", "x", ")", ")] fn f() {}"),
    ("#[a = ", "!", "x", "", "] fn f() {}"),
    ("#[cfg(", "all(", "test", ")", ")] fn f() {}"),
    ("#[host_fn(name = ", "!", "x", "", ")] fn f() {}"),
    ("fn f() { x = ", "async {", "1", "}", "; }"),
    ("type T = [u8; ", "{", "1", "}", "];"),
    ("fn f() { x = ", "A { a: ", "1", "}", "; }"),
    ("m!(", "(", "1", ")", ");"),
];

fn nested(shape: usize, levels: usize) -> String {
    let (before, open, middle, close, after) = SHAPES[shape];
    format!("{before}{}{middle}{}{after}", open.repeat(levels), close.repeat(levels))
}

struct Package(Files, PathBuf);

impl Package {
    fn new() -> Self {
        let files = Files::new();
        let folder = files.write("x", "").with_file_name("app");
        fs::create_dir_all(folder.join("src")).unwrap();
        fs::write(folder.join("Cargo.toml"), "[package]\nname = \"app\"\n").unwrap();
        fs::write(folder.join("src/lib.rs"), "").unwrap();
        Package(files, folder)
    }

    fn source(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.1.join("src").join(name), content).unwrap();
    }

    /// Returns what the command writes, within five minutes, also on a busy machine. An overflow of the stack would end this process.
    fn verify(&self) -> String {
        let began = Instant::now();
        let ran = hostfn(&[&"verify", &self.1, &"--listing", &self.0.listing("listing.json", &first())]);
        assert!(began.elapsed() < Duration::from_mins(5), "{:?}", began.elapsed());
        assert_eq!((ran.exit, ran.err.as_str()), (Exit::Denied, ""));
        ran.out
    }
}

#[test]
fn verify_deep_sources_are_reported_unread() {
    let package = Package::new();
    for shape in 0..SHAPES.len() {
        package.source(&format!("a{shape:02}.rs"), nested(shape, 100_000));
    }
    package.source("z.rs", "#[host_fn(capability = none)]\nfn seen() {}\n");
    let out = package.verify();
    assert!(out.contains("host.seen (src/z.rs:2)"), "{out}");
    // brackets in a macro's arguments, and chains that `syn` reads in a loop, are refused as well
    for (number, shape) in SHAPES.iter().enumerate() {
        let line = format!("  src/a{number:02}.rs: ");
        assert!(out.contains(&line), "{shape:?}");
    }
}

#[test]
fn verify_sources_below_the_bound_do_not_overflow() {
    let package = Package::new();
    for shape in 0..SHAPES.len() {
        // one repetition counts as one to nine levels
        for levels in [900, 1800, 8100] {
            package.source(&format!("a{shape:02}_{levels}.rs"), nested(shape, levels));
        }
    }
    package.source("z.rs", "#[host_fn(capability = none)]\nfn seen() {}\n");
    assert!(package.verify().contains("host.seen (src/z.rs:2)"));
}

#[test]
fn verify_long_tables_and_documents_are_read() {
    let package = Package::new();
    let table: String = (0..100_000).map(|n| format!("({n} << 1, A | B, &[-1], x[{n}] < 3),\n")).collect();
    let documents = "/// Words.\n".repeat(100_000);
    let calls: String = (0..50_000).map(|n| format!("if a {{ f(|x, y| x + {n}); }} else {{}}\n")).collect();
    package.source(
        "z.rs",
        format!("static T: &[T] = &[{table}];\nfn f() {{ {calls} }}\n{documents}#[host_fn(capability = none)]\nfn seen() {{}}\n"),
    );
    let out = package.verify();
    assert!(out.contains("host.seen (src/z.rs:"), "{out}");
    assert!(!out.contains("not read"), "{out}");
}

#[test]
fn verify_a_chain_of_files_ends() {
    let package = Package::new();
    for n in 0..3000 {
        let next = n + 1;
        package.source(&format!("m{n}.rs"), format!("#[cfg(unix)] #[path = \"m{next}.rs\"] mod next;"));
    }
    package.source("lib.rs", "#[path = \"m0.rs\"] mod m;");
    package.source("m3000.rs", "#[path = \"m0.rs\"] mod again;\n#[host_fn(capability = none)]\nfn seen() {}");
    let out = package.verify();
    assert!(out.contains("more than 128 files declare one another in a row"), "{out}");
    assert!(out.contains("host.seen (src/m3000.rs:3)"), "{out}");
}

#[cfg(unix)]
#[test]
fn verify_odd_files_are_reported_and_not_opened() {
    use std::os::unix::fs::symlink;
    let package = Package::new();
    let at = |name: &str| package.1.join("src").join(name);
    assert!(Command::new("mkfifo").arg(at("pipe.rs")).status().unwrap().success());
    package.source("latin.rs", b"fn \xe9() {}");
    package.source("large.rs", vec![b' '; (8 << 20) + 1]);
    symlink(".", at("loop")).unwrap();
    symlink("round.rs", at("round.rs")).unwrap();
    symlink(at("z.rs"), at("link.rs")).unwrap();
    package.source("z.rs", "#[path = \"link.rs\"] mod z;\n#[host_fn(capability = none)]\nfn seen() {}");
    let modules = ["/dev/zero", "/dev/stdin", "pipe.rs", "loop/loop/loop/z.rs", "round.rs"];
    let modules = modules.iter().enumerate();
    let modules: String = modules.map(|(n, path)| format!("#[path = \"{path}\"] mod m{n};\n")).collect();
    package.source("lib.rs", format!("{modules}mod large; mod latin;"));
    let out = package.verify();
    assert_eq!(out.matches("host.seen (src/").count(), 1, "{out}");
    for line in [
        "/dev/zero: it is not a regular file",
        "src/pipe.rs: it is not a regular file",
        "src/latin.rs: stream did not contain valid UTF-8",
        "src/large.rs: it is larger than 8 MiB",
        "src/round.rs: Too many levels of symbolic links",
    ] {
        assert!(out.contains(line), "{line}: {out}");
    }
    // the manifest, too
    fs::remove_file(package.1.join("Cargo.toml")).unwrap();
    assert!(Command::new("mkfifo").arg(package.1.join("Cargo.toml")).status().unwrap().success());
    let listing = package.0.listing("listing.json", &first());
    let ran = hostfn(&[&"verify", &package.1 as &dyn AsRef<Path>, &"--listing", &listing]);
    assert!(ran.exit == Exit::Failure && ran.err.contains("it is not a regular file"), "{}", ran.err);
}
