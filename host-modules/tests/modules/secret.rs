//! `secret`: used by handle, never seen.

use std::collections::HashMap;
use std::error::Error;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use hostfn::abi::Value;
use hostfn::error::Code;
use hostfn::state::Shared;
use hostfn::{
    Caller, Error as HostfnError, HostFn, HostModule, Limits, Registry, Resource, Status, capabilities,
    host_fn,
};
use hostfn_modules::secret::{self, OpenSecrets, Secret, SecretError, SecretStore, Secrets, module};
use serde_bytes::{ByteBuf, Bytes};
use tempfile::TempDir;
use test_support::relay::{Guest, Refused, host, limited};

const GRANTS: &str = r#""secret.use" = { allow = ["*"] }"#;

/// The second test case of RFC 4231: the key `Jefe`.
const DATA: &[u8] = b"what do ya want for nothing?";
const MAC: &str = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

fn open(guest: &mut Guest, id: &str) -> Result<u64, Refused> {
    guest.call("secret_open", (id,))
}

fn hmac(guest: &mut Guest, secret: u64, data: &[u8]) -> Result<Vec<u8>, Refused> {
    guest.call::<ByteBuf>("secret_hmac", (secret, Bytes::new(data))).map(ByteBuf::into_vec)
}

fn verify(guest: &mut Guest, secret: u64, data: &[u8], mac: &[u8]) -> Result<bool, Refused> {
    guest.call("secret_verify_hmac", (secret, Bytes::new(data), Bytes::new(mac)))
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Refused>) -> (Status, String) {
    let refused = answer.unwrap_err();
    (refused.status, refused.code)
}

/// Returns what is wrong with a module, as the host's author reads it.
fn unbuilt(module: impl Into<HostModule>) -> String {
    let error = Registry::builder().module(module.into()).build().unwrap_err();
    assert_eq!(error.code(), Code::ModuleUnconfigured);
    error.to_string()
}

struct File {
    dir: TempDir,
}

impl File {
    fn new(content: impl AsRef<[u8]>) -> Self {
        let file = File { dir: tempfile::tempdir().unwrap() };
        fs::write(file.path(), content).unwrap();
        file.mode(0o600)
    }

    fn mode(self, mode: u32) -> Self {
        fs::set_permissions(self.path(), Permissions::from_mode(mode)).unwrap();
        self
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("key")
    }
}

#[test]
fn an_hmac_is_the_one_that_the_standard_says() {
    let mut guest = Guest::new(module().text("key", "Jefe"), GRANTS);
    let key = open(&mut guest, "key").unwrap();
    assert_eq!(hmac(&mut guest, key, DATA).unwrap(), hex(MAC));
}

