//! The guest module: one for each function, whose behaviour is chosen by numbers in its argument.

use std::borrow::Cow;

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind,
    ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection, InstructionSink,
    MemArg, MemorySection, MemoryType, Module, RefType, StartSection, TableSection, TableType, TypeSection,
    ValType,
};

use crate::registry::HostFnSpec;

/// The address of the argument of `run`: an array of one byte string with a header of 4 bytes.
const INPUT: i32 = 0x400;
const NUMBERS: i32 = INPUT + 4;
/// Bytes of numbers before the arguments of the host function.
pub(super) const NUMBER_BYTES: usize = 64;
#[expect(clippy::cast_possible_wrap, clippy::cast_possible_truncation, reason = "64")]
pub(super) const ARGS_AT: i32 = NUMBERS + NUMBER_BYTES as i32;
/// The part of the memory that is filled with [`CANARY`] before each call and returned after it.
pub(super) const ARENA: i32 = 0x2_0000;
pub(super) const ARENA_LEN: i32 = 0x4000;
pub(super) const WINDOW: i32 = ARENA + 0x800;
pub(super) const BLOCK: i32 = ARENA + 0x1800;
/// The longest reply that is allocated in the arena.
const BLOCK_LEN: i32 = 0x2000;
/// For longer ones.
const BIG_BLOCK: i32 = 0x3_0000;
pub(super) const CANARY: u8 = 0xa5;
/// Bytes of facts before the arena, in the result.
pub(super) const FACTS: i32 = 64;
const CONTENT: i32 = ARENA - FACTS;
const RESULT: i32 = CONTENT - 3;
const RESULT_LEN: i32 = FACTS + ARENA_LEN + 3;

/// When the guest calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    Run,
    Start,
    Init,
}

// the built-in imports, in this order
const SET_RESULT: u32 = 0;
const SET_WINDOW: u32 = 1;
const RESULT_PTR: u32 = 2;
const LOG: u32 = 3;
const ALLOC: u32 = 4;
const BUILTINS: [(&str, u32); 5] = [
    ("host_set_result", 0),
    ("host_set_window", 1),
    ("host_result_ptr", 2),
    ("host_log", 3),
    ("host_alloc", 4),
];

// the globals: facts, then the numbers of the scene
const IN_CALL: u32 = 0;
const ALLOCS: u32 = 1;
const LAST_BLOCK: u32 = 2;
const CALLS: u32 = 3;
const DEPTH: u32 = 4;
const PTR: u32 = 5;
const LEN: u32 = 6;
const WINDOW_PTR: u32 = 7;
const WINDOW_CAP: u32 = 8;
const HAS_WINDOW: u32 = 9;
const ALLOCATOR: u32 = 10;
const REENTER: u32 = 11;
const TIMES: u32 = 12;
const LOGS: u32 = 13;
const LIE: u32 = 14;
const GLOBALS: u32 = 15;

const CALL_TYPE: u32 = 5;

/// The module for the first of `functions`; the others are for its allocator. `args` are what it calls with at its start.
pub(super) fn module(functions: &[&'static HostFnSpec], when: When, args: &[u8]) -> Vec<u8> {
    let count = u32::try_from(functions.len()).unwrap_or(0);
    let imports = 5 + count;
    let (alloc, run, early) = (imports, imports + 1, imports + 2);
    let mut module = Module::new();
    module.section(&types());

    let mut section = ImportSection::new();
    for (name, ty) in BUILTINS {
        section.import("host", name, EntityType::Function(ty));
    }
    for spec in functions {
        section.import(spec.module(), spec.name(), EntityType::Function(CALL_TYPE));
    }
    module.section(&section);

    let mut section = FunctionSection::new();
    section.function(4).function(CALL_TYPE).function(if when == When::Init { 2 } else { 6 });
    module.section(&section);

    let mut section = TableSection::new();
    let size = u64::from(count);
    section.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: size,
        maximum: Some(size),
        shared: false,
    });
    module.section(&section);
    let mut section = MemorySection::new();
    section.memory(MemoryType {
        minimum: 4,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    module.section(&section);
    let mut section = GlobalSection::new();
    for _ in 0..GLOBALS {
        let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        section.global(ty, &ConstExpr::i32_const(0));
    }
    module.section(&section);

    let mut section = ExportSection::new();
    section.export("memory", ExportKind::Memory, 0);
    section.export("plugin_alloc", ExportKind::Func, alloc);
    section.export("run", ExportKind::Func, run);
    if when == When::Init {
        section.export("plugin_init", ExportKind::Func, early);
    }
    module.section(&section);
    if when == When::Start {
        module.section(&StartSection { function_index: early });
    }
    let mut section = ElementSection::new();
    let table: Vec<u32> = (5..imports).collect();
    section.active(None, &ConstExpr::i32_const(0), Elements::Functions(Cow::Owned(table)));
    module.section(&section);

    let mut code = CodeSection::new();
    code.function(&plugin_alloc()).function(&export_run()).function(&call_early(when, args.len()));
    module.section(&code);
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(ARGS_AT), args.iter().copied());
    module.section(&data);
    module.finish()
}

