use hostfn::capabilities;

capabilities! {
    /// Read files.
    "fs.read" in path;
}

fn main() {}
