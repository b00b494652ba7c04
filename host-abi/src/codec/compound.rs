use serde::ser::{
    self, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, SerializeTupleStruct,
    SerializeTupleVariant,
};

use super::encode::{Encoder, check_len, release};
use super::error::Error;
use super::sink::Sink;
use super::write::Form;

/// An array or map that is being written.
pub(super) struct Compound<'a, 's, S> {
    encoder: &'a mut Encoder<'s, S>,
    size: Size,
    written: usize,
    levels: u32,
}

enum Size {
    Known(usize),
    Unknown { form: &'static Form, mark: usize },
}

impl<'a, 's, S: Sink> Compound<'a, 's, S> {
    #[inline]
    pub(super) fn known(encoder: &'a mut Encoder<'s, S>, len: usize) -> Self {
        Self { encoder, size: Size::Known(len), written: 0, levels: 1 }
    }

    #[inline]
    pub(super) fn unknown(encoder: &'a mut Encoder<'s, S>, form: &'static Form, mark: usize) -> Self {
        Self { encoder, size: Size::Unknown { form, mark }, written: 0, levels: 1 }
    }

    /// The map that names the variant ends with its payload.
    #[inline]
    pub(super) fn in_variant(mut self) -> Self {
        self.levels += 1;
        self
    }

    #[inline]
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.written += 1;
        value.serialize(&mut *self.encoder)
    }

    #[inline]
    fn close(self) -> Result<(), Error> {
        self.encoder.leave(self.levels);
        match self.size {
            Size::Known(len) => check_len(len, self.written),
            Size::Unknown { form, mark } => release(self.encoder.sink, mark, form, self.written),
        }
    }
}

macro_rules! elements {
    ($($trait:ident :: $method:ident),*) => {$(
        impl<S: Sink> $trait for Compound<'_, '_, S> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.item(value)
            }

            #[inline]
            fn end(self) -> Result<(), Error> {
                self.close()
            }
        }
    )*};
}

elements! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
}

macro_rules! fields {
    ($($trait:path),*) => {$(
        impl<S: Sink> $trait for Compound<'_, '_, S> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.encoder.text(key)?;
                self.item(value)
            }

            #[inline]
            fn end(self) -> Result<(), Error> {
                self.close()
            }
        }
    )*};
}

fields!(SerializeStruct, ser::SerializeStructVariant);

impl<S: Sink> SerializeMap for Compound<'_, '_, S> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        key.serialize(&mut *self.encoder)
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    #[inline]
    fn end(self) -> Result<(), Error> {
        self.close()
    }
}
