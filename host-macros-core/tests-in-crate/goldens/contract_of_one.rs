#[allow(async_fn_in_trait, dead_code)]
trait Tick {
    fn tick(&mut self);
}
/// The client of the contract: each of its methods calls an entry of a guest.
#[derive(::core::fmt::Debug)]
#[allow(dead_code)]
struct TickClient<'i>(::hostfn::contract::Callee<'i>);
impl<'i> ::hostfn::contract::GuestContract<'i> for TickClient<'i> {
    const CONTRACT: &'static ::hostfn::contract::ContractSpec = &::hostfn::contract::ContractSpec::new(
            "tick",
        )
        .with_methods(&[::hostfn::contract::MethodSpec::new("tick", "tick_tick")])
        .annotated_at(::hostfn::spec::here!());
    fn over(callee: ::hostfn::contract::Callee<'i>) -> Self {
        Self(callee)
    }
}
#[allow(dead_code, clippy::too_many_arguments)]
impl TickClient<'_> {
    /// # Errors
    /// When the guest fails, traps or exceeds a limit.
    fn tick(&mut self) -> ::hostfn::Result<()> {
        ::hostfn::__private::GuestReplyProbe::<()>::new()
            .call(&mut self.0, "tick_tick", ())
    }
}
/// The async client of the contract, for a guest behind a handle or in a pool.
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
#[allow(dead_code)]
struct TickAsyncClient(::hostfn::contract::AsyncCallee);
impl ::hostfn::contract::AsyncContract for TickClient<'static> {
    type Client = TickAsyncClient;
    fn shared(callee: ::hostfn::contract::AsyncCallee) -> TickAsyncClient {
        TickAsyncClient(callee)
    }
}
#[allow(dead_code, clippy::too_many_arguments)]
impl TickAsyncClient {
    /// # Errors
    /// When the guest fails, traps or exceeds a limit.
    async fn tick(&self) -> ::hostfn::Result<()> {
        ::hostfn::__private::GuestReplyProbe::<()>::new()
            .call_shared(&self.0, "tick_tick", ())
            .await
    }
}
::hostfn::__private::inventory::submit! {
    ::hostfn::contract::LinkedContract(< TickClient < '_ > as
    ::hostfn::contract::GuestContract < '_ >> ::CONTRACT)
}
