//! Manifests.

use std::time::Duration;

use hostfn_core::{Capability, Code, Grants, Manifest, Problems, RequestedLimits, ScopeKind};
use proptest::prelude::*;

static GREET: Capability = Capability::new("greet", "Greet people by name.");
static FS_READ: Capability = Capability::new("fs.read", "Read files.").scoped(ScopeKind::Path);
static NET: Capability = Capability::new("net", "Fetch.").scoped(ScopeKind::Host);

const HEAD: &str = "name = 'p'\nversion = '1.0.0'\nabi = 1\n";

fn read(text: &str) -> Result<Manifest, Problems> {
    Manifest::from_toml(text, [&GREET, &FS_READ, &NET])
}

/// Of a manifest whose own lines begin with line 4.
fn lines(text: &str) -> Vec<String> {
    read(&format!("{HEAD}{text}")).expect_err(text).iter().map(ToString::to_string).collect()
}

const WHOLE: &str = r#"
name = "thumb-nails"
version = "1.2.0-rc.1+x86"
abi = 1

[capabilities]
greet = { reason = "Says \"hello\"." }
fs.read = { reason = "Reads pictures.", allow = ["/pictures/**"], deny = ["/pictures/private/**"] }

[capabilities.net]
reason = "Fetches them."
allow = true

[limits]
memory = "32 MiB"
table = 1_000
time = "1500 ms"
args = 65536
reply = "1MiB"
fuel = 0xffff
calls = 100
refusals = 7
depth = 3
log_lines = 0
log_bytes = "100 B"

[[exports]]
contract = "thumbnailer"
type = "shrink"
entry = "shrink"
args = ["str", "option<u32>"]
reply = "bytes"
docs = """
Makes it small.
Very small."""

[[exports]]
contract = "thumbnailer"
type = "grow"
entry = "grow"
args = []
reply = "unit"
"#;

#[test]
fn a_manifest_says_what_its_plugin_is_and_asks_for() {
    let manifest = read(WHOLE).unwrap();
    assert_eq!((manifest.name(), manifest.version(), manifest.abi()), ("thumb-nails", "1.2.0-rc.1+x86", 1));
    assert_eq!(
        manifest.asked().to_string(),
        "fs.read = /pictures/** but not /pictures/private/**\ngreet = granted\nnet = everything"
    );
    assert_eq!(manifest.reason("greet"), Some("Says \"hello\"."));
    assert_eq!(manifest.reason("net"), Some("Fetches them."));
    assert_eq!(manifest.reason("fs"), None);
    let mut limits = RequestedLimits::default();
    (limits.memory, limits.table, limits.time) =
        (Some(32 << 20), Some(1_000), Some(Duration::from_millis(1_500)));
    (limits.args, limits.reply, limits.fuel) = (Some(65_536), Some(1 << 20), Some(0xffff));
    (limits.calls, limits.log_lines, limits.log_bytes) = (Some(100), Some(0), Some(100));
    (limits.refusals, limits.depth) = (Some(7), Some(3));
    assert_eq!(*manifest.limits(), limits);
    let [shrink, grow] = manifest.exports() else { panic!("{:?}", manifest.exports()) };
    assert_eq!((&*shrink.contract, &*shrink.kind, &*shrink.entry), ("thumbnailer", "shrink", "shrink"));
    assert_eq!(shrink.args, ["str", "option<u32>"]);
    assert_eq!(shrink.docs.as_deref(), Some("Makes it small.\nVery small."));
    assert_eq!((&*grow.reply, grow.args.len(), &grow.docs), ("unit", 0, &None));
    assert_eq!(read(&manifest.to_toml()), Ok(manifest));
}

#[test]
fn a_manifest_that_asks_for_nothing_gets_nothing() {
    let manifest = read(HEAD).unwrap();
    assert_eq!(*manifest.asked(), Grants::none());
    assert_eq!(*manifest.limits(), RequestedLimits::default());
    assert_eq!(manifest.exports(), []);
    assert_eq!(manifest.effective(&Grants::none().allow(&GREET)), Grants::none());
    assert_eq!(manifest.to_toml(), "name = \"p\"\nversion = \"1.0.0\"\nabi = 1\n");
}

#[test]
fn what_is_asked_for_is_cut_down_to_what_is_granted() -> Result<(), Problems> {
    let manifest = read(WHOLE)?;
    let granted = Grants::none().allow_within(&FS_READ, ["/pictures/2024/**"])?.allow(&GREET);
    assert_eq!(
        manifest.effective(&granted).to_string(),
        "fs.read = /pictures/2024/** but not /pictures/private/**\ngreet = granted"
    );
    Ok(())
}

