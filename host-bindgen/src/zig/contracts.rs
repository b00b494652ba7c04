//! The entries of each contract: they decode the arguments, call the guest's function, and answer the host.

use super::functions::params;
use super::names::{self, ZigNames};
use super::{codec, docs, layout, records, section, types};
use crate::model::{Contract, Method, Model};
use crate::names::snake;
use crate::text::{Text, wrap};

pub(super) fn print(model: &Model, names: &ZigNames, text: &mut Text) {
    for (contract, export) in model.contracts.iter().zip(&names.exports) {
        section(&format!("contract {}", contract.id.escape_debug()), text);
        let how = format!(
            "`comptime {{ host.{export}(@This()); }}` in the guest's root file exports the entries of the contract, \
             where `host` is this file. They call these functions of `GuestType`, and what one of them fails with is \
             answered as `hostfn.last_error` tells it:"
        );
        docs(&[contract.summary.clone(), how], text);
        for method in &contract.methods {
            about(method, names, text);
        }
        text.block(format!("pub fn {export}(comptime GuestType: type) void {{"), "}", |text| {
            text.block("const entries = struct {", "};", |text| {
                for (i, method) in contract.methods.iter().enumerate() {
                    if i > 0 {
                        text.blank();
                    }
                    print_entry(method, names, text);
                }
                for record in &contract.records {
                    text.blank();
                    records::print(record, text);
                }
            });
            print_exports(contract, text);
        });
    }
}

/// Prints the documentation of the guest's function.
fn about(method: &Method, names: &ZigNames, text: &mut Text) {
    let function = &method.function;
    let params = params(function, &names.params(function), names).join(", ");
    let reply = format!("{}!{}", names.error_of(function), types::zig(&function.reply, names));
    text.line("///");
    text.line(format!("///     pub fn {}({params}) {reply}", names::function(function)));
    text.line("///");
    let told = format!("{} Fingerprint {}.", function.summary, function.fingerprint);
    for line in wrap(&told, 100) {
        text.line(format!("/// {line}"));
    }
}

fn entry(method: &Method) -> String {
    format!("entry_{}", snake(&method.function.name))
}

fn print_entry(method: &Method, names: &ZigNames, text: &mut Text) {
    let function = &method.function;
    let idents = names.params(function);
    let head = format!("fn {}", entry(method));
    layout::function(&head, &["ptr: usize".into(), "len: u32".into()], "callconv(.c) i64", text, |text| {
        let refuse = "catch |err| return hostfn.refuseEntry(err);";
        let var = if idents.is_empty() { "const" } else { "var" };
        text.line(format!("{var} args = hostfn.beginEntry(ptr, len, {}) {refuse}", idents.len()));
        for (param, ident) in function.params.iter().zip(&idents) {
            text.line(format!("const {ident} = {}.read(&args) {refuse}", codec::codec(&param.ty, names)));
        }
        text.line(format!("args.finish() {refuse}"));
        let own = function.error.map(|id| &names.errors[id].0);
        let own = own.map_or("null".to_owned(), |own| format!("wire.{own}.kind(err)"));
        let call = format!("const reply = GuestType.{}", names::function(function));
        let tail = format!(" catch |err| return hostfn.failEntry(err, {own});");
        layout::list(&call, &idents, &tail, text);
        text.line(format!("return hostfn.endEntry({}, reply);", codec::codec(&function.reply, names)));
    });
}

fn print_exports(contract: &Contract, text: &mut Text) {
    for method in &contract.methods {
        let name = layout::quoted(&method.entry);
        text.line(format!("@export(&entries.{}, .{{ .name = {name} }});", entry(method)));
    }
}
