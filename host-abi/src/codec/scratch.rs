use alloc::boxed::Box;
use core::cell::{Cell, OnceCell};
use core::iter;

/// Room for bytes that are to be borrowed from arguments which hold them as an array of integers.
///
/// It allocates nothing until such an array turns up.
///
/// ```
/// use host_abi::codec::{self, Scratch};
///
/// let integers = [0x91, 0x93, 0x00, 0x01, 0xcc, 0xff];
/// let mut scratch = Scratch::new();
/// let (bytes,): (&[u8],) = codec::decode_args_with(&integers, &scratch)?;
/// assert_eq!(bytes, [0, 1, 255]);
/// scratch.clear();
/// # Ok::<(), codec::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Scratch {
    used: Cell<usize>,
    shelf: OnceCell<Box<Shelf>>,
}

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
        Self { used: Cell::new(0), shelf: OnceCell::new() }
    }

    /// Frees everything that was put here.
    #[inline]
    pub fn clear(&mut self) {
        if self.used.replace(0) > 0 {
            self.shelf.take();
        }
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

impl Shelf {
    fn new(len: usize) -> Self {
        Self { slots: iter::repeat_with(OnceCell::new).take(len).collect(), next: OnceCell::new() }
    }
}
