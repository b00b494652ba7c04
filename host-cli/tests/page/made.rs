//! Listings made for the pages.

use hostfn_core::{CapabilityRow, FunctionRow, Listing, UnregisteredRow};

use crate::library::{first, second};

/// A host with one of everything that stands out.
pub(crate) fn review() -> Listing {
    let mut listing = second();
    listing.functions.push(first().functions.into_iter().find(|row| row.name == "labels").unwrap());
    let pattern = listing.functions[0].clone();
    let function = |module: &str, name: &str, capability: &str, param: &str| {
        let mut row: FunctionRow = pattern.clone();
        row.module = module.into();
        row.name = name.into();
        row.capability = Some(capability.to_owned());
        row.scoped_param = Some(param.to_owned());
        row.summary = format!("What `{name}` of a store does.");
        row
    };
    let mut run = function("host", "run", "process.exec", "program");
    run.summary = "Run a program, and wait for it.".into();
    run.origin = "manual".into();
    let outside = ["get", "set"].map(|name| {
        let mut row = function("kv", name, "kv.use", "store");
        row.outside = Some("1.4.2".to_owned());
        row.group = Some("store".to_owned());
        row.krate = "store".into();
        row
    });
    listing.functions.push(run);
    listing.functions.extend(outside);
    let capability = |name: &str, about: &str, scope: &str, escapes: bool| CapabilityRow {
        name: name.to_owned(),
        about: about.to_owned(),
        scope: scope.to_owned(),
        escapes,
        functions: Vec::new(),
        file: "src/rights.rs".to_owned(),
        line: 7,
        granted: None,
    };
    listing.capabilities.push(capability("process.exec", "Run programs of this machine.", "path", true));
    listing.capabilities.push(capability("kv.use", "Use named stores.", "name", false));
    listing.unregistered.push(UnregisteredRow {
        module: "host".to_owned(),
        name: "debug_dump".to_owned(),
        krate: "app".to_owned(),
        outside: None,
        file: "src/debug.rs".to_owned(),
        line: 3,
    });
    // a call that is always available, of another package than that which `now` has become
    if let Some(now) = listing.functions.iter_mut().find(|row| row.name == "now") {
        now.capability = Some("fs.read".to_owned());
        now.scoped_param = Some("path".to_owned());
        now.summary = "When the archive beneath a directory was written.".into();
    }
    Listing::from_json(&listing.to_json()).unwrap()
}

/// A listing that a stranger wrote to harm a reader of its page.
pub(crate) fn hostile() -> Listing {
    let harm = "<script>stolen = 1</script><img src=x onerror=\"stolen = 1\">'\u{202e}`";
    let mut listing = first();
    for row in &mut listing.functions {
        row.summary = harm.into();
        row.file = harm.into();
        row.krate = harm.into();
        row.outside = Some(harm.to_owned());
        row.states = vec![harm.to_owned()];
        row.group = Some(harm.to_owned());
    }
    listing.functions[0].name = harm.into();
    listing.capabilities[0].name = harm.into();
    listing.capabilities[0].about = harm.into();
    listing.functions[1].capability = Some(harm.to_owned());
    listing.capabilities[0].granted = Some(harm.to_owned());
    listing
}

/// A host of this many functions.
pub(crate) fn many(count: usize) -> Listing {
    let mut listing = first();
    let pattern = listing.functions[1].clone();
    let capability = listing.capabilities[0].clone();
    let name = |i: usize| format!("right{}.{}", i % 100, if i.is_multiple_of(2) { "read" } else { "write" });
    let function = |i: usize| {
        let mut row = pattern.clone();
        row.name = format!("function_{i}");
        row.module = format!("module{}", i % 7);
        row.capability = Some(name(i));
        row
    };
    listing.functions = (0..count).map(function).collect();
    listing.capabilities = (0..100)
        .map(|i| {
            let mut row = capability.clone();
            row.name = name(i);
            row
        })
        .collect();
    Listing::from_json(&listing.to_json()).unwrap()
}
