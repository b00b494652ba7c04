//! Native functions that the prelude makes the globals from.

use rquickjs_core::{Ctx, Exception, Function, Object, Result, String, TypedArray, Value};

use crate::abi;
use crate::encode::with_text;

pub(crate) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    natives.set("log", Function::new(ctx.clone(), log)?)?;
    natives.set("encode", Function::new(ctx.clone(), encode)?)?;
    natives.set("decode", Function::new(ctx.clone(), decode)?)?;
    Ok(natives)
}

fn log(level: i32, text: String<'_>) {
    // half a surrogate pair is a replacement character in a log
    let _ = with_text(&text, |text| abi::log(level, text)).or_else(|_| {
        let text = lossy(&text);
        abi::log(level, &text);
        Ok::<_, crate::shared::Fault>(())
    });
}

fn lossy(text: &String<'_>) -> std::string::String {
    let Ok(text) = text.clone().to_cstring() else { return std::string::String::new() };
    // SAFETY: the engine has allocated that many bytes there, and they live as long as `text`.
    let bytes = unsafe { std::slice::from_raw_parts(text.as_ptr().cast::<u8>(), text.len()) };
    surrogates(bytes)
}

/// UTF-8 in which the three bytes of each half surrogate pair are one replacement character.
fn surrogates(bytes: &[u8]) -> std::string::String {
    let mut out = std::string::String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        // a half is refused as ED, then A0 to BF, then 80 to BF: three chunks
        if chunk.invalid() == [0xed] || (!chunk.invalid().is_empty() && chunk.invalid()[0] >= 0xc0) {
            out.push('\u{fffd}');
        }
    }
    out
}

fn encode<'js>(ctx: Ctx<'js>, text: String<'js>) -> Result<TypedArray<'js, u8>> {
    match with_text(&text, |text| TypedArray::<u8>::new_copy(ctx.clone(), text.as_bytes())) {
        Ok(array) => array,
        Err(_) => TypedArray::new_copy(ctx, lossy(&text).as_bytes()),
    }
}

/// UTF-8 bytes as a string; with `is_fatal` malformed ones are a `TypeError`.
fn decode<'js>(ctx: Ctx<'js>, bytes: Value<'js>, is_fatal: bool, keep_mark: bool) -> Result<String<'js>> {
    let wrong = || Exception::throw_type(&ctx, "expected a Uint8Array or an ArrayBuffer");
    let object = bytes.as_object().ok_or_else(wrong)?;
    let raw = if let Some(array) = object.as_typed_array::<u8>() {
        array.as_raw()
    } else {
        let buffer = rquickjs_core::ArrayBuffer::from_object(object.clone()).ok_or_else(wrong)?;
        buffer.as_raw()
    };
    let raw = raw.ok_or_else(|| Exception::throw_type(&ctx, "the buffer is detached"))?;
    // SAFETY: the bytes are those of a live buffer, and no code of the plugin runs before they are copied.
    let bytes = unsafe { raw.as_ref() };
    let bytes = if keep_mark { bytes } else { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes) };
    if is_fatal && std::str::from_utf8(bytes).is_err() {
        return Err(Exception::throw_type(&ctx, "the bytes are not UTF-8"));
    }
    String::from_str(ctx.clone(), &std::string::String::from_utf8_lossy(bytes))
}