#[test]
fn who_it_is_has_to_be_said() {
    for (text, expected) in [
        (
            "version = '1.0.0'\nabi = 1",
            "H0311 manifest line 1: the manifest has no `name`; add `name = \"my-plugin\"`",
        ),
        (
            "name = 'p'\nabi = 1",
            "H0311 manifest line 1: the manifest has no `version`; add `version = \"1.0.0\"`",
        ),
        ("name = 'p'\nversion = '1.0.0'", "H0311 manifest line 1: the manifest has no `abi`; add `abi = 1`"),
        (
            "name = 7\nversion = '1.0.0'\nabi = 1",
            "H0311 manifest line 1: `name` is an integer; write a string: `name = \"my-plugin\"`",
        ),
        ("abi = 1\nname = ' '\nversion = '1.0.0'", "H0311 manifest line 2: `name` is blank; write a value"),
        (
            "abi = 1\nname = 'a b'\nversion = '1.0.0'",
            "H0311 manifest line 2: the name `a b` is not one that every system can keep; use 1 to 128 ASCII letters, digits and `_ - .`",
        ),
        (
            "name = 'p'\nversion = '1.0'\nabi = 1",
            "H0311 manifest line 2: `1.0` is no semantic version (unexpected end of input while parsing minor version number); write one such as `version = \"1.0.0\"`",
        ),
        (
            "name = 'p'\nversion = '1.0.0'\nabi = '1'",
            "H0311 manifest line 3: `abi` is a string; write `abi = 1`",
        ),
        (
            "name = 'p'\nversion = '1.0.0'\nabi = 2",
            "H0307 manifest line 3: it is built for version 2 of the ABI, and this host speaks 1; build it against version 1, and write `abi = 1`",
        ),
    ] {
        assert_eq!(read(text).expect_err(text).to_string(), expected, "{text}");
    }
}

#[test]
fn capabilities_are_asked_for_with_a_reason() {
    for (text, expected) in [
        (
            "[capabilities]\ngreet = true",
            "H0311 manifest line 5: `greet` is given as a boolean; say why: `\"greet\" = { reason = \"...\" }`",
        ),
        (
            "[capabilities]\n[capabilities.greet]",
            "H0311 manifest line 5: the capability has no `reason`; add `reason = \"...\"`",
        ),
        (
            "[capabilities]\ngreet = { reason = '  ' }",
            "H0311 manifest line 5: `reason` is blank; write a value",
        ),
        (
            "[capabilities]\ngreet.reason = \"\"\"a\nb\"\"\"",
            "H0311 manifest line 5: `reason` has a control character in it; write it in one line",
        ),
        (
            "[capabilities]\ngreet = { raeson = 'x', reason = 'x' }",
            "H0311 manifest line 5: the table of `greet` has the key `raeson`; did you mean `reason`?",
        ),
        (
            "[capabilities]\ngreet = { reason = 'x', allow = true }",
            "H0204 manifest line 5: `greet` has no scope to narrow; leave out `allow`",
        ),
        (
            "[capabilities]\nfs.read = { reason = 'x' }",
            "H0311 manifest line 5: the table of `fs.read` has no `allow`; add `allow = [\"...\"]`, or `allow = true` for everything that `deny` does not match",
        ),
        (
            "[capabilities.\"fs.read\"]\nreason = 'x'\nallow = []",
            "H0311 manifest line 4: `allow` of `fs.read` is empty, which asks for nothing; leave the capability out, or say what of it is needed",
        ),
        (
            "[capabilities.\"fs.read\"]\nreason = 'x'\nallow = [\n'/a',\n'b']",
            "H0203 manifest line 8: the pattern `b` is not absolute; start it with `/`",
        ),
        (
            "[capabilities]\n'fs.raed' = { reason = 'x', allow = true }",
            "H0316 manifest line 5: no registered function requires `fs.raed`; did you mean `fs.read`?",
        ),
        (
            "[capabilities]\n'fs.read' = { reason = 'x', allow = true }\nfs.read = { reason = 'x', allow = true }",
            "H0311 manifest line 6: `fs.read` has another entry in line 5; keep one of the two",
        ),
        (
            "capabilities = 1",
            "H0311 manifest line 4: `capabilities` is an integer; write a section `[capabilities]`",
        ),
    ] {
        assert_eq!(lines(text), [expected], "{text}");
    }
}

