//! Handles of a guest.

use std::convert::Infallible;

use hostfn::abi::Value;
use hostfn::state::ResourceError;
use hostfn::{
    Grants, Host, HostFn, HostModule, Instance, Registry, Resource, Resources, Status, capabilities, host_fn,
};
use test_support::probe::{Record, guest, message, relay};

capabilities! {
    /// Read books.
    SHELF_READ = "shelf.read" in name;
}

/// A book that writes down when it is put back.
struct Book(&'static str, Record);

impl Drop for Book {
    fn drop(&mut self) {
        self.1.add(format!("{} is put back", self.0));
    }
}

type Books = Resources<Book>;

/// Take a book.
#[host_fn(capability = SHELF_READ(title), collect = false)]
fn book_open(
    #[state] books: &mut Books,
    #[state] record: &mut Record,
    title: &str,
) -> Result<Resource<Book>, ResourceError> {
    books.insert_on(title, Book("a book", record.clone()))
}

/// Take a book of one's own.
#[host_fn(capability = none, collect = false)]
fn book_write(
    #[state] books: &mut Books,
    #[state] record: &mut Record,
) -> Result<Resource<Book>, ResourceError> {
    books.insert_private(Book("a diary", record.clone()))
}

/// Take a book that is on no shelf.
#[host_fn(capability = none, collect = false)]
fn book_find(
    #[state] books: &mut Books,
    #[state] record: &mut Record,
) -> Result<Resource<Book>, ResourceError> {
    books.insert(Book("a find", record.clone()))
}

/// Read in a book.
#[host_fn(capability = SHELF_READ(book), collect = false)]
fn book_read(#[state] books: &mut Books, book: Resource<Book>) -> Result<String, ResourceError> {
    Ok(books.get(book)?.0.to_owned())
}

/// Put a book back.
#[host_fn(capability = none, collect = false)]
fn book_close(#[state] books: &mut Books, book: Resource<Book>) -> Result<(), ResourceError> {
    books.remove(book).map(drop)
}

fn library(record: &Record) -> Host {
    let record = record.clone();
    let module = HostModule::new("book")
        .functions([book_open::SPEC, book_write::SPEC, book_find::SPEC])
        .functions([book_read::SPEC, book_close::SPEC])
        .state("books", |cx| Ok::<_, Infallible>(Books::from_cx(cx).at_most(2)))
        .state("record", move |_| Ok::<_, Infallible>(record.clone()));
    Host::builder(Registry::builder().module(module).build().unwrap()).build().unwrap()
}

const FUNCTIONS: [&str; 5] = ["book_open", "book_write", "book_find", "book_read", "book_close"];

/// A reader whose exports hand their arguments on.
fn reader(host: &Host, shelf: &[&str]) -> Instance {
    let exports: String = FUNCTIONS.into_iter().map(relay).collect();
    let plugin = host.load("reader", &guest(&FUNCTIONS, &exports)).unwrap();
    plugin.instantiate(&Grants::none().allow_within(&SHELF_READ, shelf).unwrap()).unwrap()
}

fn status(answer: hostfn::Result<Value>) -> (Status, String) {
    match answer.unwrap_err() {
        hostfn::Error::Guest { status, reply, .. } => {
            (status, message(reply.map(|reply| Value::from_serialize(&reply).unwrap()).as_ref()))
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_handle_is_matched_by_what_it_was_opened_on() {
    let record = Record::default();
    let host = library(&record);
    let mut reader = reader(&host, &["novels-*"]);
    let novel: u64 = reader.call("book_open", ("novels-1",)).unwrap();
    assert_eq!(reader.call::<_, String>("book_read", (novel,)).unwrap(), "a book");
    assert_eq!(status(reader.call("book_open", ("letters",))).0, Status::NO_CAPABILITY);
    reader.grants().revoke(&SHELF_READ);
    assert_eq!(status(reader.call("book_read", (novel,))).0, Status::NO_CAPABILITY);
}

#[test]
fn a_handle_of_the_instance_s_own_is_inside_every_grant_and_one_on_nothing_outside() {
    let host = library(&Record::default());
    let mut reader = reader(&host, &["novels"]);
    let diary: u64 = reader.call("book_write", ()).unwrap();
    assert_eq!(reader.call::<_, String>("book_read", (diary,)).unwrap(), "a diary");
    let find: u64 = reader.call("book_find", ()).unwrap();
    let (status, message) = status(reader.call("book_read", (find,)));
    assert_eq!(status, Status::NO_CAPABILITY);
    assert_eq!(message, "the capability `shelf.read` is not granted for this `book`");
}

#[test]
fn a_stale_forged_or_foreign_handle_is_not_found() {
    let host = library(&Record::default());
    let (mut one, mut other) = (reader(&host, &["novels"]), reader(&host, &["novels"]));
    let novel: u64 = one.call("book_open", ("novels",)).unwrap();
    let of_other: u64 = other.call("book_open", ("novels",)).unwrap();
    assert_ne!(novel, of_other);
    let forged = [0, 1, novel ^ 1, novel.wrapping_add(1), u64::MAX, of_other];
    for handle in forged {
        for function in ["book_read", "book_close"] {
            assert_eq!(status(one.call(function, (handle,))).0, Status::NOT_FOUND, "{function} {handle}");
        }
    }
    one.call::<_, ()>("book_close", (novel,)).unwrap();
    for function in ["book_read", "book_close"] {
        assert_eq!(status(one.call(function, (novel,))).0, Status::NOT_FOUND, "{function}");
    }
    let again: u64 = one.call("book_open", ("novels",)).unwrap();
    assert_ne!(again, novel);
}

#[test]
fn no_more_are_open_than_may_be() {
    let host = library(&Record::default());
    let mut reader = reader(&host, &["novels"]);
    let first: u64 = reader.call("book_open", ("novels",)).unwrap();
    reader.call::<_, u64>("book_open", ("novels",)).unwrap();
    assert_eq!(
        status(reader.call("book_open", ("novels",))),
        (Status::QUOTA_EXCEEDED, "the limit of 2 open handles is reached".to_owned())
    );
    reader.call::<_, ()>("book_close", (first,)).unwrap();
    reader.call::<_, u64>("book_open", ("novels",)).unwrap();
}

#[test]
fn all_are_dropped_when_the_instance_ends() {
    let record = Record::default();
    let host = library(&record);
    let mut reader = reader(&host, &["novels"]);
    let closed: u64 = reader.call("book_open", ("novels",)).unwrap();
    reader.call::<_, u64>("book_write", ()).unwrap();
    reader.call::<_, ()>("book_close", (closed,)).unwrap();
    assert_eq!(record.take(), ["a book is put back"]);
    reader.close().unwrap();
    assert_eq!(record.take(), ["a diary is put back"]);
}
