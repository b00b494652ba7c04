//! The errors that host functions and entries have of their own.

use super::names::ZigNames;
use super::{docs, layout, section};
use crate::model::{Errors, Model};
use crate::text::Text;

pub(super) fn print(model: &Model, names: &ZigNames, text: &mut Text) {
    if !model.errors.is_empty() {
        section("errors", text);
    }
    for (i, (errors, (name, idents))) in model.errors.iter().zip(&names.errors).enumerate() {
        if i > 0 {
            text.blank();
        }
        docs(&[format!("The errors `{}` of the host, told by their codes.", errors.name)], text);
        text.block(format!("pub const {name} = error{{"), "};", |text| {
            for (kind, ident) in errors.kinds.iter().zip(idents) {
                let code = kind.code.escape_debug();
                docs(&[kind.docs.clone(), format!("Code `{code}`, status {}.", kind.status)], text);
                text.line(format!("{ident},"));
            }
        });
    }
}

/// The wire form of a set of errors.
pub(super) fn print_codec(errors: &Errors, (name, idents): &(String, Vec<String>), text: &mut Text) {
    let kinds = || {
        errors.kinds.iter().zip(idents).map(|(kind, ident)| {
            let code = layout::quoted(&kind.code);
            (ident, format!(".{{ .status = {}, .code = {code} }}", kind.status))
        })
    };
    text.block(format!("const {name} = struct {{"), "};", |text| {
        let reply = format!("(hostfn.Error || this.{name})");
        layout::function("fn of", &["err: hostfn.Error".into()], &reply, text, |text| {
            text.line("if (!hostfn.isLast(err)) return err;");
            for (ident, kind) in kinds() {
                text.line(format!("if (hostfn.isTold(error.{ident}, {kind})) return error.{ident};"));
            }
            text.line("return err;");
        });
        text.blank();
        layout::function("fn kind", &["err: anyerror".into()], "?hostfn.Kind", text, |text| {
            text.block("return switch (err) {", "};", |text| {
                for (ident, kind) in kinds() {
                    text.line(format!("error.{ident} => {kind},"));
                }
                text.line("else => null,");
            });
        });
    });
}
