/// Count further.
///
/// Host function `host.count`, requires [`COUNT`].
fn count(counter: &mut Counter, caller: &Caller, by: u64) -> u64 {
    counter.0 = counter.0.wrapping_add(by).wrapping_add(u64::from(caller.depth()));
    counter.0
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
enum count {}
impl ::hostfn::HostFn for count {
    const SPEC: &'static ::hostfn::HostFnSpec = &::hostfn::HostFnSpec::new(
            "host",
            "count",
            |call| {
                let mut call = call.authorize()?;
                let (by,) = call.args::<(u64,)>()?;
                let (counter,) = call.states::<(&mut Counter,)>()?;
                let caller = call.caller();
                ::hostfn::__private::ReturnProbe::new(count(counter, caller, by))
                    .reply(call)
            },
        )
        .requires(&COUNT)
        .with_params(
            &[
                ::hostfn::spec::Param::state::<&mut Counter>("counter"),
                ::hostfn::spec::Param::caller("caller"),
                ::hostfn::spec::Param::new::<u64>("by"),
            ],
        )
        .with_reply(::hostfn::spec::reply_shape!(u64))
        .with_docs("Count further.")
        .annotated_at(::hostfn::spec::here!());
}
::hostfn::__private::inventory::submit! {
    ::hostfn::spec::Linked(< count as ::hostfn::HostFn > ::SPEC)
}
