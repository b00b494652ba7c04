use hostfn::capabilities;

capabilities! {
    crate = "hostfn";
    /// Read files.
    FS_READ = "fs.read" in path;
}

fn main() {}
