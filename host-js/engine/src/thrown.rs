//! Values that a script threw, as error replies.

use rquickjs_core::{CaughtError, Ctx, Object, Value};

use crate::encode::{Encoder, with_text};
use crate::shared::Shared;
use crate::wire;

/// The longest text of an error that leaves the plugin.
const LONGEST: usize = 16 << 10;

/// Status and error reply.
pub(crate) struct Thrown {
    pub(crate) status: i32,
    pub(crate) code: String,
    /// Class, message and stack.
    pub(crate) text: String,
    /// The detail of a `HostError`, in MessagePack; empty when absent.
    pub(crate) detail: Vec<u8>,
}

impl Thrown {
    pub(crate) fn new(status: i32, code: &str, text: &str) -> Self {
        Thrown { status, code: code.to_owned(), text: text.to_owned(), detail: Vec::new() }
    }

    /// `{code, message, detail}` in MessagePack.
    pub(crate) fn reply(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.text.len() + self.detail.len() + 48);
        wire::map(&mut out, 2 + usize::from(!self.detail.is_empty()));
        wire::text(&mut out, "code");
        wire::text(&mut out, &self.code);
        wire::text(&mut out, "message");
        wire::text(&mut out, &self.text);
        if !self.detail.is_empty() {
            wire::text(&mut out, "detail");
            out.extend_from_slice(&self.detail);
        }
        out
    }
}

/// A `HostError` goes on with its own status and code; anything else is `js_error`.
pub(crate) fn thrown<'js>(ctx: &Ctx<'js>, shared: &Shared, error: &CaughtError<'js>) -> Thrown {
    let value = match error {
        CaughtError::Exception(exception) => exception.as_value().clone(),
        CaughtError::Value(value) => value.clone(),
        CaughtError::Error(error) => return Thrown::new(-6, "js_error", &error.to_string()),
    };
    let describe = || -> rquickjs_core::Result<Thrown> {
        let parts: Object = shared.helper(ctx, |helpers| &helpers.parts)?.call((value,))?;
        let text = |name: &str| -> rquickjs_core::Result<Option<String>> {
            let value: Value = parts.get(name)?;
            let text = value.as_string().map(|text| with_text(text, str::to_owned).unwrap_or_default());
            Ok(text.map(|mut text| {
                if text.len() > LONGEST {
                    let end = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
                    text.truncate(end);
                }
                text
            }))
        };
        let detail: Value = parts.get("detail")?;
        let mut bytes = Vec::new();
        if !detail.is_undefined() {
            let table = shared.table();
            let mut encoder = Encoder { ctx, shared, table: &table, out: &mut bytes };
            if encoder.value(&detail, 0, 1).is_err() {
                let _ = ctx.catch();
                bytes.clear();
            }
        }
        Ok(Thrown {
            detail: bytes,
            status: parts.get("status")?,
            code: text("code")?.unwrap_or_else(|| "js_error".to_owned()),
            text: text("text")?.unwrap_or_default(),
        })
    };
    describe().unwrap_or_else(|_| {
        let _ = ctx.catch();
        Thrown::new(-6, "js_error", "an error that cannot be described; perhaps memory has run out")
    })
}
