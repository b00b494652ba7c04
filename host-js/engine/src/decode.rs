//! MessagePack as values of the plugin, guided by the types of a function.
//!
//! Nothing in here runs code of the plugin: members are defined and never assigned, so that a setter on a prototype
//! is not called.

use rquickjs_core::class::Class;
use rquickjs_core::object::Property;
use rquickjs_core::{Array, BigInt, Ctx, Error, Exception, Object, Result, String, TypedArray, Value, qjs};

use crate::functions::HandleObject;
use crate::shared::Shared;
use crate::table::{Body, Table, Type};
use crate::wire::{Reader, Token};

/// Integers above this are not exact as numbers.
const SAFE: u64 = 9_007_199_254_740_991;

pub(crate) struct Decoder<'a, 'js> {
    pub(crate) ctx: &'a Ctx<'js>,
    pub(crate) shared: &'a Shared,
    pub(crate) table: &'a Table,
    pub(crate) reader: Reader<'a>,
}

impl<'a, 'js> Decoder<'a, 'js> {
    /// A whole reply: nothing is `undefined`.
    pub(crate) fn reply(&mut self, ty: u32) -> Result<Value<'js>> {
        if self.reader.is_empty() {
            return Ok(Value::new_undefined(self.ctx.clone()));
        }
        self.value(ty, 0)
    }

    /// The elements of a message that is an array, with the type of each.
    pub(crate) fn list(&mut self, types: Option<&[u32]>) -> Result<Vec<Value<'js>>> {
        if self.reader.is_empty() {
            return Ok(Vec::new());
        }
        let Token::Array(len) = self.token()? else { return Err(self.malformed()) };
        let of = |at: usize| types.and_then(|types| types.get(at).copied()).unwrap_or(0);
        (0..len).map(|at| self.value(of(at), 1)).collect()
    }

    fn token(&mut self) -> Result<Token<'a>> {
        self.reader.token().ok_or_else(|| self.malformed())
    }

    #[cold]
    fn malformed(&self) -> Error {
        Exception::throw_type(
            self.ctx,
            "what the host sent is not of the type that the plugin was packed for",
        )
    }

    pub(crate) fn value(&mut self, ty: u32, depth: u32) -> Result<Value<'js>> {
        if depth > 65 {
            return Err(self.malformed());
        }
        let ctx = self.ctx.clone();
        let table = self.table;
        let ty = &table.types[ty as usize];
        // these stand on the wire as what is inside them
        if let Type::Option(inner) | Type::Struct(Body::Newtype(inner)) = ty {
            return self.value(*inner, depth + 1);
        }
        let token = self.token()?;
        match token {
            Token::Nil => Ok(match ty {
                Type::Unit | Type::Struct(Body::Unit) => Value::new_undefined(ctx),
                _ => Value::new_null(ctx),
            }),
            Token::Bool(flag) => Ok(Value::new_bool(ctx, flag)),
            Token::Unsigned(number) => match ty {
                Type::Handle(resource) => self.handle(*resource, number),
                Type::Int { bits: 64, .. } => Ok(BigInt::from_u64(ctx, number)?.into_value()),
                Type::F32 | Type::F64 => Ok(Value::new_number(ctx, number as f64)),
                _ if number > SAFE => Ok(BigInt::from_u64(ctx, number)?.into_value()),
                _ => Ok(i32::try_from(number).map_or_else(
                    |_| Value::new_number(self.ctx.clone(), number as f64),
                    |small| Value::new_int(self.ctx.clone(), small),
                )),
            },
            Token::Signed(number) => match ty {
                Type::Int { bits: 64, .. } => Ok(BigInt::from_i64(ctx, number)?.into_value()),
                Type::F32 | Type::F64 => Ok(Value::new_number(ctx, number as f64)),
                _ if number.unsigned_abs() > SAFE => Ok(BigInt::from_i64(ctx, number)?.into_value()),
                _ => Ok(i32::try_from(number).map_or_else(
                    |_| Value::new_number(self.ctx.clone(), number as f64),
                    |small| Value::new_int(self.ctx.clone(), small),
                )),
            },
            Token::F32(number) => Ok(Value::new_number(ctx, number.into())),
            Token::F64(number) => Ok(Value::new_number(ctx, number)),
            Token::Text(text) => Ok(String::from_str(ctx, text)?.into_value()),
            Token::Bytes(bytes) => Ok(TypedArray::<u8>::new_copy(ctx, bytes)?.into_value()),
            Token::Array(len) => match ty {
                Type::Seq(item) => self.array(len, |_| *item, depth),
                Type::Tuple(items) | Type::Struct(Body::Tuple(items)) => {
                    self.array(len, |at| items.get(at).copied().unwrap_or(0), depth)
                }
                _ => self.array(len, |_| 0, depth),
            },
            Token::Map(len) => match ty {
                Type::Struct(Body::Fields(fields)) => self.object(len, Some(fields), depth),
                Type::Enum(variants) => self.variant(len, variants, depth),
                Type::Map(key, item) => self.map(len, *key, *item, depth),
                _ => self.map(len, 0, 0, depth),
            },
        }
    }

    fn handle(&self, resource: u32, id: u64) -> Result<Value<'js>> {
        let prototype = self.shared.prototypes.borrow()[resource as usize].clone().restore(self.ctx)?;
        let handle = HandleObject {
            resource,
            id,
            close: self.table.resources[resource as usize].close,
            is_closed: std::cell::Cell::new(false),
            dropped: std::rc::Rc::clone(&self.shared.dropped),
        };
        Ok(Class::instance_proto(handle, prototype)?.into_value())
    }

    fn array(&mut self, len: usize, ty: impl Fn(usize) -> u32, depth: u32) -> Result<Value<'js>> {
        let array = Array::new(self.ctx.clone())?;
        for at in 0..len {
            let item = self.value(ty(at), depth + 1)?;
            self.define_at(&array, at, item)?;
        }
        Ok(array.into_value())
    }

    fn define_at(&self, array: &Array<'js>, at: usize, item: Value<'js>) -> Result<()> {
        // SAFETY: both are values of this context; the call takes over one reference to `item`, which is forgotten.
        let done = unsafe {
            let raw = item.as_raw();
            std::mem::forget(item);
            qjs::JS_DefinePropertyValueUint32(
                self.ctx.as_raw().as_ptr(),
                array.as_value().as_raw(),
                at as u32,
                raw,
                (qjs::JS_PROP_C_W_E | qjs::JS_PROP_THROW) as _,
            )
        };
        if done < 0 { Err(Error::Exception) } else { Ok(()) }
    }

    fn define(object: &Object<'js>, name: &str, value: Value<'js>) -> Result<()> {
        object.prop(name, Property::from(value).writable().enumerable().configurable())
    }

    fn name(&mut self) -> Result<std::string::String> {
        match self.token()? {
            Token::Text(text) => Ok(text.to_owned()),
            _ => Err(self.malformed()),
        }
    }

    fn object(
        &mut self,
        len: usize,
        fields: Option<&[(std::string::String, u32)]>,
        depth: u32,
    ) -> Result<Value<'js>> {
        let object = Object::new(self.ctx.clone())?;
        for at in 0..len {
            let name = self.name()?;
            let known = |fields: &[(std::string::String, u32)]| {
                // mostly they come in their order
                let here = fields.get(at).filter(|(known, _)| *known == name);
                here.or_else(|| fields.iter().find(|(known, _)| *known == name)).map(|(_, ty)| *ty)
            };
            let value = self.value(fields.and_then(known).unwrap_or(0), depth + 1)?;
            Self::define(&object, &name, value)?;
        }
        Ok(object.into_value())
    }

    /// A map: where its keys are strings an object without a prototype, so that no key means anything else, and a
    /// `Map` otherwise.
    fn map(&mut self, len: usize, key: u32, item: u32, depth: u32) -> Result<Value<'js>> {
        let has_names = match &self.table.types[key as usize] {
            Type::Any => matches!(self.reader.clone().token(), Some(Token::Text(_)) | None),
            Type::Str | Type::Char | Type::Enum(_) => true,
            _ => false,
        };
        if has_names {
            let object = Object::new_proto(self.ctx.clone(), None)?;
            for _ in 0..len {
                let name = self.name()?;
                let value = self.value(item, depth + 1)?;
                Self::define(&object, &name, value)?;
            }
            return Ok(object.into_value());
        }
        let flat = Array::new(self.ctx.clone())?;
        for at in 0..len {
            let name = self.value(key, depth + 1)?;
            self.define_at(&flat, 2 * at, name)?;
            let value = self.value(item, depth + 1)?;
            self.define_at(&flat, 2 * at + 1, value)?;
        }
        self.shared.helper(self.ctx, |helpers| &helpers.map)?.call((flat,))
    }

    fn variant(
        &mut self,
        len: usize,
        variants: &[(std::string::String, Body)],
        depth: u32,
    ) -> Result<Value<'js>> {
        if len != 1 {
            return Err(self.malformed());
        }
        let name = self.name()?;
        let body = variants.iter().find(|(known, _)| *known == name).map(|(_, body)| body);
        let payload = match body {
            Some(Body::Newtype(inner)) => self.value(*inner, depth + 1)?,
            Some(Body::Tuple(items)) => {
                let Token::Array(len) = self.token()? else { return Err(self.malformed()) };
                self.array(len, |at| items.get(at).copied().unwrap_or(0), depth + 1)?
            }
            Some(Body::Fields(fields)) => {
                let Token::Map(len) = self.token()? else { return Err(self.malformed()) };
                self.object(len, Some(fields), depth + 1)?
            }
            Some(Body::Unit) | None => self.value(0, depth + 1)?,
        };
        let object = Object::new(self.ctx.clone())?;
        Self::define(&object, &name, payload)?;
        Ok(object.into_value())
    }
}
