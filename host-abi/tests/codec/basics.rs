//! Status, word, log level, names, error replies.

use hostfn_abi::{ErrorReply, ErrorReplyRef, LogLevel, Status, Value, Word, codec, limits, names};

#[test]
fn statuses_and_their_names() {
    for (status, code, name) in [
        (Status::OK, 0, "OK"),
        (Status::NO_CAPABILITY, -1, "NO_CAPABILITY"),
        (Status::QUOTA_EXCEEDED, -2, "QUOTA_EXCEEDED"),
        (Status::BAD_INPUT, -3, "BAD_INPUT"),
        (Status::INTERNAL, -4, "INTERNAL"),
        (Status::NOT_FOUND, -5, "NOT_FOUND"),
        (Status::FAILED, -6, "FAILED"),
        (Status::NO_ROOM, -7, "NO_ROOM"),
    ] {
        assert_eq!(status, Status::new(code));
        assert_eq!(status.code(), code);
        assert_eq!(status.name(), Some(name));
        assert_eq!(Status::from_name(name), Some(status));
        assert_eq!(status.to_string(), format!("{name} ({code})"));
        assert_eq!(format!("{status:?}"), format!("{name} ({code})"));
        assert_eq!(status.is_ok(), code == 0);
        assert!(!status.is_reserved() && !status.is_application());
    }
    assert_eq!(Status::from_name("ok"), None);
    assert_eq!(Status::new(-8).to_string(), "reserved status (-8)");
    assert_eq!(Status::new(-1024).to_string(), "application status (-1024)");
}

#[test]
fn whose_a_status_is() {
    for code in [-8, -1023, 1, i32::MAX] {
        assert!(Status::new(code).is_reserved(), "{code}");
        assert!(!Status::new(code).is_application(), "{code}");
        assert_eq!(Status::new(code).name(), None);
    }
    for code in [-1024, i32::MIN] {
        assert!(Status::application(code).is_application(), "{code}");
        assert!(!Status::new(code).is_reserved(), "{code}");
    }
}

#[test]
#[should_panic(expected = "an application's status codes are -1024 and below")]
fn the_abis_own_codes_are_not_an_applications() {
    let _ = Status::application(-1023);
}

#[test]
fn words_are_const_and_readable() {
    const WORD: Word = Word::new(Status::NOT_FOUND, 40);
    const STATUS: Status = Word::from_i64(WORD.to_i64()).status();
    assert_eq!(STATUS, Status::NOT_FOUND);
    assert_eq!(format!("{WORD:?}"), "Word { status: NOT_FOUND (-5), len: 40 }");
}

#[test]
fn log_levels() {
    for (number, level, name) in [
        (0, LogLevel::Trace, "trace"),
        (1, LogLevel::Debug, "debug"),
        (2, LogLevel::Info, "info"),
        (3, LogLevel::Warn, "warn"),
        (4, LogLevel::Error, "error"),
    ] {
        assert_eq!(LogLevel::from_i32(number), level);
        assert_eq!(level as i32, number);
        assert_eq!(level.to_string(), name);
    }
    for other in [-1, 5, i32::MAX, i32::MIN] {
        assert_eq!(LogLevel::from_i32(other), LogLevel::Info);
    }
    assert_eq!(format!("[{:>5}]", LogLevel::Warn), "[ warn]");
}

#[test]
fn fixed_names_and_sizes() {
    assert_eq!(names::RESERVED.len(), 5);
    assert!(names::RESERVED.iter().all(|name| name.starts_with("host_")));
    assert_eq!(limits::MAX_DEPTH, 64);
    assert_eq!(limits::MAX_LOG_BYTES, 65_536);
    assert_eq!(limits::DEFAULT_MAX_ARGS, 1_048_576);
    assert_eq!(limits::DEFAULT_MAX_REPLY, 16_777_216);
}

#[test]
fn error_replies() {
    let detail = Value::from_serialize(&("path", 7)).unwrap();
    for detail in [None, Some(detail)] {
        let owned = ErrorReply { code: "gone".to_owned(), message: "it is gone".to_owned(), detail };
        let borrowed = ErrorReplyRef { code: "gone", message: "it is gone", detail: owned.detail.as_ref() };
        let bytes = codec::to_vec(&owned).unwrap();
        assert_eq!(bytes[0], if owned.detail.is_some() { 0x83 } else { 0x82 });
        assert_eq!(codec::to_vec(&borrowed).unwrap(), bytes);
        assert_eq!(codec::decode::<ErrorReply>(&bytes).unwrap(), owned);
    }
}
