//! Modules that are small, valid, and meant to cost a host much to load.

use hostfn::wasm::Metric;

use crate::module::{END, Module, drops, leb, name, times, zeros};

/// The expected outcome of a module under the default limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It is refused for this metric, among others.
    Refused(Metric),
    /// It is loaded, within the bound.
    Loaded,
}

use Expected::{Loaded, Refused};

pub struct Shape {
    pub name: &'static str,
    pub expected: Expected,
    pub build: fn() -> Vec<u8>,
}

const fn shape(name: &'static str, expected: Expected, build: fn() -> Vec<u8>) -> Shape {
    Shape { name, expected, build }
}

pub const SHAPES: &[Shape] = &[
    // over one limit of a function, a type or the module
    shape("bytes", Refused(Metric::ModuleBytes), || custom_bytes(17 << 20)),
    shape("imports", Refused(Metric::Imports), many_imports),
    shape("functions", Refused(Metric::Functions), || many_functions(50_001)),
    shape("wide_type", Refused(Metric::TypeSlots), || trampolines(200, 1_000)),
    shape("signatures", Refused(Metric::SignatureSlots), || trampolines(5_000, 127)),
    shape("long_body", Refused(Metric::BodyBytes), || one(0, &times(270_000, &[0x01]))),
    shape("controls", Refused(Metric::Control), || one(1, &if_else(4_500))),
    shape("locals", Refused(Metric::Locals), || many_locals(20, 49_990)),
    shape("deep_blocks", Refused(Metric::BlockDepth), || one(0, &nested(0x02, 80_000))),
    shape("loop_nest", Refused(Metric::LoopDepth), || one(0, &nested(0x03, 1_000))),
    shape("loop_locals", Refused(Metric::LoopLocals), || one(500, &loops_over(32, 500))),
    shape("tall_stack", Refused(Metric::StackHeight), || one(0, &tall(10_000))),
    shape("block_values", Refused(Metric::BlockValues), || blocks_of(120, 200, 1)),
    shape("call_values", Refused(Metric::CallValues), || calls_of(64, 64, 1_000, 1)),
    shape("indirect", Refused(Metric::IndirectCalls), || indirect(5_000, 1)),
    shape("targets", Refused(Metric::BranchTargets), || one(0, &br_table(40_000))),
    // every function just below the limits
    shape("spread_controls", Refused(Metric::ControlSquares), || spread(20, 1, &if_else(2_700))),
    shape("spread_bodies", Refused(Metric::BodySquares), || spread(2, 0, &times(260_000, &[0x01]))),
    shape("spread_loops", Refused(Metric::LoopSquares), || spread(60, 250, &loops_over(32, 250))),
    shape("spread_stacks", Refused(Metric::StackSquares), || spread(500, 0, &tall(500))),
    shape("spread_blocks", Refused(Metric::BlockValueSum), || blocks_of(120, 60, 160)),
    shape("spread_calls", Refused(Metric::CallValueSum), || calls_of(64, 64, 500, 70)),
    shape("spread_indirect", Refused(Metric::IndirectSquares), || indirect(4_000, 40)),
    shape("spread_targets", Refused(Metric::BranchTargetSum), || spread(18, 0, &br_table(32_000))),
    shape("spread_mixed", Refused(Metric::ControlSquares), spread_mixed),
    shape("dead_code", Refused(Metric::Control), || one(1, &[vec![0x00], if_else(4_500)].concat())),
    // what a host has to bear
    shape("under_mixed", Loaded, under_mixed),
    shape("under_targets", Loaded, || one(0, &br_table(30_000))),
    shape("under_trampolines", Loaded, || trampolines(40, 120)),
    shape("under_loops", Loaded, || spread(1, 100, &loops_over(16, 100))),
    shape("under_calls", Loaded, || calls_of(60, 60, 50, 4)),
    shape("many_types", Loaded, many_types),
    shape("many_exports", Loaded, many_exports),
    shape("many_data", Loaded, many_data),
    shape("distant_data", Loaded, distant_data),
    shape("many_elements", Loaded, many_elements),
    shape("distant_elements", Loaded, distant_elements),
    shape("many_globals", Loaded, many_globals),
    shape("long_names", Loaded, long_names),
    shape("broken_names", Loaded, broken_names),
    shape("many_customs", Loaded, many_customs),
    shape("huge_memory", Loaded, || Module { pages: Some(65_536), ..Module::default() }.build()),
    shape("huge_table", Loaded, || Module { table: Some(u32::MAX.into()), ..Module::default() }.build()),
    shape("endless_start", Loaded, endless_start),
];

