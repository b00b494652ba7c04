//! Pipes and devices where a file is named.

use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use hostfn_cli::Exit;

use crate::inspect::plugin;
use crate::plugins::listing;
use crate::{Files, hostfn};

#[test]
fn commands_refuse_what_is_no_regular_file() {
    let (send, receive) = mpsc::channel();
    let tried = std::thread::spawn(move || {
        let files = Files::new();
        let host = files.listing("listing.json", &listing());
        let module = plugin("plugins/notes/notes.wasm");
        let pipe = host.parent().unwrap().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for odd in [&*pipe, Path::new("/dev/zero")] {
            for ran in [
                hostfn(&[&"inspect", &odd]),
                hostfn(&[&"inspect", &module, &"--listing", &odd]),
                hostfn(&[&"inspect", &module, &"--listing", &host, &"--grants", &odd]),
                hostfn(&[&"list", &odd]),
                hostfn(&[&"diff", &host, &odd]),
                hostfn(&[&"diff", &odd, &host]),
                hostfn(&[&"check", &host, &"--lock", &odd]),
                hostfn(&[&"check", &odd, &"--lock", &host]),
                hostfn(&[&"bindgen", &odd, &"--language", &"rust"]),
            ] {
                assert!(
                    ran.exit == Exit::Failure && ran.err.contains("it is not a regular file"),
                    "{}",
                    ran.err
                );
            }
        }
        // a manifest beside the module
        let beside = host.parent().unwrap().join("beside.wasm");
        std::fs::copy(&module, &beside).unwrap();
        assert!(Command::new("mkfifo").arg(beside.with_extension("toml")).status().unwrap().success());
        let ran = hostfn(&[&"inspect", &beside]);
        assert!(ran.out.contains("beside.toml: it is not a regular file"), "{}{}", ran.out, ran.err);
        send.send(()).unwrap();
    });
    // one that waits for the other end of a pipe waits forever
    match receive.recv_timeout(Duration::from_mins(1)) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("a command waits"),
        _ => tried.join().unwrap(),
    }
}
