//! The bytes that guests send and what they make of those they get, on a host of a few lines that knows nothing of
//! types: arguments are the shortest form, in field order, and come back as the reply.

use std::collections::BTreeMap;

use conformance::{
    Anything, Choice, Figure, Handles, Level, Metres, Node, Order, Pair, Point, Record, listing,
};
use hostfn::Resource;
use hostfn::abi::{Word, codec};
use serde::Serialize;
use wasmtime::{Caller, Engine, Extern, Linker, Memory, Module, Store};

use crate::common::{guest, languages};
use crate::made::{Made, Numbers};

const VALUES: u64 = 40;

/// The state of the bare host.
#[derive(Default)]
struct Bare {
    /// The arguments of the last call.
    args: Vec<u8>,
    /// The reply, instead of the argument.
    reply: Option<Vec<u8>>,
    /// The packed result and the reported address, whatever was replied.
    claim: Option<(u64, u32)>,
    window: (u32, u32),
    result: Vec<u8>,
    at: u32,
}

struct Guest {
    store: Store<Bare>,
    instance: wasmtime::Instance,
}

fn memory(caller: &mut Caller<'_, Bare>) -> Memory {
    caller.get_export("memory").and_then(Extern::into_memory).unwrap()
}

fn slice(caller: &mut Caller<'_, Bare>, ptr: u32, len: u32) -> Vec<u8> {
    memory(caller).data(&caller)[ptr as usize..][..len as usize].to_vec()
}

/// Takes the array around the one argument away, and replies with what is left.
fn echo(mut caller: Caller<'_, Bare>, ptr: u32, len: u32) -> u64 {
    let args = slice(&mut caller, ptr, len);
    let reply = caller.data_mut().reply.clone().unwrap_or_else(|| args.get(1..).unwrap_or_default().to_vec());
    caller.data_mut().args = args;
    let len = u32::try_from(reply.len()).unwrap();
    let (mut at, cap) = caller.data().window;
    if len > cap {
        let alloc = caller.get_export("plugin_alloc").and_then(Extern::into_func).unwrap();
        at = alloc.typed::<u32, u32>(&caller).unwrap().call(&mut caller, len).unwrap();
    }
    memory(&mut caller).write(&mut caller, at as usize, &reply).unwrap();
    let (word, at) = caller.data().claim.unwrap_or((u64::from(len) << 32, at));
    caller.data_mut().at = at;
    word
}

fn linker(engine: &Engine) -> Linker<Bare> {
    let mut linker = Linker::new(engine);
    linker.func_wrap("host", "host_log", |_: i32, _: u32, _: u32| ()).unwrap();
    linker
        .func_wrap("host", "host_set_result", |mut caller: Caller<'_, Bare>, ptr: u32, len: u32| {
            caller.data_mut().result = slice(&mut caller, ptr, len);
        })
        .unwrap();
    linker
        .func_wrap("host", "host_set_window", |mut caller: Caller<'_, Bare>, ptr: u32, cap: u32| {
            caller.data_mut().window = (ptr, cap);
            0_i32
        })
        .unwrap();
    linker.func_wrap("host", "host_result_ptr", |caller: Caller<'_, Bare>| caller.data().at).unwrap();
    for row in listing().unwrap().functions {
        linker.func_wrap(&row.module, &row.name, echo).unwrap();
    }
    linker
}

impl Guest {
    fn new(language: &str) -> Self {
        let engine = Engine::default();
        let module = Module::from_file(&engine, guest(language)).unwrap();
        let mut store = Store::new(&engine, Bare::default());
        let instance = linker(&engine).instantiate(&mut store, &module).unwrap();
        Guest { store, instance }
    }

