//! Renames that are recognised, and changes that must not be.

use hostfn_core::{Class, Listing};

use crate::host::{function, listing};

fn renamed(change: impl FnOnce(&mut Listing)) -> Vec<(Class, String)> {
    let mut new = listing();
    let row = function(&mut new, "host.now");
    row.name = "time".into();
    change(&mut new);
    let diff = listing().diff(&new);
    diff.changes
        .iter()
        .map(|change| (change.class, format!("{} {}", change.name, change.sentence())))
        .collect()
}

#[test]
fn the_same_under_another_name_breaks_and_does_not_widen() {
    assert_eq!(renamed(|_| ()), [(Class::Breaks, "host.now renamed: host.time".to_owned())]);
}

#[test]
fn anything_else_that_differs_makes_it_a_new_function() {
    let changes: [fn(&mut Listing); 5] = [
        |l| function(l, "host.time").quota = Some(1),
        |l| function(l, "host.time").capability = None,
        |l| function(l, "host.time").summary = "The time, in seconds.".into(),
        |l| function(l, "host.time").krate = "dep".into(),
        |l| function(l, "host.time").states.push("Vault".to_owned()),
    ];
    for change in changes {
        let classes: Vec<Class> = renamed(change).into_iter().map(|(class, _)| class).collect();
        assert_eq!(classes, [Class::Widens, Class::Breaks]);
    }
}

#[test]
fn of_two_that_are_alike_none_is_the_old_one() {
    let twins = renamed(|l| {
        let mut twin = function(l, "host.time").clone();
        twin.name = "hour".to_owned();
        l.functions.push(twin);
    });
    let classes: Vec<Class> = twins.into_iter().map(|(class, _)| class).collect();
    assert_eq!(classes, [Class::Widens, Class::Widens, Class::Breaks]);
}

#[test]
fn a_function_that_says_nothing_of_itself_is_not_known_again() {
    let mut old = listing();
    function(&mut old, "host.now").summary.clear();
    let mut new = old.clone();
    function(&mut new, "host.now").name = "time".to_owned();
    assert!(old.diff(&new).has(Class::Widens));
}
