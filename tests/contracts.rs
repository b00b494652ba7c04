//! Contracts: typed calls into guests, what can go wrong with them, and what is checked before any call.

use std::time::Duration;

use hostfn::abi::{Word, codec};
use hostfn::contract::{ContractSpec, GuestContract, GuestError, MethodSpec};
use hostfn::error::Code;
use hostfn::spec::{Param, SourceLocation, passed, reply_shape};
use hostfn::{
    Error, ErrorReply, Grants, Host, HostError, Instance, Limits, Listing, Plugin, Registry, Status,
    guest_contract,
};
use pollster::block_on;
use serde::{Deserialize, Serialize};
use test_support::probe::{causes, export, guest, problems};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Point {
    x: i32,
    y: i32,
}

/// The reason the guest cannot draw.
#[derive(Debug, PartialEq, thiserror::Error, HostError)]
enum DrawError {
    /// There is no paper left.
    #[error("there is no paper left")]
    #[status(-1024)]
    NoPaper,
}

impl GuestError for DrawError {
    fn from_guest(_: Status, reply: Option<&ErrorReply>) -> Option<Self> {
        reply.filter(|reply| reply.code == "no_paper").map(|_| DrawError::NoPaper)
    }
}

type Drawn = Result<u32, DrawError>;

/// Guests that draw. They may run out of paper.
#[guest_contract(id = "draw.v1")]
trait Artist {
    /// Says a name back.
    fn echo(&mut self, name: &str) -> String;
    /// Moves on.
    fn advance(&self);
    /// Adds a point.
    fn dot(&mut self, at: &Point, colors: &[u8], tags: &[String]) -> Drawn;
    /// Waits for paint to dry.
    #[entry("dry")]
    async fn dry(&mut self, name: String) -> String;
}

/// Returns the arguments of `(one,)` without the array around them.
const SAY_BACK: &str =
    "(call $set_result (i32.add (local.get 0) (i32.const 1)) (i32.sub (local.get 1) (i32.const 1)))";
const ITS_WORD: &str = "(i64.shl (i64.extend_i32_u (i32.sub (local.get 1) (i32.const 1))) (i64.const 32))";
const NOTHING: &str = "(i64.const 0)";