/// The most of each shape that the default limits admit: loaded within the bound, in a release build.
pub const HEAVY: &[Shape] = &[
    shape("most_controls", Loaded, || one(1, &if_else(4_000))),
    shape("most_functions", Loaded, || many_functions(50_000)),
    shape("most_signatures", Loaded, || trampolines(4_000, 127)),
    shape("most_loops", Loaded, || spread(14, 255, &loops_over(32, 255))),
    shape("most_blocks", Loaded, || blocks_of(120, 60, 140)),
    shape("most_calls", Loaded, || calls_of(64, 64, 25, 1_280)),
    shape("most_indirect", Loaded, || indirect(4_000, 30)),
    shape("most_targets", Loaded, || spread(16, 0, &br_table(32_000))),
    shape("most_stacks", Loaded, || spread(380, 0, &tall(510))),
];

/// One function without parameters.
fn one(locals: u64, body: &[u8]) -> Vec<u8> {
    Module::new(0, 0).function(0, locals, body).build()
}

fn spread(count: usize, locals: u64, body: &[u8]) -> Vec<u8> {
    Module::new(0, 0).functions(count, 0, locals, body).build()
}

/// Conditions with results that are kept in local 0.
fn if_else(count: usize) -> Vec<u8> {
    // local.get 0, if (result i32), i32.const 1, else, i32.const 2, end, local.set 0
    times(count, &[0x20, 0, 0x04, 0x7f, 0x41, 1, 0x05, 0x41, 2, END, 0x21, 0])
}

/// Blocks or loops inside each other.
fn nested(opcode: u8, count: usize) -> Vec<u8> {
    [times(count, &[opcode, 0x40]), vec![END; count]].concat()
}

/// Loops inside each other, in the innermost of which every local is changed.
fn loops_over(depth: usize, locals: u64) -> Vec<u8> {
    let change = |local: u64| [vec![0x20], leb(local), vec![0x41, 1, 0x6a, 0x21], leb(local)].concat();
    let changes: Vec<u8> = (0..locals).flat_map(change).collect();
    // each goes on as long as local 0 is not zero
    let ends = times(depth, &[0x20, 0, 0x0d, 0, END]);
    [times(depth, &[0x03, 0x40]), changes, ends].concat()
}

fn tall(height: usize) -> Vec<u8> {
    [zeros(height), drops(height)].concat()
}

fn br_table(targets: u64) -> Vec<u8> {
    let zeros = times(usize::try_from(targets).unwrap(), &[0]);
    [vec![0x02, 0x40, 0x41, 0, 0x0e], leb(targets), zeros, vec![0, END]].concat()
}

/// Functions of so many blocks that take and return so many values.
fn blocks_of(values: usize, blocks: usize, functions: usize) -> Vec<u8> {
    let half = values / 2;
    let body = [zeros(half), times(blocks, &[0x02, 1, END]), drops(half)].concat();
    Module::new(0, 0).ty(half, half).functions(functions, 0, 0, &body).build()
}

/// Functions of so many calls of a function with so many parameters and results.
fn calls_of(params: usize, results: usize, calls: usize, functions: usize) -> Vec<u8> {
    let mut module = Module::new(params, results).ty(0, 0);
    module.function(0, 0, &zeros(results));
    let call = [zeros(params), vec![0x10, 0], drops(results)].concat();
    module.functions(functions, 1, 0, &times(calls, &call)).build()
}

fn indirect(calls: usize, functions: usize) -> Vec<u8> {
    let mut module = Module::new(0, 0);
    module.table = Some(10);
    module.functions(functions, 0, 0, &times(calls, &[0x41, 0, 0x11, 0, 0])).build()
}

/// Functions in a table, each of which needs a trampoline.
fn trampolines(functions: usize, slots: usize) -> Vec<u8> {
    let (params, results) = (slots / 2, slots - slots / 2);
    let mut module = Module::new(params, results);
    module.functions(functions, 0, 0, &zeros(results));
    module.table = Some(functions as u64);
    let all: Vec<Vec<u8>> = (0..functions).map(|at| leb(at as u64)).collect();
    module.elements = vec![[vec![0, 0x41, 0, END], leb(functions as u64), all.concat()].concat()];
    module.build()
}

