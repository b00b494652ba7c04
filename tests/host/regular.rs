//! Plugins on disk that are pipes, devices and directories.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use hostfn::error::Code;
use test_support::probe::host;

fn pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}

/// Returns what `run` returns, which is not to wait for anything.
fn at_once<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || send.send(run()));
    receive.recv_timeout(Duration::from_secs(30)).expect("it waits for the other end of a pipe")
}

#[test]
fn loading_refuses_what_is_no_regular_file() {
    let dir = tempfile::tempdir().unwrap();
    let at = |path: &str| dir.path().join(path);
    let empty = wat::parse_str(r#"(module (memory (export "memory") 1))"#).unwrap();
    for folder in ["by-name", "general", "module", "device", "directory.wasm", "fine"] {
        std::fs::create_dir(at(folder)).unwrap();
    }
    pipe(&at("pipe.wasm"));
    pipe(&at("module/a.wasm"));
    std::os::unix::fs::symlink("/dev/zero", at("device/zero.wasm")).unwrap();
    for (module, manifest) in
        [("by-name/b.wasm", "by-name/b.toml"), ("general/c.wasm", "general/plugin.toml")]
    {
        std::fs::write(at(module), &empty).unwrap();
        pipe(&at(manifest));
    }
    std::fs::write(at("fine/d.wasm"), &empty).unwrap();
    // the operator's link to a file is as good as the file
    std::os::unix::fs::symlink(at("fine/d.wasm"), at("linked.wasm")).unwrap();

    let path = dir.path().to_owned();
    let report = at_once(move || host(&[]).load_dir(path).unwrap());
    let refused: Vec<_> = report
        .refused()
        .iter()
        .map(|(path, error)| {
            (path.strip_prefix(dir.path()).unwrap().to_str().unwrap().to_owned(), error.code())
        })
        .collect();
    let expected = [
        "by-name/b.wasm",
        "device/zero.wasm",
        "directory.wasm",
        "general/c.wasm",
        "module/a.wasm",
        "pipe.wasm",
    ];
    let mut sorted = refused.clone();
    sorted.sort();
    assert_eq!(sorted, expected.map(|path| (path.to_owned(), Code::NotAFile)));
    assert_eq!(report.loaded().len(), 2);
    for path in ["pipe.wasm", "by-name/b.wasm", "general/c.wasm", "device/zero.wasm"] {
        let path = at(path);
        let error = at_once(move || host(&[]).load_file(path).unwrap_err());
        assert_eq!(error.code(), Code::NotAFile);
    }
}

#[test]
fn reading_a_file_refuses_pipes_and_devices() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pipe");
    pipe(&path);
    // opening a socket fails in a way of its own: the refusal shows that nothing was opened
    let socket = dir.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for path in [path, socket, "/dev/zero".into(), "/dev/tty".into(), dir.path().to_owned()] {
        let shown = path.display().to_string();
        let error = at_once(move || {
            hostfn::__private::read_text_file(&path, 10).unwrap_err();
            hostfn::__private::open_regular_file(&path).unwrap_err();
            hostfn::__private::read_file(&path, 10).unwrap_err()
        });
        let kinds = [std::io::ErrorKind::InvalidInput, std::io::ErrorKind::NotFound];
        assert!(kinds.contains(&error.kind()), "{shown}: {error}");
    }
    // by its content, because `/proc` tells no length
    assert!(hostfn::__private::read_file("/proc/version", 1 << 20).unwrap().len() > 10);
    let error = hostfn::__private::read_file("/proc/version", 10).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::FileTooLarge);
}
