#[allow(async_fn_in_trait, dead_code)]
trait Tick {
    fn tick(&mut self);
}
/// The client of the contract: each of its methods calls an entry of a guest.
#[derive(::core::fmt::Debug)]
#[allow(dead_code)]
struct TickClient<'i>(::hostfn::Callee<'i>);
impl<'i> ::hostfn::GuestContract<'i> for TickClient<'i> {
    const CONTRACT: &'static ::hostfn::ContractSpec = &::hostfn::ContractSpec::new(
            "tick",
        )
        .methods(&[::hostfn::MethodSpec::new("tick", "tick_tick")])
        .annotated_at(::hostfn::here!());
    fn over(callee: ::hostfn::Callee<'i>) -> Self {
        Self(callee)
    }
}
#[allow(dead_code, clippy::too_many_arguments)]
impl TickClient<'_> {
    ///
    /// # Errors
    /// Whenever the guest does not answer: it fails, traps, or runs out of what it may use up.
    fn tick(&mut self) -> ::hostfn::Result<()> {
        ::hostfn::Expected::<()>::new().call(&mut self.0, "tick_tick", ())
    }
}
::hostfn::inventory::submit! {
    ::hostfn::LinkedContract(< TickClient < '_ > as ::hostfn::GuestContract < '_ >>
    ::CONTRACT)
}
