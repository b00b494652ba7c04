//! Hosts outside of WebAssembly.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hostfn_guest::{ErrorReply, Status, native};

hostfn_guest::imports! {
    fn answer() -> u32;

    #[module = "files"]
    #[name = "read"]
    fn read_file(path: &str) -> String;
}

fn always(status: Status, reply: &[u8]) -> native::Host {
    let reply = reply.to_vec();
    native::Host::new(move |_, _, _| (status, reply.clone()))
}

#[test]
fn nobody_does_unless_they_are_named() {
    let error = answer().unwrap_err();
    assert_eq!((error.status, error.code()), (Status::INTERNAL, "no_host"));
    hostfn_guest::info("to nobody");
}

#[test]
fn a_call_is_passed_as_it_would_be_to_a_host() {
    let host = native::Host::new(|module, name, args| {
        assert_eq!((module, name, args), ("files", "read", &b"\x91\xa6/a.txt"[..]));
        (Status::OK, b"\xa4text".to_vec())
    });
    assert_eq!(host.run(|| read_file("/a.txt")).unwrap(), "text");
}

#[test]
fn errors_and_replies_of_another_type_are_told_as_in_a_guest() {
    let reply = ErrorReply { code: "away".to_owned(), message: "nobody is in".to_owned(), detail: None };
    let reply = hostfn_abi::codec::to_vec(&reply).unwrap();
    let error = always(Status::NOT_FOUND, &reply).run(answer).unwrap_err();
    assert_eq!((error.status, error.code(), error.message()), (Status::NOT_FOUND, "away", "nobody is in"));
    let error = always(Status::OK, b"\xa1x").run(answer).unwrap_err();
    assert_eq!((error.status, error.code()), (Status::INTERNAL, "bad_reply"));
}

#[test]
fn the_innermost_answers_and_then_the_one_around_it() {
    let (one, two) = (always(Status::OK, b"\x01"), always(Status::OK, b"\x02"));
    one.run(|| {
        assert_eq!(two.run(answer), Ok(2));
        assert_eq!(answer(), Ok(1));
        let panicked = catch_unwind(AssertUnwindSafe(|| two.run(|| panic!("within"))));
        assert!(panicked.is_err());
        assert_eq!(answer(), Ok(1));
    });
    assert_eq!(answer().unwrap_err().code(), "no_host");
}

/// On another thread it is another guest.
#[test]
fn each_thread_has_its_own() {
    always(Status::OK, b"\x01").run(|| {
        let elsewhere = std::thread::spawn(|| answer().unwrap_err().code().to_owned());
        assert_eq!(elsewhere.join().unwrap(), "no_host");
    });
}

/// One that answers may be a guest of another.
#[test]
fn a_host_that_calls_itself() {
    let host = native::Host::new(|_, name, _| match name {
        "answer" => {
            let text = read_file("/n").unwrap();
            (Status::OK, vec![text.parse().unwrap()])
        }
        _ => (Status::OK, b"\xa17".to_vec()),
    });
    assert_eq!(host.run(answer), Ok(7));
}
