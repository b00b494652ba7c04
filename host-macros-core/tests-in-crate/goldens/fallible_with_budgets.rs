/// Borrow a book.
///
/// Host function `host.borrow`, requires [`BORROW`].
fn borrow(title: &str, days: u32) -> Result<u32, BorrowError> {
    days.checked_mul(2).ok_or(BorrowError::Lent)
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
enum borrow {}
impl ::hostfn::HostFn for borrow {
    const SPEC: &'static ::hostfn::HostFnSpec = &::hostfn::HostFnSpec::new(
            "host",
            "borrow",
            |call| {
                let mut call = call.authorize()?;
                let (title, days) = call.args::<(&str, u32)>()?;
                ::hostfn::__private::ReturnProbe::new(borrow(title, days)).reply(call)
            },
        )
        .requires(&BORROW)
        .with_params(
            &[
                ::hostfn::spec::Param::new::<&str>("title"),
                ::hostfn::spec::Param::new::<u32>("days"),
            ],
        )
        .with_reply(::hostfn::spec::reply_shape!(Result < u32, BorrowError >))
        .with_max_args(65536u32)
        .with_max_reply(1024u32)
        .with_quota(32u32)
        .with_since(2u32)
        .with_docs("Borrow a book.")
        .annotated_at(::hostfn::spec::here!());
}
::hostfn::__private::inventory::submit! {
    ::hostfn::spec::Linked(< borrow as ::hostfn::HostFn > ::SPEC)
}
