/// Wait, and say how long it was.
/**
 Host function `host.sleep`, requires [`SLEEP`].*/
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
                            |value, later| ::hostfn::Returned::new(value).finish(later),
                        ),
                )
            },
        )
        .requires(&SLEEP)
        .params(
            &[
                ::hostfn::Param::state::<Shared<Clock>>("clock"),
                ::hostfn::Param::caller("caller"),
                ::hostfn::Param::of::<u64>("millis"),
            ],
        )
        .replies(::hostfn::reply_shape!(u64))
        .docs("Wait, and say how long it was.")
        .annotated_at(::hostfn::here!());
}
::hostfn::inventory::submit! {
    ::hostfn::Linked(< sleep as ::hostfn::HostFn > ::SPEC)
}
