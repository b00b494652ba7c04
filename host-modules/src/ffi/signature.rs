use std::fmt;
use std::str::FromStr;

use libffi::middle::Type;
use serde::{Deserialize, Serialize};

use super::FfiError;

/// A number, of one of the types that native functions take and return here.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scalar {
    /// `int32_t`, and `int`.
    I32(i32),
    /// `int64_t`, and `long` where that has 64 bits.
    I64(i64),
    /// `uint32_t`.
    U32(u32),
    /// `uint64_t`.
    U64(u64),
    /// `float`.
    F32(f32),
    /// `double`.
    F64(f64),
}

impl Scalar {
    fn kind(&self) -> Kind {
        match self {
            Scalar::I32(_) => Kind::I32,
            Scalar::I64(_) => Kind::I64,
            Scalar::U32(_) => Kind::U32,
            Scalar::U64(_) => Kind::U64,
            Scalar::F32(_) => Kind::F32,
            Scalar::F64(_) => Kind::F64,
        }
    }
}

/// The type of a [`Scalar`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    I32,
    I64,
    U32,
    U64,
    F32,
    F64,
}

impl Kind {
    const ALL: [Kind; 6] = [Kind::I32, Kind::I64, Kind::U32, Kind::U64, Kind::F32, Kind::F64];

    fn name(self) -> &'static str {
        match self {
            Kind::I32 => "i32",
            Kind::I64 => "i64",
            Kind::U32 => "u32",
            Kind::U64 => "u64",
            Kind::F32 => "f32",
            Kind::F64 => "f64",
        }
    }

    pub(super) fn native(self) -> Type {
        match self {
            Kind::I32 => Type::i32(),
            Kind::I64 => Type::i64(),
            Kind::U32 => Type::u32(),
            Kind::U64 => Type::u64(),
            Kind::F32 => Type::f32(),
            Kind::F64 => Type::f64(),
        }
    }

    fn read(name: &str) -> Result<Self, String> {
        let named = Kind::ALL.into_iter().find(|kind| kind.name() == name);
        named.ok_or_else(|| format!("`{name}` is not one of i32, i64, u32, u64, f32 and f64"))
    }
}

/// The parameters and the result of a function; `None` is `void`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    pub(super) params: Vec<Kind>,
    pub(super) reply: Option<Kind>,
}

impl Signature {
    const MOST_PARAMS: usize = 8;

    /// Returns whether these are arguments of its types.
    pub(super) fn accepts(&self, args: &[Scalar]) -> Result<(), FfiError> {
        if args.iter().map(Scalar::kind).eq(self.params.iter().copied()) {
            return Ok(());
        }
        let given = args.iter().take(Self::MOST_PARAMS + 1).map(Scalar::kind);
        Err(FfiError::WrongArguments { wanted: self.to_string(), given: list(given) })
    }
}

impl FromStr for Signature {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.trim().strip_prefix('(').and_then(|rest| rest.split_once(')'));
        let parts =
            parts.and_then(|(params, rest)| Some((params.trim(), rest.trim().strip_prefix("->")?.trim())));
        let Some((params, reply)) = parts else {
            return Err(format!("`{text}` is not of the form `(f64, i32) -> f64` or `() -> void`"));
        };
        let params = match params {
            "" => Vec::new(),
            params => params.split(',').map(|name| Kind::read(name.trim())).collect::<Result<_, _>>()?,
        };
        if params.len() > Self::MOST_PARAMS {
            return Err(format!("`{text}` has more than {} parameters", Self::MOST_PARAMS));
        }
        let reply = if reply == "void" { None } else { Some(Kind::read(reply)?) };
        Ok(Signature { params, reply })
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let params = list(self.params.iter().copied());
        write!(f, "({params}) -> {}", self.reply.map_or("void", Kind::name))
    }
}

fn list(kinds: impl Iterator<Item = Kind>) -> String {
    kinds.map(Kind::name).collect::<Vec<_>>().join(", ")
}