    /// Calls the entry of that name; the status and the result.
    fn call(&mut self, name: &str, args: &[u8]) -> (i32, Vec<u8>) {
        let len = u32::try_from(args.len()).unwrap();
        let alloc = self.instance.get_typed_func::<u32, u32>(&mut self.store, "plugin_alloc").unwrap();
        let at = alloc.call(&mut self.store, len).unwrap();
        let memory = self.instance.get_memory(&mut self.store, "memory").unwrap();
        memory.write(&mut self.store, at as usize, args).unwrap();
        let entry = format!("echo_v1_{name}");
        let entry = self.instance.get_typed_func::<(u32, u32), i64>(&mut self.store, &entry).unwrap();
        let word = Word::from_i64(entry.call(&mut self.store, (at, len)).unwrap());
        let result = std::mem::take(&mut self.store.data_mut().result);
        assert_eq!(result.len(), word.len() as usize);
        (word.status().code(), result)
    }

    fn echoes<T: Made + Serialize>(&mut self, language: &str, name: &str) {
        for number in 0..VALUES {
            let value = T::made(&mut Numbers(number), 3);
            let (args, written) = (codec::to_vec(&(&value,)).unwrap(), codec::to_vec(&value).unwrap());
            let (status, result) = self.call(name, &args);
            assert_eq!(status, 0, "{language}, {name}: {args:02x?}");
            assert_eq!(
                self.store.data().args,
                args,
                "{language}, {name}: the arguments of the host function"
            );
            assert_eq!(result, written, "{language}, {name}: the result of the entry");
        }
    }

    /// Lets the host reply with other forms of the value that is `written`.
    fn accepts(
        &mut self,
        language: &str,
        name: &str,
        sent: &impl Serialize,
        forms: &[&[u8]],
        written: &[u8],
    ) {
        for form in forms {
            self.store.data_mut().reply = Some(form.to_vec());
            let answer = self.call(name, &codec::to_vec(&(sent,)).unwrap());
            assert_eq!(answer, (0, written.to_vec()), "{language}, {name}: {form:02x?}");
        }
    }
}

#[test]
fn guests_write_what_the_abi_says() {
    for language in languages() {
        let mut guest = Guest::new(language);
        macro_rules! echoes {
            ($($name:ident: $ty:ty,)*) => { $(guest.echoes::<$ty>(language, stringify!($name));)* };
        }
        echoes! {
            echo_bool: bool, echo_u8: u8, echo_u16: u16, echo_u32: u32, echo_u64: u64,
            echo_i8: i8, echo_i16: i16, echo_i32: i32, echo_i64: i64,
            echo_f32: f32, echo_f64: f64, echo_char: char, echo_str: String, echo_bytes: Vec<u8>,
            echo_option_u32: Option<u32>, echo_option_str: Option<String>, echo_option_point: Option<Point>,
            echo_seq_i64: Vec<i64>, echo_seq_str: Vec<String>, echo_seq_bytes: Vec<Vec<u8>>,
            echo_seq_point: Vec<Point>, echo_map_str_u32: BTreeMap<String, u32>,
            echo_map_u64_seq_str: BTreeMap<u64, Vec<String>>, echo_map_level_point: BTreeMap<Level, Point>,
            echo_tuple: (u8, String, bool), echo_array: [f32; 3], echo_point: Point, echo_order: Order,
            echo_metres: Metres, echo_pair: Pair, echo_level: Level, echo_figure: Figure, echo_node: Node,
            echo_record: Record, echo_choice: Choice, echo_anything: Anything,
            echo_handle: Resource<conformance::Store>, echo_handles: Handles,
        }
    }
}

const POINT: Point = Point { x: 1, y: -1 };
const POINT_WRITTEN: &[u8] = b"\x82\xa1x\x01\xa1y\xff";

