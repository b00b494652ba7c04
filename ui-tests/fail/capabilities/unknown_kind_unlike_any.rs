use hostfn::capabilities;

capabilities! {
    /// Read files.
    FS_READ = "fs.read" in directories;
}

fn main() {}
