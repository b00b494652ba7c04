//! The expansion of the macros passes the lints that a strict crate denies, whatever attributes stand on the user's item.
//! rustc checks it when this is built, and clippy with the rest of the workspace.

#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, unused_qualifications)]
#![deny(deprecated, non_snake_case, non_camel_case_types, elided_lifetimes_in_paths, single_use_lifetimes)]
#![deny(unused_lifetimes, trivial_casts, trivial_numeric_casts, let_underscore_drop, unit_bindings)]
#![deny(clippy::all, clippy::pedantic, clippy::cargo)]
#![allow(clippy::multiple_crate_versions, reason = "of others")]
#![allow(clippy::cargo_common_metadata, reason = "the packages have no public repository yet")]

mod functions {
    use hostfn::{Caller, host_fn};
    use serde::{Deserialize, Serialize};

    /// An earlier type.
    #[deprecated = "use a number"]
    #[derive(Debug, Serialize, Deserialize)]
    pub(crate) struct Old(pub(crate) u8);

    /// Old, and still a host function.
    #[deprecated(since = "1.0.0", note = "call another")]
    #[host_fn(capability = none)]
    pub(crate) fn deprecated(n: u32) -> u32 {
        n
    }

    #[host_fn(capability = none)]
    #[deprecated]
    #[expect(clippy::unused_async, reason = "a test")]
    pub(crate) async fn deprecated_async(n: u32) -> u32 {
        n
    }

    #[host_fn(capability = none)]
    #[expect(deprecated, reason = "guests have the type still")]
    pub(crate) fn of_deprecated_types(old: Old) -> Vec<Old> {
        vec![old]
    }

    #[host_fn(capability = none)]
    #[allow(deprecated)]
    pub(crate) fn of_a_deprecated_state(#[state] state: &mut Old, #[caller] _caller: &Caller) -> u8 {
        state.0
    }

    #[must_use = "it is the point"]
    #[doc(hidden)]
    #[inline]
    #[track_caller]
    #[cold]
    #[host_fn(capability = none)]
    pub(crate) fn attributed(n: u32) -> u32 {
        n
    }

    #[host_fn(capability = none)]
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "a test")]
    #[cfg(not(any()))]
    pub(crate) fn configured() {}

    #[host_fn(capability = none)]
    #[allow(non_snake_case, reason = "a test")]
    pub(crate) fn notSnakeCase(notSnake: u32, AlsoNot: u32) -> u32 {
        notSnake + AlsoNot
    }

    #[host_fn(capability = none)]
    pub(crate) fn r#gen(r#type: u32, r#try: &str) -> String {
        r#try.repeat(r#type as usize)
    }

    #[host_fn(capability = none)]
    #[expect(clippy::too_many_arguments, reason = "a test")]
    #[expect(clippy::needless_pass_by_value, reason = "a test")]
    #[expect(clippy::many_single_char_names, reason = "a test")]
    pub(crate) fn long(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: String) -> String {
        format!("{a}{b}{c}{d}{e}{f}{g}{h}")
    }

    #[host_fn(capability = none)]
    #[expect(clippy::unnecessary_wraps, reason = "a test")]
    pub(crate) fn fallible() -> Result<(), std::convert::Infallible> {
        Ok(())
    }

    #[host_fn(capability = none, spec = NamedFn)]
    pub(crate) fn named() {}
}

mod others {
    use hostfn::{HostError, guest_contract};

    /// The reason for a refusal.
    #[derive(Debug, thiserror::Error, HostError)]
    pub(crate) enum WhyNot {
        /// No longer.
        #[deprecated]
        #[error("old")]
        #[expect(dead_code, reason = "a test")]
        Old,
        /// Still.
        #[error("new")]
        New,
    }

    /// Guests.
    #[guest_contract(id = "lints.v1")]
    #[expect(dead_code, reason = "a test")]
    pub(crate) trait Guest {
        /// Old.
        #[deprecated]
        fn old(&mut self);
        /// Takes what is old.
        #[allow(deprecated)]
        fn takes(&mut self, old: &super::functions::Old) -> String;
    }
}

#[test]
fn derived_errors_and_contracts_are_quiet() {
    use hostfn::HostError;
    assert_eq!(others::WhyNot::New.code(), "new");
    assert!(hostfn::Registry::collect().unwrap().contract("lints.v1").is_some());
}

#[test]
fn functions_with_every_attribute_are_registered() {
    let registry = hostfn::Registry::collect().unwrap();
    let names: Vec<&str> = registry.iter().map(|spec| spec.name()).collect();
    assert_eq!(
        names,
        [
            "attributed",
            "configured",
            "deprecated",
            "deprecated_async",
            "fallible",
            "gen",
            "long",
            "named",
            "notSnakeCase",
            "of_a_deprecated_state",
            "of_deprecated_types"
        ]
    );
}
