use hostfn::host_fn;

#[host_fn(capability = none, quata = 3)]
fn double(number: u32) -> u32 {
    let twice: u32 = "two";
    number * twice
}

fn main() {}
