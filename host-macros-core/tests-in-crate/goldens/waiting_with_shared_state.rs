/// Wait, and say how long it was.
///
/// Host function `host.sleep`, requires [`SLEEP`].
pub(crate) async fn sleep(clock: Shared<Clock>, caller: Caller, millis: u64) -> u64 {
    clock.wait(millis, caller.plugin()).await
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub(crate) enum sleep {}
impl ::hostfn::HostFn for sleep {
    const SPEC: &'static ::hostfn::HostFnSpec = &::hostfn::HostFnSpec::new_async(
            "host",
            "sleep",
            |call| {
                let mut call = call.authorize()?;
                let (millis,) = call.args::<(u64,)>()?;
                let (clock,) = call.states::<(Shared<Clock>,)>()?;
                let caller = call.caller().clone();
                ::core::result::Result::Ok(
                    call
                        .wait(
                            sleep(clock, caller, millis),
                            |value, later| {
                                ::hostfn::__private::ReturnProbe::new(value).finish(later)
                            },
                        ),
                )
            },
        )
        .requires(&SLEEP)
        .with_params(
            &[
                ::hostfn::spec::Param::state::<Shared<Clock>>("clock"),
                ::hostfn::spec::Param::caller("caller"),
                ::hostfn::spec::Param::new::<u64>("millis"),
            ],
        )
        .with_reply(::hostfn::spec::reply_shape!(u64))
        .with_docs("Wait, and say how long it was.")
        .annotated_at(::hostfn::spec::here!());
}
::hostfn::__private::inventory::submit! {
    ::hostfn::spec::Linked(< sleep as ::hostfn::HostFn > ::SPEC)
}
