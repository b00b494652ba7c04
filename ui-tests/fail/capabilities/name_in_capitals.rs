use hostfn::capabilities;

capabilities! {
    /// Read files.
    FS_READ = "FS.Read" in path;
}

fn main() {}
