//! Macros of another crate than the one that uses them.

#[doc(hidden)]
pub use hostfn;

/// Declares a host function for a crate that does not name `hostfn`.
#[macro_export]
macro_rules! library_fn {
    ($capability:ident, $name:ident($param:ident: $ty:ty) -> $reply:ty = $value:expr) => {
        #[$crate::hostfn::host_fn(capability = $capability($param), crate = $crate::hostfn)]
        fn $name($param: $ty) -> $reply {
            $value
        }
    };
}

/// Declares a contract for a crate that does not name `hostfn`.
#[macro_export]
macro_rules! library_contract {
    ($name:ident { $method:ident($param:ident: $ty:ty) -> $reply:ty }) => {
        #[$crate::hostfn::guest_contract(id = "library.v1", crate = $crate::hostfn)]
        trait $name {
            fn $method(&mut self, $param: $ty) -> $reply;
        }
    };
}
