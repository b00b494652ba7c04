//! The expansion stays short.

use quote::quote;

use super::{beside, formatted};

/// The lines that do not depend on the wire parameters, of a documented function with a reply:
///
/// - 3: the type and its two attributes
/// - 3: the `impl`, its const up to `HostFnSpec::new(`, the closing brace
/// - 2: module and name
/// - 5: the call function: `|call| {`, authorize, decode, run and encode, `},`
/// - 5: `)` and four steps of the builder: requirement, reply, docs, place
/// - 4: around the parameters: `.with_params(`, `&[`, `],`, `)`
/// - 3: `submit!`
/// - 4: what the formatter breaks of decode and of run and encode, where names and types are many
const FIXED: usize = 29;

/// With more, the formatter writes tuples one element a line.
const ON_ONE_LINE: usize = 11;

fn lines(source: &str) -> usize {
    let items = beside(source);
    assert_eq!(items.len(), 3, "{source} is refused");
    formatted(quote!(#(#items)*)).lines().count()
}

fn function(args: &str, params: &str) -> String {
    format!("/// Do it.\n#[host_fn({args})]\nfn f({params}) -> u64 {{}}")
}

#[test]
fn a_parameter_is_a_line() {
    let beyond_parameters = (0..=ON_ONE_LINE).map(|count| {
        let params: String = (0..count).map(|i| format!("p{i}: u64, ")).collect();
        lines(&function("capability = CAP", &params)).saturating_sub(count)
    });
    assert_eq!(beyond_parameters.max(), Some(FIXED), "is the expansion longer or shorter than it was?");
}

#[test]
fn an_argument_of_the_attribute_is_a_line() {
    let without = lines(&function("capability = CAP", "a: u64"));
    for arg in ["max_args = \"1 KiB\"", "max_reply = \"1 KiB\"", "quota = 1", "since = 2"] {
        let with = lines(&function(&format!("capability = CAP, {arg}"), "a: u64"));
        assert_eq!(with, without + 1, "{arg}");
    }
}

#[test]
fn what_the_host_passes_is_a_line_to_get_it_and_a_line_to_list_it() {
    let host_params = ["#[state] s: &mut S, ", "#[caller] c: &Caller, ", "#[grant] g: &Scope, "];
    let with = |count: usize| {
        let params = host_params[..count].concat() + "x: &str, y: u64, z: u64";
        lines(&function("capability = CAP(x)", &params))
    };
    for count in 1..=host_params.len() {
        assert_eq!(with(count), with(count - 1) + 2, "{}", host_params[count - 1]);
    }
}
