//! An enum for each type of errors.

use std::collections::BTreeSet;

use hostfn_core::Status;

use super::{KEYWORDS, RustNames, docs, layout};
use crate::model::{Errors, Kind, Model};
use crate::names::{Names, pascal, snake};
use crate::text::Text;

pub(super) fn print(model: &Model, names: &RustNames, text: &mut Text) {
    for (errors, name) in model.errors.iter().zip(&names.errors) {
        print_one(errors, name, text);
    }
    print_between(model, names, text);
}

/// Lets `?` turn each error into one that a contract's method returns: by its code, or as `Other`.
fn print_between(model: &Model, names: &RustNames, text: &mut Text) {
    let methods = model.contracts.iter().flat_map(|contract| &contract.methods);
    let returned: BTreeSet<usize> = methods.filter_map(|method| method.function.error).collect();
    for to in returned {
        for from in (0..names.errors.len()).filter(|from| *from != to) {
            let (from, to) = (&names.errors[from], &names.errors[to]);
            text.blank();
            text.block(format!("impl From<{from}> for {to} {{"), "}", |text| {
                text.block(format!("fn from(error: {from}) -> Self {{"), "}", |text| {
                    text.line("Self::from(CallError::from(error))");
                });
            });
        }
    }
}

/// A kind of error and its names: the variant, and the function that makes one.
struct Named<'m> {
    kind: &'m Kind,
    variant: String,
    make: String,
}

fn print_one(errors: &Errors, name: &str, text: &mut Text) {
    let mut variants = Names::reserving(&["Other", "Self"]);
    let mut makers = Names::reserving(&[KEYWORDS, &["code", "detail", "message", "status"]].concat());
    let kinds = errors.kinds.iter().map(|kind| Named {
        kind,
        variant: variants.take(&pascal(&kind.code)),
        make: makers.take(&snake(&kind.code)),
    });
    let kinds: Vec<Named<'_>> = kinds.collect();
    print_enum(&kinds, errors, name, text);
    print_methods(&kinds, name, text);
    print_conversions(&kinds, name, text);
    text.blank();
    text.block(format!("impl core::fmt::Display for {name} {{"), "}", |text| {
        text.block("fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {", "}", |text| {
            text.line("core::fmt::Display::fmt(&CallError::from(self.clone()), f)");
        });
    });
    text.blank();
    text.line(format!("impl core::error::Error for {name} {{}}"));
}

fn print_enum(kinds: &[Named<'_>], errors: &Errors, name: &str, text: &mut Text) {
    text.blank();
    docs(&[format!("The errors `{}` of the host, told by their codes.", errors.name)], text);
    text.line("#[derive(Clone, Debug, PartialEq)]");
    text.block(format!("pub enum {name} {{"), "}", |text| {
        for Named { kind, variant, .. } in kinds {
            let status = Status::new(kind.status);
            docs(&[kind.docs.clone(), format!("Code `{}`, {status}.", kind.code)], text);
            text.line(format!("{variant}(ErrorReply),"));
        }
        docs(
            &["Anything else: denied, over quota, failed, or a code that was not there yet.".to_owned()],
            text,
        );
        text.line("Other(CallError),");
    });
}

fn print_methods(kinds: &[Named<'_>], name: &str, text: &mut Text) {
    text.blank();
    text.block(format!("impl {name} {{"), "}", |text| {
        for Named { kind, make, .. } in kinds {
            docs(&[format!("The error `{}`, for a guest that answers with it.", kind.code)], text);
            text.block(format!("pub fn {make}(message: &str) -> Self {{"), "}", |text| {
                text.line(format!("let status = Status::new({});", kind.status));
                let args = ["status".to_owned(), format!("{:?}", kind.code), "message".to_owned()];
                layout::call("let error = CallError::new", &args, ";", text);
                text.line("Self::from(error)");
            });
            text.blank();
        }
        docs(&["Code, message and detail; `None` where the host told nothing.".to_owned()], text);
        text.block("pub fn reply(&self) -> Option<&ErrorReply> {", "}", |text| {
            text.block("match self {", "}", |text| {
                for Named { variant, .. } in kinds {
                    text.line(format!("Self::{variant}(reply) => Some(reply),"));
                }
                text.line("Self::Other(error) => error.reply.as_ref(),");
            });
        });
    });
}

fn print_conversions(kinds: &[Named<'_>], name: &str, text: &mut Text) {
    text.blank();
    text.block(format!("impl From<CallError> for {name} {{"), "}", |text| {
        text.block("fn from(CallError { status, reply }: CallError) -> Self {", "}", |text| {
            text.block("let Some(reply) = reply else {", "};", |text| {
                text.line("return Self::Other(CallError { status, reply });");
            });
            text.block("match (status.code(), reply.code.as_str()) {", "}", |text| {
                for Named { kind, variant, .. } in kinds {
                    text.line(format!("({}, {:?}) => Self::{variant}(reply),", kind.status, kind.code));
                }
                text.block("_ => {", "}", |text| {
                    text.line("let reply = Some(reply);");
                    text.line("Self::Other(CallError { status, reply })");
                });
            });
        });
    });
    text.blank();
    text.block(format!("impl From<{name}> for CallError {{"), "}", |text| {
        text.block(format!("fn from(error: {name}) -> Self {{"), "}", |text| {
            text.block("let (status, reply) = match error {", "};", |text| {
                for Named { kind, variant, .. } in kinds {
                    text.line(format!("{name}::{variant}(reply) => ({}, reply),", kind.status));
                }
                text.line(format!("{name}::Other(error) => return error,"));
            });
            text.line("let (status, reply) = (Status::new(status), Some(reply));");
            text.line("CallError { status, reply }");
        });
    });
}
