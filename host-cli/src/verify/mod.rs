//! Comparison of annotated functions in sources with the listing of a build.

mod crates;
mod depth;
mod expand;
mod report;
mod sources;
mod stack;

use std::path::Path;

use hostfn_core::{Error, FunctionRow, Listing, UnregisteredRow};

pub(crate) use expand::expand;
pub(crate) use report::Verification;

use crates::Sources;
use report::{ByHand, Missing, SCHEMA};
use sources::{Found, FoundByHand};
use stack::with_stack;

/// Compares the sources of the package in `folder` with `listing`.
///
/// # Errors
/// When there is no package.
pub(crate) fn verify(folder: &Path, listing: &Listing) -> Result<Verification, Error> {
    let sources = with_stack(|| Sources::read(folder))?;
    let package = &sources.package;
    let rows = listing.functions.iter().map(|row| &row.krate);
    let linked = rows.chain(listing.unregistered.iter().map(|row| &row.krate)).any(|name| name == package);
    let (tests, built): (Vec<&Found>, Vec<_>) = sources.annotated.iter().partition(|found| found.is_test());
    let mut missing = Vec::new();
    for found in &built {
        if !listing.functions.iter().any(|row| found.is(row, package)) {
            missing.push(found.missing(listing, package, linked));
        }
    }
    let by_hand = sources.by_hand.iter().filter(|found| !found.is_test()).map(|found| found.row(listing));
    Ok(Verification {
        schema: SCHEMA,
        package: package.clone(),
        annotated: built.len(),
        in_tests: tests.len(),
        missing,
        by_hand: by_hand.collect(),
        unread: sources.unread,
    })
}

impl Found {
    fn is_test(&self) -> bool {
        self.cfgs.are_of_tests()
    }

    /// Returns whether the row is of this function, as far as the listing says where it is from: a lock does not.
    fn is(&self, row: &FunctionRow, package: &str) -> bool {
        (&row.module, &row.name) == (&self.module, &self.name)
            && (row.krate.is_empty() || row.krate == package)
            && is_place(&row.file, &self.file)
    }

    fn is_unregistered(&self, row: &UnregisteredRow, package: &str) -> bool {
        (&row.module, &row.name) == (&self.module, &self.name)
            && row.krate == package
            && is_place(&row.file, &self.file)
    }

    fn missing(&self, listing: &Listing, package: &str, linked: bool) -> Missing {
        let unregistered = listing.unregistered.iter().any(|row| self.is_unregistered(row, package));
        let named = |row: &&FunctionRow| (&row.module, &row.name) == (&self.module, &self.name);
        let (why, help) = if unregistered {
            ("it is linked, but not registered".to_owned(), "add it to the registry, or remove it")
        } else if !self.reached {
            (
                "it is not compiled: no `mod` leads to its file".to_owned(),
                "declare the module, or remove the file",
            )
        } else if !self.cfgs.shown().is_empty() {
            let cfgs: Vec<_> = self.cfgs.shown().iter().map(|cfg| format!("#[cfg({cfg})]")).collect();
            let what = format!("it is only in builds with {}", cfgs.join(" and "));
            (what, "list a build with it, if one is shipped")
        } else if let Some(other) = listing.functions.iter().find(named) {
            let what = format!("another function has its name, of {} {}", other.krate, other.file);
            (what, "give one of them another name or module")
        } else if !linked {
            let what = format!("nothing of package `{package}` is linked into the program");
            (what, "use something of the package in the program, so that it is linked")
        } else if !self.collected {
            let what = "it has `collect = false` and is not registered".to_owned();
            (what, "add it to the registry, or remove it")
        } else {
            ("the listing does not have it".to_owned(), "build the program again, and list it again")
        };
        Missing {
            function: format!("{}.{}", self.module, self.name),
            file: self.file.clone(),
            line: self.line,
            why,
            help,
        }
    }
}

impl FoundByHand {
    fn is_test(&self) -> bool {
        self.cfgs.are_of_tests()
    }

    fn row(&self, listing: &Listing) -> ByHand {
        let listed = self.module.as_ref().zip(self.name.as_ref()).map(|(module, name)| {
            listing.functions.iter().any(|row| (&row.module, &row.name) == (module, name))
        });
        let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "?".to_owned());
        let function = format!("{}.{}", part(&self.module), part(&self.name));
        ByHand { function, file: self.file.clone(), line: self.line, listed }
    }
}

/// Returns whether a place of a listing, relative to the workspace or to the package, is that file of the package. Of a lock
/// the places are those of its own blocks.
fn is_place(listed: &str, file: &str) -> bool {
    let listed = Path::new(listed);
    listed.extension().is_none_or(|extension| extension != "rs") || listed.ends_with(file)
}
