//! A class for each contract, and the entries that call what extends it.

use super::names::{self, AsNames};
use super::{codec, comment, section};
use crate::model::{Body, Contract, Def, Method, Model, Type};
use crate::names::camel;
use crate::text::Text;

pub(super) fn print(model: &Model, names: &AsNames, text: &mut Text) {
    for (contract, name) in model.contracts.iter().zip(&names.contracts) {
        section(&format!("contract {}", contract.id), text);
        text.blank();
        let how = format!(
            "A guest extends it, calls `export{name}` with one where its main file begins, and exports the entries \
             from there."
        );
        comment(&[contract.summary.clone(), how], text);
        text.block(format!("export abstract class {name} {{"), "}", |text| {
            for (method, ident) in contract.methods.iter().zip(idents(contract)) {
                let function = &method.function;
                comment(&[function.summary.clone(), format!("Fingerprint {}.", function.fingerprint)], text);
                let params: Vec<String> = names::params(&function.params)
                    .iter()
                    .zip(&function.params)
                    .map(|(param, row)| format!("{param}: {}", names.ty(&row.ty)))
                    .collect();
                text.line(format!(
                    "abstract {ident}({}): {};",
                    params.join(", "),
                    reply(&function.reply, names)
                ));
            }
        });
        let guest = format!("guestOf{name}");
        text.blank();
        text.line(format!("let {guest}: {name} = changetype<{name}>(0);"));
        text.blank();
        text.block(format!("export function export{name}(guest: {name}): void {{"), "}", |text| {
            text.line(format!("{guest} = guest;"));
        });
        for (method, ident) in contract.methods.iter().zip(idents(contract)) {
            text.blank();
            print_entry(method, (name, &guest, &ident), model, names, text);
        }
    }
}

fn idents(contract: &Contract) -> Vec<String> {
    names::members(contract.methods.iter().map(|method| method.function.name.as_str()))
        .iter()
        .map(|name| camel(name))
        .collect()
}

fn reply(ty: &Type, names: &AsNames) -> String {
    if *ty == Type::Unit { "void".to_owned() } else { names.ty(ty) }
}

fn print_entry(
    method: &Method,
    (contract, guest, ident): (&str, &str, &str),
    model: &Model,
    names: &AsNames,
    text: &mut Text,
) {
    let function = &method.function;
    let idents = names::params(&function.params);
    text.block(format!("export function {}(ptr: usize, len: i32): i64 {{", method.entry), "}", |text| {
        text.line(format!("if (changetype<usize>({guest}) == 0) return missing(\"export{contract}\");"));
        text.line(format!("const r = Reader.args(ptr, len, {});", idents.len()));
        for (ident, param) in idents.iter().zip(&function.params) {
            text.line(format!("const {ident} = {};", codec::read(&param.ty, names)));
        }
        text.line("if (!r.close()) return refuse();");
        let call = format!("{guest}.{ident}({})", idents.join(", "));
        let is_void = function.reply == Type::Unit;
        text.line(if is_void { format!("{call};") } else { format!("const reply = {call};") });
        text.line("const error = failure;");
        text.line("if (error) return answerError(error);");
        text.line("const w = new Writer();");
        if !is_void && !is_nothing(&function.reply, model) {
            text.line(codec::write(&function.reply, "reply", names));
        }
        text.line("return answer(Status.OK, w);");
    });
}

/// Returns whether a reply of the type takes no bytes.
fn is_nothing(ty: &Type, model: &Model) -> bool {
    matches!(ty, Type::Named(id) if matches!(model.types[*id].def, Def::Struct(Body::Unit)))
}
