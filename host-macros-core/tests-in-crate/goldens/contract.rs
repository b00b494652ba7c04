#[allow(async_fn_in_trait, dead_code)]
/// Guests that greet.
pub trait Greeter {
    /// Greet a person.
    fn greet(&mut self, name: &str) -> String;
    /// Forget a person.
    fn forget(&self, name: &str, why: Option<String>) -> Result<(), Unknown>;
    /// Greet everyone.
    async fn greet_all(&mut self, names: &[String]) -> Vec<String>;
}
/// The client of the contract: each of its methods calls an entry of a guest.
#[derive(::core::fmt::Debug)]
#[allow(dead_code)]
pub struct GreeterClient<'i>(::hostfn::contract::Callee<'i>);
impl<'i> ::hostfn::contract::GuestContract<'i> for GreeterClient<'i> {
    const CONTRACT: &'static ::hostfn::contract::ContractSpec = &::hostfn::contract::ContractSpec::new(
            "greeter.v1",
        )
        .with_methods(
            &[
                ::hostfn::contract::MethodSpec::new("greet", "greeter_v1_greet")
                    .with_params(&[::hostfn::spec::passed!("name", & str)])
                    .with_reply(::hostfn::spec::reply_shape!(String))
                    .with_docs("Greet a person."),
                ::hostfn::contract::MethodSpec::new("forget", "forget")
                    .with_params(
                        &[
                            ::hostfn::spec::passed!("name", & str),
                            ::hostfn::spec::passed!("why", Option < String >),
                        ],
                    )
                    .with_reply(::hostfn::spec::reply_shape!(Result < (), Unknown >))
                    .with_docs("Forget a person."),
                ::hostfn::contract::MethodSpec::new_async(
                        "greet_all",
                        "greeter_v1_greet_all",
                    )
                    .with_params(&[::hostfn::spec::passed!("names", & [String])])
                    .with_reply(::hostfn::spec::reply_shape!(Vec < String >))
                    .with_docs("Greet everyone."),
            ],
        )
        .with_docs("Guests that greet.")
        .annotated_at(::hostfn::spec::here!());
    fn over(callee: ::hostfn::contract::Callee<'i>) -> Self {
        Self(callee)
    }
}
#[allow(dead_code, clippy::too_many_arguments)]
impl GreeterClient<'_> {
    /// Greet a person.
    ///
    /// # Errors
    /// When the guest fails, traps or exceeds a limit.
    pub fn greet(&mut self, name: &str) -> ::hostfn::Result<String> {
        ::hostfn::__private::GuestReplyProbe::<String>::new()
            .call(&mut self.0, "greeter_v1_greet", (name,))
    }
    /// Forget a person.
    ///
    /// # Errors
    /// When the guest fails, traps or exceeds a limit.
    pub fn forget(
        &mut self,
        name: &str,
        why: Option<String>,
    ) -> ::hostfn::Result<Result<(), Unknown>> {
        ::hostfn::__private::GuestReplyProbe::<Result<(), Unknown>>::new()
            .call(&mut self.0, "forget", (name, why))
    }
    /// Greet everyone.
    ///
    /// # Errors
    /// When the guest fails, traps or exceeds a limit.
    pub async fn greet_all(
        &mut self,
        names: &[String],
    ) -> ::hostfn::Result<Vec<String>> {
        ::hostfn::__private::GuestReplyProbe::<Vec<String>>::new()
            .call_async(&mut self.0, "greeter_v1_greet_all", (names,))
            .await
    }
}
/// The async client of the contract, for a guest behind a handle or in a pool.
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
#[allow(dead_code)]
pub struct GreeterAsyncClient(::hostfn::contract::AsyncCallee);
impl ::hostfn::contract::AsyncContract for GreeterClient<'static> {
    type Client = GreeterAsyncClient;
    fn shared(callee: ::hostfn::contract::AsyncCallee) -> GreeterAsyncClient {
        GreeterAsyncClient(callee)
    }
}
#[allow(dead_code, clippy::too_many_arguments)]
impl GreeterAsyncClient {
    /// Greet a person.
    ///
    /// # Errors
    /// When the guest fails, traps or exceeds a limit.
    pub async fn greet(&self, name: &str) -> ::hostfn::Result<String> {
        ::hostfn::__private::GuestReplyProbe::<String>::new()
            .call_shared(&self.0, "greeter_v1_greet", (name,))
            .await
    }
    /// Forget a person.
    ///
    /// # Errors
    /// When the guest fails, traps or exceeds a limit.
    pub async fn forget(
        &self,
        name: &str,
        why: Option<String>,
    ) -> ::hostfn::Result<Result<(), Unknown>> {
        ::hostfn::__private::GuestReplyProbe::<Result<(), Unknown>>::new()
            .call_shared(&self.0, "forget", (name, why))
            .await
    }
    /// Greet everyone.
    ///
    /// # Errors
    /// When the guest fails, traps or exceeds a limit.
    pub async fn greet_all(&self, names: &[String]) -> ::hostfn::Result<Vec<String>> {
        ::hostfn::__private::GuestReplyProbe::<Vec<String>>::new()
            .call_shared(&self.0, "greeter_v1_greet_all", (names,))
            .await
    }
}
::hostfn::__private::inventory::submit! {
    ::hostfn::contract::LinkedContract(< GreeterClient < '_ > as
    ::hostfn::contract::GuestContract < '_ >> ::CONTRACT)
}