#[test]
fn guests_accept_other_forms() {
    for language in languages() {
        let mut guest = Guest::new(language);
        let point: &[&[u8]] = &[
            b"\x92\x01\xff",
            b"\x82\xa1y\xd0\xff\xa1x\xcf\0\0\0\0\0\0\0\x01",
            b"\xdf\0\0\0\x03\xd9\x01x\x01\xa1z\x91\x81\xc0\xca\0\0\0\0\xa1y\xff",
        ];
        guest.accepts(language, "echo_point", &POINT, point, POINT_WRITTEN);
        let seven: &[&[u8]] = &[b"\x07", b"\xcc\x07", b"\xcd\0\x07", b"\xd3\0\0\0\0\0\0\0\x07"];
        guest.accepts(language, "echo_u64", &0, seven, b"\x07");
        let three: &[&[u8]] = &[b"\x03", b"\xca\x40\x40\0\0", b"\xcd\0\x03"];
        guest.accepts(language, "echo_f64", &0.5, three, b"\xcb\x40\x08\0\0\0\0\0\0");
        let bytes: &[&[u8]] = &[b"\x92\x01\xcc\xff", b"\xdc\0\x02\x01\xd1\0\xff", b"\xc5\0\x02\x01\xff"];
        guest.accepts(language, "echo_bytes", &[0_u8].as_slice(), bytes, b"\xc4\x02\x01\xff");
        let euro: &[&[u8]] = &[b"\xd9\x03\xe2\x82\xac", b"\xda\0\x03\xe2\x82\xac"];
        guest.accepts(language, "echo_char", &'a', euro, b"\xa3\xe2\x82\xac");
        guest.accepts(language, "echo_option_u32", &None::<u32>, &[b"\xce\0\0\0\x07"], b"\x07");
    }
}

