use hostfn::HostError;

#[derive(HostError)]
union Word {
    bytes: [u8; 4],
}

fn main() {}