fn many_functions(count: usize) -> Vec<u8> {
    Module::new(0, 0).functions(count, 0, 0, &[]).build()
}

fn many_locals(functions: usize, locals: u64) -> Vec<u8> {
    Module::new(0, 0).functions(functions, 0, locals, &[]).build()
}

fn many_imports() -> Vec<u8> {
    let mut module = Module::new(2, 0);
    let import = [name("host"), name("host_set_result"), vec![0, 0]].concat();
    module.imports = vec![import; 20_000];
    module.build()
}

fn many_types() -> Vec<u8> {
    let mut module = Module::new(0, 0);
    module.types.extend((0..30_000).map(|at| (at % 60, at % 7)));
    module.build()
}

fn many_exports() -> Vec<u8> {
    let mut module = Module::new(0, 0);
    module.function(0, 0, &[]);
    module.exports = (0..20_000).map(|at| [name(&format!("e{at}")), vec![0, 0]].concat()).collect();
    module.build()
}

fn many_data() -> Vec<u8> {
    let segment = |at: u64| [vec![0, 0x41], leb(at % 60), vec![END, 1, 7]].concat();
    Module { data: (0..30_000).map(segment).collect(), ..Module::default() }.build()
}

fn distant_data() -> Vec<u8> {
    // i32.const -1
    let far = vec![0, 0x41, 0x7f, END, 1, 7];
    let near = vec![0, 0x41, 0, END, 1, 7];
    Module { data: vec![near, far], ..Module::default() }.build()
}

fn many_elements() -> Vec<u8> {
    let mut module = Module::new(0, 0);
    module.function(0, 0, &[]).table = Some(8);
    module.elements = vec![vec![0, 0x41, 0, END, 1, 0]; 30_000];
    module.build()
}

fn distant_elements() -> Vec<u8> {
    let mut module = Module::new(0, 0);
    module.function(0, 0, &[]).table = Some(u32::MAX.into());
    module.elements = vec![vec![0, 0x41, 0x7e, END, 1, 0]];
    module.build()
}

fn many_globals() -> Vec<u8> {
    // sums of many constants, which are computed when it is instantiated
    let init = [vec![0x7f, 0, 0x41, 1], times(20, &[0x41, 1, 0x6a]), vec![END]].concat();
    Module { globals: vec![init; 5_000], ..Module::default() }.build()
}

/// A name of a megabyte for one function, and names for functions that do not exist.
fn long_names() -> Vec<u8> {
    let mut module = Module::new(0, 0);
    module.function(0, 0, &[]);
    let mut names = [leb(0), name(&"n".repeat(1 << 20))].concat();
    for at in 1..20_000 {
        names.extend([leb(at), name("ghost")].concat());
    }
    let map = [leb(20_000), names].concat();
    module.custom.push(("name", [vec![1], leb(map.len() as u64), map].concat()));
    module.build()
}

fn broken_names() -> Vec<u8> {
    let mut module = Module::new(0, 0);
    module.function(0, 0, &[]);
    module.custom.push(("name", vec![1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0xff, 0xff]));
    module.build()
}

fn many_customs() -> Vec<u8> {
    Module { custom: vec![("producers", vec![0]); 30_000], ..Module::default() }.build()
}

fn custom_bytes(bytes: usize) -> Vec<u8> {
    Module { custom: vec![("padding", vec![0; bytes])], ..Module::default() }.build()
}

fn endless_start() -> Vec<u8> {
    let mut module = Module::new(0, 0);
    // loop, br 0, end
    module.function(0, 0, &[0x03, 0x40, 0x0c, 0, END]).start = Some(0);
    module.build()
}

/// Conditions, nested loops, blocks with values, deep stacks and indirect calls in each function.
fn mixed(scale: usize) -> Vec<u8> {
    [
        if_else(scale),
        loops_over(4, 20),
        tall(scale.min(400)),
        zeros(8),
        times(scale / 4, &[0x02, 1, END]),
        drops(8),
        times(scale / 4, &[0x41, 0, 0x11, 0, 0]),
        br_table(scale as u64),
    ]
    .concat()
}

fn spread_mixed() -> Vec<u8> {
    let mut module = Module::new(0, 0).ty(8, 8);
    module.table = Some(10);
    module.functions(12, 0, 20, &mixed(2_500)).build()
}

fn under_mixed() -> Vec<u8> {
    let mut module = Module::new(0, 0).ty(8, 8);
    module.table = Some(10);
    module.functions(3, 0, 20, &mixed(200)).build()
}
