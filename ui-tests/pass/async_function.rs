use hostfn::spec::Param;
use hostfn::state::Shared;
use hostfn::{Caller, HostFn, Scope, capabilities, host_fn};

capabilities! {
    /// Talk to servers.
    FETCH = "http.fetch" in host;
}

#[host_fn(capability = FETCH(url))]
async fn fetch(
    #[state] count: Shared<u32>,
    #[caller] caller: Caller,
    #[grant] grant: Scope,
    mut url: String,
) -> Result<String, std::convert::Infallible> {
    url.push_str(caller.plugin());
    std::future::ready(Ok(format!("{url} {} {}", *count, grant.allows(&url)))).await
}

#[host_fn(capability = none)]
async fn wait() {
    std::future::ready(()).await;
}

fn main() {
    assert!(fetch::SPEC.is_async() && wait::SPEC.is_async());
    assert_eq!(fetch::SPEC.requirement().scoped_param(), Some("url"));
    let names: Vec<&str> = fetch::SPEC.params().iter().map(Param::name).collect();
    assert_eq!(names, ["count", "caller", "grant", "url"]);
    assert!(fetch::SPEC.reply().error().is_some());
}
