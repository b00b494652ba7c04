//! A function for each host function.

use super::names::{self, ROOT, ZigNames};
use super::{codec, docs, layout, records, section, types};
use crate::model::{Function, Model};
use crate::text::Text;

pub(super) fn print(model: &Model, names: &ZigNames, text: &mut Text) {
    if !model.functions.is_empty() {
        section("host functions", text);
    }
    let (top, others): (Vec<_>, Vec<_>) =
        model.modules().into_iter().partition(|(module, _)| *module == ROOT);
    for (_, functions) in &top {
        print_all(functions, model, names, text);
    }
    for (i, (module, functions)) in others.iter().enumerate() {
        if i > 0 || !top.is_empty() {
            text.blank();
        }
        text.line(format!("/// The functions of the module `{}`.", module.escape_debug()));
        text.block(format!("pub const {} = struct {{", names.modules[*module]), "};", |text| {
            print_all(functions, model, names, text);
        });
    }
}

fn print_all(functions: &[Function], model: &Model, names: &ZigNames, text: &mut Text) {
    for (i, function) in functions.iter().enumerate() {
        if i > 0 {
            text.blank();
        }
        print_one(function, model, names, text);
        text.blank();
        print_import(function, model.record_of(function), text);
    }
}

fn print_one(function: &Function, model: &Model, names: &ZigNames, text: &mut Text) {
    docs(&about(function, model, names), text);
    let idents = names.params(function);
    let reply = format!("{}!{}", names.error_of(function), types::zig(&function.reply, names));
    let head = format!("pub fn {}", names::function(function));
    layout::function(&head, &params(function, &idents, names), &reply, text, |text| {
        let var = if idents.is_empty() { "const" } else { "var" };
        text.line(format!("{var} args = try hostfn.beginCall({});", idents.len()));
        for (param, ident) in function.params.iter().zip(&idents) {
            text.line(format!("try {}.write(&args, {ident});", codec::codec(&param.ty, names)));
        }
        let import = format!("{}.{}", names::import(function), names::any_member(&function.name));
        text.line(format!("const answer = {import}(args.start, args.len);"));
        let end = [
            codec::codec(&function.reply, names),
            model.keeps_memory(&function.reply).to_string(),
            "&args".to_owned(),
            "answer".to_owned(),
        ];
        let own = function.error.map(|id| &names.errors[id].0);
        let tail = own.map_or(String::from(";"), |own| format!(" catch |err| return wire.{own}.of(err);"));
        layout::list("return hostfn.endCall", &end, &tail, text);
    });
}

/// The import, and the record that goes with the guest where it is called.
fn print_import(function: &Function, record: Option<&str>, text: &mut Text) {
    text.block(format!("const {} = struct {{", names::import(function)), "};", |text| {
        let (module, name) = (layout::quoted(&function.module), names::any(&function.name));
        text.line(format!("extern {module} fn {name}([*]const u8, u32) i64;"));
        if let Some(record) = record {
            text.blank();
            records::print(record, text);
        }
    });
}

/// Returns what a parameter list says.
pub(super) fn params(function: &Function, idents: &[String], names: &ZigNames) -> Vec<String> {
    let params = idents.iter().zip(&function.params);
    params.map(|(ident, param)| format!("{ident}: {}", types::zig(&param.ty, names))).collect()
}

fn about(function: &Function, model: &Model, names: &ZigNames) -> Vec<String> {
    let mut about = vec![function.summary.clone(), function.terms.join(" ")];
    if let Some(id) = function.error {
        let codes = model.errors[id].kinds.iter().map(|kind| format!("`{}`", kind.code.escape_debug()));
        let codes = codes.collect::<Vec<_>>().join(", ");
        about.push(format!("Its own errors are those of `{}`: {codes}.", names.errors[id].0));
    }
    about.push(format!("Fingerprint {}.", function.fingerprint));
    about
}
