use core::fmt;

/// Bytes of buffers and decoded values that are not asked for: every call may have so many. A value of 64 KiB with its
/// header and a little around it fits.
pub const SPARE: usize = 65 * 1024;

/// Memory that somebody else accounts for: asked for before it is allocated.
///
/// A [`Scratch`](super::Scratch) with an allowance bounds what decoded values take up, and a
/// [`Spilling`](super::Spilling) sink with one bounds its spill. Neither asks for its first [`SPARE`] bytes.
pub trait Allowance: fmt::Debug + Send + Sync {
    /// Takes so many bytes; returns whether there were so many.
    fn take(&self, bytes: usize) -> bool;

    /// Gives so many bytes back.
    fn give_back(&self, bytes: usize);
}