fn types() -> TypeSection {
    use ValType::{I32, I64};
    let mut types = TypeSection::new();
    types.ty().function([I32, I32], []);
    types.ty().function([I32, I32], [I32]);
    types.ty().function([], [I32]);
    types.ty().function([I32, I32, I32], []);
    types.ty().function([I32], [I32]);
    types.ty().function([I32, I32], [I64]);
    types.ty().function([], []);
    types
}

const fn at(offset: i32) -> MemArg {
    MemArg { offset: offset.unsigned_abs() as u64, align: 0, memory_index: 0 }
}

/// `if (global allocator == mode) { body }`
fn when_allocator(code: &mut InstructionSink<'_>, mode: i32, body: impl FnOnce(&mut InstructionSink<'_>)) {
    code.global_get(ALLOCATOR).i32_const(mode).i32_eq().if_(BlockType::Empty);
    body(code);
    code.end();
}

/// `plugin_alloc(len)`: the block of the arguments outside a call; else as the scene says.
fn plugin_alloc() -> Function {
    let mut function = Function::new([(1, ValType::I32)]);
    let mut sink = function.instructions();
    let code = &mut sink;
    code.global_get(IN_CALL).i32_eqz().if_(BlockType::Empty).i32_const(INPUT).return_().end();
    code.global_get(ALLOCS).i32_const(1).i32_add().global_set(ALLOCS);
    code.global_get(REENTER).i32_const(0).i32_ge_s().if_(BlockType::Empty);
    code.global_get(PTR).global_get(LEN).global_get(REENTER).call_indirect(0, CALL_TYPE).drop();
    code.end();

    when_allocator(code, 1, |code| {
        code.i32_const(0).return_();
    });
    when_allocator(code, 2, |code| {
        code.i32_const(-1).return_();
    });
    when_allocator(code, 3, |code| {
        code.memory_size(0).i32_const(16).i32_shl().i32_const(1).i32_sub().return_();
    });
    when_allocator(code, 4, |code| {
        code.global_get(PTR).global_set(LAST_BLOCK).global_get(PTR).return_();
    });
    when_allocator(code, 5, |code| {
        code.global_get(WINDOW_PTR).global_set(LAST_BLOCK).global_get(WINDOW_PTR).return_();
    });
    when_allocator(code, 6, |code| {
        code.unreachable();
    });
    when_allocator(code, 7, |code| {
        code.loop_(BlockType::Empty).br(0).end();
    });
    when_allocator(code, 8, |code| {
        code.i32_const(1).memory_grow(0).drop();
    });
    when_allocator(code, 9, |code| {
        code.i32_const(60_000).memory_grow(0).drop();
    });
    when_allocator(code, 10, |code| {
        code.local_get(0).call(ALLOC).drop();
    });
    when_allocator(code, 11, |code| {
        code.i32_const(WINDOW + 0x200).i32_const(0x10).call(SET_WINDOW).drop();
    });
    when_allocator(code, 12, |code| {
        code.i32_const(-8).i32_const(64).call(SET_RESULT);
    });
    when_allocator(code, 13, |code| {
        for (ptr, len) in [(-1, 1), (ARGS_AT, -1), (ARGS_AT, 32), (0, 1 << 17)] {
            code.i32_const(77).i32_const(ptr).i32_const(len).call(LOG);
        }
    });
    when_allocator(code, 14, |code| {
        code.i32_const(ARGS_AT).i32_const(0xc1).global_get(LEN).i32_const(0xffff).i32_and().memory_fill(0);
    });
    when_allocator(code, 15, |code| {
        // the host limits the depth; this is beyond any limit, and below the stack
        code.global_get(DEPTH).i32_const(1).i32_add().global_set(DEPTH);
        code.global_get(DEPTH).i32_const(100).i32_lt_s().if_(BlockType::Empty);
        code.global_get(PTR).global_get(LEN).i32_const(0).call_indirect(0, CALL_TYPE).drop();
        code.end();
    });
    code.i32_const(BLOCK).i32_const(BIG_BLOCK).local_get(0).i32_const(BLOCK_LEN).i32_le_u().select();
    code.local_set(1).local_get(1).global_set(LAST_BLOCK).local_get(1).end();
    function
}

