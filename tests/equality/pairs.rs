//! Functions, each described twice: by the macro and by hand.

use hostfn::abi::Value;
use hostfn::spec::{ErrorKind, Param, here, reply_shape};
use hostfn::{HostError, HostFn, HostFnSpec, Status, capabilities, host_fn};

capabilities! {
    /// Greet people by name.
    pub GREET = "greet";
    /// Look books up.
    pub SHELF = "shelf.read";
    /// Read files beneath granted directories.
    pub FS_READ = "fs.read" in path;
}

#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    #[error("there is no book {0}")]
    NoSuchBook(u32),
    #[error("the shelf is being moved")]
    Moving,
}

impl HostError for ShelfError {
    const KINDS: &'static [ErrorKind] = &[
        ErrorKind { code: "no_such_book", status: Status::NOT_FOUND, docs: "There is no such book." },
        ErrorKind { code: "moving", status: Status::FAILED, docs: "The shelf is being moved." },
    ];

    fn status(&self) -> Status {
        match self {
            ShelfError::NoSuchBook(_) => Status::NOT_FOUND,
            ShelfError::Moving => Status::FAILED,
        }
    }

    fn code(&self) -> &str {
        match self {
            ShelfError::NoSuchBook(_) => "no_such_book",
            ShelfError::Moving => "moving",
        }
    }

    fn detail(&self) -> Option<Value> {
        match self {
            ShelfError::NoSuchBook(id) => Some(Value::Unsigned((*id).into())),
            ShelfError::Moving => None,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counter(pub u64);

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diary(pub Vec<String>);

/// Build a greeting.
///
/// It is always the same one.
#[host_fn(capability = GREET)]
fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

static GREET_BY_HAND: HostFnSpec = HostFnSpec::new("host", "greet", |call| {
    let mut call = call.authorize()?;
    let (name,) = call.args::<(&str,)>()?;
    call.reply(&greet(name))
})
.requires(&GREET)
.with_params(&[Param::new::<&str>("name")])
.with_reply(reply_shape!(String))
.with_docs("Build a greeting.\n\nIt is always the same one.")
.declared_at(here!());

/// Find a book.
#[host_fn(capability = SHELF, name = "find-book", module = "shelf", since = 3)]
fn find(id: u32) -> Result<String, ShelfError> {
    match id {
        0..10 => Ok(format!("book {id}")),
        10..20 => Err(ShelfError::NoSuchBook(id)),
        _ => Err(ShelfError::Moving),
    }
}

static FIND_BY_HAND: HostFnSpec = HostFnSpec::new("shelf", "find-book", |call| {
    let mut call = call.authorize()?;
    let (id,) = call.args::<(u32,)>()?;
    call.reply_result(&find(id))
})
.requires(&SHELF)
.with_params(&[Param::new::<u32>("id")])
.with_reply(reply_shape!(Result<String, ShelfError>))
.with_since(3)
.with_docs("Find a book.")
.declared_at(here!());

/// Count.
#[host_fn(capability = GREET, quota = 2, max_args = "9 B", max_reply = "4 B")]
fn count(#[state] counter: &mut Counter, by: u64) -> u64 {
    counter.0 = counter.0.wrapping_add(by);
    counter.0
}

static COUNT_BY_HAND: HostFnSpec = HostFnSpec::new("host", "count", |call| {
    let mut call = call.authorize()?;
    let (by,) = call.args::<(u64,)>()?;
    let (counter,) = call.states::<(&mut Counter,)>()?;
    call.reply(&count(counter, by))
})
.requires(&GREET)
.with_params(&[Param::state::<&mut Counter>("counter"), Param::new::<u64>("by")])
.with_reply(reply_shape!(u64))
.with_max_args(9)
.with_max_reply(4)
.with_quota(2)
.with_docs("Count.")
.declared_at(here!());

#[host_fn(capability = none)]
fn note(#[state] counter: &Counter, #[state] diary: &mut Diary, line: String) -> Result<u64, ShelfError> {
    if line.is_empty() {
        return Err(ShelfError::Moving);
    }
    assert!(!line.starts_with('!'), "no shouting: {line}");
    diary.0.push(line);
    Ok(counter.0)
}

static NOTE_BY_HAND: HostFnSpec = HostFnSpec::new("host", "note", |call| {
    let mut call = call.authorize()?;
    let (line,) = call.args::<(String,)>()?;
    let (counter, diary) = call.states::<(&Counter, &mut Diary)>()?;
    call.reply_result(&note(counter, diary, line))
})
.always_available()
.with_params(&[
    Param::state::<&Counter>("counter"),
    Param::state::<&mut Diary>("diary"),
    Param::new::<String>("line"),
])
.with_reply(reply_shape!(Result<u64, ShelfError>))
.declared_at(here!());

/// Read a whole file.
#[host_fn(capability = FS_READ(path))]
pub fn fs_read(offset: u64, path: &str) -> String {
    format!("{path} from {offset}")
}

static FS_READ_BY_HAND: HostFnSpec = HostFnSpec::new("host", "fs_read", |call| {
    let mut call = call.authorize()?;
    let (offset, path) = call.args_within::<(u64, &str), _>(|(_, path)| *path)?;
    call.reply(&fs_read(offset, path))
})
.requires_on(&FS_READ, "path")
.with_params(&[Param::new::<u64>("offset"), Param::new::<&str>("path")])
.with_reply(reply_shape!(String))
.with_docs("Read a whole file.")
.declared_at(here!());

/// Add two numbers.
#[host_fn(capability = none)]
fn add(a: u64, b: u64) -> u64 {
    a.wrapping_add(b)
}

static ADD_BY_HAND: HostFnSpec = HostFnSpec::new("host", "add", |call| {
    let mut call = call.authorize()?;
    let (a, b) = call.args::<(u64, u64)>()?;
    call.reply(&add(a, b))
})
.always_available()
.with_params(&[Param::new::<u64>("a"), Param::new::<u64>("b")])
.with_reply(reply_shape!(u64))
.with_docs("Add two numbers.")
.declared_at(here!());

/// Give the bytes back.
#[host_fn(capability = none)]
fn echo(data: &[u8]) -> &[u8] {
    data
}

static ECHO_BY_HAND: HostFnSpec = HostFnSpec::new("host", "echo", |call| {
    let mut call = call.authorize()?;
    let (data,) = call.args::<(&[u8],)>()?;
    call.reply(echo(data))
})
.always_available()
.with_params(&[Param::new::<&[u8]>("data")])
.with_reply(reply_shape!(&[u8]))
.with_docs("Give the bytes back.")
.declared_at(here!());

/// Made by the macro, and written by hand.
pub type Pair = (&'static HostFnSpec, &'static HostFnSpec);

pub const PLAIN: Pair = (greet::SPEC, &GREET_BY_HAND);
pub const FALLIBLE: Pair = (find::SPEC, &FIND_BY_HAND);
pub const STATEFUL: Pair = (count::SPEC, &COUNT_BY_HAND);
pub const TWO_STATES: Pair = (note::SPEC, &NOTE_BY_HAND);
pub const SCOPED: Pair = (fs_read::SPEC, &FS_READ_BY_HAND);
pub const ALWAYS: Pair = (add::SPEC, &ADD_BY_HAND);
pub const ECHO: Pair = (echo::SPEC, &ECHO_BY_HAND);

pub const PAIRS: [Pair; 7] = [PLAIN, FALLIBLE, STATEFUL, TWO_STATES, SCOPED, ALWAYS, ECHO];
