//! Rows of a parameter and of an error type.

use std::collections::BTreeMap;

use super::parts::{NamedBy, take_types};
use super::{ErrorKindRow, ErrorRow, ParamRow};
use crate::spec::{ErrorShape, Param, TypeDef, short};

impl ParamRow {
    pub(super) fn from_param(param: &Param, types: &mut BTreeMap<String, TypeDef>) -> Self {
        ParamRow {
            name: param.name().to_owned(),
            shape: take_types(param.shape(), param.type_name(), types, NamedBy::Later),
        }
    }
}

impl ErrorRow {
    pub(super) fn from_shape(error: &ErrorShape) -> Self {
        let kinds = error.kinds.iter().map(|kind| ErrorKindRow {
            code: kind.code.to_owned(),
            status: kind.status.code(),
            docs: kind.docs.to_owned(),
        });
        ErrorRow { name: short(error.type_name), kinds: ErrorKindRow::distinct(kinds) }
    }
}

impl ErrorKindRow {
    /// One row for each code and status, in the order in which they first occur. Variants that share a code are one kind
    /// to a guest; the row has the docs of all of them.
    pub(super) fn distinct(kinds: impl Iterator<Item = Self>) -> Vec<Self> {
        let mut rows: Vec<Self> = Vec::new();
        for kind in kinds {
            let known = rows.iter_mut().find(|row| row.code == kind.code && row.status == kind.status);
            match known {
                None => rows.push(kind),
                Some(row) if kind.docs.is_empty() || row.docs.contains(&kind.docs) => {}
                Some(row) if row.docs.is_empty() => row.docs = kind.docs,
                Some(row) => row.docs = format!("{} {}", row.docs, kind.docs),
            }
        }
        rows
    }
}
