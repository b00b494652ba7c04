use alloc::boxed::Box;
use core::cell::{Cell, OnceCell};
use core::iter;

use super::allowance::{Allowance, SPARE};

/// Room for bytes that are to be borrowed from arguments which hold them as an array of integers.
///
/// It allocates nothing until such an array turns up. With an [`Allowance`] it also bounds what is decoded with it,
/// owned values included.
///
/// ```
/// use hostfn_abi::codec::{self, Scratch};
///
/// let integers = [0x91, 0x93, 0x00, 0x01, 0xcc, 0xff];
/// let mut scratch = Scratch::new();
/// let (bytes,): (&[u8],) = codec::decode_args_with(&integers, &scratch)?;
/// assert_eq!(bytes, [0, 1, 255]);
/// scratch.clear();
/// # Ok::<(), codec::Error>(())
/// ```
#[derive(Debug)]
pub struct Scratch {
    used: Cell<usize>,
    shelf: OnceCell<Box<Shelf>>,
    allowance: Option<Box<dyn Allowance>>,
    /// Bytes that decoded values may take up before the allowance is asked.
    spare: usize,
    /// Bytes that were taken from the allowance.
    taken: Cell<usize>,
}

/// The least that is taken at once.
const CHUNK: usize = 64 * 1024;

/// Each shelf is twice as long as the one before, so that neither finding the last nor dropping
/// them all depends on how many arrays a guest sends.
#[derive(Debug)]
struct Shelf {
    slots: Box<[OnceCell<Box<[u8]>>]>,
    next: OnceCell<Box<Shelf>>,
}

impl Scratch {
    /// An empty scratch.
    pub const fn new() -> Self {
        Self {
            used: Cell::new(0),
            shelf: OnceCell::new(),
            allowance: None,
            spare: usize::MAX,
            taken: Cell::new(0),
        }
    }

    /// An empty scratch: values that are decoded with it take from `allowance` what they take up.
    ///
    /// ```
    /// # use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    /// # use hostfn_abi::codec::{self, Allowance, ErrorKind, Scratch};
    /// #[derive(Debug)]
    /// struct Left(AtomicUsize);
    ///
    /// impl Allowance for Left {
    ///     fn take(&self, bytes: usize) -> bool {
    ///         self.0.try_update(Relaxed, Relaxed, |left| left.checked_sub(bytes)).is_ok()
    ///     }
    ///     fn give_back(&self, bytes: usize) {
    ///         self.0.fetch_add(bytes, Relaxed);
    ///     }
    /// }
    ///
    /// let scratch = Scratch::within(Left(AtomicUsize::new(1 << 20)));
    /// let nothing = codec::to_vec(&vec![None::<u64>; 100_000])?;
    /// let error = codec::decode_with::<Vec<Option<String>>>(&nothing, &scratch).unwrap_err();
    /// assert_eq!(*error.kind(), ErrorKind::OutOfMemory);
    /// # Ok::<(), codec::Error>(())
    /// ```
    pub fn within(allowance: impl Allowance + 'static) -> Self {
        Self { allowance: Some(Box::new(allowance)), spare: SPARE, ..Self::new() }
    }

    /// Frees everything that was put here, and gives back what decoded values took up.
    #[inline]
    pub fn clear(&mut self) {
        if self.used.get() | self.taken.get() > 0 {
            self.empty();
        }
    }

    #[cold]
    fn empty(&mut self) {
        self.used.set(0);
        self.shelf.take();
        let taken = self.hand_over();
        if let Some(allowance) = &self.allowance {
            allowance.give_back(taken);
        }
    }

    /// The bytes that decoded values took from the allowance: who keeps the values gives them back.
    pub fn hand_over(&self) -> usize {
        self.taken.replace(0)
    }

    /// Bytes that decoded values may take up before the allowance is asked.
    #[inline]
    pub(super) fn spare(&self) -> usize {
        self.spare
    }

    /// Takes so many bytes or more; returns how many.
    pub(super) fn ask(&self, bytes: usize) -> Option<usize> {
        let Some(allowance) = &self.allowance else { return Some(bytes) };
        let more = [bytes.max(CHUNK), bytes];
        let granted = more.into_iter().find(|&bytes| allowance.take(bytes))?;
        self.taken.set(self.taken.get() + granted);
        Some(granted)
    }

    pub(super) fn keep(&self, bytes: Box<[u8]>) -> &[u8] {
        let mut index = self.used.get();
        self.used.set(index + 1);
        let mut current = self.shelf.get_or_init(|| Box::new(Shelf::new(4)));
        loop {
            let len = current.slots.len();
            if let Some(slot) = current.slots.get(index) {
                return slot.get_or_init(|| bytes);
            }
            index -= len;
            current = current.next.get_or_init(|| Box::new(Shelf::new(2 * len)));
        }
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Shelf {
    fn new(len: usize) -> Self {
        Self { slots: iter::repeat_with(OnceCell::new).take(len).collect(), next: OnceCell::new() }
    }
}
