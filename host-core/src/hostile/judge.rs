//! The invariants, each checked against what one guest did.

use std::time::Duration;

use hostfn_abi::{Status, Value, Word, codec};

use super::args::Kind;
use super::guest::{ARENA, ARENA_LEN, CANARY, FACTS};
use super::report::{FunctionReport, Invariant};
use super::scene::{Alloc, Ends, Granted, Scene};
use crate::error::{Code, Error};
use crate::observe::{Decision, Record};
use crate::policy::Limits;
use crate::spec::{FnMetadata, TypeShape, fits};

/// The time after the time limit in which a call has to end.
pub(super) const SLACK: Duration = Duration::from_secs(2);

/// The outcome of one guest.
pub(super) struct Outcome {
    pub(super) result: Result<Value, Error>,
    /// The calls of the function, by this instance.
    pub(super) records: Vec<Record>,
    pub(super) elapsed: Duration,
    pub(super) usable: bool,
    pub(super) poison: Option<String>,
}

/// The function, and what its calls are compared with.
pub(super) struct Judge<'a> {
    pub(super) spec: &'static FnMetadata,
    pub(super) reply: &'a TypeShape,
    pub(super) limits: Limits,
}

/// The facts that the guest returns.
struct Facts<'a> {
    word: Word,
    reply_ptr: i32,
    last_block: i32,
    calls: i32,
    arena: &'a [u8],
}

impl Facts<'_> {
    fn read(value: &Value) -> Option<Facts<'_>> {
        let Value::Bytes(bytes) = value else { return None };
        let (facts, arena) = bytes.split_at_checked(FACTS.try_into().ok()?)?;
        let number = |at: usize| facts[at..at + 4].try_into().ok().map(i32::from_le_bytes);
        Some(Facts {
            word: Word::from_i64(i64::from_le_bytes(facts[..8].try_into().ok()?)),
            reply_ptr: number(8)?,
            last_block: number(16)?,
            calls: number(20)?,
            arena,
        })
    }

    /// The reply, if it is in the arena.
    fn reply(&self) -> Option<&[u8]> {
        let at = usize::try_from(self.reply_ptr - ARENA).ok()?;
        self.arena.get(at..)?.get(..self.word.len() as usize)
    }
}

