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
        ErrorRow {
            name: short(error.type_name),
            kinds: error
                .kinds
                .iter()
                .map(|kind| ErrorKindRow {
                    code: kind.code.to_owned(),
                    status: kind.status.code(),
                    docs: kind.docs.to_owned(),
                })
                .collect(),
        }
    }
}
