//! JSON to `MessagePack` and back, by the shape that the host function takes.

use std::fmt;

use hostfn::abi::Value;
use hostfn::audit::{Body, Shape, TypeDef};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::kind::Types;

/// Writes the value as `MessagePack` of at most `most` bytes. `None` if it is not JSON.
pub(crate) fn read(text: &[u8], shape: &Shape, types: &Types, most: usize, out: &mut Vec<u8>) -> Option<()> {
    let mut json = serde_json::Deserializer::from_slice(text);
    Reading { shape: Some(shape), types, most: out.len().saturating_add(most), out }
        .deserialize(&mut json)
        .ok()?;
    json.end().ok()
}

/// A place in the value. Without a shape, values are written as they are.
struct Reading<'a> {
    shape: Option<&'a Shape>,
    types: &'a Types,
    most: usize,
    out: &'a mut Vec<u8>,
}

impl<'a> Reading<'a> {
    fn inner<'b>(&'b mut self, shape: Option<&'b Shape>) -> Reading<'b> {
        Reading { shape, types: self.types, most: self.most, out: self.out }
    }

    fn put<E: Error>(&mut self, mark: u8, content: &[u8]) -> Result<(), E> {
        if self.out.len() + content.len() >= self.most {
            return Err(E::custom("too long"));
        }
        self.out.push(mark);
        self.out.extend_from_slice(content);
        Ok(())
    }

    /// Begins something of a length that is not known yet.
    fn open<E: Error>(&mut self, mark: u8) -> Result<usize, E> {
        self.put(mark, &[0; 4])?;
        Ok(self.out.len() - 4)
    }

    fn shut(&mut self, at: usize, len: u32) {
        self.out[at..at + 4].copy_from_slice(&len.to_be_bytes());
    }

    fn is_float(&self) -> bool {
        matches!(self.peeled(), Some(Shape::F32 | Shape::F64))
    }

    /// The shape below options and wrappers.
    fn peeled(&self) -> Option<&'a Shape> {
        let mut shape = self.shape?;
        // as many steps as there are types: more are a circle
        for _ in 0..=self.types.len() {
            shape = match shape {
                Shape::Option(inner) => inner,
                Shape::Named(name) => match self.types.get(name) {
                    Some(TypeDef::Struct(Body::Newtype(inner))) => inner,
                    _ => return Some(shape),
                },
                _ => return Some(shape),
            };
        }
        Some(shape)
    }

    fn body(&self) -> Option<&'a TypeDef> {
        match self.peeled()? {
            Shape::Named(name) => self.types.get(name),
            _ => None,
        }
    }

    fn element(&self, at: usize) -> Option<&'a Shape> {
        let of = |items: &'a Vec<Shape>| items.get(at);
        match self.peeled()? {
            Shape::Seq(inner) => Some(inner),
            Shape::Tuple(items) => of(items),
            Shape::Named(_) => match self.body()? {
                TypeDef::Struct(Body::Tuple(items)) => of(items),
                _ => None,
            },
            _ => None,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(mut self, value: bool) -> Result<(), E> {
        self.put(if value { 0xc3 } else { 0xc2 }, &[])
    }

    fn visit_u64<E: Error>(mut self, value: u64) -> Result<(), E> {
        if self.is_float() {
            #[expect(clippy::cast_precision_loss, reason = "JSON has one kind of number")]
            return self.visit_f64(value as f64);
        }
        self.put(0xcf, &value.to_be_bytes())
    }

    fn visit_i64<E: Error>(mut self, value: i64) -> Result<(), E> {
        if self.is_float() {
            #[expect(clippy::cast_precision_loss, reason = "JSON has one kind of number")]
            return self.visit_f64(value as f64);
        }
        self.put(0xd3, &value.to_be_bytes())
    }

    fn visit_f64<E: Error>(mut self, value: f64) -> Result<(), E> {
        if matches!(self.peeled(), Some(Shape::F32)) {
            #[expect(clippy::cast_possible_truncation, reason = "the function takes 32 bits")]
            return self.put(0xca, &(value as f32).to_be_bytes());
        }
        self.put(0xcb, &value.to_be_bytes())
    }

    fn visit_str<E: Error>(mut self, value: &str) -> Result<(), E> {
        let len = u32::try_from(value.len()).map_err(E::custom)?;
        self.put(0xdb, &len.to_be_bytes())?;
        if self.out.len() + value.len() > self.most {
            return Err(E::custom("too long"));
        }
        self.out.extend_from_slice(value.as_bytes());
        Ok(())
    }

    fn visit_unit<E: Error>(mut self) -> Result<(), E> {
        self.put(0xc0, &[])
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        if matches!(self.peeled(), Some(Shape::Bytes)) {
            let at = self.open(0xc6)?;
            while let Some(byte) = items.next_element::<u8>()? {
                if self.out.len() >= self.most {
                    return Err(A::Error::custom("too long"));
                }
                self.out.push(byte);
            }
            let len = u32::try_from(self.out.len() - at - 4).map_err(A::Error::custom)?;
            self.shut(at, len);
            return Ok(());
        }
        let (at, mut len) = (self.open(0xdd)?, 0u32);
        loop {
            let shape = self.element(len as usize);
            if items.next_element_seed(self.inner(shape))?.is_none() {
                break;
            }
            len += 1;
        }
        self.shut(at, len);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        let (at, mut len) = (self.open(0xdf)?, 0u32);
        while let Some(key) = entries.next_key::<String>()? {
            let payload;
            let shape = match (self.peeled(), self.body()) {
                (Some(Shape::Map(of, value)), _) => {
                    self.key(&key, of)?;
                    Some(&**value)
                }
                (Some(Shape::Named(name)), Some(def)) => {
                    self.inner(None).visit_str(&key)?;
                    match (def, member(def, &key)) {
                        (_, Some(Member::Shape(shape))) => Some(shape),
                        (TypeDef::Enum(_), Some(Member::Body)) => {
                            payload = Shape::Named(payload_name(name, &key));
                            Some(&payload)
                        }
                        _ => None,
                    }
                }
                _ => {
                    self.inner(None).visit_str(&key)?;
                    None
                }
            };
            entries.next_value_seed(self.inner(shape))?;
            len += 1;
        }
        self.shut(at, len);
        Ok(())
    }
}

