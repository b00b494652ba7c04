//! A component, with the host functions of `bindgen!`.

use wasmtime::Store;
use wasmtime::component::{Component, HasSelf, Linker};

use crate::Peer;
use crate::glue::engine;
use crate::guest::{self, ARGS, Function, GREETED, Row};

wasmtime::component::bindgen!({
    inline: r"
        package bench:peers;
        interface functions {
            record person { name: string, street: string, city: string, country: string }
            add: func(a: u64, b: u64) -> u64;
            greet: func(name: string) -> string;
            swap: func(person: person) -> person;
            bytes-in: func(data: list<u8>) -> u64;
            echo: func(data: list<u8>) -> list<u8>;
            log: func(line: string);
        }
        world bench {
            import functions;
            export run: func(calls: u32);
            export once: func() -> list<u8>;
        }
    ",
});

use bench::peers::functions::{Host, Person};

#[derive(Default)]
struct State {
    lines: u64,
}

impl Host for State {
    fn add(&mut self, a: u64, b: u64) -> u64 {
        a.wrapping_add(b)
    }

    fn greet(&mut self, name: String) -> String {
        format!("Hello, {name}!")
    }

    fn swap(&mut self, person: Person) -> Person {
        person
    }

    fn bytes_in(&mut self, data: Vec<u8>) -> u64 {
        data.len() as u64
    }

    fn echo(&mut self, data: Vec<u8>) -> Vec<u8> {
        data
    }

    fn log(&mut self, line: String) {
        self.lines += line.len() as u64;
    }
}

struct InComponent {
    row: &'static Row,
    store: Store<State>,
    bench: Bench,
}

/// The address of a result that is more than a number.
const RESULT: usize = 512;

fn component(row: &Row) -> Vec<u8> {
    let args = match row.function {
        Function::Add => Vec::new(),
        Function::Greet | Function::Log => GREETED.as_bytes().to_vec(),
        Function::Person => texts().concat().into_bytes(),
        Function::BytesIn | Function::Echo => guest::data(row).into_vec(),
    };
    let data: String = args.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let bytes = format!("(i32.const {ARGS}) (i32.const {})", args.len());
    let result = format!("(i32.const {RESULT})");
    // the function's type, its core type, one call, and the place of the reply's bytes after it
    let kept = format!("(i64.store {result} (call $f {bytes}))");
    let pair =
        |ptr: usize, len: usize| format!("(i64.store (i32.const 520) (i64.const {}))", len << 32 | ptr);
    let number = format!("{} (i32.const 520)", pair(RESULT, 8));
    let (ty, core, call, reply) = match row.function {
        Function::Add => (
            r#"(func (param "a" u64) (param "b" u64) (result u64))"#,
            "(param i64 i64) (result i64)",
            format!("(i64.store {result} (call $f (i64.const 5) (i64.const 7)))"),
            number,
        ),
        Function::Greet => (
            r#"(func (param "name" string) (result string))"#,
            "(param i32 i32 i32)",
            format!("(call $f {bytes} {result})"),
            result.clone(),
        ),
        Function::Person => {
            let mut at = ARGS;
            let flat: String = texts()
                .iter()
                .map(|text| {
                    at += text.len();
                    format!("(i32.const {}) (i32.const {})", at - text.len(), text.len())
                })
                .collect();
            (
                r#"(func (param "person" $person) (result $person))"#,
                "(param i32 i32 i32 i32 i32 i32 i32 i32 i32)",
                format!("(global.set $at (i32.const {})) (call $f {flat} {result})", guest::BLOCK),
                format!("{} (i32.const 520)", pair(guest::BLOCK, args.len())),
            )
        }
        Function::BytesIn => {
            (r#"(func (param "data" (list u8)) (result u64))"#, "(param i32 i32) (result i64)", kept, number)
        }
        Function::Echo => (
            r#"(func (param "data" (list u8)) (result (list u8)))"#,
            "(param i32 i32 i32)",
            format!("(call $f {bytes} {result})"),
            result.clone(),
        ),
        Function::Log => (
            r#"(func (param "line" string))"#,
            "(param i32 i32)",
            format!("(call $f {bytes})"),
            format!("{} (i32.const 520)", pair(0, 0)),
        ),
    };
    let name = match row.function {
        Function::Add => "add",
        Function::Greet => "greet",
        Function::Person => "swap",
        Function::BytesIn => "bytes-in",
        Function::Echo => "echo",
        Function::Log => "log",
    };
    let advance = if row.function == Function::Person {
        "(i32.add (global.get $at) (local.get 3))"
    } else {
        "(global.get $at)"
    };
    let text = format!(
        r#"(component
            (import "bench:peers/functions" (instance $host
                (type $fields (record
                    (field "name" string) (field "street" string) (field "city" string) (field "country" string)))
                (export "person" (type $person (eq $fields)))
                (export "{name}" {ty})))
            (core module $memory
                (memory (export "memory") 256)
                (global $at (export "at") (mut i32) (i32.const {block}))
                (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                    global.get $at
                    (global.set $at {advance})))
            (core instance $m (instantiate $memory))
            (core func $lowered (canon lower (func $host "{name}")
                (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
            (core module $main
                (import "h" "f" (func $f {core}))
                (import "m" "memory" (memory 256))
                (import "m" "at" (global $at (mut i32)))
                (data (i32.const {ARGS}) "{data}")
                (func (export "run") (param $n i32)
                    (loop $again
                        {call}
                        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
                (func (export "once") (result i32) {call} {reply}))
            (core instance $i (instantiate $main
                (with "h" (instance (export "f" (func $lowered))))
                (with "m" (instance $m))))
            (func (export "run") (param "calls" u32) (canon lift (core func $i "run")))
            (func (export "once") (result (list u8)) (canon lift (core func $i "once") (memory (core memory $m "memory")))))"#,
        block = guest::BLOCK,
    );
    wat::parse_str(text).expect("the component is valid")
}

fn texts() -> [String; 4] {
    let guest::Person { name, street, city, country } = guest::Person::ada();
    [name, street, city, country]
}

pub(crate) fn new(row: &'static Row) -> Option<Box<dyn Peer>> {
    let engine = engine();
    let component = Component::new(&engine, component(row)).expect("the component compiles");
    let mut linker = Linker::new(&engine);
    Bench::add_to_linker::<_, HasSelf<_>>(&mut linker, |state: &mut State| state)
        .expect("the names are free");
    let mut store = Store::new(&engine, State::default());
    store.set_epoch_deadline(1 << 40);
    let bench = Bench::instantiate(&mut store, &component, &linker).expect("the component starts");
    Some(Box::new(InComponent { row, store, bench }))
}

impl Peer for InComponent {
    fn run(&mut self) {
        self.bench.call_run(&mut self.store, self.row.calls).expect("the guest runs");
    }

    fn verify(&mut self) {
        let reply = self.bench.call_once(&mut self.store).expect("the guest runs");
        let expected = match self.row.function {
            Function::Add => 12_u64.to_le_bytes().to_vec(),
            Function::Greet => format!("Hello, {GREETED}!").into_bytes(),
            Function::Person => texts().concat().into_bytes(),
            Function::BytesIn => (self.row.size as u64).to_le_bytes().to_vec(),
            Function::Echo => guest::data(self.row).into_vec(),
            Function::Log => Vec::new(),
        };
        assert_eq!(reply, expected);
        if self.row.function == Function::Log {
            assert_eq!(self.store.data().lines, GREETED.len() as u64);
        }
    }
}
