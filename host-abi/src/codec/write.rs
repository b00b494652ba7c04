#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "each stands behind a check of the range"
)]

use super::error::{Error, ErrorKind};
use super::sink::{Full, Sink};

/// The markers of something with a length.
pub(super) struct Form {
    /// For lengths below `short`, which it carries in its low bits.
    fix: u8,
    short: usize,
    with_u8: Option<u8>,
    with_u16: u8,
    with_u32: u8,
}

pub(super) const STR: Form =
    Form { fix: 0xa0, short: 32, with_u8: Some(0xd9), with_u16: 0xda, with_u32: 0xdb };
pub(super) const BIN: Form = Form { fix: 0, short: 0, with_u8: Some(0xc4), with_u16: 0xc5, with_u32: 0xc6 };
pub(super) const ARRAY: Form = Form { fix: 0x90, short: 16, with_u8: None, with_u16: 0xdc, with_u32: 0xdd };
pub(super) const MAP: Form = Form { fix: 0x80, short: 16, with_u8: None, with_u16: 0xde, with_u32: 0xdf };

/// `marker` and a number of at most 8 bytes, in one piece: one check for room.
#[inline]
fn tagged<S: Sink, const N: usize>(sink: &mut S, marker: u8, number: [u8; N]) -> Result<(), Full> {
    let mut bytes = [marker; 9];
    bytes[1..=N].copy_from_slice(&number);
    sink.put(&bytes[..=N])
}

/// The marker that carries so short a length.
#[inline]
pub(super) fn short(form: &Form, len: usize) -> Option<u8> {
    (len < form.short).then_some(form.fix | len as u8)
}

#[inline]
pub(super) fn header<S: Sink>(sink: &mut S, form: &Form, len: usize) -> Result<(), Error> {
    if let Some(marker) = short(form, len) {
        sink.put_u8(marker)?;
    } else if let (Some(marker), Ok(len)) = (form.with_u8, u8::try_from(len)) {
        sink.put(&[marker, len])?;
    } else if let Ok(len) = u16::try_from(len) {
        tagged(sink, form.with_u16, len.to_be_bytes())?;
    } else if let Ok(len) = u32::try_from(len) {
        tagged(sink, form.with_u32, len.to_be_bytes())?;
    } else {
        return Err(ErrorKind::TooLong.into());
    }
    Ok(())
}

#[inline]
pub(super) fn unsigned<S: Sink>(sink: &mut S, n: u64) -> Result<(), Full> {
    match n {
        0..=0x7f => sink.put_u8(n as u8),
        0x80..=0xff => sink.put(&[0xcc, n as u8]),
        0x100..=0xffff => tagged(sink, 0xcd, (n as u16).to_be_bytes()),
        0x1_0000..=0xffff_ffff => tagged(sink, 0xce, (n as u32).to_be_bytes()),
        _ => tagged(sink, 0xcf, n.to_be_bytes()),
    }
}

#[inline]
pub(super) fn signed<S: Sink>(sink: &mut S, n: i64) -> Result<(), Full> {
    match n {
        0.. => unsigned(sink, n.cast_unsigned()),
        -32..=-1 => sink.put_u8(n as u8),
        -0x80..=-33 => sink.put(&[0xd0, n as u8]),
        -0x8000..=-0x81 => tagged(sink, 0xd1, (n as i16).to_be_bytes()),
        -0x8000_0000..=-0x8001 => tagged(sink, 0xd2, (n as i32).to_be_bytes()),
        _ => tagged(sink, 0xd3, n.to_be_bytes()),
    }
}

#[inline]
pub(super) fn float32<S: Sink>(sink: &mut S, x: f32) -> Result<(), Full> {
    tagged(sink, 0xca, x.to_be_bytes())
}

#[inline]
pub(super) fn float64<S: Sink>(sink: &mut S, x: f64) -> Result<(), Full> {
    tagged(sink, 0xcb, x.to_be_bytes())
}
