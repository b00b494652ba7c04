//! `MessagePack` to blocks and back.

use hostfn::abi::{Value, codec};

use crate::json;
use crate::kind::{Kind, Types};
use crate::session::Values;

/// A byte that begins no value: the arguments are refused as those of any guest that sends nonsense.
const NONSENSE: u8 = 0xc1;

/// Begins an array of so many elements.
pub(crate) fn array(len: usize, out: &mut Vec<u8>) {
    match u16::try_from(len) {
        Ok(len @ 0..16) => out.push(0x90 | len.to_be_bytes()[1]),
        Ok(len) => {
            out.push(0xdc);
            out.extend(len.to_be_bytes());
        }
        Err(_) => out.push(NONSENSE),
    }
}

/// Writes an argument. A block that is no value of its kind becomes a byte that decodes as nothing.
pub(crate) fn argument(
    block: &[u8],
    kind: &Kind,
    types: &Types,
    values: Values,
    most: usize,
    out: &mut Vec<u8>,
) {
    let start = out.len();
    if write(block, kind, types, values, most, out).is_none() {
        out.truncate(start);
        out.push(NONSENSE);
    }
}

fn write(
    block: &[u8],
    kind: &Kind,
    types: &Types,
    values: Values,
    most: usize,
    out: &mut Vec<u8>,
) -> Option<()> {
    let mut scalar = |mark: u8, little_endian: &[u8]| {
        out.push(mark);
        out.extend(little_endian.iter().rev());
    };
    match kind {
        Kind::Unit if block.is_empty() || block == b"null" => out.push(0xc0),
        Kind::Unit => return None,
        Kind::Bool => match block {
            [0] => out.push(0xc2),
            [1] => out.push(0xc3),
            _ => return None,
        },
        Kind::U32 => scalar(0xce, <&[u8; 4]>::try_from(block).ok()?),
        Kind::I32 => scalar(0xd2, <&[u8; 4]>::try_from(block).ok()?),
        Kind::F32 => scalar(0xca, <&[u8; 4]>::try_from(block).ok()?),
        Kind::U64 => scalar(0xcf, <&[u8; 8]>::try_from(block).ok()?),
        Kind::I64 => scalar(0xd3, <&[u8; 8]>::try_from(block).ok()?),
        Kind::F64 => scalar(0xcb, <&[u8; 8]>::try_from(block).ok()?),
        Kind::Str => long(0xdb, block, out)?,
        Kind::Bytes => long(0xc6, block, out)?,
        Kind::Maybe(_) if block.is_empty() => out.push(0xc0),
        Kind::Maybe(inner) => write(block, inner, types, values, most, out)?,
        Kind::Value(_) if block.is_empty() => return None,
        Kind::Value(shape) => match values {
            Values::MessagePack => out.extend_from_slice(block),
            Values::Json => json::read(block, shape, types, most, out)?,
        },
    }
    Some(())
}

fn long(mark: u8, bytes: &[u8], out: &mut Vec<u8>) -> Option<()> {
    out.push(mark);
    out.extend(u32::try_from(bytes.len()).ok()?.to_be_bytes());
    out.extend_from_slice(bytes);
    Some(())
}

/// The block of a reply. `None` for one that the session never sends.
pub(crate) fn reply<'r>(
    reply: &'r [u8],
    kind: &Kind,
    values: Values,
    out: &'r mut Vec<u8>,
) -> Option<&'r [u8]> {
    out.clear();
    match kind {
        Kind::Unit => {}
        Kind::Str | Kind::Bytes => return content(reply),
        Kind::Maybe(_) if reply == [0xc0] => {}
        Kind::Maybe(inner) => return self::reply(reply, inner, values, out),
        Kind::Bool => out.push(u8::from(codec::decode::<bool>(reply).ok()?)),
        Kind::U32 => out.extend(codec::decode::<u32>(reply).ok()?.to_le_bytes()),
        Kind::I32 => out.extend(codec::decode::<i32>(reply).ok()?.to_le_bytes()),
        Kind::U64 => out.extend(codec::decode::<u64>(reply).ok()?.to_le_bytes()),
        Kind::I64 => out.extend(codec::decode::<i64>(reply).ok()?.to_le_bytes()),
        Kind::F32 => out.extend(codec::decode::<f32>(reply).ok()?.to_le_bytes()),
        Kind::F64 => out.extend(codec::decode::<f64>(reply).ok()?.to_le_bytes()),
        Kind::Value(_) => match values {
            Values::MessagePack => return Some(reply),
            Values::Json => json::write(&codec::decode::<Value>(reply).ok()?, out),
        },
    }
    Some(out)
}

/// The content of text or bytes.
fn content(value: &[u8]) -> Option<&[u8]> {
    let (head, len) = match *value.first()? {
        mark @ 0xa0..=0xbf => (1, usize::from(mark & 0x1f)),
        0xd9 | 0xc4 => (2, usize::from(*value.get(1)?)),
        0xda | 0xc5 => (3, usize::from(u16::from_be_bytes(value.get(1..3)?.try_into().ok()?))),
        0xdb | 0xc6 => (5, u32::from_be_bytes(value.get(1..5)?.try_into().ok()?) as usize),
        _ => return None,
    };
    value.get(head..).filter(|content| content.len() == len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(block: &[u8], kind: &Kind) -> Vec<u8> {
        let mut out = Vec::new();
        argument(block, kind, &Types::new(), Values::Json, 1 << 20, &mut out);
        out
    }

    #[test]
    fn blocks_of_a_wrong_length_are_nonsense() {
        for kind in [Kind::Bool, Kind::U32, Kind::I32, Kind::F32, Kind::U64, Kind::I64, Kind::F64] {
            for len in [0, 1, 3, 5, 7, 9, 4096] {
                if (kind == Kind::Bool) != (len == 1) {
                    assert_eq!(args(&vec![7; len], &kind), [NONSENSE], "{kind:?} {len}");
                }
            }
        }
        assert_eq!(args(&[2], &Kind::Bool), [NONSENSE]);
        assert_eq!(args(&[], &Kind::Value(hostfn::audit::Shape::Char)), [NONSENSE]);
    }

    #[test]
    fn scalars_are_the_same_there_and_back() {
        let round = |kind: Kind, block: &[u8]| {
            let (wire, mut out) = (args(block, &kind), Vec::new());
            assert_eq!(reply(&wire, &kind, Values::Json, &mut out), Some(block), "{kind:?}");
        };
        round(Kind::U32, &u32::MAX.to_le_bytes());
        round(Kind::I32, &i32::MIN.to_le_bytes());
        round(Kind::U64, &u64::MAX.to_le_bytes());
        round(Kind::I64, &i64::MIN.to_le_bytes());
        round(Kind::F32, &1.5f32.to_le_bytes());
        round(Kind::F64, &(-0.1f64).to_le_bytes());
        round(Kind::Bool, &[1]);
        round(Kind::Str, "añb".as_bytes());
        round(Kind::Bytes, &[0, 255]);
        round(Kind::Bytes, &[]);
        round(Kind::Maybe(Box::new(Kind::U64)), &7u64.to_le_bytes());
        round(Kind::Maybe(Box::new(Kind::U64)), &[]);
    }
}
