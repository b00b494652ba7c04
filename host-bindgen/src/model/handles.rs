//! Names for the types of handles.

use std::collections::BTreeMap;

use hostfn_core::Shape;

use crate::names::{pascal, type_name};

/// A name for each resource, which is given by its Rust type. Of several resources with the same name, each has as many
/// modules of its path before it as tell it from the others: `kv::Store` and `sql::Store` are `KvStore` and `SqlStore`.
pub(super) fn names(resources: &[String]) -> Vec<String> {
    let longest = resources.iter().map(|resource| resource.split("::").count()).max().unwrap_or(0);
    let mut names: Vec<String> = resources.iter().map(|resource| name(resource, 0)).collect();
    for modules in 1..=longest {
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        for name in &names {
            *count.entry(name).or_default() += 1;
        }
        let unique: Vec<bool> = names.iter().map(|name| count[name.as_str()] == 1).collect();
        for ((name, resource), is_unique) in names.iter_mut().zip(resources).zip(unique) {
            if !is_unique {
                *name = self::name(resource, modules);
            }
        }
    }
    names
}

/// The resource's own name behind so many modules of its path.
fn name(resource: &str, modules: usize) -> String {
    let short = Shape::Handle(resource.to_owned()).resource().unwrap_or_default();
    if modules == 0 {
        return type_name(&short);
    }
    // the path of a generic type ends before its arguments, which have paths of their own
    let path = resource.split_once('<').map_or(resource, |(path, _)| path);
    let mut path: Vec<&str> = path.split("::").collect();
    path.pop();
    pascal(&format!("{} {short}", path[path.len().saturating_sub(modules)..].join(" ")))
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn names_have_as_much_of_the_path_as_tells_them_apart() {
        let of =
            |resources: &[&str]| names(&resources.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["kv::Store", "sql::Statement"]), ["Store", "Statement"]);
        assert_eq!(of(&["a::kv::Store", "a::sql::Store", "sql::Row"]), ["KvStore", "SqlStore", "Row"]);
        assert_eq!(of(&["a::kv::Store", "b::kv::Store"]), ["AKvStore", "BKvStore"]);
        assert_eq!(of(&["kv::Pool<a::Pg>", "sql::Pool<b::Pg>"]), ["KvPoolPg", "SqlPoolPg"]);
        assert_eq!(of(&["kv::Pool<a::Pg>", "kv::Pool<b::Pg>"]), ["KvPoolPg", "KvPoolPg"]);
        assert_eq!(of(&["Store", "a::Store", "u64"]), ["Store", "AStore", "U64"]);
    }
}