impl Judge<'_> {
    /// Adds a finding for each invariant that the guest broke. Returns the status that the guest got, if it got one.
    pub(super) fn judge(
        &self,
        scene: &Scene,
        outcome: &Outcome,
        report: &mut FunctionReport,
    ) -> Option<Status> {
        let mut add = |invariant, message: String| report.add(invariant, &scene.name, message);
        self.records(scene, outcome, &mut add);
        if outcome.elapsed > self.limits.time + SLACK {
            add(Invariant::Hang, format!("it took {:?}", outcome.elapsed));
        }
        let panicked = outcome.records.iter().any(|record| record.panicked);
        // an allocator that was cut off ends the instance, and its guest may go on
        let ends_well = scene.ends == Ends::Well && !panicked;
        if let (Some(poison), Ok(_), true) = (&outcome.poison, &outcome.result, ends_well) {
            add(Invariant::State, format!("the instance is poisoned: {poison}"));
        }
        let value = match (&outcome.result, scene.ends) {
            (Ok(_), Ends::Badly) => {
                let invariant = if scene.lie > 0 { Invariant::State } else { Invariant::Quota };
                add(invariant, "the guest was not stopped".to_owned());
                return None;
            }
            (Ok(value), _) => value,
            (Err(error), Ends::Well) if !panicked && !is_limit(error) => {
                add(Invariant::State, format!("the call failed: {error}"));
                return None;
            }
            (Err(_), _) => return None,
        };
        if !outcome.usable && ends_well {
            add(Invariant::State, "the instance takes no more calls".to_owned());
        }
        let Some(facts) = Facts::read(value) else {
            add(Invariant::State, format!("the result of the guest is {value:?}"));
            return None;
        };
        self.status(scene, &facts, panicked, &mut add);
        memory(scene, &facts, &mut add);
        if scene.is_single() && facts.word.status().is_ok() {
            self.reply(scene, &facts, &mut add);
        }
        let recorded = i32::try_from(outcome.records.len()).unwrap_or(i32::MAX);
        if scene.is_single() && recorded != facts.calls {
            add(Invariant::Record, format!("{} calls have {recorded} records", facts.calls));
        }
        if let (true, Some(record)) = (scene.is_single(), outcome.records.last())
            && record.status != Some(facts.word.status().code())
        {
            let status = record.status;
            add(Invariant::Record, format!("the guest got {}, recorded is {status:?}", facts.word.status()));
        }
        Some(facts.word.status())
    }

    fn records(&self, scene: &Scene, outcome: &Outcome, add: &mut impl FnMut(Invariant, String)) {
        for record in &outcome.records {
            let message = record.message.as_deref().unwrap_or_default();
            if record.panicked {
                add(Invariant::Panic, format!("the function panicked: {message}"));
            } else if record.status == Some(Status::INTERNAL.code())
                && record.decision != Some(Decision::Shut)
            {
                add(Invariant::HostFailure, format!("`INTERNAL`: {message}"));
            }
            let closed = matches!(scene.granted, Granted::No | Granted::Revoked);
            if closed && record.decision != Some(Decision::NotGranted) {
                add(Invariant::Gate, format!("decided {:?} without a grant", record.decision));
            }
            if record.decision == Some(Decision::OutOfScope) && record.scope_value.is_none() {
                add(Invariant::Record, "a value out of scope was not recorded".to_owned());
            }
            let (Some(value), Some(sent)) = (&record.scope_value, &scene.scoped) else { continue };
            let own = record.decision == Some(Decision::Refused);
            if scene.is_single() && scene.kind == Kind::Valid && sent.len() < 4_000 && value != sent && !own {
                let name = self.spec.requirement().scoped_param().unwrap_or_default();
                add(Invariant::Record, format!("`{name}` is {sent:?}, and {value:?} was matched"));
            }
        }
    }

    fn status(
        &self,
        scene: &Scene,
        facts: &Facts<'_>,
        panicked: bool,
        add: &mut impl FnMut(Invariant, String),
    ) {
        let status = facts.word.status();
        if status.code() > 0 || (-1023..=-8).contains(&status.code()) {
            add(Invariant::Status, format!("the status is {}, which is reserved", status.code()));
        }
        if status == Status::INTERNAL && facts.word.len() > 0 {
            add(Invariant::Status, "`INTERNAL` has a reply".to_owned());
        }
        let refused = [Status::NO_CAPABILITY, Status::BAD_INPUT, Status::QUOTA_EXCEEDED];
        match scene.granted {
            Granted::No | Granted::Revoked if status != Status::NO_CAPABILITY => {
                add(Invariant::Gate, format!("the status is {status} without a grant"));
            }
            Granted::Elsewhere if status.is_ok() => {
                add(Invariant::Gate, "it ran for a value outside the grant".to_owned());
            }
            Granted::Yes if scene.kind == Kind::Malformed && !panicked && !refused[1..].contains(&status) => {
                add(Invariant::Input, format!("the status is {status}"));
            }
            _ => {}
        }
        let calls = u32::try_from(facts.calls).unwrap_or(u32::MAX);
        if calls > self.limits.calls && !refused.contains(&status) {
            add(Invariant::Quota, format!("call {calls} returned {status}"));
        }
    }

    fn reply(&self, scene: &Scene, facts: &Facts<'_>, add: &mut impl FnMut(Invariant, String)) {
        let len = facts.word.len();
        if len > 0 && facts.reply_ptr == 0 {
            add(Invariant::Reply, format!("a reply of {len} bytes is nowhere"));
        }
        // elsewhere, it overlaps what the guest itself wrote
        if scene.alloc != Alloc::Block && len > 0 {
            return;
        }
        let bytes = if len == 0 { Some(&[][..]) } else { facts.reply() };
        let Some(bytes) = bytes else { return };
        let value = if bytes.is_empty() { Ok(Value::Nil) } else { codec::decode::<Value>(bytes) };
        match value {
            Err(error) => add(Invariant::Reply, format!("the reply is not MessagePack: {error}")),
            Ok(value) => {
                if let Err(what) = fits(&value, &self.reply.shape, &self.reply.types) {
                    add(Invariant::Reply, format!("the reply has another type: {what}"));
                }
            }
        }
    }
}

/// The arena is unchanged outside the window and the last block.
fn memory(scene: &Scene, facts: &Facts<'_>, add: &mut impl FnMut(Invariant, String)) {
    // each of its blocks is another, or more than one reply was placed
    if !scene.is_single() || scene.alloc == Alloc::MoveWindow {
        return;
    }
    let within = |at: i32, range: Option<(i32, i32)>| {
        range.is_some_and(|(start, len)| at >= start && i64::from(at) < i64::from(start) + i64::from(len))
    };
    let len = i32::try_from(facts.word.len()).unwrap_or(i32::MAX);
    let block = (facts.last_block != 0).then_some((facts.last_block, len));
    let changed = (ARENA..ARENA + ARENA_LEN)
        .zip(facts.arena)
        .find(|&(at, &byte)| byte != CANARY && !within(at, scene.window) && !within(at, block));
    if let Some((at, _)) = changed {
        add(Invariant::GuestMemory, format!("byte {at:#x} was written, outside the window and the block"));
    }
}

/// A limit may end any call: functions wait, and machines are slow.
fn is_limit(error: &Error) -> bool {
    matches!(error.code(), Code::TimedOut | Code::Exhausted)
}
