use hostfn::capabilities;

capabilities! {
    FS_READ = "fs.read" in path;
}

fn main() {}
