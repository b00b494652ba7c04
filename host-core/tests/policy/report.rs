//! The report on a plugin before it runs.

use hostfn_core::{
    Capability, CapabilityReport, Code, FnMetadata, GrantStatus, Grants, HostFnSpec, Manifest, Param,
    Problems, Report, Scope, ScopeKind,
};
use proptest::prelude::*;

static GREET: Capability = Capability::new("greet", "Greet people by name.");
static FS_READ: Capability = Capability::new("fs.read", "Read files.").scoped(ScopeKind::Path);
static FS_WRITE: Capability = Capability::new("fs.write", "Write files.").scoped(ScopeKind::Path);
static NET: Capability = Capability::new("net", "Fetch.").scoped(ScopeKind::Host);
static ENV: Capability = Capability::new("env", "Read the environment.").scoped(ScopeKind::Name);

macro_rules! spec {
    ($name:literal on $capability:ident) => {
        &HostFnSpec::new("host", $name, |call| call.authorize()?.reply(&()))
            .requires_on(&$capability, "path")
            .with_params(&[Param::new::<&str>("path")])
    };
}

static READ: &HostFnSpec = spec!("fs_read" on FS_READ);
static STAT: &HostFnSpec = spec!("fs_stat" on FS_READ);
static WRITE: &HostFnSpec = spec!("fs_write" on FS_WRITE);
static FETCH: &HostFnSpec = spec!("fetch" on NET);
static HELLO: &HostFnSpec =
    &HostFnSpec::new("host", "greet", |call| call.authorize()?.reply(&())).requires(&GREET);
static NOW: &HostFnSpec =
    &HostFnSpec::new("host", "now", |call| call.authorize()?.reply(&())).always_available();

fn manifest(capabilities: &str) -> Manifest {
    let text = format!("name = 'p'\nversion = '1.0.0'\nabi = 1\n[capabilities]\n{capabilities}");
    Manifest::from_toml(&text, [&GREET, &FS_READ, &FS_WRITE, &NET, &ENV]).unwrap()
}

fn row<'r>(report: &'r Report, name: &str) -> &'r CapabilityReport {
    report.capabilities().iter().find(|row| row.name() == name).unwrap()
}

fn text(scope: Option<&Scope>) -> String {
    scope.map_or_else(|| "-".to_owned(), ToString::to_string)
}

const ASKS: &str = "
fs.read = { reason = 'Reads pictures.', allow = ['/pictures/**', '/tmp/*'] }
fs.write = { reason = 'Keeps thumbnails.', allow = ['/thumbs/**'], deny = ['/thumbs/x'] }
greet = { reason = 'Says hello.' }
";

fn granted() -> Result<Grants, Problems> {
    Grants::none().allow(&GREET).allow_within(&FS_READ, ["/pictures/**"])?.allow_within(&NET, ["example.com"])
}

#[test]
fn each_capability_stands_somewhere() -> Result<(), Problems> {
    let manifest = manifest(ASKS);
    let report = Report::new(
        "p",
        Some(&manifest),
        [NOW, WRITE, STAT, READ, HELLO, READ].map(HostFnSpec::metadata),
        &granted()?,
    );
    let standings: Vec<_> = report.capabilities().iter().map(|row| (row.name(), row.status())).collect();
    assert_eq!(
        standings,
        [
            ("fs.read", GrantStatus::Narrowed),
            ("fs.write", GrantStatus::Denied),
            ("greet", GrantStatus::Granted),
            ("net", GrantStatus::Unused),
        ]
    );
    let read = row(&report, "fs.read");
    assert_eq!(text(read.asked()), "/pictures/**, /tmp/*");
    assert_eq!(
        (text(read.granted()), text(read.effective())),
        ("/pictures/**".into(), "/pictures/**".into())
    );
    assert_eq!((read.denied_patterns(), read.grant_line()), (&["/tmp/*".to_owned()][..], None));
    let write = row(&report, "fs.write");
    assert_eq!((text(write.granted()), text(write.effective())), ("-".into(), "-".into()));
    assert_eq!(write.reason(), Some("Keeps thumbnails."));
    let line = "\"fs.write\" = { allow = [\"/thumbs/**\"], deny = [\"/thumbs/x\"] }";
    assert_eq!(write.grant_line(), Some(line));
    let net = row(&report, "net");
    assert_eq!((text(net.asked()), text(net.effective()), net.reason()), ("-".into(), "-".into(), None));

    assert!(!report.is_ok());
    assert_eq!(report.refused().map(FnMetadata::name).collect::<Vec<_>>(), ["fs_write"]);
    let line = Grants::from_toml(line, [&FS_WRITE])?;
    let more = granted()?.allow_scope(&FS_WRITE, line.get("fs.write").unwrap().as_ref().clone())?;
    let report = Report::new("p", Some(&manifest), [WRITE].map(HostFnSpec::metadata), &more);
    assert!(report.is_ok(), "the line that it names allows it: {report}");
    assert_eq!(row(&report, "fs.write").status(), GrantStatus::Granted);
    Ok(())
}

