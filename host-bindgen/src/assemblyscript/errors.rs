//! The codes of errors that host functions and entries have of their own.

use super::names::AsNames;
use super::{comment, quoted, section};
use crate::model::Model;
use crate::text::Text;

pub(super) fn print(model: &Model, names: &AsNames, text: &mut Text) {
    if !model.errors.is_empty() {
        section("errors", text);
    }
    for (errors, (name, constants)) in model.errors.iter().zip(&names.errors) {
        text.blank();
        let about = format!("The errors `{}` of the host: values of `HostError.code`.", errors.name);
        comment(&[about], text);
        text.block(format!("export namespace {name} {{"), "}", |text| {
            for (kind, constant) in errors.kinds.iter().zip(constants) {
                comment(&[kind.docs.clone(), format!("Status {}.", kind.status)], text);
                text.line(format!("export const {constant}: string = {};", quoted(&kind.code)));
            }
        });
    }
}
