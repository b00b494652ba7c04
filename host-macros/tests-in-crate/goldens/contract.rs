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
pub struct GreeterClient<'i>(::hostfn::Callee<'i>);
impl<'i> ::hostfn::GuestContract<'i> for GreeterClient<'i> {
    const CONTRACT: &'static ::hostfn::ContractSpec = &::hostfn::ContractSpec::new(
            "greeter.v1",
        )
        .methods(
            &[
                ::hostfn::MethodSpec::new("greet", "greeter_v1_greet")
                    .params(&[::hostfn::passed!("name", & str)])
                    .replies(::hostfn::reply_shape!(String))
                    .docs("Greet a person."),
                ::hostfn::MethodSpec::new("forget", "forget")
                    .params(
                        &[
                            ::hostfn::passed!("name", & str),
                            ::hostfn::passed!("why", Option < String >),
                        ],
                    )
                    .replies(::hostfn::reply_shape!(Result < (), Unknown >))
                    .docs("Forget a person."),
                ::hostfn::MethodSpec::new_async("greet_all", "greeter_v1_greet_all")
                    .params(&[::hostfn::passed!("names", & [String])])
                    .replies(::hostfn::reply_shape!(Vec < String >))
                    .docs("Greet everyone."),
            ],
        )
        .docs("Guests that greet.")
        .annotated_at(::hostfn::here!());
    fn over(callee: ::hostfn::Callee<'i>) -> Self {
        Self(callee)
    }
}
#[allow(dead_code, clippy::too_many_arguments)]
impl GreeterClient<'_> {
    /// Greet a person.
    ///
    /// # Errors
    /// Whenever the guest does not answer: it fails, traps, or runs out of what it may use up.
    pub fn greet(&mut self, name: &str) -> ::hostfn::Result<String> {
        ::hostfn::Expected::<String>::new()
            .call(&mut self.0, "greeter_v1_greet", (name,))
    }
    /// Forget a person.
    ///
    /// # Errors
    /// Whenever the guest does not answer: it fails, traps, or runs out of what it may use up.
    pub fn forget(
        &mut self,
        name: &str,
        why: Option<String>,
    ) -> ::hostfn::Result<Result<(), Unknown>> {
        ::hostfn::Expected::<Result<(), Unknown>>::new()
            .call(&mut self.0, "forget", (name, why))
    }
    /// Greet everyone.
    ///
    /// # Errors
    /// Whenever the guest does not answer: it fails, traps, or runs out of what it may use up.
    pub async fn greet_all(
        &mut self,
        names: &[String],
    ) -> ::hostfn::Result<Vec<String>> {
        ::hostfn::Expected::<Vec<String>>::new()
            .call_async(&mut self.0, "greeter_v1_greet_all", (names,))
            .await
    }
}
::hostfn::inventory::submit! {
    ::hostfn::LinkedContract(< GreeterClient < '_ > as ::hostfn::GuestContract < '_ >>
    ::CONTRACT)
}