#[test]
fn limits_are_sizes_counts_and_a_time() {
    for (text, expected) in [
        (
            "memory = '64 KB'",
            "`memory` is `64 KB`; write bytes, or a number and a unit, B, KiB, MiB or GiB: `\"64 KiB\"`",
        ),
        (
            "memory = -1",
            "`memory` is an integer; write bytes, or a number and a unit, B, KiB, MiB or GiB: `\"64 KiB\"`",
        ),
        ("memory = 1", "`memory`: 1 is too little for any guest to run; make it at least 65536"),
        (
            "args = '4 GiB'",
            "`args` is 4294967296, which no limit can be; write less, or leave it to the host",
        ),
        ("time = 5", "`time` is an integer; write a number and a unit, ms or s: `\"500 ms\"`"),
        ("time = '5 min'", "`time` is `5 min`; write a number and a unit, ms or s: `\"500 ms\"`"),
        ("time = '0 s'", "`time`: 0 is too little for any guest to run; make it at least 1"),
        (
            "time = '99999999999999999999 s'",
            "`time` is `99999999999999999999 s`; write a number and a unit, ms or s: `\"500 ms\"`",
        ),
        ("calls = '5'", "`calls` is `5`; write a whole number"),
        ("calls = 0", "`calls`: 0 is too little for any guest to run; make it at least 1"),
        ("fuel = 1.5", "`fuel` is a float; write a whole number"),
        (
            "stack = 5",
            "[limits] has the key `stack`; [limits] has no keys but `memory`, `table`, `time`, `args`, `reply`, `fuel`, `calls`, `refusals`, `depth`, `log_lines`, `log_bytes`",
        ),
        ("memroy = 5", "[limits] has the key `memroy`; did you mean `memory`?"),
    ] {
        assert_eq!(
            lines(&format!("[limits]\n{text}")),
            [format!("H0311 manifest line 5: {expected}")],
            "{text}"
        );
    }
    assert_eq!(
        lines("[limits]\nmemory = '1 MiB'\nreply = '2 MiB'"),
        [
            "H0311 manifest line 6: `reply`: 2097152 bytes never fit in a memory of 1048576; make it at most `limits.memory`, or that larger"
        ]
    );
}

#[test]
fn each_export_is_said_once_and_whole() {
    let export = |contract: &str, kind: &str, entry: &str| {
        format!(
            "[[exports]]\ncontract = '{contract}'\ntype = '{kind}'\nentry = '{entry}'\nargs = []\nreply = 'unit'\n"
        )
    };
    for (text, expected) in [
        (
            "exports = 1".to_owned(),
            "H0311 manifest line 4: `exports` is an integer; begin each export with `[[exports]]`",
        ),
        (
            "exports = [1]".to_owned(),
            "H0311 manifest line 4: `exports` is an integer; begin each export with `[[exports]]`",
        ),
        (
            export("a", "b", "c") + "doc = 'x'",
            "H0311 manifest line 10: the export has the key `doc`; did you mean `docs`?",
        ),
        (export("a", "b", "c") + "docs = 1", "H0311 manifest line 10: `docs` is an integer; write a string"),
        (export("a", "", "c"), "H0311 manifest line 6: `type` is blank; write a value"),
        (
            "[[exports]]\ncontract = 'a'\ntype = 'b'\nargs = []\nreply = 'unit'\n".to_owned(),
            "H0311 manifest line 4: the export has no `entry`; add `entry = \"greet\"`",
        ),
        (
            export("a", "b", "c").replace("[]", "'str'"),
            "H0311 manifest line 8: `args` is a string; write a list of shapes: `[\"str\", \"u32\"]`",
        ),
        (
            export("a", "b", "c").replace("[]", "['str', 5]"),
            "H0311 manifest line 8: `args` has an integer in its list; write each shape as a string: `\"str\"`",
        ),
        (
            export("a", "b", "c") + &export("a", "b", "d"),
            "H0313 manifest line 11: type `b` of contract `a` is exported in line 5 too; keep one of the two",
        ),
        (
            export("a", "b", "c") + &export("a", "x", "c"),
            "H0314 manifest line 13: `c` is the entry of the export in line 7 too; give each an export of its own",
        ),
    ] {
        assert_eq!(lines(&text), [expected], "{text}");
    }
    assert!(read(&(HEAD.to_owned() + &export("a", "b", "c") + &export("b", "b", "d"))).is_ok());
}

