use hostfn::capabilities;

capabilities! {
    /// Read files.
    pub static FS_READ = "fs.read" in path;
}

fn main() {}