#[test]
fn an_operator_reads_it() -> Result<(), Problems> {
    let report =
        Report::new("p", Some(&manifest(ASKS)), [WRITE, READ, FETCH].map(HostFnSpec::metadata), &granted()?);
    let expected = "\
plugin `p`: refused, for 2 imports
  fs.read   narrowed  /pictures/**; asked /pictures/**, /tmp/*; granted /pictures/**; without /tmp/*
            its reason: Reads pictures.
  fs.write  denied    asked /thumbs/** but not /thumbs/x; granted nothing
            its reason: Keeps thumbnails.
            to allow it, add to its grants: \"fs.write\" = { allow = [\"/thumbs/**\"], deny = [\"/thumbs/x\"] }
  greet     granted   granted
            its reason: Says hello.
  net       unused    example.com, and nothing asks for it
  imports `fetch` of module `host`, and its manifest does not ask for `net`
  asks for `greet`, and imports nothing that requires it
H0310 plugin `p`: it imports `fetch` of module `host`, which requires the capability `net`; to be granted it, ask for it under `[capabilities]` of its manifest: \"net\" = { reason = \"...\", allow = [\"example.com\"] }
H0310 plugin `p`: it imports `fs_write` of module `host`, which requires the capability `fs.write`; to allow it, add to its grants: \"fs.write\" = { allow = [\"/a/directory/**\"] }";
    assert_eq!(report.to_string(), expected);
    assert_eq!(report.undeclared().iter().map(|spec| spec.name()).collect::<Vec<_>>(), ["fetch"]);
    assert_eq!(report.unimported(), ["greet"]);
    assert!(report.refusals().all(|problem| problem.code() == Code::NotGranted));
    let backwards = Report::new(
        "p",
        Some(&manifest(ASKS)),
        [FETCH, READ, WRITE, WRITE].map(HostFnSpec::metadata),
        &granted()?,
    );
    assert_eq!(backwards.to_string(), expected);
    Ok(())
}

#[test]
fn without_a_manifest_imports_stand_for_what_is_asked() -> Result<(), Problems> {
    let report = Report::new("p", None, [HELLO, READ, WRITE, NOW].map(HostFnSpec::metadata), &granted()?);
    let rows: Vec<_> = report
        .capabilities()
        .iter()
        .map(|row| (row.name(), row.status(), text(row.effective()), row.grant_line()))
        .collect();
    let line = "\"fs.write\" = { allow = [\"/a/directory/**\"] }";
    assert_eq!(
        rows,
        [
            ("fs.read", GrantStatus::Granted, "/pictures/**".to_owned(), None),
            ("fs.write", GrantStatus::Denied, "-".to_owned(), Some(line)),
            ("greet", GrantStatus::Granted, "granted".to_owned(), None),
            ("net", GrantStatus::Unused, "example.com".to_owned(), None),
        ]
    );
    assert!(report.undeclared().is_empty() && report.unimported().is_empty());
    assert_eq!(
        report.refusals().map(ToString::to_string).collect::<Vec<_>>(),
        [format!(
            "H0310 plugin `p`: it imports `fs_write` of module `host`, which requires the capability `fs.write`; \
             to allow it, add to its grants: {line}"
        )]
    );
    Ok(())
}

#[test]
fn what_has_nothing_in_common_with_its_grants_is_denied() -> Result<(), Problems> {
    let granted =
        Grants::none().allow_within(&FS_READ, ["/etc/**"])?.allow_except(&FS_WRITE, ["/thumbs/**"])?;
    let report = Report::new("p", Some(&manifest(ASKS)), [READ, WRITE].map(HostFnSpec::metadata), &granted);
    for name in ["fs.read", "fs.write"] {
        assert_eq!(row(&report, name).status(), GrantStatus::Denied, "{report}");
        assert!(row(&report, name).granted().is_some() && row(&report, name).effective().is_none());
    }
    assert_eq!(row(&report, "fs.read").denied_patterns(), ["/pictures/**", "/tmp/*"]);
    assert_eq!(report.refusals().len(), 2);
    Ok(())
}

#[test]
fn a_plugin_cannot_make_the_report_lie() {
    let manifest =
        manifest("greet = { reason = \"ok\\u202eko\" }\nenv = { reason = 'x', allow = [\"A\\u202eB\"] }");
    let report = Report::new("p\n  root granted", Some(&manifest), [], &Grants::none()).to_string();
    assert!(!report.contains('\u{202e}'), "{report}");
    assert!(!report.contains("\n  root"), "{report}");
}

proptest! {
    #[test]
    fn it_is_ok_exactly_when_every_import_is_granted(
        asks in prop::option::of(prop::collection::vec(0_usize..3, 0..4)),
        grants in prop::collection::vec(0_usize..3, 0..4),
        imports in prop::collection::vec(0_usize..4, 0..6),
    ) {
        let all = [&GREET, &FS_READ, &FS_WRITE];
        let lines = ["greet.reason = 'x'\n", "fs.read = { reason = 'x', allow = true }\n", "fs.write = { reason = 'x', allow = ['/a'] }\n"];
        let asked = asks.map(|mut asks| {
            asks.sort_unstable();
            asks.dedup();
            manifest(&asks.iter().map(|i| lines[*i]).collect::<String>())
        });
        let granted = grants.iter().fold(Grants::none(), |grants, i| grants.allow(all[*i]));
        let imports: Vec<_> = imports.iter().map(|i| [HELLO, READ, WRITE, NOW][*i]).collect();
        let report = Report::new("p", asked.as_ref(), imports.iter().map(|spec| spec.metadata()), &granted);
        let effective = asked.as_ref().map_or(granted.clone(), |asked| asked.effective(&granted));
        let refused = |spec: &FnMetadata| spec.capability().is_some_and(|capability| !effective.allows(capability));
        prop_assert_eq!(report.is_ok(), !imports.iter().any(|spec| refused(spec)));
        prop_assert!(report.refused().all(refused));
        prop_assert_eq!(report.refused().len(), report.refusals().len());
        for row in report.capabilities() {
            prop_assert_eq!(row.effective().map(ToString::to_string), effective.get(row.name()).map(ToString::to_string));
            prop_assert_eq!(row.grant_line().is_some(), row.status() == GrantStatus::Denied);
        }
    }
}
