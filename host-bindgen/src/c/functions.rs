//! A function for each host function.

use super::names::{self, CNames};
use super::{codec, comment, layout, section};
use crate::model::{Body, Def, Function, Model, Param, Type};
use crate::text::Text;

pub(super) fn print(model: &Model, names: &CNames, text: &mut Text) {
    section("host functions", text);
    for (i, function) in model.functions.iter().enumerate() {
        if i > 0 {
            text.blank();
        }
        print_one(function, model, names, text);
    }
}

fn print_one(function: &Function, model: &Model, names: &CNames, text: &mut Text) {
    let name = names::function(function);
    let quoted = [&function.module, &function.name].map(|part| layout::quoted(part)).join(", ");
    text.line(format!("HOSTFN_IMPORT({quoted})"));
    text.line(format!("int64_t hostfn_import_{name}(const uint8_t *args, uint32_t len);"));
    text.blank();
    comment(&about(function, model, names), text);
    let idents = names::params(&function.params);
    let mut params = params(&function.params, &idents, model, names);
    if function.reply != Type::Unit {
        params.push(names.declare(&function.reply, "*reply"));
    }
    if params.is_empty() {
        params.push("void".to_owned());
    }
    layout::function(&format!("static inline int32_t {name}"), &params, text, |text| {
        text.line(format!("hostfn_writer args = hostfn_begin_call({});", idents.len()));
        for (param, ident) in function.params.iter().zip(&idents) {
            text.line(codec::write(&param.ty, "&args", ident, names));
        }
        text.line(format!("int64_t word = hostfn_import_{name}(args.start, args.len);"));
        text.line("hostfn_reader r;");
        let stays = model.keeps_memory(&function.reply);
        text.line(format!("int32_t status = hostfn_end_call(&args, word, {stays}, &r);"));
        text.block("if (status != HOSTFN_OK) {", "}", |text| text.line("return status;"));
        if function.reply == Type::Unit {
            text.line("hostfn_unit nothing;");
            text.line(codec::read(&Type::Unit, "&r", "nothing", names));
        } else {
            text.line(codec::read(&function.reply, "&r", "*reply", names));
        }
        text.line("return hostfn_end_reply(&r);");
    });
}

/// Returns what a parameter list says, without the reply.
pub(super) fn params(params: &[Param], idents: &[String], model: &Model, names: &CNames) -> Vec<String> {
    params.iter().zip(idents).map(|(param, ident)| names.param(&param.ty, ident, model)).collect()
}

fn about(function: &Function, model: &Model, names: &CNames) -> Vec<String> {
    let mut about = vec![function.summary.clone(), function.terms.join(" ")];
    if let Some(id) = function.error {
        let codes = model.errors[id].kinds.iter().map(|kind| format!("`{}`", kind.code));
        let codes = codes.collect::<Vec<_>>().join(", ");
        about.push(format!("Its own errors, which {}_of tells apart: {codes}.", names.errors[id].0));
    }
    about.push(format!("Fingerprint {}.", function.fingerprint));
    about
}

/// Returns whether a reply of the type takes no bytes.
pub(super) fn is_nothing(ty: &Type, model: &Model) -> bool {
    match ty {
        Type::Unit => true,
        Type::Named(id) => matches!(model.types[*id].def, Def::Struct(Body::Unit)),
        _ => false,
    }
}
