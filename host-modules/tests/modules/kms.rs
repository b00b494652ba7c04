//! `kms`: signatures with keys that stay in the host.

use std::error::Error;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use hostfn::error::Code;
use hostfn::{Error as HostfnError, HostModule, Registry, Status};
use hostfn_modules::kms::{Signer, module};
use serde_bytes::{ByteBuf, Bytes};
use tempfile::TempDir;
use test_support::relay::{Guest, Refused, host};

const GRANTS: &str = r#""kms.sign" = { allow = ["*"] }"#;

/// A test vector of RFC 8032, section 7.1; the key as PKCS#8 (RFC 8410).
struct Vector {
    pkcs8: &'static str,
    seed: &'static str,
    public: &'static str,
    message: &'static str,
    signature: &'static str,
}

const VECTORS: [Vector; 4] = [
    Vector {
        pkcs8: "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g",
        seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        public: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        message: "",
        signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b\
                    d25bf5f0595bbe24655141438e7a100b",
    },
    Vector {
        pkcs8: "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7",
        seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        public: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        message: "72",
        signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c\
                    387b2eaeb4302aeeb00d291612bb0c00",
    },
    Vector {
        pkcs8: "MC4CAQAwBQYDK2VwBCIEIMWqjfQ/n4N77bdELzHct7Fm04U1B28JS4XOOi4LRFj3",
        seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        public: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        message: "af82",
        signature: "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659\
                    4a7c15e9716ed28dc027beceea1ec40a",
    },
    Vector {
        pkcs8: "MC4CAQAwBQYDK2VwBCIEIIM/5iQJI3udYux3WHUgkR6adZzsHRl1W32pAbltyj1C",
        seed: "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        public: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        message: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd4\
                  54d4423643ce80e2a9ac94fa54ca49f",
        signature: "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030\
                    3dca179c138ac17ad9bef1177331a704",
    },
];

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

fn pem(pkcs8: &str) -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{pkcs8}\n-----END PRIVATE KEY-----\n")
}

struct File {
    dir: TempDir,
}

impl File {
    fn new(content: &str) -> Self {
        let file = File { dir: tempfile::tempdir().unwrap() };
        fs::write(file.path(), content).unwrap();
        file.mode(0o600)
    }

    fn mode(self, mode: u32) -> Self {
        fs::set_permissions(self.path(), Permissions::from_mode(mode)).unwrap();
        self
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("key.pem")
    }
}

/// A guest of a host that has the key of a vector, as `key`.
fn guest(vector: &Vector) -> Guest {
    let file = File::new(&pem(vector.pkcs8));
    Guest::new(module().file("key", file.path()), GRANTS)
}

fn sign(guest: &mut Guest, key: &str, message: &[u8]) -> Result<Vec<u8>, Refused> {
    guest.call::<ByteBuf>("kms_sign", (key, Bytes::new(message))).map(ByteBuf::into_vec)
}

fn verify(guest: &mut Guest, key: &str, message: &[u8], signature: &[u8]) -> Result<bool, Refused> {
    guest.call("kms_verify", (key, Bytes::new(message), Bytes::new(signature)))
}

fn public_key(guest: &mut Guest, key: &str) -> Result<Vec<u8>, Refused> {
    guest.call::<ByteBuf>("kms_public_key", (key,)).map(ByteBuf::into_vec)
}

fn unbuilt(module: impl Into<HostModule>) -> String {
    let error = Registry::builder().module(module.into()).build().unwrap_err();
    assert_eq!(error.code(), Code::ModuleUnconfigured);
    error.to_string()
}

/// A key elsewhere, of which nobody knows what it does.
struct Stub {
    public: [u8; 32],
    answer: Result<[u8; 64], &'static str>,
}

impl Signer for Stub {
    fn public_key(&self) -> [u8; 32] {
        self.public
    }

    fn sign(&self, _: &[u8]) -> Result<[u8; 64], Box<dyn Error + Send + Sync>> {
        Ok(self.answer?)
    }
}

fn stub(answer: Result<[u8; 64], &'static str>) -> Stub {
    Stub { public: hex(VECTORS[0].public).try_into().unwrap(), answer }
}

