//! Two functions for each host function: one throws, one tells.

use super::names::{self, AsNames};
use super::{codec, comment, quoted, section};
use crate::model::{Function, Model, Type};
use crate::text::Text;

pub(super) fn print(model: &Model, names: &AsNames, text: &mut Text) {
    section("host functions", text);
    for function in &model.functions {
        text.blank();
        print_one(function, model, names, text);
    }
}

fn print_one(function: &Function, model: &Model, names: &AsNames, text: &mut Text) {
    let (throwing, trying) = (names::function(function), names::trying(function));
    let import = format!("import_{throwing}");
    text.line(format!("@external({}, {})", quoted(&function.module), quoted(&function.name)));
    text.line(format!("declare function {import}(args: usize, len: i32): i64;"));
    text.blank();
    let idents = names::params(&function.params);
    let params = idents.iter().zip(&function.params);
    let params: Vec<String> =
        params.map(|(ident, param)| format!("{ident}: {}", names.ty(&param.ty))).collect();
    let (params, passed) = (params.join(", "), idents.join(", "));
    comment(&about(function, model), text);
    if function.reply == Type::Unit {
        text.block(format!("export function {throwing}({params}): void {{"), "}", |text| {
            text.line(format!("{trying}({passed}).value;"));
        });
    } else {
        let reply = names.ty(&function.reply);
        text.block(format!("export function {throwing}({params}): {reply} {{"), "}", |text| {
            text.line(format!("return {trying}({passed}).value;"));
        });
    }
    text.blank();
    comment(&[format!("As `{throwing}`, and tells of an error instead of throwing it.")], text);
    let reply = names.ty(&function.reply);
    text.block(format!("export function {trying}({params}): Reply<{reply}> {{"), "}", |text| {
        text.line(format!("const w = beginCall({});", idents.len()));
        for (ident, param) in idents.iter().zip(&function.params) {
            text.line(codec::write(&param.ty, ident, names));
        }
        text.line(format!("const word = {import}(w.ptr, w.len);"));
        text.line("const r = Reader.reply(w, word);");
        text.line(format!("if (r.status != Status.OK) return failed<{reply}>(r);"));
        text.line(format!("return answered<{reply}>(r, {});", codec::read(&function.reply, names)));
    });
}

fn about(function: &Function, model: &Model) -> Vec<String> {
    let mut about = vec![function.summary.clone(), function.terms.join(" ")];
    if let Some(id) = function.error {
        let kinds = model.errors[id].kinds.iter();
        let codes = kinds.map(|kind| format!("`{}` (status {})", kind.code, kind.status));
        about.push(format!("Its own errors, by code: {}.", codes.collect::<Vec<_>>().join(", ")));
    }
    about.push(format!("Fingerprint {}.", function.fingerprint));
    about
}
