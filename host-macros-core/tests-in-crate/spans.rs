//! The cases that `span.rs` names exist.

use std::path::Path;

#[test]
fn span_techniques_name_ui_cases_that_exist() {
    let source = include_str!("../src/span.rs");
    let cases: Vec<&str> =
        source.split('`').filter(|text| text.starts_with("fail/") || text.starts_with("pass/")).collect();
    assert_eq!(cases.len(), 7, "{cases:?}");
    for case in cases {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../ui-tests/{case}.rs"));
        assert!(file.is_file(), "{case}");
    }
}
