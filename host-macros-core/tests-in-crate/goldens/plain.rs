/// Build a greeting.
///
/// Host function `host.greet`, requires [`GREET`].
fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
enum greet {}
impl ::hostfn::HostFn for greet {
    const SPEC: &'static ::hostfn::HostFnSpec = &::hostfn::HostFnSpec::new(
            "host",
            "greet",
            |call| {
                let mut call = call.authorize()?;
                let (name,) = call.args::<(&str,)>()?;
                ::hostfn::__private::ReturnProbe::new(greet(name)).reply(call)
            },
        )
        .requires(&GREET)
        .with_params(&[::hostfn::spec::Param::new::<&str>("name")])
        .with_reply(::hostfn::spec::reply_shape!(String))
        .with_docs("Build a greeting.")
        .annotated_at(::hostfn::spec::here!());
}
::hostfn::__private::inventory::submit! {
    ::hostfn::spec::Linked(< greet as ::hostfn::HostFn > ::SPEC)
}