/// The name of the type of a variant's payload, which has none of its own.
fn payload_name(of: &str, variant: &str) -> String {
    format!("{of}::{variant}")
}

/// Adds a type for the payload of each variant that is a struct or a tuple.
pub(crate) fn add_payloads(types: &mut Types) {
    let mut payloads = Vec::new();
    for (name, def) in &*types {
        let TypeDef::Enum(variants) = def else { continue };
        for variant in
            variants.iter().filter(|variant| matches!(variant.body, Body::Fields(_) | Body::Tuple(_)))
        {
            payloads.push((payload_name(name, &variant.name), TypeDef::Struct(variant.body.clone())));
        }
    }
    types.extend(payloads);
}

impl Reading<'_> {
    /// JSON has keys of text alone.
    fn key<E: Error>(&mut self, key: &str, shape: &Shape) -> Result<(), E> {
        match shape {
            Shape::U8 | Shape::U16 | Shape::U32 | Shape::U64 | Shape::U128 => {
                self.inner(None).visit_u64(key.parse().map_err(E::custom)?)
            }
            Shape::I8 | Shape::I16 | Shape::I32 | Shape::I64 | Shape::I128 => {
                self.inner(None).visit_i64(key.parse().map_err(E::custom)?)
            }
            Shape::Bool => self.inner(None).visit_bool(key.parse().map_err(E::custom)?),
            _ => self.inner(None).visit_str(key),
        }
    }
}

/// A field, or a variant's payload.
enum Member<'t> {
    Shape(&'t Shape),
    /// A payload with a type that [`add_payloads`] added.
    Body,
}

fn member<'t>(def: &'t TypeDef, name: &str) -> Option<Member<'t>> {
    match def {
        TypeDef::Struct(Body::Fields(fields)) => {
            fields.iter().find(|field| field.name == name).map(|field| Member::Shape(&field.shape))
        }
        TypeDef::Enum(variants) => match &variants.iter().find(|variant| variant.name == name)?.body {
            Body::Newtype(inner) => Some(Member::Shape(inner)),
            Body::Fields(_) | Body::Tuple(_) => Some(Member::Body),
            Body::Unit => None,
        },
        TypeDef::Struct(_) => None,
    }
}

/// Writes the value as JSON. Bytes are an array of numbers, and floats that are no numbers are null.
pub(crate) fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Nil => out.extend(b"null"),
        Value::Bool(value) => out.extend(value.to_string().bytes()),
        Value::Unsigned(value) => out.extend(value.to_string().bytes()),
        Value::Signed(value) => out.extend(value.to_string().bytes()),
        Value::F32(value) => append(value, out),
        Value::F64(value) => append(value, out),
        Value::String(value) => append(value, out),
        Value::Bytes(bytes) => append(bytes, out),
        Value::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write(item, out);
            }
            out.push(b']');
        }
        Value::Map(entries) => {
            out.push(b'{');
            for (at, (key, value)) in entries.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                match key {
                    Value::String(key) => append(key, out),
                    key => {
                        let mut text = Vec::new();
                        write(key, &mut text);
                        append(&String::from_utf8_lossy(&text), out);
                    }
                }
                out.push(b':');
                write(value, out);
            }
            out.push(b'}');
        }
    }
}

