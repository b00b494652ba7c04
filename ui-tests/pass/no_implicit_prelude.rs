#![no_implicit_prelude]

::hostfn::capabilities! {
    /// Read files.
    FS_READ = "fs.read" in path;
}

/// Read a file.
#[::hostfn::host_fn(capability = FS_READ(path), max_reply = "1 MiB", quota = 3)]
fn read(#[state] reads: &mut u32, path: &str) -> ::std::result::Result<u32, ::std::convert::Infallible> {
    *reads += 1;
    ::std::result::Result::Ok(
        *reads + <::std::primitive::u32 as ::std::convert::From<bool>>::from(path.is_empty()),
    )
}

fn main() {
    let spec = <read as ::hostfn::HostFn>::SPEC;
    ::std::assert_eq!((spec.docs(), spec.quota()), ("Read a file.", ::std::option::Option::Some(3)));
}
