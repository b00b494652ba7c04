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

type Found = Result<String, NotFound>;

#[host_fn(capability = none)]
fn get(key: u32) -> Found {
    if key == 0 { Ok("zero".to_owned()) } else { Err(NotFound) }
}

fn main() {
    let error = get::SPEC.reply().error().unwrap();
    assert!(error.type_name.ends_with("NotFound"), "{}", error.type_name);
    assert_eq!(
        get::SPEC.reply().shape(),
        hostfn::spec::ReplyShape::new::<String>(|| hostfn::__private::ReplyProbe::<String>::new().parts())
            .shape()
    );
}
