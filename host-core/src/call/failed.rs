use hostfn_abi::codec::{self, Spilling};
use hostfn_abi::limits::MAX_ERROR_BYTES;
use hostfn_abi::{ErrorReply, Status};

use super::placed::Placed;
use super::spill::Spill;
use crate::observe::Fault;

/// A call that failed before its function could answer.
#[derive(Debug)]
pub struct Failed {
    /// Where the message for the guest was left.
    pub placed: Placed,
    /// Why.
    pub fault: Fault,
}

/// An error reply that cannot be encoded, or is too long, is dropped, and the status stands.
pub(super) fn place_error(status: Status, reply: &ErrorReply, sink: &mut Spilling<'_>) -> Placed {
    sink.lower_limit(MAX_ERROR_BYTES as usize);
    match codec::encode(reply, sink) {
        Ok(()) => Placed::new(status, sink),
        Err(_) => Placed::nothing(status),
    }
}

impl Fault {
    /// Places the error reply for the guest.
    #[cold]
    pub(super) fn place(mut self, window: &mut [u8], spill: &mut Spill) -> Failed {
        let status = self.status();
        let mut sink = spill.beside(window, usize::MAX);
        let placed = match self.reply() {
            Some(reply) => place_error(status, &reply, &mut sink),
            None => Placed::nothing(status),
        };
        self.drop_detail();
        Failed { placed, fault: self }
    }
}