/// `run(ptr, len)`: reads the scene, calls the function, and returns the facts and the arena.
fn export_run() -> Function {
    let (word, i) = (2, 3);
    let mut function = Function::new([(1, ValType::I64), (1, ValType::I32)]);
    let mut sink = function.instructions();
    let code = &mut sink;
    for number in 0..GLOBALS - PTR {
        code.i32_const(NUMBERS).i32_load(at(i32::try_from(4 * number).unwrap_or(0))).global_set(PTR + number);
    }
    for fact in [ALLOCS, LAST_BLOCK, CALLS, DEPTH] {
        code.i32_const(0).global_set(fact);
    }
    code.i32_const(ARENA).i32_const(CANARY.into()).i32_const(ARENA_LEN).memory_fill(0);
    code.i32_const(0).i32_const(0).call(SET_WINDOW).drop();
    code.global_get(HAS_WINDOW).if_(BlockType::Empty);
    code.global_get(WINDOW_PTR).global_get(WINDOW_CAP).call(SET_WINDOW).drop().end();
    repeat(code, i, LOGS, |code| {
        code.i32_const(2).i32_const(ARGS_AT).i32_const(16).call(LOG);
    });
    code.i32_const(1).global_set(IN_CALL);
    repeat(code, i, TIMES, |code| {
        code.global_get(CALLS).i32_const(1).i32_add().global_set(CALLS);
        code.global_get(PTR).global_get(LEN).i32_const(0).call_indirect(0, CALL_TYPE).local_set(word);
    });
    code.i32_const(0).global_set(IN_CALL);

    // a byte string of 16-bit length, as MessagePack
    let content = FACTS + ARENA_LEN;
    for (offset, byte) in [(0, 0xc5), (1, content >> 8), (2, content & 0xff)] {
        code.i32_const(RESULT + offset).i32_const(byte).i32_store8(at(0));
    }
    code.i32_const(CONTENT).local_get(word).i64_store(at(0));
    code.i32_const(CONTENT).call(RESULT_PTR).i32_store(at(8));
    for (offset, fact) in [(12, ALLOCS), (16, LAST_BLOCK), (20, CALLS)] {
        code.i32_const(CONTENT).global_get(fact).i32_store(at(offset));
    }
    lie(code, 1, i64::from(RESULT_LEN + 1) << 32, Some((RESULT, RESULT_LEN)));
    lie(code, 2, i64::from(RESULT_LEN) << 32, None);
    lie(code, 3, i64::from(RESULT_LEN) << 32, Some((-1, RESULT_LEN)));
    lie(code, 4, (i64::from(RESULT_LEN) << 32) | 0xffff_fffa, Some((RESULT, RESULT_LEN)));
    lie(code, 5, (i64::from(RESULT_LEN) << 32) | 7, Some((RESULT, RESULT_LEN)));
    lie(code, 6, 100 << 32, Some((ARENA, 100)));
    code.i32_const(RESULT).i32_const(RESULT_LEN).call(SET_RESULT);
    code.i64_const(i64::from(RESULT_LEN) << 32).end();
    function
}

/// Runs `body` as many times as a global says.
fn repeat(code: &mut InstructionSink<'_>, i: u32, times: u32, body: impl FnOnce(&mut InstructionSink<'_>)) {
    code.global_get(times).local_set(i).block(BlockType::Empty).loop_(BlockType::Empty);
    code.local_get(i).i32_eqz().br_if(1);
    body(code);
    code.local_get(i).i32_const(1).i32_sub().local_set(i).br(0).end().end();
}

/// Returns a result that breaks the ABI, if the scene says so.
fn lie(code: &mut InstructionSink<'_>, way: i32, word: i64, range: Option<(i32, i32)>) {
    code.global_get(LIE).i32_const(way).i32_eq().if_(BlockType::Empty);
    if let Some((ptr, len)) = range {
        code.i32_const(ptr).i32_const(len).call(SET_RESULT);
    }
    code.i64_const(word).return_().end();
}

/// The start function, or `plugin_init`: calls the function before the host has called the guest.
fn call_early(when: When, len: usize) -> Function {
    let mut function = Function::new([]);
    let mut sink = function.instructions();
    let len = i32::try_from(len).unwrap_or(0);
    for (ptr, len) in [(ARGS_AT, len), (-1, -1), (ARGS_AT, i32::MAX)] {
        sink.i32_const(ptr).i32_const(len).i32_const(0).call_indirect(0, CALL_TYPE).drop();
    }
    if when == When::Init {
        sink.i32_const(0);
    }
    sink.end();
    function
}
