//! The reference pages of the book that the command knows: its help, and the error codes.

use expect_test::expect_file;

use crate::hostfn;

/// The commands under a command, which begins with nothing, and theirs.
fn commands(under: &[String]) -> Vec<Vec<String>> {
    let all = names(under).into_iter().flat_map(|name| {
        let command = [under, &[name]].concat();
        let inner = commands(&command);
        [command].into_iter().chain(inner)
    });
    all.collect()
}

fn help(command: &[String]) -> String {
    let args: Vec<&dyn AsRef<std::path::Path>> = command.iter().map(|arg| arg as _).collect();
    hostfn(&[&*args, &[&"--help"]].concat()).out
}

/// The names under a heading of a help text.
fn names(command: &[String]) -> Vec<String> {
    let help = help(command);
    if !help.contains("Commands:\n") {
        return Vec::new();
    }
    let listed = help.split_once("Commands:\n").unwrap().1.split_once("\n\n").unwrap().0;
    let names = listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.map(|line| line.split_whitespace().next().unwrap().to_owned());
    names.filter(|name| name != "help").collect()
}

#[test]
fn cli_page_matches_the_help_of_each_command() {
    let mut page = "# Command line\n\nWritten by `UPDATE_EXPECT=1 cargo test -p hostfn-cli --test commands reference`.\n".to_owned();
    page += &format!("\n```text\n{}```\n", hostfn(&[&"--help"]).out);
    for command in commands(&[]) {
        page += &format!("\n## hostfn {}\n\n```text\n{}```\n", command.join(" "), help(&command));
    }
    assert!(page.contains("## hostfn check") && page.contains("## hostfn js pack"));
    expect_file!["../../../docs/audit/cli.md"].assert_eq(&page);
}

#[test]
fn error_page_matches_the_listed_codes() {
    let page = "# Error codes\n\nA code never changes its meaning. `hostfn explain CODE` prints the explanation, an example and the remedy.\n\nWritten by `UPDATE_EXPECT=1 cargo test -p hostfn-cli --test commands reference`.\n";
    let page = format!("{page}\n```text\n{}```\n", hostfn(&[&"explain"]).out);
    assert!(page.contains("H0310"));
    expect_file!["../../../docs/reference/errors.md"].assert_eq(&page);
}
