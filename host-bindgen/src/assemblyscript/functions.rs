//! A function for each host function.

use super::names::{self, AsNames};
use super::{codec, comment, quoted, section};
use crate::model::{Function, Model};
use crate::text::Text;

pub(super) fn print(model: &Model, names: &AsNames, text: &mut Text) {
    section("host functions", text);
    for function in &model.functions {
        text.blank();
        print_one(function, model, names, text);
    }
}

fn print_one(function: &Function, model: &Model, names: &AsNames, text: &mut Text) {
    let name = names::function(function);
    let import = format!("import_{name}");
    text.line(format!("@external({}, {})", quoted(&function.module), quoted(&function.name)));
    text.line(format!("declare function {import}(args: usize, len: i32): i64;"));
    text.blank();
    let idents = names::params(&function.params);
    let params = idents.iter().zip(&function.params);
    let params: Vec<String> =
        params.map(|(ident, param)| format!("{ident}: {}", names.ty(&param.ty))).collect();
    let params = params.join(", ");
    comment(&about(function, model), text);
    let reply = names.ty(&function.reply);
    text.block(format!("export function {name}({params}): Reply<{reply}> {{"), "}", |text| {
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
