use hostfn::HostFn;

mod functions {
    use hostfn::{capabilities, host_fn};

    capabilities! {
        /// Greet people.
        pub(super) GREET = "greet";
    }

    struct Name(String);

    impl<'de> serde::Deserialize<'de> for Name {
        fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            String::deserialize(from).map(Name)
        }
    }

    #[host_fn(capability = GREET)]
    pub(super) fn greet(name: String) -> String {
        hidden(Name(name))
    }

    #[host_fn(capability = GREET)]
    fn hidden(name: Name) -> String {
        name.0
    }
}

fn main() {
    use functions::greet;

    let capability = greet::SPEC.capability().unwrap();
    assert!(std::ptr::eq(capability, &functions::GREET));
    assert_eq!(greet::SPEC.location().module(), concat!(module_path!(), "::functions"));
    assert_eq!(greet("you".to_owned()), "you");
    assert_eq!(hostfn::Registry::collect().unwrap().iter().count(), 2);
}
