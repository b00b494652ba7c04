//! A trait for each contract, and a macro that exports what implements it.

use super::{KEYWORDS, RustNames, docs, layout, types};
use crate::model::{Contract, Method, Model};
use crate::names::{Names, snake};
use crate::text::Text;

pub(super) fn print(model: &Model, names: &RustNames, text: &mut Text) {
    for (contract, name) in model.contracts.iter().zip(&names.contracts) {
        print_trait(contract, name, names, text);
        print_macro(contract, name, text);
    }
}

/// A method and its names: by its implementer, and by the entry that the host calls.
fn idents(contract: &Contract) -> Vec<(String, String)> {
    let mut taken = Names::reserving(KEYWORDS);
    let methods = contract.methods.iter();
    methods
        .map(|method| {
            let ident = taken.take(&snake(&method.function.name));
            let entry = taken.take(&format!("__{ident}"));
            (ident, entry)
        })
        .collect()
}

fn macro_name(contract: &Contract) -> String {
    format!("export_{}", snake(&contract.id))
}

fn print_trait(contract: &Contract, name: &str, names: &RustNames, text: &mut Text) {
    text.blank();
    let exported = format!("`{}!` exports what implements it.", macro_name(contract));
    docs(&[contract.summary.clone(), format!("The contract `{}`. {exported}", contract.id)], text);
    text.block(format!("pub trait {name} {{"), "}", |text| {
        for (i, (method, (ident, entry))) in contract.methods.iter().zip(idents(contract)).enumerate() {
            if i > 0 {
                text.blank();
            }
            print_method(method, &ident, names, text);
            text.blank();
            print_entry(method, &ident, &entry, names, text);
        }
    });
}

fn params(method: &Method, names: &RustNames) -> (Vec<String>, Vec<String>) {
    let mut taken = Names::reserving(&[KEYWORDS, &["len", "ptr", "incoming"]].concat());
    let params = &method.function.params;
    let idents = params.iter().map(|param| taken.take(&snake(&param.name))).collect();
    (idents, params.iter().map(|param| types::received(&param.ty, names)).collect())
}

fn print_method(method: &Method, ident: &str, names: &RustNames, text: &mut Text) {
    let function = &method.function;
    let exported =
        format!("The host calls it as `{}`. Fingerprint `{}`.", method.entry, function.fingerprint);
    docs(&[function.summary.clone(), exported], text);
    text.line("///");
    text.line("/// # Errors");
    text.line("/// Whatever the guest answers instead of a reply.");
    let (idents, types) = params(method, names);
    let params: Vec<String> = idents.iter().zip(types).map(|(ident, ty)| format!("{ident}: {ty}")).collect();
    let reply = types::owned(&function.reply, names);
    let tail = format!(" -> Result<{reply}, {}>;", names.error_of(function));
    layout::signature(&format!("fn {ident}"), &params, &tail, text);
}

/// Prints the code that decodes the arguments, calls the method and replies to the host.
fn print_entry(method: &Method, ident: &str, entry: &str, names: &RustNames, text: &mut Text) {
    let (idents, _) = params(method, names);
    text.line("#[doc(hidden)]");
    text.block(format!("fn {entry}(ptr: i32, len: i32) -> i64 {{"), "}", |text| {
        let params = &method.function.params;
        let quoted: Vec<String> = params.iter().map(|param| format!("{:?}", param.name)).collect();
        text.line("let incoming = hostfn_guest::__private::Incoming::claim(ptr, len);");
        layout::array("let params: &[&str] = &", &quoted, text);
        text.block("let args = match incoming.args(params) {", "};", |text| {
            text.line("Ok(args) => args,");
            text.line("Err(error) => return hostfn_guest::__private::refuse(&error),");
        });
        let args = match idents.as_slice() {
            [one] => format!("({one},)"),
            all => format!("({})", all.join(", ")),
        };
        text.line(format!("let {args} = args;"));
        layout::call(&format!("let answer = Self::{ident}"), &idents, ".map_err(CallError::from);", text);
        text.line("hostfn_guest::__private::Returned::new(answer).answer()");
    });
}

fn print_macro(contract: &Contract, name: &str, text: &mut Text) {
    let macro_name = macro_name(contract);
    text.blank();
    docs(&[format!("Exports a guest: `host::{macro_name}!(host::{name} for MyGuest);`")], text);
    text.block(format!("macro_rules! {macro_name} {{"), "}", |text| {
        text.block("($($contract:ident)::+ for $guest:ty) => {", "};", |text| {
            text.block("hostfn_guest::entries! {", "}", |text| {
                for (method, (_, entry)) in contract.methods.iter().zip(idents(contract)) {
                    text.line(format!("{:?} => <$guest as $($contract)::+>::{entry},", method.entry));
                }
            });
            // what the entries were generated from: only a guest that exports them carries it
            super::carry(&contract.records, text);
        });
    });
    text.line(format!("pub(crate) use {macro_name};"));
}
