//! One function of every kind. Their lines are in the snapshots: a change here is one there.

use std::collections::BTreeMap;

use hostfn::spec::{ErrorKind, Param, here, reply_shape};
use hostfn::{HostError, HostFn, HostFnSpec, Status, capabilities, host_fn};
use serde::{Deserialize, Serialize};

capabilities! {
    /// Greet people by name.
    pub GREET = "greet";
    /// Read files beneath granted directories, which has to be explained at such a length that no column
    /// holds it in one line.
    pub FS_READ = "fs.read" in path;
    /// Draw on the screen.
    pub DRAW = "screen.draw" in name;
    /// Look into the future.
    pub ORACLE = "oracle";
}

#[derive(Debug, thiserror::Error)]
pub enum FsError {
    #[error("there is no such file")]
    NotFound,
    #[error("the disk is slow today")]
    Slow,
}

impl HostError for FsError {
    const KINDS: &'static [ErrorKind] = &[
        ErrorKind { code: "not_found", status: Status::NOT_FOUND, docs: "There is no such file." },
        ErrorKind { code: "slow", status: Status::application(-1024), docs: "The disk is slow today." },
    ];

    fn status(&self) -> Status {
        match self {
            FsError::NotFound => Status::NOT_FOUND,
            FsError::Slow => Status::application(-1024),
        }
    }

    fn code(&self) -> &str {
        match self {
            FsError::NotFound => "not_found",
            FsError::Slow => "slow",
        }
    }
}

pub struct Counter(u64);

pub struct Settings {
    step: u64,
}

#[derive(Serialize, Deserialize)]
pub struct Point {
    x: i32,
    y: i32,
}

#[derive(Serialize, Deserialize)]
pub enum Figure {
    Nothing,
    Dot(Point),
    Line(Point, Point),
    Group { name: Option<String>, members: Vec<Figure>, colors: BTreeMap<String, [u8; 3]> },
}

#[derive(Deserialize)]
#[serde(untagged)]
pub enum Question {
    Number(u64),
    Text(String),
}

#[derive(Serialize)]
pub struct Prophecy {
    likely: bool,
}

/// Build a greeting.
#[host_fn(capability = GREET)]
pub fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

/// Read a part of a file, from an offset on, for so many bytes, or as many as there are, whichever is
/// less. What is beyond the end of the file is no error.
///
/// This paragraph is for who reads the documentation, not for the listing.
#[host_fn(capability = FS_READ(path), max_reply = "64 KiB")]
pub fn read_a_part_of_a_file(offset: u64, count: Option<u32>, path: &str) -> Result<Vec<u8>, FsError> {
    match count {
        Some(0) => Err(FsError::Slow),
        Some(_) => Ok(path.as_bytes().to_vec()),
        None if offset > 0 => Err(FsError::NotFound),
        None => Ok(Vec::new()),
    }
}

/// Count. By as much as the settings say.
#[host_fn(capability = none, quota = 3, max_args = "1 KiB", since = 2)]
pub fn count(#[state] counter: &mut Counter, #[state] settings: &Settings) -> u64 {
    counter.0 += settings.step;
    counter.0
}

/// Draw a figure (a dot | a line | a group)
#[host_fn(capability = DRAW(layer), module = "screen", name = "draw-figure")]
pub fn draw(layer: &str, figure: Figure) -> Option<Point> {
    match figure {
        Figure::Dot(at) if !layer.is_empty() => Some(at),
        _ => None,
    }
}

/// Ask what will be.
#[host_fn(capability = ORACLE)]
pub fn ask(question: Question) -> Prophecy {
    match question {
        Question::Number(number) => Prophecy { likely: number > 0 },
        Question::Text(text) => Prophecy { likely: !text.is_empty() },
    }
}

#[host_fn(capability = none)]
pub fn undocumented() {}

pub static ADD: HostFnSpec = HostFnSpec::new("math", "add", |call| {
    let mut call = call.authorize()?;
    let (a, b) = call.args::<(u64, u64)>()?;
    call.reply(&a.wrapping_add(b))
})
.always_available()
.with_params(&[Param::new::<u64>("a"), Param::new::<u64>("b")])
.with_reply(reply_shape!(u64))
.with_docs("Add two numbers.")
.declared_at(here!());

pub const ALL: [&HostFnSpec; 7] =
    [greet::SPEC, read_a_part_of_a_file::SPEC, count::SPEC, draw::SPEC, ask::SPEC, undocumented::SPEC, &ADD];
