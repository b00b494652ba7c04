use std::fmt;

use hostfn::{HostError, HostFn, host_fn};

#[derive(Debug)]
struct NotFound;

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no such key")
    }
}

impl HostError for NotFound {
    fn code(&self) -> &str {
        "not_found"
    }
}

#[host_fn(capability = none)]
fn get(key: u32) -> Result<String, NotFound> {
    if key == 0 { Ok("zero".to_owned()) } else { Err(NotFound) }
}

fn main() {
    let error = get::SPEC.reply().error().unwrap();
    assert!(error.type_name.ends_with("NotFound"), "{}", error.type_name);
    assert_eq!(get(0).unwrap(), "zero");
}
