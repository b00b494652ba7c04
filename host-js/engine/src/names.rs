//! Imports and exports of a module, from the header of its bytecode: nothing of it runs.
//!
//! The header of `JS_WriteObject` (QuickJS-ng 0.16, `BC_VERSION` 28): atoms that are not built in, then of the module
//! its name, the modules it requests, exports, star exports and imports.

use rquickjs_core::{CatchResultExt, Ctx, Error, Module, Result, qjs};

use crate::engine::Engine;
use crate::table::Names;

/// Returns the names of a module, or the place and the reason of a syntax error.
pub(crate) fn names(
    engine: &Engine,
    name: &str,
    source: &str,
) -> std::result::Result<Names, (String, String)> {
    engine.context.with(|ctx| {
        let read = || -> Result<Names> {
            // a module whose name is in no program: its atom is the first of the table, which tells where that begins
            let module = Module::declare(ctx.clone(), format!("\u{1}{name}"), source)?;
            let bytecode = module.write(rquickjs_core::WriteOptions::default())?;
            Header { ctx: &ctx, rest: &bytecode, table: Vec::new(), first: 0 }.read().ok_or(Error::Unknown)
        };
        read().catch(&ctx).map_err(|error| {
            match &error {
                rquickjs_core::CaughtError::Exception(exception) => {
                    let message = exception.message().unwrap_or_default();
                    // the first line of the stack is the place: `at plugin.js:3:5`
                    let stack = exception.stack().unwrap_or_default();
                    let place = stack.lines().next().unwrap_or_default().trim().trim_start_matches("at ");
                    (place.trim_start_matches('\u{1}').to_owned(), message)
                }
                other => (String::new(), other.to_string()),
            }
        })
    })
}

struct Header<'a, 'js> {
    ctx: &'a Ctx<'js>,
    rest: &'a [u8],
    table: Vec<String>,
    first: u32,
}

impl Header<'_, '_> {
    fn take(&mut self, len: usize) -> Option<&[u8]> {
        let (head, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(head)
    }

    fn byte(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    fn number(&mut self) -> Option<u32> {
        let (mut number, mut shift) = (0_u32, 0);
        loop {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f).checked_shl(shift)?;
            shift += 7;
            if byte < 0x80 {
                return Some(number);
            }
        }
    }

    /// The text of an atom that the engine knows.
    fn known(&self, atom: u32) -> Option<String> {
        // SAFETY: the bytecode was written by this context, so its atoms are live; the text is copied and freed.
        unsafe {
            let text = qjs::JS_AtomToCStringLen(self.ctx.as_raw().as_ptr(), std::ptr::null_mut(), atom);
            if text.is_null() {
                return None;
            }
            let copy = std::ffi::CStr::from_ptr(text).to_string_lossy().into_owned();
            qjs::JS_FreeCString(self.ctx.as_raw().as_ptr(), text);
            Some(copy)
        }
    }

    fn atom(&mut self) -> Option<String> {
        let number = self.number()?;
        if number & 1 == 1 {
            return Some((number >> 1).to_string());
        }
        match (number >> 1).checked_sub(self.first) {
            Some(at) => self.table.get(at as usize).cloned(),
            None => self.known(number >> 1),
        }
    }

    fn entry(&mut self) -> Option<String> {
        let kind = self.byte()?;
        match kind & 0xc0 {
            0x80 => self.known((kind & 0x3f).into()),
            0xc0 => {
                let high = self.number()?;
                self.known(high << 6 | u32::from(kind & 0x3f))
            }
            _ => {
                let len = self.number()?;
                let (is_wide, len) = (len & 1 == 1, (len >> 1) as usize);
                let raw = self.take(len << u32::from(is_wide))?;
                Some(if is_wide {
                    let units: Vec<u16> =
                        raw.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
                    String::from_utf16_lossy(&units)
                } else {
                    raw.iter().map(|byte| char::from(*byte)).collect()
                })
            }
        }
    }

    fn read(mut self) -> Option<Names> {
        self.take(5)?; // version and checksum
        for _ in 0..self.number()? {
            let entry = self.entry()?;
            self.table.push(entry);
        }
        self.byte()?; // the tag of a module
        self.first = self.number()? >> 1; // its name, the first of the table
        let mut names = Names::default();
        for _ in 0..self.number()? {
            let request = self.atom()?;
            names.requests.push(request);
        }
        for _ in 0..self.number()? {
            if self.byte()? == 0 {
                self.number()?; // a variable
            } else {
                let module = self.request(&names)?;
                let name = self.atom()?;
                names.imports.push((module, name));
            }
            let export = self.atom()?;
            names.exports.push(export);
        }
        for _ in 0..self.number()? {
            let module = self.request(&names)?;
            names.stars.push(module);
        }
        for _ in 0..self.number()? {
            self.number()?; // a variable
            let name = self.atom()?;
            let module = self.request(&names)?;
            names.imports.push((module, name));
        }
        Some(names)
    }

    fn request(&mut self, names: &Names) -> Option<String> {
        let at = self.number()?;
        names.requests.get(at as usize).cloned()
    }
}