#[test]
fn signatures_and_public_keys_are_those_of_the_standard() {
    for vector in VECTORS {
        let mut guest = guest(&vector);
        let (message, signature) = (hex(vector.message), hex(vector.signature));
        assert_eq!(sign(&mut guest, "key", &message).unwrap(), signature);
        assert_eq!(public_key(&mut guest, "key").unwrap(), hex(vector.public));
        assert!(verify(&mut guest, "key", &message, &signature).unwrap());
    }
}

#[test]
fn a_signature_of_something_else_is_none() {
    let [first, second, ..] = VECTORS;
    let mut guest = guest(&second);
    let (message, signature) = (hex(second.message), hex(second.signature));
    assert!(!verify(&mut guest, "key", b"another", &signature).unwrap());
    assert!(!verify(&mut guest, "key", &message, &hex(first.signature)).unwrap());
    for at in 0..64 {
        let mut other = signature.clone();
        other[at] ^= 1;
        assert!(!verify(&mut guest, "key", &message, &other).unwrap(), "{at}");
    }
    for other in [&signature[..0], &signature[..63], &[&signature[..], b"\0"].concat()] {
        assert!(!verify(&mut guest, "key", &message, other).unwrap(), "{}", other.len());
    }
}

#[test]
fn a_signature_has_one_form() {
    // the order of the group, by which the scalar in a signature may be off and still fit the equation
    let order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let [_, vector, ..] = VECTORS;
    let mut signature = hex(vector.signature);
    let mut carry = 0;
    for (byte, add) in signature[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    assert!(!verify(&mut guest(&vector), "key", &hex(vector.message), &signature).unwrap());
}

#[test]
fn a_key_that_is_not_granted_is_refused_whether_there_is_such_a_key_or_not() {
    let keys = module().signer("key", stub(Ok([1; 64]))).signer("other", stub(Ok([2; 64])));
    let mut guest = Guest::new(keys, r#""kms.sign" = { allow = ["key", "missing"] }"#);
    sign(&mut guest, "key", b"").unwrap();
    for (id, status) in
        [("other", Status::NO_CAPABILITY), ("nowhere", Status::NO_CAPABILITY), ("missing", Status::NOT_FOUND)]
    {
        assert_eq!(sign(&mut guest, id, b"").unwrap_err().status, status, "{id}");
        assert_eq!(verify(&mut guest, id, b"", &[0; 64]).unwrap_err().status, status, "{id}");
        assert_eq!(public_key(&mut guest, id).unwrap_err().status, status, "{id}");
    }
}

#[test]
fn arguments_of_other_types_are_bad_input() {
    let mut guest = guest(&VECTORS[0]);
    assert_eq!(guest.status("kms_sign", ("key", 5)), Status::BAD_INPUT);
    assert_eq!(guest.status("kms_verify", ("key", Bytes::new(b""))), Status::BAD_INPUT);
    assert_eq!(guest.status("kms_public_key", (5,)), Status::BAD_INPUT);
}

#[test]
fn a_key_elsewhere_signs_and_what_keeps_it_from_that_stays_there() {
    let keys = module().signer("key", stub(Ok([7; 64]))).signer("broken", stub(Err("10.0.0.7: no PIN")));
    let mut guest = Guest::new(keys, GRANTS);
    assert_eq!(sign(&mut guest, "key", b"message").unwrap(), [7; 64]);
    assert_eq!(public_key(&mut guest, "key").unwrap(), hex(VECTORS[0].public));
    // a message is verified with the public key, without the other
    assert!(verify(&mut guest, "broken", b"", &hex(VECTORS[0].signature)).unwrap());
    let told = sign(&mut guest, "broken", b"message").unwrap_err();
    assert_eq!((told.status, told.code.as_str()), (Status::FAILED, "unavailable"));
    assert!(!told.message.contains("PIN"), "{}", told.message);
}

#[test]
fn a_public_key_that_is_none_is_found_at_build() {
    let (mut weak, mut invalid) = ([0; 32], [0; 32]);
    invalid[0] = 2; // no point of the curve
    weak[0] = 1; // the neutral element, of which anybody can make signatures
    for public in [weak, invalid] {
        let told = unbuilt(module().signer("key", Stub { public, answer: Ok([0; 64]) }));
        assert!(told.contains("the key `key` has a public key that is not an ed25519 key"), "{told}");
    }
}

#[test]
fn a_key_is_read_when_the_registry_is_built_and_not_again() {
    let file = File::new(&pem(VECTORS[1].pkcs8));
    let host = host([module().file("key", file.path()).into()]);
    fs::remove_file(file.path()).unwrap();
    let signature = sign(&mut Guest::in_host(&host, GRANTS), "key", &hex(VECTORS[1].message)).unwrap();
    assert_eq!(signature, hex(VECTORS[1].signature));
}

#[test]
fn a_file_that_holds_no_such_key_is_found_at_build() {
    let ec = "MC4CAQAwBQYDK2VuBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7"; // of x25519
    let short = "MC0CAQAwBQYDK2VwBCEEH53ZR1uAJ2qgq8nVm1cX4f2X0qDkqzPmQ0p7gQ1a8Q==";
    let encrypted = pem(VECTORS[0].pkcs8).replace("PRIVATE", "ENCRYPTED PRIVATE");
    for content in ["no key", &pem(ec), &pem(short), &encrypted, &pem("!"), &hex_of_seed(), "\u{fffd}"] {
        let file = File::new(content);
        let told = unbuilt(module().file("key", file.path()));
        assert!(told.contains("is no ed25519 key in PKCS#8 PEM"), "{told}");
        assert!(content.len() < 20 || !told.contains(&content[..20]), "{told}");
    }
    let large = File::new(&"x".repeat(20_000));
    assert!(unbuilt(module().file("key", large.path())).contains("is more than 16384 bytes"));
    let missing = large.dir.path().join("missing");
    assert!(unbuilt(module().file("key", missing)).contains("cannot be read"));
    for mode in [0o604, 0o644, 0o666] {
        let exposed = File::new(&pem(VECTORS[0].pkcs8)).mode(mode);
        assert!(unbuilt(module().file("key", exposed.path())).contains("chmod"), "{mode:o}");
    }
    let twice = module().signer("key", stub(Ok([0; 64]))).signer("key", stub(Ok([1; 64])));
    assert!(unbuilt(twice).contains("the key `key` is there twice"));
}

/// The seed alone, as other programs write keys.
fn hex_of_seed() -> String {
    VECTORS[0].seed.to_owned()
}

#[test]
fn a_module_without_keys_says_which_line_to_add() {
    assert_eq!(
        unbuilt(module()),
        "H0108 module `kms`: it has no keys; add one: `kms::module().file(\"release\", \
         \"/etc/host/release.pem\")`"
    );
}

#[test]
fn the_private_key_never_leaves() {
    for vector in VECTORS {
        let seed = hex(vector.seed);
        let mut guest = guest(&vector);
        let answers =
            [sign(&mut guest, "key", &hex(vector.message)).unwrap(), public_key(&mut guest, "key").unwrap()];
        assert!(answers.iter().all(|answer| answer.windows(8).all(|part| !contains(&seed, part))));
    }
    let file = File::new(&pem(VECTORS[0].pkcs8));
    let options = module().file("key", file.path()).signer("other", stub(Ok([0; 64])));
    let module: HostModule = module().file("key", file.path()).into();
    let printed = format!("{options:?} {module:?}");
    assert!(printed.contains("key.pem"), "{printed}");
    assert!(!printed.contains(VECTORS[0].seed) && !printed.contains("157, 97, 177"), "{printed}");
    // two functions answer with bytes, and this is what they are
    let registry = Registry::builder().module(module).build().unwrap();
    let names: Vec<&str> = registry.iter().map(|spec| spec.name()).collect();
    assert_eq!(names, ["kms_public_key", "kms_sign", "kms_verify"]);
}

fn contains(whole: &[u8], part: &[u8]) -> bool {
    whole.windows(part.len()).any(|window| window == part)
}

#[test]
fn nothing_is_signed_after_close() {
    let mut guest = guest(&VECTORS[0]);
    guest.instance.close().unwrap();
    let called = pollster::block_on(guest.instance.call_async::<_, ()>("kms_public_key", ("key",)));
    assert!(matches!(called, Err(HostfnError::Closed { .. })), "{called:?}");
}
