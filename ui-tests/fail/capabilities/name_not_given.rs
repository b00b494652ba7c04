use hostfn::capabilities;

capabilities! {
    /// Read files.
    FS_READ in path;
}

fn main() {}
