use std::collections::BTreeMap;
use std::fmt::Display;

use super::{CONVENTION, VERSION, types};
use crate::policy::document::{list, quoted};
use crate::spec::{Shape, TypeDef};
use crate::surface::{
    CapabilityRow, ContractRow, ErrorRow, FunctionRow, Listing, MethodRow, ParamRow, UnregisteredRow,
};

const HEADER: &str = "\
# What plugins can reach, as it was last reviewed: one block for each capability, function and contract.
# Written by hostfn; `HOSTFN_BLESS=1 cargo test` writes it again. Do not edit it by hand.
";

const UNREGISTERED: &str = "\n# Linked into the program and not in its registry: no plugin can call this.\n";

pub(super) fn lock(listing: &Listing) -> String {
    let mut out = Toml(HEADER.to_owned());
    out.plain("lock", VERSION);
    out.plain("abi", listing.abi);
    listing.capabilities.iter().for_each(|row| out.capability(row));
    listing.functions.iter().for_each(|row| out.function(row));
    listing.contracts.iter().for_each(|row| out.contract(row));
    listing.unregistered.iter().for_each(|row| out.unregistered(row));
    out.0
}

struct Toml(String);

impl Toml {
    fn block(&mut self, name: &str) {
        self.0 += &format!("\n[[{name}]]\n");
    }

    fn plain(&mut self, key: &str, value: impl Display) {
        self.0 += &format!("{key} = {value}\n");
    }

    fn text(&mut self, key: &str, value: &str) {
        self.plain(key, quoted(value));
    }

    fn if_any<T: Display>(&mut self, key: &str, value: Option<T>) {
        if let Some(value) = value {
            self.plain(key, value);
        }
    }

    /// A list with a line for each, which a comparison of lines shows alone.
    fn lines(&mut self, key: &str, items: impl Iterator<Item = String>) {
        let items: String = items.map(|item| format!("    {item},\n")).collect();
        if !items.is_empty() {
            self.0 += &format!("{key} = [\n{items}]\n");
        }
    }

    fn capability(&mut self, row: &CapabilityRow) {
        self.block("capability");
        self.text("name", &row.name);
        self.text("about", &row.about);
        self.text("scope", &row.scope);
        if row.escapes {
            self.plain("escapes_the_sandbox", true);
        }
    }

    fn function(&mut self, row: &FunctionRow) {
        self.block("function");
        self.text("module", &row.module);
        self.text("name", &row.name);
        if let Some(group) = &row.group {
            self.text("group", group);
        }
        match &row.capability {
            Some(capability) => self.text("capability", capability),
            None => self.plain("always_available", true),
        }
        if let Some(param) = &row.scoped_param {
            self.text("matched", param);
        }
        self.signature(&row.convention, &row.params, &row.reply, row.error.as_ref(), &row.types);
        if !row.states.is_empty() {
            self.plain("states", list(row.states.iter().map(String::as_str)));
        }
        self.if_any("max_args", row.max_args);
        self.if_any("max_reply", row.max_reply);
        self.if_any("quota", row.quota);
        self.if_any("since", (row.since > 1).then_some(row.since));
        self.text("docs", &row.summary);
        self.package(&row.krate, row.outside.as_deref());
        self.origin(&row.origin);
        self.text("fingerprint", &row.fingerprint);
    }

    fn contract(&mut self, row: &ContractRow) {
        self.block("contract");
        self.text("id", &row.id);
        self.text("docs", &row.summary);
        self.package(&row.krate, row.outside.as_deref());
        self.origin(&row.origin);
        for method in &row.methods {
            self.method(method);
        }
    }

    fn method(&mut self, row: &MethodRow) {
        self.block("contract.method");
        self.text("name", &row.name);
        self.text("entry", &row.entry);
        self.signature(&row.convention, &row.params, &row.reply, row.error.as_ref(), &row.types);
        self.text("docs", &row.summary);
        self.text("fingerprint", &row.fingerprint);
    }

    fn unregistered(&mut self, row: &UnregisteredRow) {
        self.0 += UNREGISTERED;
        self.0 += "[[unregistered]]\n";
        self.text("module", &row.module);
        self.text("name", &row.name);
        self.package(&row.krate, row.outside.as_deref());
    }

    fn signature(
        &mut self,
        convention: &str,
        params: &[ParamRow],
        reply: &Shape,
        error: Option<&ErrorRow>,
        types: &BTreeMap<String, TypeDef>,
    ) {
        if convention != CONVENTION {
            self.text("convention", convention);
        }
        self.lines("takes", params.iter().map(|param| quoted(&types::named(&param.name, &param.shape))));
        if *reply != Shape::Unit {
            self.text("replies", &types::shape(reply));
        }
        if let Some(error) = error {
            self.text("error", &error.name);
            self.lines(
                "fails",
                error.kinds.iter().map(|kind| {
                    let (code, docs) = (quoted(&kind.code), quoted(&kind.docs));
                    format!("{{ code = {code}, status = {}, docs = {docs} }}", kind.status)
                }),
            );
        }
        if !types.is_empty() {
            // quoted line by line: what may mislead a reader is escaped, the line feeds are not
            let text = types::definitions(types);
            let escaped = text.lines().map(|line| {
                let line = quoted(line);
                format!("{}\n", &line[1..line.len() - 1])
            });
            self.0 += &format!("types = \"\"\"\n{}\"\"\"\n", escaped.collect::<String>());
        }
    }

    /// Writes the package. One from outside the workspace has another key, so that it stands out.
    fn package(&mut self, krate: &str, outside: Option<&str>) {
        match outside {
            Some(version) => self.text("outside", &format!("{krate} {version}")),
            None => self.text("crate", krate),
        }
    }

    fn origin(&mut self, origin: &str) {
        if origin != "macro" {
            self.plain("by_hand", true);
        }
    }
}
