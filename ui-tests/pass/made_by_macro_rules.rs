use hostfn::{HostFn, capabilities, host_fn};

capabilities! {
    /// Use a store.
    STORE = "store" in name;
}

macro_rules! getters {
    ($($(#[$meta:meta])* $name:ident($param:ident: $ty:ty) -> $reply:ty = $value:expr;)*) => {$(
        $(#[$meta])*
        #[host_fn(capability = STORE($param))]
        fn $name($param: $ty, fallback: $reply) -> $reply {
            if $param.is_empty() { fallback } else { $value }
        }
    )*};
}

getters! {
    /// The number.
    count(store: &str) -> u32 = 3;
    /// The name.
    title(store: &str) -> String = "a title".to_owned();
}

fn main() {
    assert_eq!((count::SPEC.name(), count::SPEC.docs()), ("count", "The number."));
    assert_eq!(title::SPEC.requirement().scoped_param(), Some("store"));
    assert_eq!((count("", 1), title("a", String::new())), (1, "a title".to_owned()));
}
