//! The behaviour of one hostile guest, as numbers that the guest module reads.

use super::args::{Args, Kind};
use super::guest::{ARENA, ARGS_AT, BLOCK, WINDOW};
use crate::policy::Limits;
use crate::spec::FnMetadata;

/// The behaviour of a guest's allocator. The numbers are the guest module's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(super) enum Alloc {
    Block = 0,
    Null = 1,
    Minus1 = 2,
    LastByte = 3,
    OnArguments = 4,
    OnWindow = 5,
    Trap = 6,
    Loop = 7,
    Grow = 8,
    GrowBeyond = 9,
    Nested = 10,
    MoveWindow = 11,
    SetResult = 12,
    Log = 13,
    ChangeArguments = 14,
    Recurse = 15,
}

const ALLOCATORS: [Alloc; 16] = [
    Alloc::Block,
    Alloc::Null,
    Alloc::Minus1,
    Alloc::LastByte,
    Alloc::OnArguments,
    Alloc::OnWindow,
    Alloc::Trap,
    Alloc::Loop,
    Alloc::Grow,
    Alloc::GrowBeyond,
    Alloc::Nested,
    Alloc::MoveWindow,
    Alloc::SetResult,
    Alloc::Log,
    Alloc::ChangeArguments,
    Alloc::Recurse,
];

/// The grants of the plugin while it calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Granted {
    Yes,
    No,
    /// The scope covers none of the made-up values.
    Elsewhere,
    /// Taken back after the start.
    Revoked,
}

/// The expected end of the call into the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// The guest returns a well-formed result.
    Well,
    /// The guest is stopped, or its result is refused.
    Badly,
    /// Both are right: it depends on the reply.
    Either,
}

#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) name: String,
    pub(super) args: Vec<u8>,
    pub(super) kind: Kind,
    pub(super) scoped: Option<String>,
    pub(super) ptr: i32,
    pub(super) len: i32,
    pub(super) window: Option<(i32, i32)>,
    pub(super) alloc: Alloc,
    /// The function that the allocator calls: its place in the guest's table.
    pub(super) reenter: i32,
    pub(super) times: i32,
    pub(super) logs: i32,
    /// The number of the fault in the result of the guest's own export, from 1 on.
    pub(super) lie: i32,
    pub(super) granted: Granted,
    pub(super) ends: Ends,
}

impl Scene {
    pub(super) fn new(args: &Args) -> Self {
        Self {
            name: args.name.clone(),
            args: args.bytes.clone(),
            kind: args.kind,
            scoped: args.scoped.clone(),
            ptr: ARGS_AT,
            len: i32::try_from(args.bytes.len()).unwrap_or(i32::MAX),
            window: Some((WINDOW, 0x400)),
            alloc: Alloc::Block,
            reenter: -1,
            times: 1,
            logs: 0,
            lie: 0,
            granted: Granted::Yes,
            ends: Ends::Well,
        }
    }

    fn named(&self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self.clone() }
    }

    /// The call is made once, by the export alone.
    pub(super) fn is_single(&self) -> bool {
        self.times == 1 && self.reenter < 0 && self.alloc != Alloc::Recurse
    }

    /// The parameters, as the guest module reads them.
    pub(super) fn numbers(&self) -> [i32; 10] {
        let (window, cap) = self.window.unwrap_or((0, 0));
        let flag = i32::from(self.window.is_some());
        let alloc = self.alloc as i32;
        [self.ptr, self.len, window, cap, flag, alloc, self.reenter, self.times, self.logs, self.lie]
    }
}

/// All guests of a function. `functions` is the length of the guest's table, whose first entry is the function.
pub(super) fn scenes(spec: &FnMetadata, args: &[Args], functions: i32, limits: &Limits) -> Vec<Scene> {
    let mut found: Vec<Scene> = args.iter().map(Scene::new).collect();
    let base = Scene::new(&args[0]);
    grants(spec, args, &mut found);
    ranges(&base, &mut found);
    windows(&base, &mut found);
    for at in 0..functions {
        let mut scene = base.named(format!("the allocator calls function {at}"));
        (scene.window, scene.reenter, scene.ends) = (None, at, Ends::Either);
        found.push(scene);
    }
    for lie in 1..=6 {
        let mut scene = base.named(format!("the result of the export is wrong in way {lie}"));
        (scene.lie, scene.ends) = (lie, Ends::Badly);
        found.push(scene);
    }
    floods(&base, limits, &mut found);
    found
}

