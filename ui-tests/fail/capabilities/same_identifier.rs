use hostfn::capabilities;

capabilities! {
    /// Read files.
    FS_READ = "fs.read" in path;
    /// List files.
    FS_READ = "fs.list" in path;
}

fn main() {}
