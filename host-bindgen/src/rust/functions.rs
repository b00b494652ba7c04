//! A function for each host function.

use super::{KEYWORDS, RustNames, docs, layout, types};
use crate::model::{Function, Model};
use crate::names::{Names, snake};
use crate::text::Text;

/// The functions of one module, and the module `import` that they call.
pub(super) fn print(module: &str, functions: &[Function], model: &Model, names: &RustNames, text: &mut Text) {
    for function in functions {
        text.blank();
        print_one(function, model, names, text);
    }
    text.blank();
    text.block("mod import {", "}", |text| {
        text.line("use super::*;");
        text.blank();
        text.block("hostfn_guest::imports! {", "}", |text| {
            for (i, function) in functions.iter().enumerate() {
                if i > 0 {
                    text.blank();
                }
                import(module, function, names, text);
            }
        });
    });
}

fn print_one(function: &Function, model: &Model, names: &RustNames, text: &mut Text) {
    let mut paragraphs = vec![function.summary.clone()];
    paragraphs.push(function.terms.join(" "));
    paragraphs.push(format!("Fingerprint `{}`.", function.fingerprint));
    docs(&paragraphs, text);
    text.line("///");
    text.line("/// # Errors");
    text.lines(&errors_of(function, model));
    let error = names.error_of(function);
    let tail = format!(" -> Result<{}, {error}>", types::owned(&function.reply, names));
    let args = idents(function);
    layout::function(&format!("pub fn {}", name(function)), &params(function, names), &tail, text, |text| {
        let import = format!("import::{}", name(function));
        if function.error.is_some() {
            layout::call(&format!("let reply = {import}"), &args, "?;", text);
            text.line("Ok(reply)");
        } else {
            layout::call(&import, &args, "", text);
        }
    });
}

fn errors_of(function: &Function, model: &Model) -> String {
    let rest = "/// Whenever the host does not answer: denied, over quota, or failed.";
    match function.error {
        None => rest.to_owned(),
        Some(id) => {
            let codes = model.errors[id].kinds.iter().map(|kind| format!("`{}`", kind.code));
            let codes = codes.collect::<Vec<_>>().join(", ");
            let own = crate::text::wrap(&format!("Its own: {codes}."), 92);
            own.iter().map(|line| format!("/// {line}\n")).collect::<String>() + rest
        }
    }
}

fn import(module: &str, function: &Function, names: &RustNames, text: &mut Text) {
    if module != super::ROOT {
        text.line(format!("#[module = {module:?}]"));
    }
    text.line(format!("#[name = {:?}]", function.name));
    let tail = format!(" -> {};", types::owned(&function.reply, names));
    layout::signature(&format!("pub fn {}", name(function)), &params(function, names), &tail, text);
}

fn name(function: &Function) -> String {
    Names::reserving(KEYWORDS).take(&snake(&function.name))
}

fn idents(function: &Function) -> Vec<String> {
    let mut taken = Names::reserving(KEYWORDS);
    function.params.iter().map(|param| taken.take(&snake(&param.name))).collect()
}

fn params(function: &Function, names: &RustNames) -> Vec<String> {
    let params = idents(function).into_iter().zip(&function.params);
    params.map(|(ident, param)| format!("{ident}: {}", types::borrowed(&param.ty, names))).collect()
}
