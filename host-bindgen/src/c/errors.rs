//! The errors that host functions and entries have of their own.

use super::names::CNames;
use super::{comment, layout, section};
use crate::model::Model;
use crate::text::Text;

pub(super) fn print(model: &Model, names: &CNames, text: &mut Text) {
    if !model.errors.is_empty() {
        section("errors", text);
    }
    for (i, (errors, (name, constants))) in model.errors.iter().zip(&names.errors).enumerate() {
        if i > 0 {
            text.blank();
        }
        let kinds = || errors.kinds.iter().zip(&constants[1..]);
        text.block("typedef enum {", &format!("}} {name};"), |text| {
            comment(
                &["Anything else: denied, over quota, failed, or a code that was not there yet.".into()],
                text,
            );
            text.line(format!("{},", constants[0]));
            for (kind, constant) in kinds() {
                comment(&[kind.docs.clone(), format!("`{}`, status {}.", kind.code, kind.status)], text);
                text.line(format!("{constant},"));
            }
        });
        text.blank();
        comment(&["Which one an error is, such as `hostfn_last_error`.".into()], text);
        let head = format!("static inline {name} {name}_of");
        layout::function(&head, &["const hostfn_error *error".into()], text, |text| {
            for (kind, constant) in kinds() {
                let code = layout::quoted(&kind.code);
                let is_it = format!(
                    "error->status == {} && hostfn_equal(error->code, HOSTFN_STR({code}))",
                    kind.status
                );
                text.block(format!("if ({is_it}) {{"), "}", |text| text.line(format!("return {constant};")));
            }
            text.line(format!("return {};", constants[0]));
        });
        text.blank();
        comment(&["Fails with one of them: what an entry returns.".into()], text);
        let head = format!("static inline int32_t {name}_fail");
        layout::function(&head, &[format!("{name} kind"), "hostfn_str message".into()], text, |text| {
            text.line("switch (kind) {");
            for (kind, constant) in kinds() {
                text.line(format!("case {constant}:"));
                let code = layout::quoted(&kind.code);
                text.indented(|text| {
                    text.line(format!("return hostfn_fail({}, HOSTFN_STR({code}), message);", kind.status));
                });
            }
            text.line("default:");
            text.indented(|text| {
                text.line("return hostfn_fail(HOSTFN_FAILED, HOSTFN_STR(\"failed\"), message);");
            });
            text.line("}");
        });
    }
}
