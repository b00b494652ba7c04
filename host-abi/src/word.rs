use core::fmt;

use crate::Status;

/// The packed result of a call: its status, and the length of its reply.
///
/// The status is the low half, so a failure without a reply is a *positive* `i64`: never test the
/// sign of the whole.
///
/// ```
/// use hostfn_abi::{Status, Word};
///
/// let word = Word::new(Status::NO_CAPABILITY, 0);
/// assert_eq!(word.to_i64(), 4_294_967_295);
/// assert_eq!(Word::from_i64(4_294_967_295).status(), Status::NO_CAPABILITY);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Word(u64);

impl Word {
    /// The word of a call that ended with `status` and left a reply of `len` bytes.
    pub const fn new(status: Status, len: u32) -> Self {
        Self((len as u64) << 32 | status.code().cast_unsigned() as u64)
    }

    /// Returns how the call ended.
    #[expect(clippy::cast_possible_truncation, reason = "the status is the low half")]
    pub const fn status(self) -> Status {
        Status::new((self.0 as u32).cast_signed())
    }

    /// Length of the reply in bytes.
    #[expect(clippy::len_without_is_empty, reason = "a word without a reply is not an empty word")]
    pub const fn len(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// As it crosses the boundary.
    pub const fn to_i64(self) -> i64 {
        self.0.cast_signed()
    }

    /// From what crossed the boundary; every `i64` is a word.
    pub const fn from_i64(word: i64) -> Self {
        Self(word.cast_unsigned())
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Word").field("status", &self.status()).field("len", &self.len()).finish()
    }
}
