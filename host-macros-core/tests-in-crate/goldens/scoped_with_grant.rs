/// Returns whether two paths are both granted.
///
/// Host function `host.both`, requires [`FS_STAT`] on `path`.
fn both(grant: &Scope, path: &Path, other: &str) -> bool {
    grant.allows(other)
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
enum both {}
impl ::hostfn::HostFn for both {
    const SPEC: &'static ::hostfn::HostFnSpec = &::hostfn::HostFnSpec::new(
            "host",
            "both",
            |call| {
                let mut call = call.authorize()?;
                let (path, other) = call
                    .args_within::<(&Path, &str), _>(|(value, _)| value)?;
                let grant = call.grant()?;
                ::hostfn::__private::ReturnProbe::new(both(grant, path, other))
                    .reply(call)
            },
        )
        .requires_on(&FS_STAT, "path")
        .with_params(
            &[
                ::hostfn::spec::Param::grant("grant"),
                ::hostfn::spec::Param::new::<&Path>("path"),
                ::hostfn::spec::Param::new::<&str>("other"),
            ],
        )
        .with_reply(::hostfn::spec::reply_shape!(bool))
        .with_docs("Returns whether two paths are both granted.")
        .annotated_at(::hostfn::spec::here!());
}
::hostfn::__private::inventory::submit! {
    ::hostfn::spec::Linked(< both as ::hostfn::HostFn > ::SPEC)
}
