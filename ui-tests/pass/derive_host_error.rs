use hostfn::{HostError, Status};

mod renamed {
    pub use hostfn as toolkit;
}

/// Nothing is wrong.
#[derive(Debug, thiserror::Error, HostError)]
#[error("gone")]
#[status(not_found)]
#[hostfn(crate = renamed::toolkit)]
struct Gone;

#[derive(Debug, thiserror::Error, HostError)]
enum ShelfError<T: std::fmt::Display> {
    /// It is full.
    ///
    /// Really.
    #[error("no room for {0}")]
    #[status(-2000)]
    NoRoomLeft(T),
    #[error("{what}")]
    #[code("other")]
    Else { what: String },
    #[error("nothing")]
    r#Type,
}

#[derive(Debug, thiserror::Error, HostError)]
enum Denied<'a> {
    #[error("not this one")]
    #[status(no_capability)]
    Named {
        why: u8,
        #[scope_value]
        path: std::borrow::Cow<'a, str>,
    },
    #[error("not there")]
    #[status(not_found)]
    Hidden(u8, #[scope_value] Option<String>),
    #[error(transparent)]
    #[status(transparent)]
    Inner(Inner),
    #[error("nothing")]
    Nothing,
}

#[derive(Debug, thiserror::Error, HostError)]
#[error("inner")]
struct Inner(#[scope_value] String);

#[derive(Debug, thiserror::Error, HostError)]
enum Never {}

fn main() {
    assert_eq!((Gone.status(), Gone.code()), (Status::NOT_FOUND, "gone"));
    let full = ShelfError::NoRoomLeft("it");
    assert_eq!(
        (full.status().code(), full.code(), full.message().as_str()),
        (-2000, "no_room_left", "no room for it")
    );
    let other = ShelfError::<u8>::Else { what: "x".to_owned() };
    assert_eq!((other.status(), other.code()), (Status::FAILED, "other"));
    assert_eq!(ShelfError::<u8>::r#Type.code(), "type");
    let kinds = ShelfError::<u8>::KINDS;
    assert_eq!(kinds.iter().map(|kind| kind.docs).collect::<Vec<_>>(), ["It is full.", "", ""]);
    assert!(Never::KINDS.is_empty());
    let denied = [
        Denied::Named { why: 1, path: "a".into() },
        Denied::Hidden(1, Some("b".to_owned())),
        Denied::Hidden(1, None),
        Denied::Nothing,
    ];
    assert_eq!(denied.each_ref().map(HostError::scope_value), [Some("a"), Some("b"), None, None]);
    assert_eq!(Denied::Inner(Inner("c".to_owned())).scope_value(), Some("c"));
}