#[test]
fn guests_refuse_replies_of_another_type() {
    let bad: &[(&str, &[u8])] = &[
        ("echo_u8", b""),
        ("echo_u8", b"\xcd\x01\0"),
        ("echo_u8", b"\xff"),
        ("echo_u8", b"\x07\x07"),
        ("echo_u8", b"\xc1"),
        ("echo_i8", b"\xcc\x80"),
        ("echo_i64", b"\xcf\x80\0\0\0\0\0\0\0"),
        ("echo_bool", b"\x01"),
        ("echo_f32", b"\xce\x01\0\0\x01"),
        ("echo_f64", b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff"),
        ("echo_char", b"\xa2ab"),
        ("echo_char", b"\xa0"),
        ("echo_str", b"\xa2\xc3\xff"),
        ("echo_str", b"\xdb\xff\xff\xff\xffx"),
        ("echo_bytes", b"\x91\xcd\x01\0"),
        ("echo_bytes", b"\xc6\xff\xff\xff\xffx"),
        ("echo_seq_i64", b"\xdd\xff\xff\xff\xff"),
        ("echo_map_str_u32", b"\xdf\xff\xff\xff\xff"),
        ("echo_tuple", b"\x92\x01\xa0"),
        ("echo_array", b"\x94\x01\x01\x01\x01"),
        ("echo_point", b"\x81\xa1x\x01"),
        ("echo_point", b"\x83\xa1x\x01\xa1x\x01\xa1y\x01"),
        ("echo_point", b"\x93\x01\x01\x01"),
        ("echo_point", b"\x82\xa1x\x01\xa1y\xc7\x01\x05\0"),
        ("echo_level", b"\xa4high"),
        ("echo_level", b"\x81\xa3low\xc0"),
        ("echo_choice", b"\xa1B"),
        ("echo_choice", b"\x82\xa1B\x07\xa1A\xc0"),
        ("echo_choice", b"\x80"),
        ("echo_figure", b"\x81\xa4Oval\x07"),
        ("echo_anything", b"\xc7\x01\x05\0"),
    ];
    for language in languages() {
        let mut guest = Guest::new(language);
        for (name, reply) in bad {
            let args = match *name {
                "echo_str" | "echo_char" | "echo_anything" => codec::to_vec(&("a",)),
                "echo_bytes" => codec::to_vec(&([1_u8].as_slice(),)),
                "echo_bool" => codec::to_vec(&(true,)),
                "echo_seq_i64" => codec::to_vec(&([1].as_slice(),)),
                "echo_map_str_u32" => codec::to_vec(&(BTreeMap::<String, u32>::new(),)),
                "echo_tuple" => codec::to_vec(&((1, "a", true),)),
                "echo_array" => codec::to_vec(&([1.0_f32; 3],)),
                "echo_point" => codec::to_vec(&(POINT,)),
                "echo_level" => codec::to_vec(&(Level::Low,)),
                "echo_choice" => codec::to_vec(&(Choice::A,)),
                "echo_figure" => codec::to_vec(&(Figure::Nothing,)),
                _ => codec::to_vec(&(1,)),
            };
            guest.store.data_mut().reply = Some(reply.to_vec());
            let (status, _) = guest.call(name, &args.unwrap());
            assert_eq!(status, -4, "{language}, {name}: {reply:02x?}");
        }
        // in Rust, no bytes are nil to a type that looks at the data first
        if language != "rust" {
            guest.store.data_mut().reply = Some(Vec::new());
            let (status, _) = guest.call("echo_anything", &codec::to_vec(&("a",)).unwrap());
            assert_eq!(status, -4, "{language}: no bytes");
        }
        guest.store.data_mut().reply = Some([b"\x91".repeat(100), b"\xc0".to_vec()].concat());
        let (status, _) = guest.call("echo_anything", &codec::to_vec(&("a",)).unwrap());
        assert_eq!(status, -4, "{language}: what nests too deep");
        let (status, _) = guest.call("echo_u8", b"\x91\xa1a");
        assert_eq!(status, -3, "{language}: arguments of another type");
    }
}

/// A guest in Zig, where there is one.
fn in_zig() -> Option<Guest> {
    languages().contains(&"zig").then(|| Guest::new("zig"))
}

#[test]
fn what_a_host_claims_is_not_believed() {
    let Some(mut guest) = in_zig() else { return };
    let long = 1_u64 << 20 << 32;
    let claims = [(long, 0), (long, u32::MAX), (long, 0x7fff_0000), (0xffff_ffff << 32, 4), (1 << 33, 0)];
    for claim in claims {
        guest.store.data_mut().claim = Some(claim);
        assert_eq!(guest.call("echo_u8", b"\x91\x07").0, -4, "{claim:x?}");
    }
    // a status that means nothing is a failure, with or without a malformed reply
    for word in [1, 0x7fff_ffff, 0xc1_u64 << 32 | 9] {
        guest.store.data_mut().claim = Some((word, 0));
        assert_eq!(guest.call("echo_u8", b"\x91\x07"), (-6, vec![]), "{word:x}");
    }
    guest.store.data_mut().claim = Some((0xffff_fc00, 0));
    assert_eq!(guest.call("echo_u8", b"\x91\x07"), (-1024, vec![]));
    guest.store.data_mut().claim = None;
    assert_eq!(guest.call("echo_u8", b"\x91\x07"), (0, vec![7]));
}

#[test]
fn memory_that_somebody_else_took_is_left_alone() {
    const PAGE: usize = 65_536;
    let Some(mut guest) = in_zig() else { return };
    let memory = guest.instance.get_memory(&mut guest.store, "memory").unwrap();
    let mut taken = Vec::new();
    for size in [1_000, 100_000, 300_000] {
        let page = memory.grow(&mut guest.store, 1).unwrap();
        let at = usize::try_from(page).unwrap() * PAGE;
        memory.data_mut(&mut guest.store)[at..at + PAGE].fill(0x5a);
        taken.push(at);
        let bytes: Vec<u8> = (0..=255).cycle().take(size).collect();
        for _ in 0..3 {
            let args = codec::to_vec(&(bytes.as_slice(),)).unwrap();
            assert_eq!(guest.call("echo_bytes", &args), (0, args[1..].to_vec()), "{size}");
        }
        for at in &taken {
            let page = &memory.data(&guest.store)[*at..*at + PAGE];
            assert!(page.iter().all(|byte| *byte == 0x5a), "{size}: the page at {at}");
        }
    }
}

#[test]
fn what_is_long_is_written_in_one_place() {
    let Some(mut guest) = in_zig() else { return };
    let numbers: Vec<i64> = (0..1_000_000).map(|n| n << 20).collect();
    let args = codec::to_vec(&(&numbers,)).unwrap();
    let (status, result) = guest.call("echo_seq_i64", &args);
    assert_eq!(status, 0);
    assert!(result == args[1..]);
    let memory = guest.instance.get_memory(&mut guest.store, "memory").unwrap();
    // the input, the decoded value and the encoded value, in both directions, without copies of each part
    assert!(memory.data_size(&guest.store) < 8 * args.len(), "{} bytes", memory.data_size(&guest.store));
}
