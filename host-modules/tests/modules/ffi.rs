//! `ffi`, with the C library of this machine and one that the compiler of this machine makes.

use std::fmt::Debug;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use hostfn::error::Code;
use hostfn::{Error, HostModule, Listing, Registry, Status};
use hostfn_modules::ffi::{FFI_LOAD, Ffi, Scalar, module};
use tempfile::TempDir;
use test_support::relay::{Guest, Refused, host};

use crate::native::{declare, libc, libm};

const SOURCE: &str = r"
    #include <stdint.h>

    int32_t not_i32(int32_t x) { return ~x; }
    int64_t not_i64(int64_t x) { return ~x; }
    uint32_t not_u32(uint32_t x) { return ~x; }
    uint64_t not_u64(uint64_t x) { return ~x; }
    float half_f32(float x) { return x / 2; }
    double half_f64(double x) { return x / 2; }
    double weigh(int32_t a, int64_t b, uint32_t c, uint64_t d, float e, double f, int32_t g, float h) {
        return a + 10.0 * b + 100.0 * c + 1e3 * d + 1e4 * e + 1e5 * f + 1e6 * g + 1e7 * h;
    }

    static int32_t kept;
    void keep(int32_t x) { __atomic_store_n(&kept, x, __ATOMIC_SEQ_CST); }
    int32_t what_is_kept(void) { return __atomic_load_n(&kept, __ATOMIC_SEQ_CST); }
";

const FUNCTIONS: [(&str, &str); 9] = [
    ("not_i32", "(i32) -> i32"),
    ("not_i64", "(i64) -> i64"),
    ("not_u32", "(u32) -> u32"),
    ("not_u64", "( u64 )->u64"),
    ("half_f32", "(f32) -> f32"),
    ("half_f64", "(f64) -> f64"),
    ("weigh", "(i32, i64, u32, u64, f32, f64, i32, f32) -> f64"),
    ("keep", "(i32) -> void"),
    ("what_is_kept", "() -> i32"),
];

fn compile(source: &str, library: &Path) {
    let source_file = library.with_extension("c");
    fs::write(&source_file, source).unwrap();
    let cc = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let status = Command::new(cc).args(["-shared", "-fPIC", "-o"]).arg(library).arg(&source_file).status();
    // what built libffi for this test compiles C
    assert!(status.as_ref().is_ok_and(ExitStatus::success), "{status:?}");
}

/// A directory of two: one that is granted, with a copy of the library of mathematics, and one beside it.
struct Tree {
    dir: TempDir,
}

