//! The snapshot of generated Rust compiles, and its types are on the wire what they were generated from.

#[rustfmt::skip]
#[path = "snapshots/odd.rs"]
mod odd;

/// As a build script's output is used.
mod included {
    include!("snapshots/odd.rs");
}

use hostfn_abi::codec;
use hostfn_guest::{CallError, ErrorReply, Status, Value};
use odd::{
    AppStore, Batch, DemoV1, FilesWriteFsError, Key, KeyHandle, KvStore, Left, Nothing, PoolBoxDynRead,
    Result_, Right, Statement, Type,
};

struct Guest;

impl DemoV1 for Guest {
    fn start() -> Result<(), CallError> {
        Ok(())
    }

    fn go_on(type_: &str, len_: &[u8]) -> Result<Option<u64>, FilesWriteFsError> {
        match type_ {
            "full" => Err(FilesWriteFsError::full("there is no room")),
            _ => Ok(Some(len_.len() as u64)),
        }
    }
}

odd::export_demo_v1!(odd::DemoV1 for Guest);

#[test]
fn question_mark_passes_errors_of_another_type_on() {
    fn written() -> Result<(), FilesWriteFsError> {
        fn open(code: &str) -> Result<(), odd::BoxFsError> {
            Err(CallError::new(Status::new(-1025), code, "there is no room").into())
        }
        open("full")?;
        Ok(())
    }
    let error = written().unwrap_err();
    assert!(
        matches!(&error, FilesWriteFsError::Full(reply) if reply.message == "there is no room"),
        "{error:?}"
    );
    let other = FilesWriteFsError::from(odd::BoxFsError::not_found("no such file"));
    assert_eq!(CallError::from(other).code(), "not_found");
}

#[test]
fn included_bindings_have_the_same_items() {
    let key: included::Key = codec::decode(b"\xa4self").unwrap();
    assert_eq!(key, included::Key::Self_);
    let missing = included::FilesWriteFsError::full("there is no room");
    assert_eq!(CallError::from(missing).code(), "full");
}

#[test]
fn names_on_the_wire_are_those_of_the_listing() {
    let value = Type { fn_: true, int: 7, a_b: Result_::Err("e".to_owned()), a_b_: () };
    let written = b"\x84\xa2fn\xc3\xa3int\x07\xa3a-b\x81\xa3Err\xa1e\xa3a_b\xc0";
    assert_eq!(codec::to_vec(&value).unwrap(), written);
    assert_eq!(codec::decode::<Type>(written).unwrap(), value);
    let key = Key::Of { n: -1, what_for: 'x' };
    assert_eq!(codec::to_vec(&key).unwrap(), b"\x81\xa2Of\x82\xa1n\xff\xa8what-for\xa1x");
    assert_eq!(codec::to_vec(&Key::Self_).unwrap(), b"\xa4self");
    assert_eq!(codec::to_vec(&Nothing {}).unwrap(), b"\x80");
}

#[test]
fn what_holds_itself_is_boxed() {
    let left = Left { right: Some(Box::new(Right(None, -1))), n: 1 };
    assert_eq!(codec::decode::<Left>(&codec::to_vec(&left).unwrap()).unwrap(), left);
}

#[test]
fn functions_call_the_host() {
    // it is absent here
    assert_eq!(odd::match_("a", true, 7).unwrap_err().code(), "no_host");
    assert_eq!(odd::opaque(&Value::Nil).unwrap_err().code(), "no_host");
    let error = odd::files::write().unwrap_err();
    assert!(matches!(&error, FilesWriteFsError::Other(error) if error.status == Status::INTERNAL));
    assert_eq!(CallError::from(error).code(), "no_host");
}

#[test]
fn handle_is_a_number_on_the_wire() {
    let statement = Statement::from_id(u64::MAX);
    let batch =
        Batch { statement, statements: vec![Statement::from_id(7)], key: Some(KeyHandle::from_id(1)) };
    let written = b"\x83\xa9statement\xcf\xff\xff\xff\xff\xff\xff\xff\xff\xaastatements\x91\x07\xa3key\x01";
    assert_eq!(codec::to_vec(&batch).unwrap(), written);
    assert_eq!(codec::decode::<Batch>(written).unwrap(), batch);
    assert_eq!(statement.id(), u64::MAX);
}

/// A handle is passed by value, and only where one of its own resource is expected.
#[test]
fn handle_has_a_type_of_its_own_for_each_resource() {
    type Merge = fn(Statement, Option<Statement>, &[Statement], PoolBoxDynRead) -> Result<Batch, CallError>;
    let _: Merge = odd::merge;
    let _: fn() -> Result<KvStore, CallError> = odd::open_store;
    let _: fn() -> Result<AppStore, CallError> = odd::open_other_store;
    let _: fn(AppStore) -> Result<(), CallError> = odd::files::close;
    let types = [
        std::any::TypeId::of::<Statement>(),
        std::any::TypeId::of::<KvStore>(),
        std::any::TypeId::of::<AppStore>(),
        std::any::TypeId::of::<KeyHandle>(),
        std::any::TypeId::of::<PoolBoxDynRead>(),
        std::any::TypeId::of::<u64>(),
    ];
    assert_eq!(std::collections::HashSet::from(types).len(), types.len());
}

#[test]
fn errors_are_told_by_code_and_status() {
    let reply = |code: &str| {
        Some(ErrorReply { code: code.to_owned(), message: "m".to_owned(), detail: Some(Value::Unsigned(7)) })
    };
    let full = CallError { status: Status::new(-1025), reply: reply("full") };
    let own = FilesWriteFsError::from(full.clone());
    assert!(matches!(own, FilesWriteFsError::Full(_)));
    assert_eq!(own.reply(), full.reply.as_ref());
    assert_eq!(own.to_string(), full.to_string());
    assert_eq!(CallError::from(own), full);
    for other in [
        CallError { status: Status::FAILED, reply: reply("full") },
        CallError { status: Status::new(-1025), reply: reply("empty") },
        CallError { status: Status::new(-1025), reply: None },
    ] {
        let own = FilesWriteFsError::from(other.clone());
        assert_eq!(own, FilesWriteFsError::Other(other.clone()));
        assert_eq!(CallError::from(own), other);
    }
    let made = CallError::from(FilesWriteFsError::full("there is no room"));
    assert_eq!((made.status.code(), made.code(), made.message()), (-1025, "full", "there is no room"));
}
