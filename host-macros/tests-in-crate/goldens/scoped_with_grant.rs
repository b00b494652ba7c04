/// Whether two paths are both granted.
/**
 Host function `host.both`, requires [`FS_STAT`] on `path`.*/
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
                ::hostfn::Returned::new(both(grant, path, other)).reply(call)
            },
        )
        .requires_on(&FS_STAT, "path")
        .params(
            &[
                ::hostfn::Param::grant("grant"),
                ::hostfn::Param::of::<&Path>("path"),
                ::hostfn::Param::of::<&str>("other"),
            ],
        )
        .replies(::hostfn::reply_shape!(bool))
        .docs("Whether two paths are both granted.")
        .annotated_at(::hostfn::here!());
}
::hostfn::inventory::submit! {
    ::hostfn::Linked(< both as ::hostfn::HostFn > ::SPEC)
}