/// A data segment at 512 and an export that answers it with `status`.
fn answering(name: &str, status: Status, reply: &impl Serialize) -> String {
    let bytes = codec::to_vec(reply).unwrap();
    let len = u32::try_from(bytes.len()).unwrap();
    let data: String = bytes.iter().map(|b| format!("\\{b:02x}")).collect();
    let body = format!("(call $set_result (i32.const 512) (i32.const {len}))");
    let word = format!("(i64.const {})", Word::new(status, len).to_i64());
    format!(r#"(data (i32.const 512) "{data}") {}"#, export(name, &body, &word))
}

fn artist(dot: &str) -> Vec<u8> {
    let echo = export("draw_v1_echo", SAY_BACK, ITS_WORD);
    let advance = export("draw_v1_advance", "", NOTHING);
    let dry = export("dry", SAY_BACK, ITS_WORD);
    guest(&[], &format!("{echo} {advance} {dry} {dot}"))
}

fn drawing(dot: &str) -> Instance {
    load(&artist(dot)).instantiate(&Grants::none()).unwrap()
}

fn load(wasm: &[u8]) -> Plugin {
    host().load("artist", wasm).unwrap()
}

fn host() -> Host {
    let mut limits = Limits::default();
    limits.time = Duration::from_millis(50);
    Host::builder(Registry::collect().unwrap()).limits(limits).build().unwrap()
}

fn dot(instance: &mut Instance) -> Result<Drawn, Error> {
    let mut artist: ArtistClient<'_> = instance.contract().unwrap();
    artist.dot(&Point { x: 1, y: 2 }, &[7], &["a".to_owned()])
}

#[test]
fn a_client_calls_by_type() {
    let mut instance = drawing(&answering("draw_v1_dot", Status::OK, &3_u32));
    let mut artist = instance.contract::<ArtistClient<'_>>().unwrap();
    assert_eq!(artist.echo("Ada").unwrap(), "Ada");
    artist.advance().unwrap();
    assert_eq!(block_on(artist.dry("Bob".to_owned())).unwrap(), "Bob");
    assert_eq!(artist.dot(&Point { x: 1, y: 2 }, &[], &[]).unwrap(), Ok(3));
}

#[test]
fn what_an_instance_that_waits_is_called_by_is_async() {
    let plugin = load(&artist(&export("draw_v1_dot", "", NOTHING)));
    let mut instance = block_on(plugin.instantiate_async(&Grants::none())).unwrap();
    let mut artist: ArtistClient<'_> = instance.contract().unwrap();
    assert_eq!(block_on(artist.dry("Bob".to_owned())).unwrap(), "Bob");
    assert_eq!(artist.echo("Ada").unwrap_err().code(), Code::WrongCall);
}

#[test]
fn an_instance_whose_end_is_asked_for_says_so() {
    let mut instance = drawing(&export("draw_v1_dot", "", NOTHING));
    instance.lifetime().cancel();
    let error = dot(&mut instance).unwrap_err();
    assert!(matches!(error, Error::Closed { .. }), "{error:?}");
}

#[test]
fn arguments_are_those_of_the_abi() {
    // an array of a map of two, one byte of `bin`, and an array of one string
    let args = codec::to_vec(&(Point { x: 1, y: 2 }, codec_bytes(&[7]), ["a"])).unwrap();
    let same: String = args
        .iter()
        .enumerate()
        .map(|(i, b)| {
            format!("(if (i32.ne (i32.load8_u offset={i} (local.get 0)) (i32.const {b})) (then unreachable))")
        })
        .collect();
    let length = format!("(if (i32.ne (local.get 1) (i32.const {})) (then unreachable))", args.len());
    let body = format!(
        "{same}{length}(i32.store8 (i32.const 512) (i32.const 5)) (call $set_result (i32.const 512) (i32.const 1))"
    );
    let word = format!("(i64.const {})", Word::new(Status::OK, 1).to_i64());
    assert_eq!(dot(&mut drawing(&export("draw_v1_dot", &body, &word))).unwrap(), Ok(5));
}

fn codec_bytes(bytes: &[u8]) -> serde_bytes::ByteBuf {
    serde_bytes::ByteBuf::from(bytes)
}

#[test]
fn the_methods_own_error_is_the_inner_result() {
    let reply = ErrorReply { code: "no_paper".into(), message: "out of it".into(), detail: None };
    let mut instance = drawing(&answering("draw_v1_dot", Status::application(-1024), &reply));
    assert_eq!(dot(&mut instance).unwrap(), Err(DrawError::NoPaper));
}

#[test]
fn any_other_error_of_the_guest_is_its_own() {
    let reply = ErrorReply { code: "no_pen".into(), message: "it is lost".into(), detail: None };
    let error = dot(&mut drawing(&answering("draw_v1_dot", Status::FAILED, &reply))).unwrap_err();
    assert_eq!(error.code(), Code::GuestError);
    let Error::Guest { status, reply: Some(reply), .. } = &error else { panic!("{error:?}") };
    assert_eq!((*status, reply.code.as_str()), (Status::FAILED, "no_pen"));

    let word = format!("(i64.const {})", Word::new(Status::NOT_FOUND, 0).to_i64());
    let error = dot(&mut drawing(&export("draw_v1_dot", "", &word))).unwrap_err();
    assert!(matches!(error, Error::Guest { status: Status::NOT_FOUND, reply: None, .. }), "{error:?}");
}

#[test]
fn a_trap_a_time_out_and_a_bad_result_are_told_apart() {
    let error = dot(&mut drawing(&export("draw_v1_dot", "", "unreachable"))).unwrap_err();
    assert!(matches!(error, Error::Trapped { .. }) && causes(&error).contains("unreachable"), "{error:?}");

    let error = dot(&mut drawing(&export("draw_v1_dot", "(loop (br 0))", "unreachable"))).unwrap_err();
    assert!(matches!(&error, Error::TimedOut { export, .. } if export == "draw_v1_dot"), "{error:?}");

    let error = dot(&mut drawing(&answering("draw_v1_dot", Status::OK, &"three"))).unwrap_err();
    assert_eq!(error.code(), Code::BadResult);
}

#[test]
fn every_missing_entry_is_named_before_any_call() {
    let body = format!(
        r#"{} (func (export "draw_v1_advance") (param i32) (result i64) {NOTHING}) (global (export "dry") i32 (i32.const 1))"#,
        export("draw_v1_echo", "", "unreachable")
    );
    let plugin = load(&guest(&[], &body));
    let mut instance = plugin.instantiate(&Grants::none()).unwrap();
    let error = instance.contract::<ArtistClient<'_>>().unwrap_err();
    assert_eq!(error.code(), Code::EntryMissing);
    let remedy = "export it from the plugin, as section 7 of the ABI says";
    let at = ArtistClient::CONTRACT.location().to_string();
    assert!(error.problems().iter().all(|problem| problem.origin() == Some(&at)), "{error:?}");
    assert_eq!(
        problems(&error),
        [
            format!(
                "H0312 plugin `artist`, export `draw_v1_advance`: it is the method `advance` of the contract `draw.v1`, and \
                 it is not a function (i32, i32) -> i64; {remedy}"
            ),
            format!(
                "H0312 plugin `artist`, export `draw_v1_dot`: it is the method `dot` of the contract `draw.v1`, and \
                 the plugin exports no such function; {remedy}"
            ),
            format!(
                "H0312 plugin `artist`, export `dry`: it is the method `dry` of the contract `draw.v1`, and it is not \
                 a function (i32, i32) -> i64; {remedy}"
            ),
        ]
    );
    assert!(plugin.contracts().is_empty() && !plugin.provides(ArtistClient::CONTRACT));
}

#[test]
fn a_plugin_tells_which_contracts_it_provides() {
    let plugin = load(&artist(&export("draw_v1_dot", "", NOTHING)));
    let ids: Vec<_> = plugin.contracts().iter().map(|contract| contract.id()).collect();
    assert_eq!(ids, ["draw.v1"]);
    assert!(plugin.provides(ArtistClient::CONTRACT));
}

#[test]
fn a_plain_type_can_stand_in_for_a_guest() {
    struct Stub;
    impl Artist for Stub {
        fn echo(&mut self, name: &str) -> String {
            name.to_owned()
        }
        fn advance(&self) {}
        fn dot(&mut self, _: &Point, _: &[u8], _: &[String]) -> Drawn {
            Err(DrawError::NoPaper)
        }
        async fn dry(&mut self, name: String) -> String {
            name
        }
    }
    assert_eq!(Stub.dot(&Point { x: 0, y: 0 }, &[], &[]), Err(DrawError::NoPaper));
    Stub.advance();
    assert_eq!(
        (Stub.echo("Ada"), block_on(Stub.dry("Bob".to_owned()))),
        ("Ada".to_owned(), "Bob".to_owned())
    );
}

#[test]
fn what_the_attribute_writes_can_be_written_by_hand() {
    static METHODS: &[MethodSpec] = &[
        MethodSpec::new("echo", "draw_v1_echo")
            .with_params(&[passed!("name", &str)])
            .with_reply(reply_shape!(String))
            .with_docs("Says a name back."),
        MethodSpec::new("advance", "draw_v1_advance").with_docs("Moves on."),
        MethodSpec::new("dot", "draw_v1_dot")
            .with_params(&[passed!("at", &Point), passed!("colors", &[u8]), passed!("tags", &[String])])
            .with_reply(reply_shape!(Result<u32, DrawError>))
            .with_docs("Adds a point."),
        MethodSpec::new_async("dry", "dry")
            .with_params(&[passed!("name", String)])
            .with_reply(reply_shape!(String))
            .with_docs("Waits for paint to dry."),
    ];
    static BY_HAND: ContractSpec = ContractSpec::new("draw.v1")
        .with_methods(METHODS)
        .with_docs("Guests that draw. They may run out of paper.");
    let annotated = ArtistClient::CONTRACT;
    assert_eq!(annotated.differences(&BY_HAND), [""; 0]);
    let both = Registry::builder().contract(&BY_HAND).contract(annotated).build().unwrap();
    assert_eq!(both.contracts().count(), 1);
}

const fn at(line: u32) -> SourceLocation {
    SourceLocation::new(Some("shop"), Some("1.0.0"), "shop", "src/a.rs", line)
}

fn refused(contracts: &[&'static ContractSpec]) -> Vec<String> {
    let builder = contracts.iter().fold(Registry::builder(), |builder, contract| builder.contract(contract));
    problems(&builder.build().unwrap_err())
}

#[test]
fn two_contracts_of_one_id_are_refused_and_both_places_named() {
    static ONE: ContractSpec = ContractSpec::new("tick").with_docs("Ticks.").declared_at(at(2));
    static OTHER: ContractSpec = ContractSpec::new("tick")
        .with_methods(&[MethodSpec::new("tick", "tick")])
        .with_docs("Tocks.")
        .declared_at(at(1));
    assert_eq!(
        refused(&[&ONE, &OTHER]),
        [
            "H0106 contract `tick` (src/a.rs:1): the contract is declared at src/a.rs:2 too, with other methods and docs; \
          declare it once and import it, or give one of them another id, `id = \"...\"`"
        ]
    );
}

#[test]
fn ids_methods_and_entries_that_do_not_work_are_refused() {
    static BAD: ContractSpec = ContractSpec::new(" Tick")
        .with_methods(&[
            MethodSpec::new("", "a b"),
            MethodSpec::new("a", "plugin_alloc"),
            MethodSpec::new("a", "c"),
            MethodSpec::new("b", "c"),
            MethodSpec::new("d", "hostfn_functions"),
        ])
        .declared_at(at(1));
    let found = refused(&[&BAD]);
    let about = [
        "the ABI gives the entry symbol `hostfn_functions` another meaning",
        "the ABI gives the entry symbol `plugin_alloc` another meaning",
        "the entry symbol `a b` cannot be exported",
        "the id is not a valid name",
        "the name `` cannot be exported",
        "two methods have the entry symbol `c`",
        "two methods have the name `a`",
    ];
    assert_eq!(found.len(), about.len(), "{found:#?}");
    for (problem, about) in found.iter().zip(about) {
        assert!(
            problem.starts_with("H0107 contract ` Tick` (src/a.rs:1): ") && problem.contains(about),
            "{problem}"
        );
    }
}

#[test]
fn contracts_are_found_by_id() {
    let registry = Registry::collect().unwrap();
    let found = registry.contract("draw.v1").and_then(|contract| contract.method("dot")).unwrap();
    assert_eq!(found.params().iter().map(Param::name).collect::<Vec<_>>(), ["at", "colors", "tags"]);
    assert!(registry.contract("draw.v2").is_none());
}

fn load_with(exports: &str, wasm: &[u8]) -> hostfn::Result<Plugin> {
    let manifest = format!("name = \"artist\"\nversion = \"1.0.0\"\nabi = 1\n{exports}");
    let host = Host::builder(Registry::collect().unwrap()).build().unwrap();
    host.load_with_manifest(&manifest, wasm)
}

fn row(contract: &str, method: &str, entry: &str, args: &str, reply: &str) -> String {
    format!(
        "[[exports]]\ncontract = \"{contract}\"\ntype = \"{method}\"\nentry = \"{entry}\"\nargs = [{args}]\nreply = \"{reply}\"\n"
    )
}

#[test]
fn a_manifest_agrees_with_the_contract() {
    let rows = [
        row("draw.v1", "dot", "draw_v1_dot", r#""Point", "bytes", "seq< str >""#, "u32"),
        row("draw.v1", "advance", "draw_v1_advance", "", "unit"),
    ];
    load_with(&rows.concat(), &artist(&export("draw_v1_dot", "", NOTHING))).unwrap();
}

#[test]
fn what_a_manifest_says_wrong_of_exports_is_reported_at_once() {
    let rows = [
        row("drew.v1", "dot", "a", "", "unit"),
        row("draw.v1", "dott", "b", "", "unit"),
        row("draw.v1", "erase-everything", "e", "", "unit"),
        row("draw.v1", "echo", "c", r#""str""#, "str"),
        row("draw.v1", "advance", "draw_v1_advance", "", "unit"),
        row("draw.v1", "dry", "dry", r#""str", "str""#, "bytes"),
    ];
    let wasm = guest(&[], r#"(global (export "dry") i32 (i32.const 1))"#);
    let error = load_with(&rows.concat(), &wasm).unwrap_err();
    let place = format!(" ({})", ArtistClient::CONTRACT.location());
    let found: Vec<_> = problems(&error).iter().map(|problem| problem.replace(&place, "")).collect();
    assert_eq!(
        found,
        [
            "H0312 plugin `artist`, export `c`: the manifest names it for `echo` of the contract `draw.v1`, which the host \
             calls as `draw_v1_echo`; export it under that name, and name it so in the manifest",
            "H0312 plugin `artist`, export `draw_v1_advance`: the manifest names it for `advance` of the contract `draw.v1`, \
             and the plugin exports no such function; export it from the plugin, as section 7 of the ABI says",
            "H0312 plugin `artist`, export `dry`: the manifest names it for `dry` of the contract `draw.v1`, and it is not \
             a function (i32, i32) -> i64; export it from the plugin, as section 7 of the ABI says",
            "H0315 plugin `artist`, export `a`: the host has no contract `drew.v1`; did the manifest mean `draw.v1`?",
            "H0315 plugin `artist`, export `b`: the contract `draw.v1` has no method `dott`; did the manifest mean `dot`?",
            "H0315 plugin `artist`, export `e`: the contract `draw.v1` has no method `erase-everything`; the host knows \
             `echo`, `advance`, `dot`, `dry`",
            "H0317 plugin `artist`, export `dry`: `dry` of the contract `draw.v1` replies `str`, and by the manifest it \
             replies `bytes`; build the plugin against this host's contract",
            "H0317 plugin `artist`, export `dry`: `dry` of the contract `draw.v1` takes `str`, and by the manifest it takes \
             `str, str`; build the plugin against this host's contract",
        ]
    );
}

#[test]
fn the_listing_shows_the_guest_side() {
    let listing = Registry::collect().unwrap().listing();
    let dot = &listing.contracts[0].methods[2];
    assert_eq!(listing.contracts[0].full_name(dot), "draw.v1.dot");
    assert_eq!(dot.signature(), "(at: Point, colors: bytes, tags: seq<str>) -> Result<u32, DrawError>");
    assert_eq!(listing.contracts[0].methods[3].convention, "messagepack, async");
    assert_eq!(Listing::from_json(&listing.to_json()).unwrap(), listing);
    expect_test::expect_file!["listing/snapshots/guest_side.txt"].assert_eq(&listing.to_text());
    expect_test::expect_file!["listing/snapshots/guest_side.md"].assert_eq(&listing.to_markdown());

    let without = Registry::builder().build().unwrap().listing();
    assert!(!without.to_json().contains("contracts") && !without.to_text().contains("Guest side"));
}
