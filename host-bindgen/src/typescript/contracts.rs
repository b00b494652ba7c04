//! An interface for each contract that a plugin can fulfil.

use std::collections::BTreeSet;

use super::CONTRACTS;
use super::modules::{Item, Modules, about, of_type, params};
use super::names::TsNames;
use super::types::{Printer, Way};
use crate::javascript::camel;
use crate::model::{Contract, Model};
use crate::text::{Text, comment, quoted};

pub(super) fn print(modules: &Modules<'_>, model: &Model, names: &TsNames, text: &mut Text) {
    if model.contracts.is_empty() {
        return;
    }
    let printer = Printer { model, names };
    let mut items: BTreeSet<Item> = BTreeSet::new();
    for method in model.contracts.iter().flat_map(|contract| &contract.methods) {
        // the host calls the plugin: arguments are what it gives, and the reply is what it accepts
        method.function.params.iter().for_each(|param| of_type(&param.ty, Way::Out, model, &mut items));
        of_type(&method.function.reply, Way::In, model, &mut items);
        items.extend(method.function.error.map(Item::Error));
    }
    text.blank();
    text.line("// Types alone: `import type`.");
    text.block(format!("declare module {} {{", quoted(CONTRACTS)), "}", |text| {
        modules.items(&items, CONTRACTS, &printer, text);
        for (contract, name) in model.contracts.iter().zip(&names.contracts) {
            text.blank();
            interface(contract, name, &printer, text);
        }
        text.blank();
        text.line("export {};");
    });
}

fn interface(contract: &Contract, name: &str, printer: &Printer<'_>, text: &mut Text) {
    let how = format!(
        "The default export fulfils it, `export default {{ ... }} satisfies {name}`, where the plugin is packed with \
         `--contract {}`. Otherwise functions with the names of its entries do.",
        contract.id
    );
    comment(&[contract.summary.clone(), how], text);
    text.block(format!("export interface {name} {{"), "}", |text| {
        for method in &contract.methods {
            let function = &method.function;
            let mut lines = about(function, printer);
            lines.insert(1, format!("Entry `{}`.", method.entry));
            comment(&lines, text);
            let reply = printer.reply(&function.reply, Way::In);
            text.line(format!(
                "{}({}): {reply} | Promise<{reply}>;",
                camel(&function.name),
                params(&function.params, Way::Out, printer)
            ));
        }
    });
}
