fn call(instance: &mut hostfn::Instance) {
    let _ = instance.contract::<String>();
}

fn main() {}
