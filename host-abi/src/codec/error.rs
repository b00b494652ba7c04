use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::ToString;
use core::fmt::{self, Display};

use serde::{de, ser};

use super::sink::Full;
use crate::limits::MAX_DEPTH;

/// The reason a value could not be encoded, or bytes could not be decoded, and where.
///
/// ```
/// use hostfn_abi::codec::{self, ErrorKind};
///
/// let error = codec::decode_args::<(u8, u8)>(&[0x92, 0x01, 0xcc]).unwrap_err();
/// assert_eq!(*error.kind(), ErrorKind::Truncated);
/// assert_eq!(error.offset(), Some(3));
/// assert_eq!(error.element(), Some(1));
/// assert_eq!(error.to_string(), "truncated at byte 3");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Parts>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    kind: ErrorKind,
    offset: Option<usize>,
    element: Option<usize>,
}

/// The kind of an [`Error`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The output has no room for the value.
    Full,
    /// Arrays and maps are nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// More than 2^32 - 1 bytes, elements or entries to be written at once.
    TooLong,
    /// The bytes end inside a value.
    Truncated,
    /// A length is declared that the bytes left cannot hold.
    LengthExceedsInput,
    /// An extension type.
    Extension,
    /// The marker `0xc1`, which means nothing.
    NeverUsed,
    /// Bytes follow the value.
    TrailingBytes,
    /// A string that is not UTF-8.
    NotUtf8,
    /// The arguments, or what they are decoded into, are not an array.
    NotAnArray,
    /// Another number of arguments than there are parameters.
    Arity {
        /// Number of parameters.
        expected: usize,
        /// Number of arguments.
        found: usize,
    },
    /// A tuple, struct or enum with another number of elements than it has; or a sequence that is
    /// not as long as it said.
    Length {
        /// The expected number.
        expected: usize,
        /// The number.
        found: usize,
    },
    /// A value of another type.
    Type {
        /// The requested type.
        expected: Cow<'static, str>,
        /// The type that was found.
        found: &'static str,
    },
    /// An integer that the type cannot hold.
    OutOfRange {
        /// The type.
        target: &'static str,
    },
    /// An integer that the float type cannot hold exactly.
    NotExact {
        /// The type.
        target: &'static str,
    },
    /// The decoded value would take up more memory than its [`Allowance`](super::Allowance) has.
    OutOfMemory,
    /// Bytes are to be borrowed from an array of integers, and there is no [`Scratch`](super::Scratch)
    /// to put them in.
    NeedsScratch,
    /// `Some` of a value that is nil, which would arrive as `None`.
    NilInOption,
    /// A message of a type's own `Serialize` or `Deserialize`.
    Custom(Box<str>),
}

impl Error {
    /// The error.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Returns where in the input: the first byte of the value that is wrong, or the end of input that ends
    /// too soon. `None` when it concerns no place, and always when encoding.
    pub fn offset(&self) -> Option<usize> {
        self.0.offset
    }

    /// Returns which argument is wrong, counted from 0; `None` when it is not one of them, or when it was
    /// not arguments that were decoded.
    pub fn element(&self) -> Option<usize> {
        self.0.element
    }

    /// The innermost place wins: outer callers call this again with their own.
    #[cold]
    pub(super) fn or_at(mut self, offset: usize) -> Self {
        self.0.offset.get_or_insert(offset);
        self
    }

    #[cold]
    pub(super) fn in_element(mut self, index: usize, offset: usize) -> Self {
        self.0.element = Some(index);
        self.or_at(offset)
    }

    #[cold]
    pub(super) fn mismatch(expected: &'static str, found: &'static str) -> Self {
        let expected = Cow::Borrowed(expected);
        ErrorKind::Type { expected, found }.into()
    }
}

impl From<ErrorKind> for Error {
    #[cold]
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(Parts { kind, offset: None, element: None }))
    }
}

impl From<Full> for Error {
    #[cold]
    fn from(Full: Full) -> Self {
        ErrorKind::Full.into()
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.offset {
            Some(offset) => write!(f, "{} at byte {offset}", self.0.kind),
            None => self.0.kind.fmt(f),
        }
    }
}

impl Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ErrorKind::Full => f.write_str("no room left in the output"),
            ErrorKind::TooDeep => write!(f, "arrays and maps nested deeper than {MAX_DEPTH}"),
            ErrorKind::TooLong => f.write_str("longer than a 32-bit length can say"),
            ErrorKind::Truncated => f.write_str("truncated"),
            ErrorKind::LengthExceedsInput => f.write_str("length exceeds the bytes left"),
            ErrorKind::Extension => f.write_str("extension types are not accepted"),
            ErrorKind::NeverUsed => f.write_str("0xc1 is not a MessagePack marker"),
            ErrorKind::TrailingBytes => f.write_str("bytes after the value"),
            ErrorKind::NotUtf8 => f.write_str("string is not UTF-8"),
            ErrorKind::NotAnArray => f.write_str("arguments must be one array"),
            ErrorKind::Arity { expected, found } => {
                let plural = if *expected == 1 { "" } else { "s" };
                write!(f, "expected {expected} argument{plural}, found {found}")
            }
            ErrorKind::Length { expected, found } => {
                let plural = if *expected == 1 { "" } else { "s" };
                write!(f, "expected {expected} element{plural}, found {found}")
            }
            ErrorKind::Type { expected, found } => write!(f, "expected {expected}, found {found}"),
            ErrorKind::OutOfRange { target } => write!(f, "integer does not fit {target}"),
            ErrorKind::NotExact { target } => write!(f, "integer has no exact {target} form"),
            ErrorKind::OutOfMemory => f.write_str("the decoded value takes more memory than is left"),
            ErrorKind::NeedsScratch => f.write_str(
                "cannot borrow bytes from an array of integers; decode with a scratch, or into owned bytes",
            ),
            ErrorKind::NilInOption => {
                f.write_str("`Some` of a value that is nil would arrive as `None`; use an enum")
            }
            ErrorKind::Custom(message) => f.write_str(message),
        }
    }
}

impl core::error::Error for Error {}

impl ser::Error for Error {
    #[cold]
    fn custom<T: Display>(message: T) -> Self {
        ErrorKind::Custom(message.to_string().into()).into()
    }
}

impl de::Error for Error {
    #[cold]
    fn custom<T: Display>(message: T) -> Self {
        ErrorKind::Custom(message.to_string().into()).into()
    }

    #[cold]
    fn invalid_type(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        use de::Unexpected::{Bool, Bytes, Char, Float, Map, Option, Seq, Signed, Str, Unit, Unsigned};
        let found = match unexpected {
            Bool(_) => "a boolean",
            Unsigned(_) | Signed(_) => "an integer",
            Float(_) => "a float",
            Char(_) | Str(_) => "a string",
            Bytes(_) => BYTES,
            Unit | Option => "nil",
            Seq => "an array",
            Map => "a map",
            _ => "another kind of value",
        };
        let expected = Cow::Owned(expected.to_string());
        ErrorKind::Type { expected, found }.into()
    }
}

pub(super) const BYTES: &str = "bytes";
