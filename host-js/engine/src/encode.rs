//! Values of the plugin as MessagePack, guided by the types of a function.
//!
//! Getters, proxies and `toString` of the plugin run in here, always before the host's function is called.

use rquickjs_core::class::Class;
use rquickjs_core::object::Filter;
use rquickjs_core::{ArrayBuffer, BigInt, Ctx, Object, TypedArray, Value, qjs};

use crate::functions::HandleObject;
use crate::shared::{Fault, Shared, kind};
use crate::table::{Body, Table, Type};
use crate::wire;

/// The deepest nesting of the wire.
const DEPTH: u32 = 64;

/// The most bytes that one message can have. The host's own limits are smaller.
const MOST: usize = 64 << 20;

/// Integers above this are not exact as numbers.
const SAFE: f64 = 9_007_199_254_740_991.0;

type Outcome = Result<(), Fault>;

pub(crate) struct Encoder<'a, 'js> {
    pub(crate) ctx: &'a Ctx<'js>,
    pub(crate) shared: &'a Shared,
    pub(crate) table: &'a Table,
    pub(crate) out: &'a mut Vec<u8>,
}

impl<'js> Encoder<'_, 'js> {
    pub(crate) fn value(&mut self, value: &Value<'js>, ty: u32, depth: u32) -> Outcome {
        if depth > DEPTH {
            return Err(Fault::wrong("nested more than 64 levels deep, or inside itself"));
        }
        if self.out.len() > MOST {
            return Err(Fault::range("more than 64 MiB"));
        }
        let table = self.table;
        match &table.types[ty as usize] {
            Type::Any => self.any(value, depth),
            Type::Unit => {
                wire::nil(self.out);
                Ok(())
            }
            Type::Bool => {
                let flag = value.as_bool().ok_or_else(|| expected("a boolean", value))?;
                wire::boolean(self.out, flag);
                Ok(())
            }
            Type::Int { signed, bits } => {
                let number = self.integer(value)?;
                let (low, high) = range(*signed, *bits);
                if number < low || number > high {
                    let name = if *signed { 'i' } else { 'u' };
                    return Err(Fault::range(format!("{number} does not fit `{name}{bits}`")));
                }
                if number < 0 {
                    wire::signed(self.out, number as i64);
                } else {
                    wire::unsigned(self.out, number as u64);
                }
                Ok(())
            }
            Type::F32 => {
                let number = value.as_number().ok_or_else(|| expected("a number", value))?;
                wire::f32(self.out, number as f32);
                Ok(())
            }
            Type::F64 => {
                let number = value.as_number().ok_or_else(|| expected("a number", value))?;
                wire::f64(self.out, number);
                Ok(())
            }
            Type::Char => self.text(value, |text, out| {
                let is_one = text.chars().nth(1).is_none() && !text.is_empty();
                is_one.then(|| wire::text(out, text)).ok_or_else(|| Fault::wrong("expected one character"))
            }),
            Type::Str => self.text(value, |text, out| {
                wire::text(out, text);
                Ok(())
            }),
            Type::Bytes => self.bytes(value),
            Type::Option(inner) => {
                if value.is_null() || value.is_undefined() {
                    wire::nil(self.out);
                    return Ok(());
                }
                self.value(value, *inner, depth)
            }
            Type::Seq(item) => {
                let len = array_len(value)?;
                wire::array(self.out, len);
                self.items(value, (0..len).map(|_| *item), depth)
            }
            Type::Tuple(items) => self.tuple(value, items, depth),
            Type::Map(key, item) => self.map(value, *key, *item, depth),
            Type::Struct(body) => self.body(value, body, depth),
            Type::Enum(variants) => self.variant(value, variants, depth),
            Type::Handle(resource) => {
                let class = &table.resources[*resource as usize].class;
                let object = value.as_object().and_then(Class::<HandleObject>::from_object);
                let handle = object.filter(|handle| handle.borrow().resource == *resource);
                let handle = handle.ok_or_else(|| expected(&format!("a {class}"), value))?;
                wire::unsigned(self.out, handle.borrow().id);
                Ok(())
            }
        }
    }

    /// The value as an integer of up to 64 bits, exactly.
    fn integer(&self, value: &Value<'js>) -> Result<i128, Fault> {
        if let Some(number) = value.as_int() {
            return Ok(number.into());
        }
        if let Some(number) = value.as_float() {
            return if number.fract() != 0.0 || !number.is_finite() {
                Err(Fault::wrong(format!("expected an integer, got {number}")))
            } else if number.abs() > SAFE {
                Err(Fault::range(format!("{number} is not exact as a number; write a bigint: `{number}n`")))
            } else {
                Ok(number as i128)
            };
        }
        let bigint = value.as_big_int().ok_or_else(|| expected("an integer", value))?;
        self.bigint(bigint)
    }

    fn bigint(&self, value: &BigInt<'js>) -> Result<i128, Fault> {
        let low = value.clone().to_i64()?; // wraps
        let is_same = |other: &BigInt<'js>| {
            // SAFETY: both are values of this context, and comparing two bigints runs no code of the plugin.
            unsafe {
                qjs::JS_IsStrictEqual(
                    self.ctx.as_raw().as_ptr(),
                    other.as_value().as_raw(),
                    value.as_value().as_raw(),
                )
            }
        };
        if is_same(&BigInt::from_i64(self.ctx.clone(), low)?) {
            Ok(low.into())
        } else if is_same(&BigInt::from_u64(self.ctx.clone(), low as u64)?) {
            Ok((low as u64).into())
        } else {
            Err(Fault::range("a bigint of more than 64 bits"))
        }
    }

    fn text(&mut self, value: &Value<'js>, write: impl FnOnce(&str, &mut Vec<u8>) -> Outcome) -> Outcome {
        let string = value.as_string().ok_or_else(|| expected("a string", value))?;
        with_text(string, |text| write(text, self.out))?
    }

    fn bytes(&mut self, value: &Value<'js>) -> Outcome {
        let object = value.as_object().ok_or_else(|| expected("a Uint8Array", value))?;
        let raw = if let Some(array) = object.as_typed_array::<u8>() {
            TypedArray::as_raw(array)
        } else if let Some(buffer) = ArrayBuffer::from_object(object.clone()) {
            buffer.as_raw()
        // SAFETY: it looks at the value's class alone.
        } else if unsafe { qjs::JS_IsArrayBuffer(value.as_raw()) } {
            None
        } else {
            return Err(expected("a Uint8Array", value));
        };
        let raw = raw.ok_or_else(|| Fault::wrong("its buffer is detached"))?;
        // SAFETY: the bytes are those of a live buffer, and no code of the plugin runs before they are copied.
        wire::bytes(self.out, unsafe { raw.as_ref() });
        Ok(())
    }

    fn items(&mut self, value: &Value<'js>, types: impl Iterator<Item = u32>, depth: u32) -> Outcome {
        let array = value.as_array().ok_or_else(|| expected("an array", value))?;
        for (at, ty) in types.enumerate() {
            let item: Value = array.get(at)?;
            self.value(&item, ty, depth + 1).map_err(|fault| fault.within(format!("[{at}]")))?;
        }
        Ok(())
    }

    fn tuple(&mut self, value: &Value<'js>, items: &[u32], depth: u32) -> Outcome {
        let len = array_len(value)?;
        if len != items.len() {
            return Err(Fault::wrong(format!("expected {} elements, got {len}", items.len())));
        }
        wire::array(self.out, len);
        self.items(value, items.iter().copied(), depth)
    }

    fn map(&mut self, value: &Value<'js>, key: u32, item: u32, depth: u32) -> Outcome {
        let object = value.as_object().ok_or_else(|| expected("a Map or an object", value))?;
        // SAFETY: it looks at the value's class alone.
        if unsafe { qjs::JS_IsMap(value.as_raw()) } {
            let entries: Value =
                self.shared.helper(self.ctx, |helpers| &helpers.entries)?.call((value.clone(),))?;
            let entries = entries.as_array().ok_or_else(|| Fault::wrong("expected a Map"))?;
            let len = entries.len() / 2;
            wire::map(self.out, len);
            for at in 0..len {
                let (name, inner): (Value, Value) = (entries.get(2 * at)?, entries.get(2 * at + 1)?);
                self.value(&name, key, depth + 1).map_err(|fault| fault.within(", key of the map"))?;
                self.value(&inner, item, depth + 1).map_err(|fault| fault.within(", value of the map"))?;
            }
            return Ok(());
        }
        refuse_odd(value)?;
        let members = members(object)?;
        wire::map(self.out, members.len());
        for (name, inner) in members {
            self.key(&name, key)?;
            self.value(&inner, item, depth + 1).map_err(|fault| fault.within(format!(".{name}")))?;
        }
        Ok(())
    }

    /// The name of an object's member as a key of the type.
    fn key(&mut self, name: &str, ty: u32) -> Outcome {
        match &self.table.types[ty as usize] {
            Type::Any | Type::Str | Type::Char => wire::text(self.out, name),
            Type::Int { .. } => {
                let number: i128 =
                    name.parse().map_err(|_| Fault::wrong(format!("the key `{name}` is no integer")))?;
                if number < 0 {
                    wire::signed(self.out, number as i64);
                } else {
                    wire::unsigned(self.out, number as u64);
                }
            }
            Type::Bool => wire::boolean(self.out, name == "true"),
            Type::Enum(variants)
                if variants.iter().any(|(known, body)| known == name && *body == Body::Unit) =>
            {
                wire::text(self.out, name);
            }
            _ => return Err(Fault::wrong("expected a Map: its keys are no strings")),
        }
        Ok(())
    }

    fn body(&mut self, value: &Value<'js>, body: &Body, depth: u32) -> Outcome {
        match body {
            Body::Unit => {
                wire::nil(self.out);
                Ok(())
            }
            Body::Newtype(inner) => self.value(value, *inner, depth),
            Body::Tuple(items) => self.tuple(value, items, depth),
            Body::Fields(fields) => {
                let object = value.as_object().filter(|_| !value.is_array() && !value.is_function());
                let object = object.ok_or_else(|| expected("an object", value))?;
                refuse_odd(value)?;
                let mut present = Vec::with_capacity(fields.len());
                for (name, ty) in fields {
                    let member: Value = object.get(name.as_str())?;
                    if !member.is_undefined() {
                        present.push((name, *ty, member));
                    }
                }
                wire::map(self.out, present.len());
                for (name, ty, member) in present {
                    wire::text(self.out, name);
                    self.value(&member, ty, depth + 1).map_err(|fault| fault.within(format!(".{name}")))?;
                }
                Ok(())
            }
        }
    }

    fn variant(&mut self, value: &Value<'js>, variants: &[(String, Body)], depth: u32) -> Outcome {
        let unknown = |name: &str| {
            let known: Vec<&str> = variants.iter().map(|(name, _)| name.as_str()).take(8).collect();
            Fault::wrong(format!("`{name}` is not one of its variants, such as `{}`", known.join("`, `")))
        };
        if let Some(string) = value.as_string() {
            return with_text(string, |text| match variants.iter().find(|(name, _)| name == text) {
                Some((name, Body::Unit)) => {
                    wire::text(self.out, name);
                    Ok(())
                }
                Some((name, _)) => Err(Fault::wrong(format!(
                    "the variant `{name}` has a payload; write `{{ {name}: ... }}`"
                ))),
                None => Err(unknown(text)),
            })?;
        }
        let object = value.as_object().filter(|_| !value.is_array() && !value.is_function());
        let object = object.ok_or_else(|| expected("a string or an object of one member", value))?;
        let members = members(object)?;
        let [(name, payload)] = members.as_slice() else {
            return Err(Fault::wrong(format!("expected an object of one member, got {}", members.len())));
        };
        let (name, body) = variants.iter().find(|(known, _)| known == name).ok_or_else(|| unknown(name))?;
        wire::map(self.out, 1);
        wire::text(self.out, name);
        self.body(payload, body, depth + 1).map_err(|fault| fault.within(format!(".{name}")))
    }

    fn any(&mut self, value: &Value<'js>, depth: u32) -> Outcome {
        if let Some(number) = value.as_int() {
            wire::signed(self.out, number.into());
        } else if let Some(number) = value.as_float() {
            let is_integer = number.fract() == 0.0 && number.abs() <= SAFE;
            if is_integer && !(number == 0.0 && number.is_sign_negative()) {
                wire::signed(self.out, number as i64);
            } else {
                wire::f64(self.out, number);
            }
        } else if value.is_string() {
            self.text(value, |text, out| {
                wire::text(out, text);
                Ok(())
            })?;
        } else if let Some(flag) = value.as_bool() {
            wire::boolean(self.out, flag);
        } else if value.is_null() || value.is_undefined() {
            wire::nil(self.out);
        } else if let Some(bigint) = value.as_big_int() {
            let number = self.bigint(bigint)?;
            if number < 0 {
                wire::signed(self.out, number as i64);
            } else {
                wire::unsigned(self.out, number as u64);
            }
        } else if value.is_array() {
            let len = array_len(value)?;
            wire::array(self.out, len);
            let any = self.any_type();
            self.items(value, (0..len).map(|_| any), depth)?;
        } else {
            return self.any_object(value, depth);
        }
        Ok(())
    }

    fn any_object(&mut self, value: &Value<'js>, depth: u32) -> Outcome {
        let object = value.as_object().filter(|_| !value.is_function() && !value.is_symbol());
        let object = object.ok_or_else(|| Fault::wrong(format!("{} cannot be sent", kind(value))))?;
        if object.is_typed_array::<u8>() || ArrayBuffer::from_object(object.clone()).is_some() {
            return self.bytes(value);
        }
        let any = self.any_type();
        self.map(value, any, any, depth)
    }

    /// The number of [`Type::Any`], which every table has.
    fn any_type(&self) -> u32 {
        0
    }
}

