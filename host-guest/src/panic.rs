//! The last log line of a panicking guest.

use core::fmt::{self, Display, Write};
use core::panic::{Location, PanicInfo};

/// A line of fixed length, cut where it would be longer: who panics may have no memory left.
struct Line {
    bytes: [u8; 1024],
    len: usize,
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let left = self.bytes.len() - self.len;
        let cut = text.floor_char_boundary(left);
        let end = self.len + cut;
        // never out of range, and said so without a panic of its own
        if let (Some(room), Some(text)) = (self.bytes.get_mut(self.len..end), text.as_bytes().get(..cut)) {
            room.copy_from_slice(text);
            self.len = end;
        }
        if cut < text.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

fn log(location: Option<&Location<'_>>, message: &dyn Display) {
    let mut line = Line { bytes: [0; 1024], len: 0 };
    // an error is a line that is full
    let _ = match location {
        Some(at) => write!(line, "panicked at {at}: {message}"),
        None => write!(line, "panicked: {message}"),
    };
    if let Some(Ok(line)) = line.bytes.get(..line.len).map(core::str::from_utf8) {
        crate::error(line);
    }
}

/// Reports a panic to the host's log: what [`panic_handler!`](crate::panic_handler) does before it stops the guest.
pub fn report(info: &PanicInfo<'_>) {
    log(info.location(), &info.message());
}

/// Installs the hook in a guest, once.
pub fn report_panics() {
    #[cfg(all(feature = "std", target_arch = "wasm32"))]
    {
        use core::sync::atomic::{AtomicBool, Ordering};

        static INSTALLED: AtomicBool = AtomicBool::new(false);
        if !INSTALLED.swap(true, Ordering::Relaxed) {
            install_panic_hook();
        }
    }
}

/// Reports every later panic to the host's log, as an error with its place and message. A guest without `std` defines its
/// handler by [`panic_handler!`](crate::panic_handler) instead.
///
/// In WebAssembly a guest with the feature `std` need not call it: the first call of [`init!`](crate::init) or of an
/// export does. A hook that the guest sets itself, from there on, replaces it.
///
/// ```
/// hostfn_guest::init! {
///     fn start() {
///         hostfn_guest::install_panic_hook();
///     }
/// }
/// ```
#[cfg(feature = "std")]
pub fn install_panic_hook() {
    std::panic::set_hook(std::boxed::Box::new(|info| {
        let message = info.payload_as_str().unwrap_or("no message");
        log(info.location(), &message);
    }));
}
