#![allow(unused_variables)]

use kit::scope::ScopeKind;
use kit::spec::Requires;
use kit::{HostFn, host_fn};

mod kit {
    pub use ::hostfn::*;
}

mod rights {
    crate::kit::capabilities! {
        crate = crate::kit;

        /// Greet people.
        pub GREET = "greet";
        /// Talk to servers.
        ///
        /// Only those that the grant names.
        #[allow(dead_code)]
        pub(crate) FETCH = "http.fetch" in host;
    }
}

#[host_fn(capability = rights::GREET, crate = kit)]
fn greet() {}

#[host_fn(capability = crate::rights::FETCH(url), crate = crate::kit)]
fn fetch(url: &str) {}

fn main() {
    let Requires::Capability(capability) = greet::SPEC.requirement() else { panic!() };
    assert_eq!((capability.name(), capability.scope_kind()), ("greet", ScopeKind::None));
    let Requires::Scoped(capability, "url") = fetch::SPEC.requirement() else { panic!() };
    assert_eq!((capability.about(), capability.scope_kind()), ("Talk to servers.", ScopeKind::Host));
}
