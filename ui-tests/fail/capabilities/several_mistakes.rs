use hostfn::capabilities;

capabilities! {
    FS_READ = "fs.read" in file;
    /// Read files.
    FS_WRITE = "Write";
    /// Read files.
    const GREET = "greet";
}

fn main() {}
