//! Names of functions, for messages.

use std::collections::BTreeMap;

use wasmparser::{BinaryReader, ExternalKind, Name, NameSectionReader};

use super::module::ModuleInfo;

impl ModuleInfo<'_> {
    /// Names of some functions, from the exports or from the module's `name` section, found in one pass. They are
    /// the plugin's own text: escape them where they are shown.
    pub fn names_of(&self, functions: impl IntoIterator<Item = u32>) -> BTreeMap<u32, Option<&str>> {
        let mut names: BTreeMap<u32, Option<&str>> = functions.into_iter().map(|at| (at, None)).collect();
        if names.is_empty() {
            return names;
        }
        let mut give = |function: u32, name| {
            if let Some(slot) = names.get_mut(&function) {
                slot.get_or_insert(name);
            }
        };
        for export in &self.exports {
            if matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact) {
                give(export.index, export.name);
            }
        }
        let section = self.sections.iter().find(|(name, _)| *name == "name");
        let section = section.map_or(&[][..], |(_, bytes)| bytes);
        let maps = NameSectionReader::new(BinaryReader::new(section, 0)).map_while(Result::ok);
        for map in maps {
            if let Name::Function(map) = map {
                for naming in map.into_iter().map_while(Result::ok) {
                    give(naming.index, naming.name);
                }
            }
        }
        names
    }
}
