use hostfn_abi::codec::{self, Spilling};
use hostfn_abi::limits::MAX_ERROR_BYTES;
use hostfn_abi::{ErrorReply, Status};

use super::reply_slot::ReplySlot;
use super::spill::SpillBuffer;
use crate::observe::Fault;

/// A call that failed before its function could answer.
#[derive(Debug)]
pub struct CallFailure {
    /// The place where the message for the guest was left.
    pub placed: ReplySlot,
    /// The reason.
    pub fault: Fault,
}

/// An error reply that cannot be encoded, or is too long, is dropped, and the status stands.
pub(super) fn place_error(status: Status, reply: &ErrorReply, sink: &mut Spilling<'_>) -> ReplySlot {
    sink.lower_limit(MAX_ERROR_BYTES as usize);
    match codec::encode(reply, sink) {
        Ok(()) => ReplySlot::new(status, sink),
        Err(_) => ReplySlot::nothing(status),
    }
}

impl Fault {
    /// Places the error reply for the guest.
    #[cold]
    pub(super) fn place(mut self, window: &mut [u8], spill: &mut SpillBuffer) -> CallFailure {
        let status = self.status();
        let mut sink = spill.beside(window, usize::MAX);
        let placed = match self.reply() {
            Some(reply) => place_error(status, &reply, &mut sink),
            None => ReplySlot::nothing(status),
        };
        self.drop_detail();
        CallFailure { placed, fault: self }
    }
}
