//! The `log` crate's macros reach the host's log, each with its level.

use std::cell::RefCell;
use std::rc::Rc;

use hostfn_guest::{Status, install_logger, native};

#[test]
fn each_level_is_the_hosts() {
    install_logger(log::LevelFilter::Debug).unwrap();
    install_logger(log::LevelFilter::Trace).unwrap_err();
    let lines = Rc::new(RefCell::new(Vec::new()));
    let kept = Rc::clone(&lines);
    let host = native::Host::new(|_, _, _| (Status::INTERNAL, Vec::new()))
        .on_log(move |level, line| kept.borrow_mut().push(format!("{level}: {line}")));
    host.run(|| {
        log::error!("as it is");
        log::warn!("{} of {}", 1, 2);
        log::info!(target: "elsewhere", "there");
        log::debug!("small");
        log::trace!("smaller than wanted");
    });
    assert_eq!(*lines.borrow(), ["error: as it is", "warn: 1 of 2", "info: there", "debug: small"]);
}
