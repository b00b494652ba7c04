use hostfn::{HostFn, host_fn};

#[host_fn(capability = none)]
fn greet(mut name: String) -> String {
    name.push('!');
    name
}

fn main() {
    assert_eq!(greet::SPEC.params()[0].name(), "name");
    assert_eq!(greet("you".to_owned()), "you!");
}
