//! The guide's table of modules is that of their listing. `HOSTFN_BLESS=1 cargo test -p hostfn-modules --test modules guide`
//! writes it.

use std::path::Path;

use hostfn::{HostModule, Listing, Registry};

const BEGIN: &str = "<!-- modules: begin -->\n";
const END: &str = "<!-- modules: end -->\n";

#[test]
fn the_table_of_modules_is_that_of_the_listing() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/modules.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the table begins");
    let (written, after) = rest.split_once(END).expect("the table ends");
    let table = table();
    if std::env::var_os("HOSTFN_BLESS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(written, table, "write it again with HOSTFN_BLESS=1");
}

fn table() -> String {
    let mut modules = crate::everything::modules();
    modules.sort_by_key(HostModule::name);
    let mut table = "| module | requires | what that allows | functions |\n|---|---|---|---|\n".to_owned();
    for module in modules {
        let name = module.name();
        let listing = Registry::builder().module(module).build().unwrap().listing();
        let mut cell = format!("`{name}`");
        for capability in &listing.capabilities {
            let scope = match capability.scope.as_str() {
                "none" => String::new(),
                scope => format!(" in {scope}"),
            };
            let escape = if capability.escapes { " **Escapes the sandbox.**" } else { "" };
            let about = format!("{}{escape}", capability.about);
            let functions = functions(&listing, Some(&capability.name));
            table += &format!("| {cell} | `{}`{scope} | {about} | {functions} |\n", capability.name);
            cell.clear();
        }
        let always = functions(&listing, None);
        if !always.is_empty() {
            table += &format!("| {cell} | nothing | | {always} |\n");
        }
    }
    table
}

fn functions(listing: &Listing, capability: Option<&str>) -> String {
    let rows = listing.functions.iter().filter(|row| row.capability.as_deref() == capability);
    let names: Vec<String> = rows.map(|row| format!("`{}`", row.name)).collect();
    names.join(", ")
}
