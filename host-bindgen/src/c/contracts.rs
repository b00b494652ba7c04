//! The entries of each contract: they decode the arguments, call the guest's function, and answer the host.

use super::functions::{is_nothing, params};
use super::names::{self, CNames, by_value};
use super::{codec, comment, layout, records, section};
use crate::model::{Contract, Method, Model, Type};
use crate::names::{snake, upper};
use crate::text::Text;

pub(super) fn print(model: &Model, names: &CNames, text: &mut Text) {
    for contract in &model.contracts {
        section(&format!("contract {}", contract.id), text);
        let exported = format!("HOSTFN_EXPORT_{}", upper(&contract.id));
        let how = format!(
            "The guest defines these functions, and one of its files {exported} before it includes this. Each returns \
             HOSTFN_OK, or what `hostfn_fail` returns, or the status of a host function that failed."
        );
        comment(&[contract.summary.clone(), how], text);
        for method in &contract.methods {
            prototype(contract, method, model, names, text);
        }
        text.blank();
        text.line(format!("#ifdef {exported}"));
        for method in &contract.methods {
            print_entry(contract, method, model, names, text);
            text.blank();
        }
        records::print_all(&contract.records, text);
        text.line("#endif");
    }
}

fn name(contract: &Contract, method: &Method) -> String {
    format!("{}_{}", snake(&contract.id), snake(&method.function.name))
}

fn prototype(contract: &Contract, method: &Method, model: &Model, names: &CNames, text: &mut Text) {
    let function = &method.function;
    text.blank();
    comment(&[function.summary.clone(), format!("Fingerprint {}.", function.fingerprint)], text);
    let mut params = params(&function.params, &names::params(&function.params), model, names);
    if function.reply != Type::Unit {
        params.push(names.declare(&function.reply, "*reply"));
    }
    if params.is_empty() {
        params.push("void".to_owned());
    }
    layout::list(&format!("int32_t {}", name(contract, method)), &params, ";", text);
}

fn print_entry(contract: &Contract, method: &Method, model: &Model, names: &CNames, text: &mut Text) {
    let (name, function) = (name(contract, method), &method.function);
    let idents = names::params(&function.params);
    text.line(format!("HOSTFN_EXPORT({})", layout::quoted(&method.entry)));
    text.line(format!("int64_t hostfn_entry_{name}(const uint8_t *ptr, uint32_t len);"));
    let head = format!("int64_t hostfn_entry_{name}");
    layout::function(&head, &["const uint8_t *ptr".into(), "uint32_t len".into()], text, |text| {
        text.line(format!("hostfn_reader args = hostfn_begin_entry(ptr, len, {});", idents.len()));
        for (param, ident) in function.params.iter().zip(&idents) {
            text.line(format!("{};", names.declare(&param.ty, ident)));
        }
        for (param, ident) in function.params.iter().zip(&idents) {
            text.line(codec::read(&param.ty, "&args", ident, names));
        }
        text.block("if (!hostfn_read_all(&args)) {", "}", |text| text.line("return hostfn_refuse_entry();"));
        let mut passed: Vec<String> = function
            .params
            .iter()
            .zip(&idents)
            .map(
                |(param, ident)| if by_value(&param.ty, model) { ident.clone() } else { format!("&{ident}") },
            )
            .collect();
        if function.reply != Type::Unit {
            text.line(format!("{};", names.declare(&function.reply, "reply")));
            passed.push("&reply".to_owned());
        }
        layout::list(&format!("int32_t status = {name}"), &passed, ";", text);
        text.block("if (status != HOSTFN_OK) {", "}", |text| text.line("return hostfn_fail_entry(status);"));
        text.line("hostfn_writer w = hostfn_write();");
        if !is_nothing(&function.reply, model) {
            let place = if by_value(&function.reply, model) { "reply" } else { "&reply" };
            text.line(codec::write(&function.reply, "&w", place, names));
        }
        text.line("return hostfn_end_entry(HOSTFN_OK, &w);");
    });
}
