//! Manifests, grants, locks and listings.

use hostfn_core::{Grants, Listing, Manifest};

use super::{Case, check_linear, check_problems, in_child, known};

/// The kind of an input, and a text of about so many bytes.
type Text = (&'static str, fn(usize) -> String);

type Input<'c> = Box<dyn Fn(usize) -> Vec<u8> + 'c>;

type Inputs<'c> = Vec<(&'static str, Input<'c>)>;

/// A line again and again, each time with another number.
fn lines(size: usize, line: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    let mut number = 0;
    while text.len() < size {
        text += &line(number);
        text.push('\n');
        number += 1;
    }
    text
}

/// Tables in tables as deep as TOML takes, with keys so long that they fill the size.
fn nested(size: usize) -> String {
    in_tables(size, 70, 70)
}

/// So many parts in each key, and so many inline tables in each other.
fn in_tables(size: usize, parts: usize, tables: usize) -> String {
    let key = "k".repeat((size / parts / tables).max(2) - 1);
    let path = vec![&*key; parts].join(".");
    format!("{}1{}", format!("{path} = {{ ").repeat(tables - 1) + &path + " = ", " }".repeat(tables - 1))
}

const HEAD: &str = "name = 'p'\nversion = '1.0.0'\nabi = 1\n";

/// Shapes of a table of capabilities, for manifests and grants.
fn capabilities() -> Vec<Text> {
    vec![
        ("nested tables", nested),
        ("nested tables within the limit", |size| in_tables(size, 32, 16)),
        ("unknown capabilities", |size| lines(size, |n| format!("\"fs.reed{n}\" = true"))),
        ("dotted names", |size| lines(size, |n| format!("a{n}.b.c.d.e.f.g.h.i.j = true"))),
        ("long unknown names", |size| lines(size, |n| format!("\"{}{n}\" = true", "fs.read".repeat(35)))),
        ("names of forty kilobytes", |size| lines(size, |n| format!("\"{}{n}\" = true", "n".repeat(40_000)))),
        ("unknown keys", |size| {
            format!("\"fs.read\" = {{ {} }}", lines(size, |n| format!("alow{n} = 1,")).replace('\n', " "))
        }),
        ("patterns", |size| {
            let list = lines(size / 2, |n| format!("\"/a/{n}/**\",")).replace('\n', " ");
            format!("\"fs.read\" = {{ reason = 'r', allow = [{list}], deny = [{list}] }}")
        }),
        ("bad patterns", |size| {
            let list = lines(size, |n| format!("\"a/{n}/**\",")).replace('\n', " ");
            format!("\"fs.read\" = {{ reason = 'r', allow = [{list}] }}")
        }),
        ("one long pattern", |size| {
            format!("\"fs.read\" = {{ reason = 'r', allow = [\"{}\"] }}", "/*a".repeat(size / 3))
        }),
        ("one long host", |size| {
            format!("\"net\" = {{ reason = 'r', allow = [\"{}\"] }}", "xn--a.".repeat(size / 6))
        }),
        ("a list of numbers", |size| {
            format!("\"fs.read\" = {{ reason = 'r', allow = [{}] }}", "1,".repeat(size / 2))
        }),
    ]
}

/// Returns texts that are malformed TOML, or nearly.
fn syntax() -> Vec<Text> {
    vec![
        ("open arrays", |size| format!("a = {}", "[".repeat(size))),
        ("open tables", |size| "a = {".to_owned() + &"a={".repeat(size / 3)),
        ("open headers", |size| "[".repeat(size)),
        ("dots", |size| "a.".repeat(size / 2)),
        ("quotes", |size| "\"".repeat(size)),
        ("one long line", |size| format!("# {}\nx", "ö".repeat(size / 2))),
        ("an error at the end", |size| lines(size, |n| format!("a{n} = 1")) + "="),
        ("headers", |size| lines(size, |n| format!("[a.b.c.d.e.f.g.h.i.j.k{n}]"))),
        ("deep headers", |size| lines(size, |n| format!("[{}k{n}]", "a.".repeat(70)))),
        ("tables of one array", |size| lines(size, |_| "[[a]]".to_owned())),
        ("one key twice", |size| lines(size, |_| "a = 1".to_owned())),
        ("escapes", |size| format!("a = \"{}\"", "\\u0041".repeat(size / 6))),
    ]
}

fn cases<'c>(inputs: &'c Inputs<'c>) -> Vec<Case<'c>> {
    inputs.iter().map(|(name, input)| Case { name, input: &**input }).collect()
}

fn after(head: &'static str, inputs: Vec<Text>) -> Inputs<'static> {
    let input = |make: fn(usize) -> String| -> Input<'static> {
        Box::new(move |size| format!("{head}{}", make(size - 500)).into_bytes())
    };
    inputs.into_iter().map(|(name, make)| (name, input(make))).collect()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn manifest_is_read_in_linear_time() {
    in_child("texts::manifest_is_read_in_linear_time", || {
        let mut inputs = after("name = 'p'\nversion = '1.0.0'\nabi = 1\n[capabilities]\n", capabilities());
        inputs.extend(after(HEAD, syntax()));
        inputs.extend(after(
            "",
            vec![
                ("unknown keys at the top", |size| lines(size, |n| format!("nam{n} = 1"))),
                ("a long name", |size| format!("name = '{}'", "ä".repeat(size / 2))),
                ("a long version", |size| format!("version = '1.0.0-{}'", "a.".repeat(size / 2))),
                ("exports", |size| {
                    lines(size, |n| format!("[[exports]]\ncontract = 'c'\ntype = 't{}'\nentry = 'e'", n / 2))
                }),
                ("exports with unknown keys", |size| lines(size, |n| format!("[[exports]]\ncontrac = {n}"))),
                ("limits", |size| format!("[limits]\nmemory = '{}'", "9".repeat(size))),
                ("unknown limits", |size| format!("[limits]\n{}", lines(size, |n| format!("memry{n} = 1")))),
            ],
        ));
        check_linear(&cases(&inputs), &|bytes| {
            check_problems(Manifest::from_toml(text(bytes), known()).map(drop));
        });
    });
}

#[test]
fn grants_are_read_in_linear_time() {
    in_child("texts::grants_are_read_in_linear_time", || {
        let mut inputs = after("", capabilities());
        inputs.extend(after("", syntax()));
        check_linear(&cases(&inputs), &|bytes| {
            check_problems(Grants::from_toml(text(bytes), known()).map(drop));
        });
    });
}

#[test]
fn lock_is_read_in_linear_time() {
    in_child("texts::lock_is_read_in_linear_time", || {
        let head = "lock = 2\nabi = 1\n";
        let mut inputs = after(head, syntax());
        inputs.extend(after(
            head,
            vec![
                ("functions twice", |size| lines(size, |_| FUNCTION.to_owned())),
                ("functions", |size| lines(size, |n| FUNCTION.replace("'f'", &format!("'f{n}'")))),
                ("large arrays", |size| {
                    lines(size, |n| {
                        let takes = vec!["'a: [u8; 100000]'"; 20].join(", ");
                        FUNCTION.replace("'f'", &format!("'f{n}'")).replace("'a: u8'", &takes)
                    })
                }),
                ("deep types", |size| FUNCTION.replace("'a: u8'", &format!("'a: {}'", "(".repeat(size)))),
                ("a long type", |size| {
                    FUNCTION.replace("'a: u8'", &format!("'a: ({})'", "u8, ".repeat(size / 4)))
                }),
                ("capabilities", |size| {
                    lines(size, |n| {
                        format!("[[capability]]\nname = 'c{}'\nabout = 'a'\nscope = 'none'", n / 2)
                    })
                }),
                ("conflicts", |size| lines(size, |_| "<<<<<<< ours\n=======\n>>>>>>> theirs".to_owned())),
            ],
        ));
        check_linear(&cases(&inputs), &|bytes| {
            let error = Listing::from_lock("hostfn.lock", text(bytes)).unwrap_err();
            assert!(!error.problems().is_empty() && error.problems().len() <= 64);
        });
    });
}

const FUNCTION: &str = "[[function]]\nmodule = 'm'\nname = 'f'\nalways_available = true\ntakes = ['a: u8']\n\
                        docs = 'd'\ncrate = 'c'\nfingerprint = '0'";

#[test]
fn listing_is_read_in_linear_time() {
    in_child("texts::listing_is_read_in_linear_time", || {
        let mut inputs: Inputs<'_> = Vec::new();
        let mut add = |name, make: fn(usize) -> String| {
            inputs.push((name, Box::new(move |size| make(size - 500).into_bytes())));
        };
        add("open arrays", |size| "[".repeat(size));
        add("open objects", |size| "{\"a\":".repeat(size / 5));
        add("a long string", |size| format!("{{\"schema\": \"{}\"", "\\u00e4".repeat(size / 6)));
        add("keys", |size| format!("{{{}", lines(size, |n| format!("\"k{n}\": 1,"))));
        add("capabilities twice", |size| {
            let row = r#"{"name":"a","about":"a","scope":"none","functions":[],"file":"f","line":1},"#;
            let rows = lines(size, |n| row.replace("\"a\"", &format!("\"a{}\"", n / 2)));
            let rows = rows.trim().trim_end_matches(',');
            format!(
                r#"{{"schema":{},"abi":1,"functions":[],"capabilities":[{rows}],"contracts":[],"unregistered":[]}}"#,
                schema()
            )
        });
        check_linear(&cases(&inputs), &|bytes| {
            let error = Listing::from_json(text(bytes)).unwrap_err();
            assert!(!error.problems().is_empty() && error.problems().len() <= 64);
        });
    });
}

fn schema() -> u32 {
    hostfn_core::Registry::builder().build().unwrap().listing().schema
}