fn append<T: serde::Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    // a `Vec` takes everything, and these types can all be written
    let _ = serde_json::to_writer(out, value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use hostfn::abi::codec;

    fn through(json: &str, shape: &Shape, types: &Types) -> Option<Value> {
        let mut out = Vec::new();
        read(json.as_bytes(), shape, types, 1 << 20, &mut out)?;
        Some(codec::decode(&out).unwrap())
    }

    #[test]
    fn shapes_decide_on_bytes_floats_and_keys() {
        let none = Types::new();
        let map = |key: Shape, value: Shape| Shape::Map(Box::new(key), Box::new(value));
        assert_eq!(through("[1,255]", &Shape::Bytes, &none), Some(Value::Bytes(vec![1, 255])));
        assert_eq!(through("[1,256]", &Shape::Bytes, &none), None);
        assert_eq!(through("1", &Shape::F64, &none), Some(Value::F64(1.0)));
        assert_eq!(through("1.5", &Shape::F32, &none), Some(Value::F32(1.5)));
        let keyed = through(r#"{"7": [3]}"#, &map(Shape::U32, Shape::Bytes), &none);
        assert_eq!(keyed, Some(Value::Map(vec![(Value::Unsigned(7), Value::Bytes(vec![3]))])));
        assert_eq!(through(r#"{"x": 1}"#, &map(Shape::U32, Shape::Bytes), &none), None);
    }

    #[test]
    fn shapes_reach_into_structs_and_variants() {
        let field = |name: &str, shape: Shape| hostfn::audit::Field { name: name.into(), shape };
        let variant = |name: &str, body: Body| hostfn::audit::Variant { name: name.into(), body };
        let mut types = Types::from([
            ("P".to_owned(), TypeDef::Struct(Body::Fields(vec![field("data", Shape::Bytes)]))),
            (
                "E".to_owned(),
                TypeDef::Enum(vec![
                    variant("A", Body::Newtype(Shape::Bytes)),
                    variant("B", Body::Fields(vec![field("x", Shape::F64)])),
                    variant("C", Body::Tuple(vec![Shape::Bytes, Shape::F64])),
                    variant("D", Body::Unit),
                ]),
            ),
        ]);
        add_payloads(&mut types);
        let of = |name: &str| Shape::Named(name.to_owned());
        let pair = |name: &str, value: Value| Some(Value::Map(vec![(Value::String(name.into()), value)]));
        let bytes = || Value::Bytes(vec![1]);
        assert_eq!(through(r#"{"data":[1]}"#, &of("P"), &types), pair("data", bytes()));
        assert_eq!(through(r#"{"A":[1]}"#, &of("E"), &types), pair("A", bytes()));
        let fields = pair("x", Value::F64(1.0)).unwrap();
        assert_eq!(through(r#"{"B":{"x":1}}"#, &of("E"), &types), pair("B", fields));
        let tuple = Value::Array(vec![bytes(), Value::F64(2.0)]);
        assert_eq!(through(r#"{"C":[[1],2]}"#, &of("E"), &types), pair("C", tuple));
        assert_eq!(through(r#""D""#, &of("E"), &types), Some(Value::String("D".into())));
    }

    #[test]
    fn json_that_is_hostile_is_refused_within_the_limit() {
        let none = Types::new();
        let deep = "[".repeat(100_000);
        assert_eq!(through(&deep, &Shape::Seq(Box::new(Shape::U8)), &none), None);
        for text in ["", "{", "nul", "1 2", "\"\u{0}\"", "{\"a\"}", "[1,]"] {
            assert_eq!(through(text, &Shape::Unit, &none), None, "{text}");
        }
        let long = format!("[{}1]", "1,".repeat(10_000));
        let mut out = Vec::new();
        assert_eq!(read(long.as_bytes(), &Shape::Seq(Box::new(Shape::U64)), &none, 1000, &mut out), None);
        assert!(out.len() <= 1000, "{}", out.len());
    }

    #[test]
    fn replies_are_json() {
        let mut out = Vec::new();
        let value = Value::Map(vec![
            (Value::Unsigned(7), Value::Bytes(vec![1, 2])),
            (
                Value::String("\"x\n".into()),
                Value::Array(vec![Value::Nil, Value::F64(f64::NAN), Value::Signed(-1)]),
            ),
        ]);
        write(&value, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), r#"{"7":[1,2],"\"x\n":[null,null,-1]}"#);
    }
}