#[test]
fn a_key_of_bytes_and_one_longer_than_a_block_are_keys_like_any_other() {
    // the first, third and sixth test cases of RFC 4231
    let cases = [
        (
            vec![0x0b; 20],
            b"Hi There".to_vec(),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        (vec![0xaa; 20], vec![0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        (
            vec![0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    ];
    for (key, data, mac) in cases {
        let file = File::new(&key);
        let mut guest = Guest::new(module().file("key", file.path()), GRANTS);
        let key = open(&mut guest, "key").unwrap();
        assert_eq!(hmac(&mut guest, key, &data).unwrap(), hex(mac));
    }
}

#[test]
fn an_hmac_is_verified_whole() {
    let mut guest = Guest::new(module().text("key", "Jefe"), GRANTS);
    let key = open(&mut guest, "key").unwrap();
    let mac = hex(MAC);
    assert!(verify(&mut guest, key, DATA, &mac).unwrap());
    assert!(!verify(&mut guest, key, b"what do ya want for nothing!", &mac).unwrap());
    for at in 0..mac.len() {
        let mut other = mac.clone();
        other[at] ^= 1;
        assert!(!verify(&mut guest, key, DATA, &other).unwrap(), "{at}");
    }
    for part in [&mac[..0], &mac[..16], &mac[..31], &[&mac[..], b"\0"].concat()] {
        assert!(!verify(&mut guest, key, DATA, part).unwrap(), "{}", part.len());
    }
}

#[test]
fn an_id_that_is_not_granted_is_refused_whether_there_is_such_a_secret_or_not() {
    let secrets = module().text("key", "Jefe").text("other", "x");
    let mut guest = Guest::new(secrets, r#""secret.use" = { allow = ["key", "missing"], deny = [] }"#);
    open(&mut guest, "key").unwrap();
    for id in ["other", "nowhere", "", "KEY"] {
        assert_eq!(refused(open(&mut guest, id)).0, Status::NO_CAPABILITY, "{id}");
    }
    assert_eq!(refused(open(&mut guest, "missing")), (Status::NOT_FOUND, "not_found".to_owned()));
}

#[test]
fn every_use_is_matched_against_the_grant() {
    let mut guest = Guest::new(module().text("key", "Jefe"), GRANTS);
    let key = open(&mut guest, "key").unwrap();
    guest.instance.grants().revoke(&secret::SECRET_USE);
    assert_eq!(refused(hmac(&mut guest, key, DATA)).0, Status::NO_CAPABILITY);
    assert_eq!(refused(verify(&mut guest, key, DATA, b"")).0, Status::NO_CAPABILITY);
    guest.call::<()>("secret_close", (key,)).unwrap();
}

#[test]
fn a_handle_that_is_closed_forged_or_another_instance_s_is_not_there() {
    let host = host([module().text("key", "Jefe").into()]);
    let (mut guest, mut other) = (Guest::in_host(&host, GRANTS), Guest::in_host(&host, GRANTS));
    let (key, others) = (open(&mut guest, "key").unwrap(), open(&mut other, "key").unwrap());
    guest.call::<()>("secret_close", (key,)).unwrap();
    for handle in [key, others, 0, 1, u64::MAX] {
        assert_eq!(refused(hmac(&mut guest, handle, DATA)).0, Status::NOT_FOUND);
        assert_eq!(refused(verify(&mut guest, handle, DATA, b"")).0, Status::NOT_FOUND);
        let closed = guest.call::<()>("secret_close", (handle,));
        assert_eq!(refused(closed), (Status::NOT_FOUND, "no_such_handle".to_owned()));
    }
    hmac(&mut other, others, DATA).unwrap();
}

#[test]
fn arguments_of_other_types_are_bad_input() {
    let mut guest = Guest::new(module().text("key", "Jefe"), GRANTS);
    let key = open(&mut guest, "key").unwrap();
    assert_eq!(guest.status("secret_open", (7,)), Status::BAD_INPUT);
    assert_eq!(guest.status("secret_open", ("x".repeat(2_000),)), Status::QUOTA_EXCEEDED);
    assert_eq!(guest.status("secret_hmac", (key, 5)), Status::BAD_INPUT);
    assert_eq!(guest.status("secret_verify_hmac", (key, Bytes::new(b""))), Status::BAD_INPUT);
    assert_eq!(guest.status("secret_close", ("key",)), Status::BAD_INPUT);
}

#[test]
fn no_answer_holds_the_bytes() {
    let value = "a very secret value, which is nowhere else";
    let secrets = module().text("key", value).may_go_to(&["https://api.example.com"]);
    let mut guest = Guest::new(secrets, GRANTS);
    let mut answers: Vec<String> = Vec::new();
    for spec in guest.host.registry().clone().iter() {
        let key = open(&mut guest, "key").unwrap();
        let answer = match spec.name() {
            "secret_open" => guest.call::<Value>("secret_open", ("key",)),
            "secret_hmac" => guest.call("secret_hmac", (key, Bytes::new(DATA))),
            "secret_verify_hmac" => {
                guest.call("secret_verify_hmac", (key, Bytes::new(DATA), Bytes::new(b"")))
            }
            "secret_close" => guest.call::<()>("secret_close", (key,)).map(|()| Value::Nil),
            other => panic!("`{other}` is not looked at here"),
        };
        answers.push(format!("{:?}", answer.unwrap()));
    }
    let told = answers.join(" ");
    let as_numbers = format!("{:?}", value.as_bytes());
    assert!(!told.contains(value) && !told.contains(as_numbers.trim_matches(['[', ']'])), "{told}");
    assert_eq!(answers.len(), 4);
}

#[test]
fn nothing_prints_a_secret() {
    let (text, bytes) = ("s3cr3t-value", format!("{:?}", b"s3cr3t-value"));
    let secret = Secret::new(text).may_go_to(&["https://api.example.com"]).unwrap();
    let secrets = module().text("key", text).store(Fixed(HashMap::from([("a", text)])));
    let empty: HostModule = module().text("key", text).text("key", text).text("other", "").into();
    let printed = format!("{secret:?} {secret:#?} {secrets:?} {empty:?} {}", unbuilt(empty.clone()));
    assert!(printed.contains("api.example.com") && printed.contains("`key` is there twice"), "{printed}");
    assert!(!printed.contains(text) && !printed.contains(bytes.trim_matches(['[', ']'])), "{printed}");

    // what an instance has open, too
    let opened: Arc<Mutex<String>> = Arc::default();
    let guest_host = host([module().text("key", text).into(), printer(&opened)]);
    let mut guest = Guest::in_host(&guest_host, GRANTS);
    open(&mut guest, "key").unwrap();
    guest.call::<()>("print", ()).unwrap();
    let printed = opened.lock().unwrap();
    assert!(printed.contains("Resources(1 of") && !printed.contains(text), "{printed}");
}

struct Printer(Arc<Mutex<String>>);

/// Print what can be.
#[host_fn(capability = none, collect = false)]
fn print(#[state] secrets: &OpenSecrets, #[state] printer: &Shared<Printer>) {
    *printer.0.lock().unwrap() = format!("{secrets:?}");
}

fn printer(to: &Arc<Mutex<String>>) -> HostModule {
    HostModule::new("print").function(print::SPEC).shared("print", Printer(to.clone()))
}

/// A store of texts.
struct Fixed(HashMap<&'static str, &'static str>);

impl SecretStore for Fixed {
    fn secret(&self, id: &str) -> Result<Option<Secret>, Box<dyn Error + Send + Sync>> {
        match self.0.get(id) {
            Some(&"broken") => Err("cannot connect to 10.0.0.7 as root".into()),
            value => Ok(value.map(|&value| Secret::new(value))),
        }
    }
}

/// A store that counts how often it is asked.
struct Counting(Arc<AtomicU32>, Fixed);

impl SecretStore for Counting {
    fn secret(&self, id: &str) -> Result<Option<Secret>, Box<dyn Error + Send + Sync>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        self.1.secret(id)
    }
}

#[test]
fn a_store_has_what_is_neither_a_text_nor_a_file() {
    let asked = Arc::new(AtomicU32::new(0));
    let first =
        Counting(asked.clone(), Fixed(HashMap::from([("key", "wrong"), ("a", "Jefe"), ("empty", "")])));
    let second = Fixed(HashMap::from([("a", "wrong"), ("b", "Jefe"), ("c", "broken")]));
    let mut guest = Guest::new(module().text("key", "Jefe").store(first).store(second), GRANTS);
    for id in ["key", "a", "b"] {
        let key = open(&mut guest, id).unwrap();
        assert_eq!(hmac(&mut guest, key, DATA).unwrap(), hex(MAC), "{id}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 2, "of the text, no store is asked");
    assert_eq!(refused(open(&mut guest, "d")), (Status::NOT_FOUND, "not_found".to_owned()));

    // without the store's own words
    let told = open(&mut guest, "c").unwrap_err();
    assert_eq!((told.status, told.code.as_str()), (Status::FAILED, "unavailable"));
    assert!(!told.message.contains("10.0.0.7"), "{}", told.message);
    assert_eq!(refused(open(&mut guest, "empty")).1, "unavailable", "anybody has a key that is empty");
}

#[test]
fn a_file_is_a_secret_without_its_line_end() {
    for content in ["Jefe", "Jefe\n", "Jefe\r\n"] {
        let file = File::new(content);
        let mut guest = Guest::new(module().file("key", file.path()), GRANTS);
        let key = open(&mut guest, "key").unwrap();
        assert_eq!(hmac(&mut guest, key, DATA).unwrap(), hex(MAC), "{content:?}");
    }
    let file = File::new("Jefe\n\n");
    let mut guest = Guest::new(module().file("key", file.path()), GRANTS);
    let key = open(&mut guest, "key").unwrap();
    assert_ne!(hmac(&mut guest, key, DATA).unwrap(), hex(MAC), "one line end, not all");
}

#[test]
fn a_file_is_read_when_the_registry_is_built_and_not_again() {
    let file = File::new("Jefe");
    let host = host([module().file("key", file.path()).into()]);
    fs::remove_file(file.path()).unwrap();
    let mut guest = Guest::in_host(&host, GRANTS);
    let key = open(&mut guest, "key").unwrap();
    assert_eq!(hmac(&mut guest, key, DATA).unwrap(), hex(MAC));
}

#[test]
fn a_file_that_everybody_can_get_at_is_no_secret() {
    for mode in [0o604, 0o602, 0o601, 0o644, 0o444, 0o666] {
        let file = File::new("Jefe").mode(mode);
        let told = unbuilt(module().file("key", file.path()));
        assert!(told.contains("the secret `key` (") && told.contains("`chmod o= "), "{mode:o} {told}");
    }
    for mode in [0o600, 0o400, 0o640, 0o440] {
        let file = File::new("Jefe").mode(mode);
        Registry::builder().module(module().file("key", file.path())).build().unwrap();
    }
    // it is the file that counts, not the link that leads to it
    let file = File::new("Jefe").mode(0o644);
    let link = file.dir.path().join("link");
    std::os::unix::fs::symlink("key", &link).unwrap();
    assert!(unbuilt(module().file("key", link)).contains("chmod"));
}

#[test]
fn a_file_that_is_none_empty_or_too_large_is_no_secret() {
    let dir = tempfile::tempdir().unwrap();
    let missing = unbuilt(module().file("key", dir.path().join("missing")));
    assert!(missing.contains("cannot be read: "), "{missing}");
    assert!(unbuilt(module().file("key", dir.path())).contains("is not a file"));
    let pipe = dir.path().join("pipe");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    assert!(unbuilt(module().file("key", pipe)).contains("is not a file"));
    for empty in ["", "\n", "\r\n"] {
        let file = File::new(empty);
        assert!(unbuilt(module().file("key", file.path())).contains("is empty"), "{empty:?}");
    }
    for (content, fits) in [("1234", true), ("1234\r\n", true), ("12345", false), ("1234\r\n5", false)] {
        let file = File::new(content);
        let built = Registry::builder().module(module().max_bytes(4).file("key", file.path())).build();
        assert_eq!(built.is_ok(), fits, "{content:?}");
    }
}

#[test]
fn a_module_without_secrets_says_which_line_to_add() {
    assert_eq!(
        unbuilt(module()),
        "H0108 module `secret`: it has no secrets; add one: `secret::module().file(\"api-key\", \
         \"/etc/host/api-key\")`"
    );
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let wrong = module()
        .may_go_to(&["https://api.example.com"])
        .text("a", "")
        .text("b", "12345")
        .text("c", "1")
        .text("c", "2")
        .text("d", "1")
        .may_go_to(&["https://api.example.com/v1", "*.*"])
        .max_bytes(4);
    let told = unbuilt(wrong);
    for part in
        ["`may_go_to` comes before", "`a` is empty", "`b` is more than 4", "`c` is there twice", "`d` may go"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(told.contains("api.example.com/v1") && told.contains("`*.*`"), "{told}");
}

#[test]
fn as_many_are_open_as_may_be() {
    let mut guest = Guest::new(module().text("key", "Jefe").max_open(2), GRANTS);
    let key = open(&mut guest, "key").unwrap();
    open(&mut guest, "key").unwrap();
    let more = (Status::QUOTA_EXCEEDED, "too_many_open".to_owned());
    assert_eq!(refused(open(&mut guest, "key")), more);
    guest.call::<()>("secret_close", (key,)).unwrap();
    open(&mut guest, "key").unwrap();

    let mut guest = Guest::new(module().text("key", "Jefe"), GRANTS);
    for _ in 0..64 {
        open(&mut guest, "key").unwrap();
    }
    assert_eq!(refused(open(&mut guest, "key")), more);
}

#[test]
fn what_is_open_is_out_of_the_instance_s_memory_until_it_is_closed() {
    let mut limits = Limits::default();
    limits.memory = 4 * 65_536; // the guest begins with two pages
    (limits.args, limits.reply) = (4_096, 4_096);
    let large: &'static str = "x".repeat(100_000).leak();
    let secrets: [Secrets; 2] = [
        module().text("key", large).max_bytes(100_000),
        module().store(Fixed(HashMap::from([("key", large)]))).max_bytes(100_000),
    ];
    for secrets in secrets {
        let mut guest = Guest::in_host(&limited([secrets.into()], limits), GRANTS);
        for _ in 0..3 {
            let key = open(&mut guest, "key").unwrap();
            assert_eq!(
                refused(open(&mut guest, "key")),
                (Status::QUOTA_EXCEEDED, "out_of_memory".to_owned())
            );
            guest.call::<()>("secret_close", (key,)).unwrap();
        }
    }
    let long = Fixed(HashMap::from([("key", large)]));
    let mut guest = Guest::new(module().store(long), GRANTS);
    assert_eq!(refused(open(&mut guest, "key")), (Status::QUOTA_EXCEEDED, "too_large".to_owned()));
}

capabilities! {
    /// Send requests.
    pub SEND = "test.send" in host;
}

/// The requests that were sent, with their targets.
#[derive(Default)]
struct Sent(Mutex<Vec<(String, String)>>);

/// Stands for a function that makes a request: async, and matched against another capability.
#[host_fn(capability = SEND(url), collect = false)]
async fn send(
    #[state] secrets: OpenSecrets,
    #[state] sent: Shared<Sent>,
    #[caller] caller: Caller,
    url: String,
    secret: Resource<Secret>,
) -> Result<(), SecretError> {
    let header = secret::header(&secrets, &caller, secret, &url)?;
    std::future::ready(()).await;
    sent.0.lock().unwrap().push((url, header.to_string()));
    Ok(())
}

fn sender() -> HostModule {
    HostModule::new("send").function(send::SPEC).shared("sent", Sent::default())
}

#[test]
fn an_async_function_sends_a_secret_where_it_may_go() {
    let secrets = module()
        .text("api-key", "sk-123")
        .may_go_to(&["https://api.example.com", "https://*.example.org:8443"])
        .text("webhook", "Jefe")
        .text("binary", "a\r\nHost: evil")
        .may_go_to(&["*"]);
    let host = host([secrets.into(), sender()]);
    let mut guest = Guest::in_host(&host, &format!("{GRANTS}\n\"test.send\" = true"));
    let key = open(&mut guest, "api-key").unwrap();
    for url in
        ["https://api.example.com/v1/notes?q=1", "https://API.EXAMPLE.com.", "https://a.example.org:8443/"]
    {
        guest.call::<()>("send", (url, key)).unwrap();
    }
    let elsewhere = [
        "http://api.example.com/",
        "https://api.example.com:444/",
        "https://evil.example/",
        "https://api.example.com@evil.example/",
        "https://api.example.com.evil.example/",
        "https://a.example.org/",
        "ftp://api.example.com/",
        "api.example.com",
        "",
    ];
    let not_there = (Status::NO_CAPABILITY, "not_for_this_server".to_owned());
    for url in elsewhere {
        let told = refused(guest.call::<()>("send", (url, key)));
        assert!(
            told == not_there || (told.0 == Status::NO_CAPABILITY && !url.contains("://")),
            "{url}: {told:?}"
        );
    }
    let webhook = open(&mut guest, "webhook").unwrap();
    let nowhere = refused(guest.call::<()>("send", ("https://api.example.com/", webhook)));
    assert_eq!(nowhere, not_there, "nowhere, unless it is said");
    let binary = open(&mut guest, "binary").unwrap();
    let split = refused(guest.call::<()>("send", ("https://api.example.com/", binary)));
    assert_eq!(split, (Status::FAILED, "not_a_header".to_owned()));
    let missing = refused(guest.call::<()>("send", ("https://api.example.com/", 7_u64)));
    assert_eq!(missing, (Status::NOT_FOUND, "no_such_handle".to_owned()));
}

#[test]
fn a_header_is_printable_text() {
    let header = |value: &[u8]| {
        Secret::new(value).may_go_to(&["*"]).unwrap().header("https://example.com/").map(str::to_owned)
    };
    assert_eq!(header(b"Bearer abc~").unwrap(), "Bearer abc~");
    for value in [&b"a\nb"[..], b"a\r", b"a\0", b"\x7f", b" a", b"a ", b"a\tb", b"\xff", "ä".as_bytes(), b""]
    {
        assert!(matches!(header(value), Err(SecretError::NotAHeader)), "{value:?}");
    }
}

#[test]
fn where_a_secret_may_go_is_said_in_patterns_that_are_some() {
    let error = Secret::new("x").may_go_to(&["https://api.example.com/v1"]).unwrap_err();
    assert_eq!(error.len(), 1);
    assert!(error.to_string().contains("api.example.com/v1"), "{error}");
    let last = Secret::new("x").may_go_to(&["*"]).unwrap().may_go_to::<&str>(&[]).unwrap();
    assert!(last.header("https://example.com/").is_err(), "the last word counts");
}

#[test]
fn a_function_that_sends_secrets_is_no_host_s_without_them() {
    let registry = Registry::builder().module(sender()).build().unwrap();
    let error = hostfn::Host::builder(registry).build().unwrap_err();
    assert_eq!(error.code(), Code::StateMissing);
}

#[test]
fn all_is_closed_with_the_instance() {
    let mut guest = Guest::new(module().text("key", "Jefe"), GRANTS);
    let open_secrets = guest.instance.state::<OpenSecrets>().unwrap();
    let memory = open_secrets.lock().unwrap().memory().clone();
    let before = memory.used();
    let key = open(&mut guest, "key").unwrap();
    assert!(memory.used() >= before + 4);
    guest.instance.close().unwrap();
    assert_eq!(memory.used(), before);
    let called = pollster::block_on(guest.instance.call_async::<_, ()>("secret_close", (key,)));
    assert!(matches!(called, Err(HostfnError::Closed { .. })), "{called:?}");
}
