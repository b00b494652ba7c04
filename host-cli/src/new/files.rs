//! The files of a new project.

use std::path::{Path, PathBuf};

use hostfn_bindgen::Language;
use hostfn_core::{Error, Listing};

/// The packages of hostfn that a project depends on.
pub(crate) enum Packages<'p> {
    /// Those of a registry, in this version.
    Version(&'p str),
    /// Those of a checkout, an absolute path.
    Checkout(&'p Path),
}

impl Packages<'_> {
    /// The value of a dependency in `Cargo.toml`.
    fn dependency(&self, folder: &str) -> String {
        let value = match self {
            Packages::Version(version) => toml::Value::from(*version),
            Packages::Checkout(root) => {
                let path = root.join(folder).components().collect::<PathBuf>();
                let path = toml::Value::from(path.to_string_lossy().into_owned());
                return format!("{{ path = {path} }}");
            }
        };
        value.to_string()
    }
}

const LOCK: &str = include_str!("../../templates/hostfn.lock.txt");

/// The files of a host and a plugin in `language`, by path.
///
/// # Errors
/// What keeps bindings from being generated.
pub(crate) fn project(
    name: &str,
    language: Language,
    packages: &Packages<'_>,
) -> Result<Vec<(&'static str, String)>, Error> {
    let lock = LOCK.replace("{{name}}", name);
    let listing = Listing::from_lock("hostfn.lock", &lock)?;
    let bindings = hostfn_bindgen::generate(&listing, language)?;
    let plugin = plugin(language);
    let fill = |template: &str| {
        let values = [
            ("{{name}}", name.to_owned()),
            ("{{hostfn}}", packages.dependency("")),
            ("{{guest}}", packages.dependency("host-guest")),
            ("{{language}}", plugin.language.to_owned()),
            ("{{lang}}", language.name().to_owned()),
            ("{{build}}", plugin.build.to_owned()),
            ("{{bindings}}", plugin.bindings.trim_start_matches("plugin/").to_owned()),
            ("{{folder}}", if language == Language::Rust { "src" } else { "" }.to_owned()),
        ];
        values.iter().fold(template.to_owned(), |text, (key, value)| text.replace(key, value))
    };
    let mut files = vec![
        ("Cargo.toml", fill(include_str!("../../templates/host.toml.txt"))),
        ("src/main.rs", fill(include_str!("../../templates/main.rs.txt"))),
        ("hostfn.lock", lock),
        ("grants.toml", fill(include_str!("../../templates/grants.toml.txt"))),
        ("grants.schema.json", include_str!("../../grants.schema.json").to_owned()),
        ("plugin.schema.json", include_str!("../../plugin.schema.json").to_owned()),
        ("README.md", fill(include_str!("../../templates/readme.md.txt"))),
        (".gitignore", include_str!("../../templates/gitignore.txt").to_owned()),
        (".github/workflows/ci.yml", include_str!("../../templates/ci.yml.txt").to_owned()),
        ("plugin/plugin.toml", fill(include_str!("../../templates/plugin.toml.txt"))),
        (plugin.bindings, bindings),
    ];
    files.extend(plugin.sources.iter().map(|(path, template)| (*path, fill(template))));
    Ok(files)
}

/// Parts that differ between the languages of a plugin.
struct Plugin {
    language: &'static str,
    /// Builds `plugin.wasm` in the folder of the plugin.
    build: &'static str,
    bindings: &'static str,
    sources: &'static [(&'static str, &'static str)],
}

fn plugin(language: Language) -> Plugin {
    match language {
        Language::C => Plugin {
            language: "C",
            build: "clang --target=wasm32 -mbulk-memory -std=c99 -ffreestanding -Os -nostdlib -Wl,--no-entry plugin.c -o plugin.wasm",
            bindings: "plugin/host.h",
            sources: &[("plugin/plugin.c", include_str!("../../templates/plugin.c.txt"))],
        },
        Language::AssemblyScript => Plugin {
            language: "AssemblyScript",
            build: "npm install && npx asc main.ts --use abort=host/hostAbort -O --runtime incremental --outFile plugin.wasm",
            bindings: "plugin/host.ts",
            sources: &[
                ("plugin/main.ts", include_str!("../../templates/plugin.ts.txt")),
                ("plugin/package.json", include_str!("../../templates/package.json.txt")),
            ],
        },
        Language::Zig => Plugin {
            language: "Zig",
            build: "zig build-exe main.zig -target wasm32-freestanding -fno-entry -rdynamic -O ReleaseSmall -fstrip -femit-bin=plugin.wasm",
            bindings: "plugin/host.zig",
            sources: &[("plugin/main.zig", include_str!("../../templates/plugin.zig.txt"))],
        },
        Language::TypeScript => Plugin {
            language: "TypeScript",
            build: "hostfn js pack plugin.ts --listing ../hostfn.lock --contract greeter.v1 --out plugin.wasm",
            bindings: "plugin/host.d.ts",
            sources: &[
                ("plugin/plugin.ts", include_str!("../../templates/typescript.ts.txt")),
                ("plugin/tsconfig.json", include_str!("../../templates/tsconfig.json.txt")),
            ],
        },
        _ => Plugin {
            language: "Rust",
            build: "cargo build --release --target wasm32-unknown-unknown && cp target/wasm32-unknown-unknown/release/plugin.wasm .",
            bindings: "plugin/src/host.rs",
            sources: &[
                ("plugin/Cargo.toml", include_str!("../../templates/plugin-cargo.toml.txt")),
                ("plugin/src/lib.rs", include_str!("../../templates/plugin.rs.txt")),
            ],
        },
    }
}
