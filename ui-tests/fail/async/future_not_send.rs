use hostfn::host_fn;

use std::rc::Rc;

#[host_fn(capability = none)]
async fn wait(name: String) {
    let name = Rc::new(name);
    std::future::ready(()).await;
    drop(name);
}

fn main() {}
