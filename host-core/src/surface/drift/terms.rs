//! One side of a comparison: a function or a method as a row, or as a plugin's record of it.

use std::collections::BTreeMap;

use super::FunctionRecord;
use crate::spec::{Shape, TypeDef};
use crate::surface::{ErrorRow, FunctionRow, MethodRow, ParamRow};

/// Everything that crosses the wire in one call.
pub(crate) struct Terms<'a> {
    pub(crate) convention: &'a str,
    pub(crate) params: &'a [ParamRow],
    pub(crate) reply: &'a Shape,
    /// Codes and statuses.
    pub(crate) errors: Vec<(&'a str, i32)>,
    pub(crate) types: &'a BTreeMap<String, TypeDef>,
}

impl<'a> Terms<'a> {
    pub(crate) fn of_function(row: &'a FunctionRow) -> Self {
        let FunctionRow { convention, params, reply, error, types, .. } = row;
        Terms { convention, params, reply, errors: kinds(error.as_ref()), types }
    }

    pub(crate) fn of_method(row: &'a MethodRow) -> Self {
        let MethodRow { convention, params, reply, error, types, .. } = row;
        Terms { convention, params, reply, errors: kinds(error.as_ref()), types }
    }

    pub(super) fn of_record(record: &'a FunctionRecord) -> Self {
        Terms {
            convention: &record.convention,
            params: &record.params,
            reply: &record.reply,
            errors: record.errors.iter().map(|error| (error.code.as_str(), error.status)).collect(),
            types: &record.types,
        }
    }
}

fn kinds(error: Option<&ErrorRow>) -> Vec<(&str, i32)> {
    error.iter().flat_map(|error| &error.kinds).map(|kind| (kind.code.as_str(), kind.status)).collect()
}