fn grants(spec: &FnMetadata, args: &[Args], found: &mut Vec<Scene>) {
    let Some(capability) = spec.capability() else { return };
    let mut with = |granted, what: &str, args: &[Args]| {
        for args in args {
            let mut scene = Scene::new(args);
            scene.name = format!("{what}, {}", args.name);
            scene.granted = granted;
            found.push(scene);
        }
    };
    let few = |most: usize| &args[..args.len().min(most)];
    with(Granted::No, "not granted", args);
    with(Granted::Revoked, "revoked", few(12));
    if capability.is_scoped() && spec.requirement().scoped_param().is_some() {
        let valid: Vec<Args> = args.iter().filter(|args| args.kind == Kind::Valid).cloned().collect();
        with(Granted::Elsewhere, "granted elsewhere", &valid);
    }
}

/// Ranges of arguments that do not lie in the memory, of which some have a length that no host allocates.
fn ranges(base: &Scene, found: &mut Vec<Scene>) {
    let end = 4 << 16;
    let ranges = [
        (end, 1),
        (end - 1, 2),
        (end + 1, 1),
        (-1, 1),
        (-1, -1),
        (1, -1),
        (i32::MIN, 1),
        (i32::MAX, 1),
        (i32::MAX, i32::MAX),
        (i32::MIN, i32::MIN),
        (ARGS_AT, i32::MAX),
        (ARGS_AT, end),
        (ARGS_AT, end - ARGS_AT + 1),
        (0, end + 1),
        (0, -4),
        (-16, 32),
    ];
    for (ptr, len) in ranges {
        let mut scene = base.named(format!("arguments at {ptr}, {len} bytes"));
        (scene.ptr, scene.len, scene.kind) = (ptr, len, Kind::Malformed);
        found.push(scene);
    }
    for (ptr, len) in [(0, end), (end - 1, 1), (ARENA, 0x4000), (end, 0), (-1, 0)] {
        let mut scene = base.named(format!("arguments are other memory at {ptr}, {len} bytes"));
        (scene.ptr, scene.len, scene.kind) = (ptr, len, Kind::Damaged);
        found.push(scene);
    }
}

/// Windows and allocators, each with each.
fn windows(base: &Scene, found: &mut Vec<Scene>) {
    let end = 4 << 16;
    let windows = [
        None,
        Some((WINDOW, 0)),
        Some((WINDOW, 1)),
        Some((ARGS_AT, 0x40)),
        Some((ARGS_AT + base.len - 1, 0x400)),
        Some((end - 1, 1)),
        Some((end - 1, 2)),
        Some((-1, 1)),
        Some((1, -1)),
        Some((BLOCK, 0x10)),
        Some((WINDOW, 0x400)),
    ];
    for window in windows {
        for alloc in ALLOCATORS {
            let mut scene = base.named(format!("window {window:?}, allocator {alloc:?}"));
            (scene.window, scene.alloc) = (window, alloc);
            scene.ends = match alloc {
                Alloc::Trap | Alloc::Loop | Alloc::Log | Alloc::Recurse => Ends::Either,
                _ => Ends::Well,
            };
            found.push(scene);
        }
    }
}

fn floods(base: &Scene, limits: &Limits, found: &mut Vec<Scene>) {
    let beyond = |limit: u32| i32::try_from(limit).ok().filter(|limit| *limit < 5_000).map(|limit| limit + 5);
    if let Some(times) = beyond(limits.calls) {
        let mut scene = base.named("more calls than the limit");
        (scene.times, scene.ends) = (times, Ends::Either);
        found.push(scene);
        let mut scene = base.named("more malformed calls than the limit");
        (scene.args, scene.len, scene.kind, scene.times) = (vec![0xc1], 1, Kind::Malformed, times);
        found.push(scene);
    }
    if let Some(times) = beyond(limits.refusals) {
        let mut scene = base.named("more refusals than the limit");
        (scene.args, scene.len, scene.times, scene.ends) = (vec![0xc1], 1, times, Ends::Badly);
        found.push(scene);
    }
    if let Some(logs) = beyond(limits.log_lines) {
        let mut scene = base.named("more lines of log than the limit");
        (scene.logs, scene.ends) = (logs, Ends::Badly);
        found.push(scene);
    }
}
