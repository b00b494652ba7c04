use std::collections::BTreeSet;

use super::{Listing, SCHEMA};
use crate::error::{Code, Problem, ProblemList, Problems, Result, printable};

/// The help for a file of a later version.
pub(super) const LATER_VERSION: &str = "read it with the version of hostfn that wrote it, or a later one";
const REMEDY: &str = "write it with `Listing::to_json` or `hostfn list --format json`";

impl Listing {
    /// Reads a listing back from JSON.
    ///
    /// ```
    /// use hostfn_core::{Listing, Registry};
    ///
    /// let listing = Registry::builder().build()?.listing();
    /// assert_eq!(Listing::from_json(&listing.to_json())?, listing);
    ///
    /// let error = Listing::from_json("{}").unwrap_err();
    /// assert!(error.to_string().starts_with("H0601 listing line 1, column 2: missing field `schema`"));
    /// # Ok::<(), hostfn_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// When it is not the JSON of a listing (`H0601`), or of a listing that another version wrote (`H0602`).
    pub fn from_json(json: &str) -> Result<Self> {
        #[derive(serde::Deserialize)]
        struct Version {
            schema: u32,
        }
        // another version is recognised by its number, whatever else the listing holds
        if let Ok(Version { schema }) = serde_json::from_str(json)
            && schema != SCHEMA
        {
            let what = format!("its schema is {schema}; this version reads {SCHEMA}");
            let remedy = if schema < SCHEMA {
                "write it again with this version, `hostfn list --format json`"
            } else {
                LATER_VERSION
            };
            return Err(Problem::new(Code::ListingVersion, "listing", what, remedy).into());
        }
        let listing: Listing = serde_json::from_str(json).map_err(|error| syntax(&error))?;
        listing.check_unique(Code::ListingInvalid, "listing", REMEDY)?;
        Ok(listing.sorted())
    }

    /// Returns whether every name is there once.
    pub(super) fn check_unique(&self, code: Code, place: &str, remedy: &str) -> Result<(), Problems> {
        let functions =
            self.functions.iter().map(|row| ("function", row.full_name(), (&*row.module, &*row.name)));
        let capabilities =
            self.capabilities.iter().map(|row| ("capability", row.name.clone(), (&*row.name, "")));
        let contracts = self.contracts.iter().map(|row| ("contract", row.id.clone(), (&*row.id, "")));
        let mut seen = BTreeSet::new();
        let mut problems = ProblemList::new();
        for (kind, name, key) in functions.chain(capabilities).chain(contracts) {
            if !seen.insert((kind, key)) {
                problems.push_with(|| {
                    let what = format!("the {kind} `{}` is there twice", printable(&name));
                    Problem::new(code, place, what, remedy)
                });
            }
        }
        problems.into_result()
    }

    pub(super) fn sorted(mut self) -> Self {
        self.functions.sort_by(|a, b| (&a.module, &a.name).cmp(&(&b.module, &b.name)));
        self.capabilities.sort_by(|a, b| a.name.cmp(&b.name));
        self.contracts.sort_by(|a, b| a.id.cmp(&b.id));
        self.unregistered.sort();
        self
    }
}

fn syntax(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let what = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text);
    Problem::new(
        Code::ListingInvalid,
        format!("listing line {line}, column {column}"),
        printable(what),
        REMEDY,
    )
}
