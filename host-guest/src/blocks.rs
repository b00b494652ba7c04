//! The blocks that `plugin_alloc` gave to the host, until the guest takes them back.
//!
//! What the host names later is looked up here, so a pointer that was never given out is refused
//! instead of freed.

use alloc::vec::Vec;

use crate::raw::{self, Slot};

static BLOCKS: Slot<Blocks> = Slot::new(Blocks(Vec::new()));

/// A block for the host to write to; 0 when there is no room for one.
pub(crate) fn alloc(len: i32) -> i32 {
    with(|blocks| blocks.alloc(len)).unwrap_or(0)
}

/// The block at `ptr`, of which `len` bytes are written; `None` when it was not given out, or is shorter.
pub(crate) fn claim(ptr: i32, len: i32) -> Option<Vec<u8>> {
    with(|blocks| blocks.claim(ptr, len))
}

/// `len` zeroes; `None` when there is no room for them.
pub(crate) fn zeroed(len: usize) -> Option<Vec<u8>> {
    let mut block = Vec::new();
    block.try_reserve_exact(len).ok()?;
    block.resize(len, 0);
    Some(block)
}

fn with<R>(f: impl FnOnce(&mut Blocks) -> R) -> R {
    let mut blocks = BLOCKS.take();
    let result = f(&mut blocks);
    BLOCKS.replace(blocks);
    result
}

#[derive(Default)]
struct Blocks(Vec<Vec<u8>>);

impl Blocks {
    fn alloc(&mut self, len: i32) -> Option<i32> {
        let len = unsigned(len).filter(|&len| len > 0)?;
        self.0.try_reserve(1).ok()?;
        let mut block = zeroed(len)?;
        let (ptr, _) = raw::range_mut(&mut block);
        self.0.push(block);
        Some(ptr)
    }

    fn claim(&mut self, ptr: i32, len: i32) -> Option<Vec<u8>> {
        let len = unsigned(len)?;
        let at = self.0.iter().position(|block| raw::range(block).0 == ptr && len <= block.len())?;
        let mut block = self.0.swap_remove(at);
        block.truncate(len);
        Some(block)
    }
}

fn unsigned(len: i32) -> Option<usize> {
    usize::try_from(len.cast_unsigned()).ok()
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::Blocks;

    #[test]
    fn a_block_is_claimed_once() {
        let mut blocks = Blocks::default();
        let (a, b) = (blocks.alloc(16).unwrap(), blocks.alloc(8).unwrap());
        assert_eq!(blocks.claim(a, 16), Some(vec![0; 16]));
        assert_eq!(blocks.claim(a, 16), None);
        assert_eq!(blocks.claim(b, 3), Some(vec![0; 3]));
    }

    #[test]
    fn what_was_not_given_out_is_refused() {
        let mut blocks = Blocks::default();
        let block = blocks.alloc(16).unwrap();
        assert_eq!(blocks.claim(block + 1, 8), None);
        assert_eq!(blocks.claim(block, 17), None);
        assert_eq!(blocks.claim(block, -1), None);
    }

    #[test]
    fn no_block_of_no_bytes_nor_of_more_than_there_is_room_for() {
        let mut blocks = Blocks::default();
        assert_eq!(blocks.alloc(0), None);
        #[cfg(target_pointer_width = "32")]
        assert_eq!(blocks.alloc(-1), None);
    }
}
