use super::error::{Error, ErrorKind};
use super::read::{Head, Reader};
use crate::limits::MAX_DEPTH;

/// Takes one value off `input`, of any depth, without recursion: `depth` arrays and maps are open
/// around it.
pub(super) fn skip(input: &mut Reader<'_>, depth: usize) -> Result<(), Error> {
    let mut outer = [0_usize; MAX_DEPTH as usize];
    let mut open = depth;
    let mut left = 1_usize;
    loop {
        while left > 0 {
            left -= 1;
            if input.eat_sized(&SIZES) {
                continue;
            }
            let start = input.offset();
            let inner = contents(input).map_err(|e| e.or_at(start))?;
            if let Some(len) = inner {
                let Some(slot) = outer.get_mut(open) else {
                    return Err(Error::from(ErrorKind::TooDeep).or_at(start));
                };
                *slot = left;
                open += 1;
                left = len;
            }
        }
        if open == depth {
            return Ok(());
        }
        open -= 1;
        left = outer[open];
    }
}

/// Takes a scalar whole and of an array or map the head; returns how many values follow inside it.
fn contents(input: &mut Reader<'_>) -> Result<Option<usize>, Error> {
    match input.head() {
        Head::Array(len) => return Ok(Some(len)),
        Head::Map(len) => return Ok(Some(2 * len)),
        Head::Str(len) => drop(input.text(len)?),
        Head::Bin(len) => drop(input.take(len)?),
        Head::F32 => drop(input.f32()?),
        Head::F64 => drop(input.f64()?),
        Head::Bad(error) => return Err(error),
        _ => {}
    }
    Ok(None)
}

/// For each marker how long the value is, if the marker tells; 0 if not.
static SIZES: [u8; 256] = sizes();

const fn sizes() -> [u8; 256] {
    let mut sizes = [0; 256];
    let mut marker = 0_u8;
    loop {
        sizes[marker as usize] = match marker {
            0x00..=0x7f | 0xc0 | 0xc2 | 0xc3 | 0xe0..=0xff => 1,
            0xcc | 0xd0 => 2,
            0xcd | 0xd1 => 3,
            0xca | 0xce | 0xd2 => 5,
            0xcb | 0xcf | 0xd3 => 9,
            _ => 0,
        };
        if marker == 0xff {
            return sizes;
        }
        marker += 1;
    }
}
