use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use hostfn_bindgen::Language;

use crate::new::{Packages, check, project, write};
use crate::outcome::{Exit, Stop, Streams};
use crate::problem::unusable;

/// Create a host and a plugin in a new folder
#[derive(Debug, Args)]
#[command(after_long_help = NOTES)]
pub(crate) struct New {
    /// Name of the host's package and of its folder
    name: String,
    /// Language of the plugin
    #[arg(long, value_name = "LANGUAGE", default_value = "rust", value_parser = languages())]
    language: Language,
    /// Depend on the packages of this checkout of hostfn, in place of released ones
    #[arg(long, value_name = "FOLDER")]
    checkout: Option<PathBuf>,
}

const NOTES: &str = "\
The project has two host functions, a lock with its test, grants, a plugin with a manifest and bindings, and a file for CI.
Its tests pass at once: run `cargo test` in it.

An existing folder is never changed, and a project that cannot be written as a whole leaves no files behind.";

fn languages() -> impl TypedValueParser<Value = Language> {
    // a world has no plugin of its own language
    let names = Language::ALL
        .iter()
        .filter(|language| **language != Language::Wit)
        .map(|language| PossibleValue::new(language.name()).aliases(language.aliases().iter().copied()));
    PossibleValuesParser::new(names).try_map(|name| Language::from_name(&name).ok_or("unknown language"))
}

pub(crate) fn run(args: &New, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let name = args.name.as_str();
    check(name).map_err(|what| Stop::Usage(format!("`{name}`: {what}")))?;
    let checkout = args.checkout.as_deref().map(checkout).transpose()?;
    let packages =
        checkout.as_deref().map_or(Packages::Version(env!("CARGO_PKG_VERSION")), Packages::Checkout);
    let files = project(name, args.language, &packages)?;
    write(Path::new(""), name, &files)?;
    streams.note(&format!("{name} is created; run `cargo test` in it, and read its README.md"));
    Ok(Exit::Success)
}

/// The absolute path of a checkout.
fn checkout(folder: &Path) -> Result<PathBuf, Stop> {
    let shown = folder.display().to_string();
    let found = folder.canonicalize().ok().filter(|folder| folder.join("host-guest/Cargo.toml").is_file());
    let what = "it is not a checkout of hostfn: `host-guest/Cargo.toml` is missing";
    Ok(found.ok_or_else(|| unusable(&shown, what, "name the folder of the repository with `--checkout`"))?)
}
