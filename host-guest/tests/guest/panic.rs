//! The message of the panic hook.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::rc::Rc;

use hostfn_guest::{LogLevel, Status, install_panic_hook, native};

#[test]
fn where_and_why_and_no_more_than_a_line() {
    install_panic_hook();
    let lines = Rc::new(RefCell::new(Vec::new()));
    let kept = Rc::clone(&lines);
    let host = native::Host::new(|_, _, _| (Status::INTERNAL, Vec::new())).on_log(move |level, line| {
        assert_eq!(level, LogLevel::Error);
        kept.borrow_mut().push(line.to_owned());
    });
    let said = |guest: fn()| {
        let panicked = catch_unwind(AssertUnwindSafe(|| host.run(guest)));
        panicked.unwrap_err();
        lines.take().concat()
    };
    let place = concat!("panicked at ", file!(), ":");
    let short = said(|| panic!("{} is too much", 7));
    assert!(short.starts_with(place) && short.ends_with(": 7 is too much"), "{short}");
    assert!(said(|| panic!("as it is")).ends_with(": as it is"));
    assert!(said(|| panic_any(7)).ends_with(": no message"));

    // cut where a character ends
    let long = said(|| panic!("{}", "\u{20ac}".repeat(1000)));
    assert!(long.starts_with(place) && long.ends_with('\u{20ac}'), "{long}");
    assert!((1022..=1024).contains(&long.len()), "{}", long.len());
}