fn expected(what: &str, value: &Value<'_>) -> Fault {
    Fault::wrong(format!("expected {what}, got {}", kind(value)))
}

/// Objects that have members and mean something else.
fn refuse_odd(value: &Value<'_>) -> Outcome {
    // SAFETY: both look at the value's class alone.
    let (is_date, is_regexp) = unsafe { (qjs::JS_IsDate(value.as_raw()), qjs::JS_IsRegExp(value.as_raw())) };
    let what = if is_date {
        "a Date"
    } else if is_regexp {
        "a RegExp"
    } else if value.is_promise() {
        "a promise; `await` it first"
    } else if value.as_object().is_some_and(|object| Class::<HandleObject>::from_object(object).is_some()) {
        "a handle"
    } else {
        return Ok(());
    };
    Err(Fault::wrong(format!("expected an object, got {what}")))
}

fn array_len(value: &Value<'_>) -> Result<usize, Fault> {
    let len = value.as_array().ok_or_else(|| expected("an array", value))?.len();
    if len > MOST { Err(Fault::range(format!("an array of {len} elements"))) } else { Ok(len) }
}

/// The enumerable members of an object that have a value.
fn members<'js>(object: &Object<'js>) -> Result<Vec<(String, Value<'js>)>, Fault> {
    let mut members = Vec::new();
    for member in object.own_props::<rquickjs_core::String, Value>(Filter::new().string().enum_only()) {
        let (name, value) = member?;
        if !value.is_undefined() {
            members.push((with_text(&name, str::to_owned)?, value));
        }
    }
    Ok(members)
}

/// Calls `f` with the string as UTF-8, which a string with half a surrogate pair has no form in.
pub(crate) fn with_text<R>(
    string: &rquickjs_core::String<'_>,
    f: impl FnOnce(&str) -> R,
) -> Result<R, Fault> {
    let text = string.clone().to_cstring()?;
    // SAFETY: the engine has allocated that many bytes there, and they live as long as `text`.
    let bytes = unsafe { std::slice::from_raw_parts(text.as_ptr().cast::<u8>(), text.len()) };
    let text = std::str::from_utf8(bytes);
    Ok(f(text.map_err(|_| Fault::wrong("half a surrogate pair, which UTF-8 does not have"))?))
}

fn range(signed: bool, bits: u8) -> (i128, i128) {
    match signed {
        true => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
        false => (0, (1 << bits) - 1),
    }
}
