//! Text from bytes. Host functions read names and paths more than anything else, and most of these are short and ASCII: the
//! standard library takes about 150 instructions for 16 bytes that are not aligned, this takes about 20.

/// Longer text is as fast in the standard library, which looks at many bytes at a time.
#[cfg(not(target_arch = "wasm32"))]
const SHORT: usize = 64;

/// The bytes as text, if they are UTF-8.
#[cfg(not(target_arch = "wasm32"))]
#[inline]
pub(super) fn text(bytes: &[u8]) -> Option<&str> {
    if bytes.len() <= SHORT && is_ascii(bytes) {
        Some(trusted(bytes))
    } else {
        core::str::from_utf8(bytes).ok()
    }
}

/// The bytes as text, if they are UTF-8. A guest is to be small.
#[cfg(target_arch = "wasm32")]
#[inline]
pub(super) fn text(bytes: &[u8]) -> Option<&str> {
    core::str::from_utf8(bytes).ok()
}

#[cfg(not(target_arch = "wasm32"))]
#[expect(unsafe_code, reason = "there is no safe way from ASCII to text but the check that this saves")]
#[inline]
fn trusted(ascii: &[u8]) -> &str {
    // SAFETY: the one caller has found no byte above 0x7f, and such bytes are UTF-8 in any order
    unsafe { core::str::from_utf8_unchecked(ascii) }
}

/// The last word overlaps with the one before, so that no byte is looked at alone.
#[cfg(not(target_arch = "wasm32"))]
#[inline]
fn is_ascii(bytes: &[u8]) -> bool {
    let bits = if let Some(last) = bytes.last_chunk::<8>() {
        let (words, _) = bytes.as_chunks::<8>();
        words.iter().fold(u64::from_ne_bytes(*last), |bits, word| bits | u64::from_ne_bytes(*word))
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        u64::from(u32::from_ne_bytes(*first) | u32::from_ne_bytes(*last))
    } else {
        bytes.iter().fold(0, |bits, byte| bits | u64::from(*byte))
    };
    bits & 0x8080_8080_8080_8080 == 0
}
