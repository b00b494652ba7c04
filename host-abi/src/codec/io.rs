use alloc::vec::Vec;
use std::io::{self, Write};

use super::sink::{Full, Sink};

/// A [`Sink`] that writes to an [`io::Write`]. Give it a buffered one: every header is a write.
///
/// ```
/// use hostfn_abi::codec::{self, IoSink};
///
/// let mut sink = IoSink::new(Vec::new());
/// codec::encode(&("a", 1), &mut sink)?;
/// assert_eq!(sink.finish()?, b"\x92\xa1a\x01");
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct IoSink<W> {
    writer: W,
    failed: Option<io::Error>,
    held: Vec<u8>,
    holds: usize,
}

impl<W: Write> IoSink<W> {
    /// A sink that writes to `writer`.
    pub const fn new(writer: W) -> Self {
        Self { writer, failed: None, held: Vec::new(), holds: 0 }
    }

    /// Flushes, and gives the writer back.
    ///
    /// # Errors
    /// The writer's first error, which was [`Full`] for the encoder.
    pub fn finish(mut self) -> io::Result<W> {
        match self.failed {
            Some(error) => Err(error),
            None => self.writer.flush().map(|()| self.writer),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Full> {
        self.writer.write_all(bytes).map_err(|error| {
            self.failed.get_or_insert(error);
            Full
        })
    }
}

impl<W: Write> Sink for IoSink<W> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        if self.holds > 0 {
            return self.held.put(bytes);
        }
        self.write(bytes)
    }

    fn hold(&mut self) -> usize {
        self.holds += 1;
        self.held.len()
    }

    fn release(&mut self, mark: usize, header: &[u8]) -> Result<(), Full> {
        self.held.release(mark, header)?;
        self.holds -= 1;
        if self.holds > 0 {
            return Ok(());
        }
        let held = core::mem::take(&mut self.held);
        self.write(&held)
    }
}
