use std::fmt;

use hostfn_abi::codec::Spilling;
use hostfn_abi::{Status, Word};

/// The place where a reply was left, and with what status.
///
/// One machine word, so that it passes through a `Result` in registers: the ABI's word, with the
/// length's top bit set when the reply was spilled. No reply is as long as that bit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ReplySlot(u64);

/// The most bytes that a reply can have.
pub(super) const LONGEST_REPLY: u32 = i32::MAX.cast_unsigned();
const SPILLED: u64 = 1 << 63;

impl ReplySlot {
    #[inline]
    pub(super) fn new(status: Status, sink: &Spilling<'_>) -> Self {
        if sink.has_spilled() {
            Self::spilled(status, sink.len())
        } else {
            Self::in_window(status, sink.len())
        }
    }

    #[inline]
    pub(super) fn in_window(status: Status, len: usize) -> Self {
        // every sink refuses to grow beyond `LONGEST_REPLY`
        #[expect(clippy::cast_possible_truncation)]
        let len = len as u32;
        ReplySlot(Word::new(status, len).to_i64().cast_unsigned())
    }

    #[inline]
    pub(super) fn spilled(status: Status, len: usize) -> Self {
        ReplySlot(Self::in_window(status, len).0 | SPILLED)
    }

    pub(crate) const fn nothing(status: Status) -> Self {
        ReplySlot(Word::new(status, 0).to_i64().cast_unsigned())
    }

    /// The word that a guest gets when the reply is where it is to be.
    #[inline]
    pub const fn word(self) -> Word {
        Word::from_i64((self.0 & !SPILLED).cast_signed())
    }

    /// The status.
    #[inline]
    pub const fn status(self) -> Status {
        self.word().status()
    }

    /// The reply's length in bytes.
    #[expect(clippy::len_without_is_empty, reason = "a reply of length 0 is no reply, not an empty one")]
    #[inline]
    pub const fn len(self) -> u32 {
        self.word().len()
    }

    /// Returns whether the reply is in the spill buffer of the session, and not at the start of the window.
    #[inline]
    pub const fn is_spilled(self) -> bool {
        self.0 & SPILLED != 0
    }
}

impl fmt::Debug for ReplySlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.is_spilled() { "spilled" } else { "in the window" };
        write!(f, "{} bytes {place}, {}", self.len(), self.status())
    }
}