#[test]
fn every_problem_of_a_file_comes_at_once() {
    let text = "
nmae = 'p'
version = 'one'
abi = 3
[capabilities]
greet = { reason = 'x', deny = [] }
tea = { reason = 'x' }
fs.read = { reason = '', allow = ['x'] }
[limits]
calls = 0
time = 'x'
[[exports]]
contract = 'a'
";
    let found: Vec<_> = read(text).unwrap_err().iter().map(|p| (p.code(), p.location().to_owned())).collect();
    let expected = [
        (Code::BadPattern, 8),
        (Code::ScopeNotTaken, 6),
        (Code::AbiVersion, 4),
        (Code::ManifestInvalid, 1),
        (Code::ManifestInvalid, 10),
        (Code::ManifestInvalid, 11),
        (Code::ManifestInvalid, 12),
        (Code::ManifestInvalid, 12),
        (Code::ManifestInvalid, 12),
        (Code::ManifestInvalid, 12),
        (Code::ManifestInvalid, 2),
        (Code::ManifestInvalid, 3),
        (Code::ManifestInvalid, 8),
        (Code::AskedUnknown, 7),
    ];
    assert_eq!(found, expected.map(|(code, line)| (code, format!("manifest line {line}"))));
}

#[test]
fn a_syntax_error_has_its_line_and_column() {
    let problems = read("name = 'p'\nversion = {").unwrap_err();
    assert_eq!(problems.first().code(), Code::ManifestInvalid);
    assert_eq!(problems.first().location(), "manifest line 2, column 12");
}

#[test]
fn hostile_files_come_to_an_end() {
    let most = 1 << 18;
    let deep = vec!["a"; most / 2 - 20].join(".");
    let fill = |line: &dyn Fn(usize) -> String| {
        let mut text = HEAD.to_owned();
        for i in 0.. {
            let line = line(i);
            if text.len() + line.len() > most {
                break;
            }
            text += &line;
        }
        text
    };
    for text in [
        format!("{deep} = 1"),
        format!("[{deep}]"),
        format!("[[exports.{deep}]]"),
        format!("[capabilities]\n{deep} = 1"),
        format!("a = {}", "[".repeat(most - 4)),
        format!("a = {}", "{a=".repeat(most / 3 - 4)),
        fill(&|i| format!("[capabilities.a{i}]\n")),
        fill(&|i| format!("[limits.a{i}.b.c]\n")),
        fill(&|i| format!("a{i} = 1\n")),
        fill(&|_| "[[exports]]\nentry = 'x'\n".to_owned()),
        "a".repeat((1 << 20) + 1),
    ] {
        assert!(read(&text).is_err());
    }
    let patterns: String = (0..1_000).map(|i| format!("'/{i}',")).collect();
    let asks = format!("{HEAD}[capabilities]\nfs.read = {{ reason = 'x', allow = [{patterns}] }}");
    let granted = Grants::none().allow_within(&FS_READ, ["/7/**", "/8"]).unwrap();
    assert_eq!(read(&asks).unwrap().effective(&granted).to_string(), "fs.read = /7, /8");
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>(), key in "[a-z]{1,8}") {
        for text in [
            text.clone(),
            format!("{HEAD}{key} = {text}"),
            format!("{HEAD}[capabilities]\nfs.read = {{ reason = '{text}', allow = [{text}] }}"),
            format!("{HEAD}[limits]\n{key} = '{text}'\nmemory = {text}"),
            format!("{HEAD}[[exports]]\n{key} = '{text}'\nargs = [{text}]"),
        ] {
            let _ = read(&text);
        }
    }

    #[test]
    fn what_is_written_reads_back(
        words in prop::collection::vec("[\\PC\"\\\\]{0,12}", 6),
        allow in prop::collection::vec("/\\PC{0,8}", 0..3),
        millis in 0_u64..100_000,
        bytes in 0_u32..,
    ) {
        let literal = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        let words: Vec<_> = words.iter().map(|word| literal(word)).collect();
        let allow: Vec<_> = allow.iter().map(|pattern| format!("\"{}\"", literal(pattern))).collect();
        let text = format!(
            "{HEAD}[capabilities]\nfs.read = {{ reason = \"{}\", allow = [{}] }}\n\
             [limits]\ntime = '{millis} ms'\nargs = {bytes}\n\
             [[exports]]\ncontract = \"{}\"\ntype = \"{}\"\nentry = \"{}\"\nargs = [\"{}\"]\nreply = 'str'\ndocs = \"{}\\n\\t\"",
            words[0], allow.join(", "), words[1], words[2], words[3], words[4], words[5],
        );
        if let Ok(manifest) = read(&text) {
            prop_assert_eq!(read(&manifest.to_toml()), Ok(manifest));
        }
    }
}