impl Tree {
    fn new() -> Self {
        let tree = Tree { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(tree.at("granted")).unwrap();
        fs::create_dir(tree.at("beside")).unwrap();
        fs::copy(libm(), tree.at("granted/math.so")).unwrap();
        tree
    }

    fn at(&self, path: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(path)
    }

    fn text(&self, path: &str) -> String {
        self.at(path).to_str().unwrap().to_owned()
    }

    fn grants(&self) -> String {
        format!("\"ffi.load\" = {{ allow = [\"{}/**\"] }}", self.text("granted"))
    }

    fn guest(&self, ffi: Ffi) -> Guest {
        Guest::new(ffi, &self.grants())
    }

    fn math(&self) -> Ffi {
        declare(
            module(),
            &self.at("granted/math.so"),
            &[("cos", "(f64) -> f64"), ("pow", "(f64, f64) -> f64")],
        )
    }

    fn is_loaded(&self, path: &str) -> bool {
        fs::read_to_string("/proc/self/maps").unwrap().contains(&self.text(path))
    }
}

fn load(guest: &mut Guest, path: impl AsRef<Path>) -> Result<u64, Refused> {
    guest.call("ffi_load", (path.as_ref().to_str().unwrap(),))
}

fn call(guest: &mut Guest, library: u64, symbol: &str, args: &[Scalar]) -> Result<Option<Scalar>, Refused> {
    guest.call("ffi_call", (library, symbol, args))
}

fn symbols(guest: &mut Guest, library: u64, names: &[&str]) -> Vec<String> {
    guest.call("ffi_symbols", (library, names)).unwrap()
}

fn refused<T: Debug>(answer: Result<T, Refused>) -> (Status, String) {
    let refused = answer.unwrap_err();
    (refused.status, refused.code)
}

fn unbuilt(module: impl Into<HostModule>) -> String {
    let error = Registry::builder().module(module.into()).build().unwrap_err();
    assert_eq!(error.code(), Code::ModuleUnconfigured);
    error.to_string()
}

#[test]
fn functions_of_the_system_are_called() {
    let (math_path, c_path) = (libm(), libc());
    let ffi = declare(module(), &math_path, &[("cos", "(f64) -> f64"), ("pow", "(f64, f64) -> f64")]);
    let ffi = declare(ffi, &c_path, &[("llabs", "(i64) -> i64"), ("abs", "(i32) -> i32")]);
    #[cfg(target_pointer_width = "64")]
    let ffi = declare(ffi, &c_path, &[("labs", "(i64) -> i64")]);
    let grants = format!("\"ffi.load\" = {{ allow = [{math_path:?}, {c_path:?}] }}");
    let mut guest = Guest::new(ffi, &grants);

    let math = load(&mut guest, &math_path).unwrap();
    for x in [0.0, 1.0, -2.5, 1e6] {
        let cos = call(&mut guest, math, "cos", &[Scalar::F64(x)]).unwrap();
        let Some(Scalar::F64(cos)) = cos else { panic!("{cos:?}") };
        assert!((cos - x.cos()).abs() < 1e-15, "{x} {cos}");
    }
    let pow = call(&mut guest, math, "pow", &[Scalar::F64(2.0), Scalar::F64(10.0)]).unwrap();
    assert_eq!(pow, Some(Scalar::F64(1024.0)));

    let c = load(&mut guest, &c_path).unwrap();
    for x in [-5, 5, i64::MIN + 1, i64::MAX] {
        let abs = call(&mut guest, c, "llabs", &[Scalar::I64(x)]).unwrap();
        assert_eq!(abs, Some(Scalar::I64(x.abs())));
        #[cfg(target_pointer_width = "64")]
        assert_eq!(call(&mut guest, c, "labs", &[Scalar::I64(x)]).unwrap(), abs);
    }
    assert_eq!(call(&mut guest, c, "abs", &[Scalar::I32(-7)]).unwrap(), Some(Scalar::I32(7)));
}

#[test]
fn every_type_goes_there_and_back() {
    let tree = Tree::new();
    let library = tree.at("granted/own.so");
    compile(SOURCE, &library);
    let mut guest = tree.guest(declare(module(), &library, &FUNCTIONS));
    let own = load(&mut guest, &library).unwrap();
    let pairs = [
        ("not_i32", Scalar::I32(5), Scalar::I32(-6)),
        ("not_i32", Scalar::I32(i32::MIN), Scalar::I32(i32::MAX)),
        ("not_i64", Scalar::I64(i64::MIN), Scalar::I64(i64::MAX)),
        ("not_i64", Scalar::I64(0), Scalar::I64(-1)),
        ("not_u32", Scalar::U32(0), Scalar::U32(u32::MAX)),
        ("not_u32", Scalar::U32(0x8000_0000), Scalar::U32(0x7fff_ffff)),
        ("not_u64", Scalar::U64(1), Scalar::U64(u64::MAX - 1)),
        ("half_f32", Scalar::F32(-0.5), Scalar::F32(-0.25)),
        ("half_f32", Scalar::F32(f32::INFINITY), Scalar::F32(f32::INFINITY)),
        ("half_f64", Scalar::F64(1e300), Scalar::F64(5e299)),
    ];
    for (symbol, given, wanted) in pairs {
        assert_eq!(call(&mut guest, own, symbol, &[given]).unwrap(), Some(wanted), "{symbol} {given:?}");
    }
    let nan = call(&mut guest, own, "half_f64", &[Scalar::F64(f64::NAN)]).unwrap();
    assert!(matches!(nan, Some(Scalar::F64(nan)) if nan.is_nan()), "{nan:?}");

    let eight = [
        Scalar::I32(1),
        Scalar::I64(2),
        Scalar::U32(3),
        Scalar::U64(4),
        Scalar::F32(5.0),
        Scalar::F64(6.0),
        Scalar::I32(7),
        Scalar::F32(8.0),
    ];
    assert_eq!(call(&mut guest, own, "weigh", &eight).unwrap(), Some(Scalar::F64(87_654_321.0)));

    assert_eq!(call(&mut guest, own, "keep", &[Scalar::I32(42)]).unwrap(), None);
    assert_eq!(call(&mut guest, own, "what_is_kept", &[]).unwrap(), Some(Scalar::I32(42)));
}

#[test]
fn a_library_is_unloaded_at_close_and_with_the_instance() {
    let tree = Tree::new();
    let mut guest = tree.guest(tree.math());
    assert!(!tree.is_loaded("granted/math.so"), "it is the guest that loads it");
    let one = load(&mut guest, tree.at("granted/math.so")).unwrap();
    let other = load(&mut guest, tree.at("granted/math.so")).unwrap();
    assert!(tree.is_loaded("granted/math.so"));
    guest.call::<()>("ffi_close", (one,)).unwrap();
    assert!(tree.is_loaded("granted/math.so"), "the other handle keeps it");
    call(&mut guest, other, "cos", &[Scalar::F64(0.0)]).unwrap();
    guest.call::<()>("ffi_close", (other,)).unwrap();
    assert!(!tree.is_loaded("granted/math.so"));

    load(&mut guest, tree.at("granted/math.so")).unwrap();
    assert!(tree.is_loaded("granted/math.so"));
    guest.instance.close().unwrap();
    assert!(!tree.is_loaded("granted/math.so"));
    let called = pollster::block_on(guest.instance.call_async::<_, ()>("ffi_close", (one,)));
    assert!(matches!(called, Err(Error::Closed { .. })), "{called:?}");
}

#[test]
fn a_path_that_is_not_granted_is_refused_whether_it_is_there_or_not() {
    let tree = Tree::new();
    fs::copy(libm(), tree.at("beside/math.so")).unwrap();
    let cos = [("cos", "(f64) -> f64")];
    let mut guest = tree.guest(declare(tree.math(), &tree.at("beside/math.so"), &cos));
    for path in ["beside/math.so", "beside/missing.so", "granted/../beside/math.so", "granted_not/math.so"] {
        assert_eq!(refused(load(&mut guest, tree.at(path))).0, Status::NO_CAPABILITY, "{path}");
    }
    for path in ["granted/math.so", "math.so", "libm.so.6", "", "/"] {
        assert_eq!(refused(load(&mut guest, path)).0, Status::NO_CAPABILITY, "{path}");
    }
    assert!(!tree.is_loaded("beside/math.so"));
}

#[test]
fn what_a_link_leads_to_has_to_be_granted_too() {
    let tree = Tree::new();
    fs::copy(libm(), tree.at("beside/math.so")).unwrap();
    symlink(tree.at("beside/math.so"), tree.at("granted/leads-out.so")).unwrap();
    symlink(tree.at("beside"), tree.at("granted/way-out")).unwrap();
    symlink("math.so", tree.at("granted/stays.so")).unwrap();
    let cos = [("cos", "(f64) -> f64")];
    let ffi = declare(tree.math(), &tree.at("beside/math.so"), &cos);
    let mut guest =
        tree.guest(declare(ffi, &tree.at("granted/leads-out.so"), &[("pow", "(f64, f64) -> f64")]));
    for path in ["granted/leads-out.so", "granted/way-out/math.so", "granted/missing.so"] {
        let told = load(&mut guest, tree.at(path)).unwrap_err();
        assert_eq!((told.status, told.code.as_str()), (Status::NOT_FOUND, "not_found"), "{path}");
        assert_eq!(told.message, "there is no such library");
    }
    assert!(!tree.is_loaded("beside/math.so"));
    let stays = load(&mut guest, tree.at("granted/stays.so")).unwrap();
    assert_eq!(call(&mut guest, stays, "cos", &[Scalar::F64(0.0)]).unwrap(), Some(Scalar::F64(1.0)));
}

#[test]
fn only_libraries_with_a_declared_function_are_loaded() {
    let tree = Tree::new();
    fs::copy(libm(), tree.at("granted/undeclared.so")).unwrap();
    let mut guest = tree.guest(tree.math());
    let undeclared = refused(load(&mut guest, tree.at("granted/undeclared.so")));
    assert_eq!(undeclared, (Status::NOT_FOUND, "not_found".to_owned()));
    assert_eq!(refused(load(&mut guest, tree.at("granted"))).1, "not_found");
    assert!(!tree.is_loaded("granted/undeclared.so"));
}

#[test]
fn what_cannot_be_loaded_is_refused_without_the_loader_s_words() {
    let tree = Tree::new();
    fs::write(tree.at("granted/text.so"), "no library").unwrap();
    fs::write(tree.at("granted/empty.so"), "").unwrap();
    // that it lacks what it needs is found when it is loaded: when it is called, it would end this process
    compile("int missing(void); int calls(void) { return missing(); }", &tree.at("granted/lacking.so"));
    for name in ["text", "empty", "lacking"] {
        let path = tree.at(&format!("granted/{name}.so"));
        let mut guest = tree.guest(declare(module(), &path, &[("calls", "() -> i32")]));
        let told = load(&mut guest, &path).unwrap_err();
        assert_eq!((told.status, told.code.as_str()), (Status::FAILED, "not_loadable"), "{name}");
        assert_eq!(told.message, "the library cannot be loaded");
    }
}

#[test]
fn a_guest_learns_which_symbols_there_are() {
    let tree = Tree::new();
    let mut guest = tree.guest(tree.math());
    let math = load(&mut guest, tree.at("granted/math.so")).unwrap();
    let asked = ["sin", "no_such_function", "cos", "", "cos\0", "c\0os", "cos ", "Cos"];
    assert_eq!(symbols(&mut guest, math, &asked), ["sin", "cos"]);
    assert_eq!(symbols(&mut guest, math, &[]), [""; 0]);
    let many = vec!["no_such_function"; 10_000];
    assert_eq!(guest.status("ffi_symbols", (math, many)), Status::QUOTA_EXCEEDED);
}

#[test]
fn what_the_host_did_not_declare_is_not_called() {
    let tree = Tree::new();
    let mut guest = tree.guest(tree.math());
    let math = load(&mut guest, tree.at("granted/math.so")).unwrap();
    assert_eq!(symbols(&mut guest, math, &["sin"]), ["sin"]);
    for symbol in ["sin", "no_such_function", "", "cos\0", "cos "] {
        let told = refused(call(&mut guest, math, symbol, &[Scalar::F64(0.0)]));
        assert_eq!(told, (Status::NO_CAPABILITY, "not_declared".to_owned()), "{symbol:?}");
    }

    // what is declared of one library is not of another
    fs::copy(libm(), tree.at("granted/other.so")).unwrap();
    let ffi = declare(
        tree.math(),
        &tree.at("granted/other.so"),
        &[("sin", "(f64) -> f64"), ("gone", "() -> void")],
    );
    let mut guest = tree.guest(ffi);
    let other = load(&mut guest, tree.at("granted/other.so")).unwrap();
    call(&mut guest, other, "sin", &[Scalar::F64(0.0)]).unwrap();
    assert_eq!(refused(call(&mut guest, other, "cos", &[Scalar::F64(0.0)])).1, "not_declared");
    let gone = refused(call(&mut guest, other, "gone", &[]));
    assert_eq!(gone, (Status::NOT_FOUND, "no_such_function".to_owned()));
}

#[test]
fn arguments_are_those_of_the_signature_exactly() {
    let tree = Tree::new();
    let mut guest = tree.guest(tree.math());
    let math = load(&mut guest, tree.at("granted/math.so")).unwrap();
    let x = Scalar::F64(1.0);
    let wrong: [&[Scalar]; 6] =
        [&[], &[x], &[x, x, x], &[x, Scalar::F32(1.0)], &[Scalar::I64(1), x], &[Scalar::U64(1); 100]];
    for args in wrong {
        let told = refused(call(&mut guest, math, "pow", args));
        assert_eq!(told, (Status::BAD_INPUT, "wrong_arguments".to_owned()), "{args:?}");
    }
    let told = call(&mut guest, math, "pow", &[x, Scalar::I32(1)]).unwrap_err();
    assert_eq!(told.message, "the function is a `(f64, f64) -> f64`, and was called with (f64, i32)");

    assert_eq!(guest.status("ffi_call", (math, "pow", (1.0, 2.0))), Status::BAD_INPUT);
    assert_eq!(guest.status("ffi_call", (math, "pow")), Status::BAD_INPUT);
    assert_eq!(guest.status("ffi_call", (math, "pow", vec![x; 1_000])), Status::QUOTA_EXCEEDED);
    assert_eq!(guest.status("ffi_load", (7,)), Status::BAD_INPUT);
    assert_eq!(guest.status("ffi_symbols", (math, "cos")), Status::BAD_INPUT);
    assert_eq!(guest.status("ffi_close", ("cos",)), Status::BAD_INPUT);
}

#[test]
fn a_handle_that_is_closed_forged_or_another_instance_s_is_not_there() {
    let tree = Tree::new();
    let host = host([tree.math().into()]);
    let (mut guest, mut other) =
        (Guest::in_host(&host, &tree.grants()), Guest::in_host(&host, &tree.grants()));
    let math = load(&mut guest, tree.at("granted/math.so")).unwrap();
    let others = load(&mut other, tree.at("granted/math.so")).unwrap();
    guest.call::<()>("ffi_close", (math,)).unwrap();
    for handle in [math, others, 0, u64::MAX] {
        assert_eq!(refused(call(&mut guest, handle, "cos", &[Scalar::F64(0.0)])).0, Status::NOT_FOUND);
        assert_eq!(guest.status("ffi_symbols", (handle, ["cos"])), Status::NOT_FOUND);
        assert_eq!(guest.code("ffi_close", (handle,)), "no_such_handle");
    }
    call(&mut other, others, "cos", &[Scalar::F64(0.0)]).unwrap();
}

#[test]
fn every_call_is_matched_against_the_grant() {
    let tree = Tree::new();
    let mut guest = tree.guest(tree.math());
    let math = load(&mut guest, tree.at("granted/math.so")).unwrap();
    guest.instance.grants().revoke(&FFI_LOAD);
    assert_eq!(refused(call(&mut guest, math, "cos", &[Scalar::F64(0.0)])).0, Status::NO_CAPABILITY);
    assert_eq!(guest.status("ffi_symbols", (math, ["cos"])), Status::NO_CAPABILITY);
    assert_eq!(refused(load(&mut guest, tree.at("granted/math.so"))).0, Status::NO_CAPABILITY);
    guest.call::<()>("ffi_close", (math,)).unwrap();
}

#[test]
fn as_many_are_loaded_as_may_be() {
    let tree = Tree::new();
    for (ffi, most) in [(tree.math(), 16), (tree.math().max_open(1), 1)] {
        let mut guest = tree.guest(ffi);
        let loaded: Vec<u64> =
            (0..most).map(|_| load(&mut guest, tree.at("granted/math.so")).unwrap()).collect();
        let more = refused(load(&mut guest, tree.at("granted/math.so")));
        assert_eq!(more, (Status::QUOTA_EXCEEDED, "too_many_open".to_owned()));
        for library in loaded {
            guest.call::<()>("ffi_close", (library,)).unwrap();
        }
        assert!(!tree.is_loaded("granted/math.so"), "nor is one that was refused");
    }
}

#[test]
fn a_module_without_functions_says_which_line_to_add() {
    assert_eq!(
        unbuilt(module()),
        "H0108 module `ffi`: it has no function that may be called; add one: `unsafe { \
         ffi::module().function(\"/usr/lib/libm.so.6\", \"cos\", \"(f64) -> f64\") }`"
    );
}

#[test]
fn what_is_no_signature_is_found_at_build() {
    let libm = libm();
    let wrong = [
        ("", "is not of the form `(f64, i32) -> f64` or `() -> void`"),
        ("f64 -> f64", "is not of the form"),
        ("(f64", "is not of the form"),
        ("(f64)", "is not of the form"),
        ("(f64) f64", "is not of the form"),
        ("(f64) ->", "`` is not one of i32, i64, u32, u64, f32 and f64"),
        ("(f64) -> f46", "`f46` is not one of"),
        ("(f64) -> f64 -> f64", "`f64 -> f64` is not one of"),
        ("(double) -> f64", "`double` is not one of"),
        ("(void) -> f64", "`void` is not one of"),
        ("(f64,) -> f64", "`` is not one of"),
        ("(u8) -> f64", "`u8` is not one of"),
        ("(*mut u8) -> void", "`*mut u8` is not one of"),
        ("((f64)) -> f64", "is not of the form"),
        ("(i32, i32, i32, i32, i32, i32, i32, i32, i32) -> i32", "has more than 8 parameters"),
    ];
    for (signature, what) in wrong {
        let told = unbuilt(declare(module(), &libm, &[("cos", signature)]));
        assert!(told.contains("`cos` of `") && told.contains(what), "{signature}: {told}");
    }
}

#[test]
fn what_is_no_library_or_symbol_is_found_at_build() {
    let (tree, libm) = (Tree::new(), libm());
    let void = "() -> void";
    let missing = unbuilt(declare(module(), &tree.at("missing.so"), &[("f", void)]));
    assert!(missing.contains("the library is not there"), "{missing}");
    let relative = unbuilt(declare(module(), Path::new("libm.so.6"), &[("f", void)]));
    assert!(relative.contains("the path is not absolute"), "{relative}");
    for symbol in ["", "co\0s"] {
        assert!(unbuilt(declare(module(), &libm, &[(symbol, void)])).contains("this is no symbol"));
    }
    symlink(&libm, tree.at("granted/link.so")).unwrap();
    let cos = ("cos", "(f64) -> f64");
    let twice = declare(declare(module(), &libm, &[cos]), &tree.at("granted/link.so"), &[cos]);
    assert!(unbuilt(twice).contains("it is there twice"));
    let both = unbuilt(declare(module(), &libm, &[("a", "1"), ("b", "2")]));
    assert!(both.contains("`a` of `") && both.contains("`b` of `"), "{both}");
}

#[test]
fn the_listing_says_that_it_escapes_the_sandbox() {
    const MARK: &str = "escapes the sandbox";
    let registry = Registry::builder().module(Tree::new().math()).build().unwrap();
    let listing = registry.listing();
    assert!(listing.capabilities.iter().any(|row| row.name == "ffi.load" && row.escapes));
    let text = listing.to_text();
    let is_marked =
        |text: &str, of: &str| text.split("\n\n").any(|block| block.contains(of) && block.contains(MARK));
    for function in ["host.ffi_load", "host.ffi_symbols", "host.ffi_call"] {
        assert!(is_marked(&text, &format!("fn {function}(")), "{function}: {text}");
        let markdown = listing.to_markdown();
        let block = markdown.split("\n### ").find(|block| block.starts_with(&format!("`{function}`")));
        assert!(block.unwrap().contains(&format!("\n- {MARK}\n")), "{function}: {markdown}");
    }
    assert!(text.contains("fn host.ffi_close(") && !is_marked(&text, "fn host.ffi_close("), "{text}");
    assert!(Listing::from_json(&listing.to_json()).unwrap().capabilities[0].escapes);
    for name in ["ffi_load", "ffi_call"] {
        assert!(registry.get("host", name).unwrap().docs().contains(MARK), "{name}");
    }
}

#[test]
fn it_is_off_unless_it_is_asked_for() {
    let manifest = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    let features = manifest.split("[features]").nth(1).unwrap().split("\n[").next().unwrap();
    assert!(features.contains("\ndefault = []\n"), "{features}");
    let asks = features.lines().filter(|line| line.contains("\"ffi\"")).count();
    assert_eq!(asks, 0, "no other feature turns it on: {features}");
}

#[test]
fn what_is_printed_of_the_options_is_what_was_declared() {
    let tree = Tree::new();
    let printed = format!("{:?}", tree.math());
    assert!(printed.contains("cos") && printed.contains("(f64) -> f64"), "{printed}");
}
