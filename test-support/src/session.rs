//! One call of a host function through a session, without an engine.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use hostfn::engine::{
    Composition, CompositionBuilder, Import, MissingCapability, Outcome, RecordedCall, Session,
};
use hostfn::spec::ReplySlot;
use hostfn::{Grants, HostFnSpec, Limits, Status};

use crate::probe::registry;

/// The guest's side of calls of one function.
#[derive(Debug)]
pub struct Caller {
    /// Its session.
    pub session: Session,
    import: Import,
}

/// The reply of a call.
#[derive(Debug, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: Status,
    /// The reply.
    pub bytes: Vec<u8>,
    /// True for a reply that did not fit the window.
    pub is_spilled: bool,
    /// The window after the call, which had `0xee` everywhere.
    pub window: Vec<u8>,
}

impl Caller {
    /// Opens a session of the plugin `probe`, in a host that has `spec` and what `with` adds, with these bytes as limits of
    /// arguments and of replies.
    pub fn new(
        spec: &'static HostFnSpec,
        (args, reply): (u32, u32),
        grants: &Grants,
        with: impl FnOnce(CompositionBuilder) -> CompositionBuilder,
    ) -> Self {
        let mut limits = Limits::default();
        (limits.args, limits.reply) = (args, reply);
        let builder = Composition::builder(registry(&[spec])).limits(limits).missing(MissingCapability::Deny);
        let composition = with(builder).build().unwrap();
        let subject = composition.subject("probe", None, composition.imports()).unwrap();
        let session = subject.session(grants).open().unwrap();
        Self { session, import: composition.imports().next().unwrap() }
    }

    /// Makes a call with a reply window of so many bytes.
    pub fn call(&mut self, args: &[u8], window: usize) -> Answer {
        self.call_of(args, u32::try_from(args.len()).unwrap(), window)
    }

    /// Makes a call of a guest that names `args_len` bytes of arguments, of which `args` are in its memory.
    pub fn call_of(&mut self, args: &[u8], args_len: u32, window: usize) -> Answer {
        let mut window = vec![0xee; window];
        let placed = match self.session.call_into(self.import, args, args_len, &mut window) {
            Outcome::Unrecorded(placed) => placed,
            Outcome::Recorded(call) => recorded(*call),
        };
        self.answer(placed, window)
    }

    /// Makes a call of an async function, and returns how often its future was polled.
    pub fn call_async(&mut self, args: &[u8], window: usize) -> (Answer, u32) {
        let (mut window, args_len) = (vec![0xee; window], u32::try_from(args.len()).unwrap());
        let mut polls = 0;
        let call = match self.session.start_in(self.import, args, args_len) {
            Ok(pending) => {
                let mut pending = pin!(pending.wait());
                let mut cx = Context::from_waker(Waker::noop());
                let completed = loop {
                    polls += 1;
                    if let Poll::Ready(completed) = pending.as_mut().poll(&mut cx) {
                        break completed;
                    }
                };
                self.session.finish_into(completed, &mut window)
            }
            Err(refused) => refused,
        };
        (self.answer(recorded(call), window), polls)
    }

    fn answer(&mut self, placed: ReplySlot, window: Vec<u8>) -> Answer {
        let spill = self.session.take_spilled();
        let bytes: &[u8] = if placed.is_spilled() { &spill } else { &window };
        let bytes = bytes[..placed.len() as usize].to_vec();
        Answer { status: placed.status(), bytes, is_spilled: placed.is_spilled(), window }
    }
}

fn recorded(call: RecordedCall) -> ReplySlot {
    let placed = call.placed().unwrap();
    call.report(placed.word());
    placed
}
