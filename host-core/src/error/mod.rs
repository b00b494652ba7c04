//! What can go wrong, each with a stable code, a place and a remedy.

mod files;
mod nesting;
mod panic;
mod problems;
mod untrusted;
mod usable;

use std::error::Error as StdError;
use std::fmt;

use hostfn_abi::{ErrorReply, Status};

pub(crate) use self::files::read_to_end;
pub use self::files::{open_regular_file, read_file, read_text_file};
pub use self::nesting::toml_too_deep;
pub(crate) use self::panic::message_of;
pub use self::problems::{ProblemList, Problems};
pub use self::untrusted::{Untrusted, json_escaped, lines_escaped, misleads};
pub(crate) use self::untrusted::{printable, printable_whole};

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal,)+) => {
        /// A stable number for one kind of problem, written `H0101`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        #[repr(u16)]
        pub enum Code {
            $($(#[doc = $doc])+ $name = $number,)+
        }

        impl Code {
            /// Every code, in ascending order.
            pub const ALL: &'static [Code] = &[$(Code::$name,)+];

            /// What the code means, in a sentence or two.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Code::$name => concat!($($doc,)+).trim_ascii_start(),)+
                }
            }
        }
    };
}

codes! {
    /// Two host functions claim the same module and name.
    DuplicateFunction = 101,
    /// A host function's module or name is not one that a guest can import.
    BadFunctionName = 102,
    /// One capability name is declared twice with different meanings.
    ConflictingCapability = 103,
    /// A host function takes the name of an import that always exists.
    ReservedName = 104,
    /// The parameter that a capability is matched against does not cross the wire.
    ScopedParameter = 105,
    /// Two contracts have the same id and different meanings.
    DuplicateContractId = 106,
    /// A contract's id, or a name or entry symbol of one of its methods, is not one that works.
    BadContractId = 107,
    /// A module lacks what it needs to work.
    ModuleUnconfigured = 108,
    /// Two modules have the same name.
    DuplicateModule = 109,
    /// A host function asks for a state that no initialiser provides.
    StateMissing = 111,
    /// Two state initialisers have the same id.
    DuplicateStateId = 112,
    /// A state initialiser has a blank id.
    BlankStateId = 113,
    /// Two state initialisers provide the same type.
    DuplicateStateType = 114,
    /// A limit of the host is zero or contradicts another.
    BadLimit = 115,
    /// There is no state of the type that is to be closed.
    CloserWithoutState = 116,
    /// One state is to be closed in two ways.
    DuplicateCloser = 117,
    /// A type has an option of a value that can be nil itself, so that `Some` of nil would arrive as `None`.
    OptionOfNil = 120,
    /// The grants are not valid TOML.
    GrantsSyntax = 201,
    /// The grants name a capability that no registered function requires.
    UnknownCapability = 202,
    /// A pattern of the grants or of a manifest is not one of its capability's kind.
    BadPattern = 203,
    /// A pattern list was given to a capability that has no scope.
    ScopeNotTaken = 204,
    /// A grant is neither `true` nor a table with an `allow` list.
    BadGrant = 205,
    /// The plugin's file could not be read.
    Unreadable = 301,
    /// The plugin is not a valid WebAssembly module.
    NotAModule = 302,
    /// The plugin imports something that the host does not have.
    UnknownImport = 303,
    /// The plugin imports a host function under another type than the ABI's.
    ImportType = 304,
    /// The plugin does not export its memory, or exports one the ABI cannot use.
    BadMemory = 305,
    /// An export that the ABI gives a meaning to has another type.
    ExportType = 306,
    /// The plugin was built for another version of the ABI.
    AbiVersion = 307,
    /// The plugin imports an async host function, and its instance could not wait.
    AsyncFunction = 308,
    /// The plugin imports a function whose capability it was not granted.
    NotGranted = 310,
    /// A plugin's manifest is not valid TOML, or something in it is missing, unknown or of the wrong kind.
    ManifestInvalid = 311,
    /// An entry of a contract, or one that the manifest names, is not among the plugin's exports, or has another
    /// type than the ABI's.
    EntryMissing = 312,
    /// A manifest implements one type of one contract twice.
    DuplicateContract = 313,
    /// A manifest names one export as the entry of two contracts.
    DuplicateEntry = 314,
    /// A manifest implements a contract, or a type of one, that the host does not know.
    UnknownContract = 315,
    /// A manifest asks for a capability that no registered function requires.
    AskedUnknown = 316,
    /// A manifest and the host's contract differ in what a method takes or replies.
    ContractShape = 317,
    /// The plugin was built for something else than this host: a component, native code, or WASI.
    WrongTarget = 318,
    /// Two plugins of one directory have the same name.
    DuplicatePlugin = 319,
    /// What a plugin says of the host functions that it was built against cannot be read.
    BadFunctionRecord = 320,
    /// A plugin was built with a host function that the host does not have any more.
    FunctionGone = 321,
    /// A host function takes other parameters than when the plugin was built.
    ParametersChanged = 322,
    /// A host function's reply is another than when the plugin was built.
    ReplyChanged = 323,
    /// A type that a host function takes or replies has other fields or variants than when the plugin was built.
    FieldsChanged = 324,
    /// A host function requires another capability than when the plugin was built.
    CapabilityChanged = 325,
    /// A host function's errors have another status, or it is called in another way, than when the plugin was built.
    ErrorsChanged = 326,
    /// The directory of compiled modules cannot be made or read, or others can write to it.
    CacheUnusable = 331,
    /// A module exceeds a limit on what compiling it may cost.
    LoadLimit = 340,
    /// Compiling a module in a child process took more memory or processor time than is allowed.
    CompileExhausted = 341,
    /// The child process that compiles modules cannot be started, or does not keep to its protocol.
    CompileWorker = 342,
    /// Loading a plugin took longer than its deadline.
    LoadTimedOut = 343,
    /// The host cannot use the compiler that it was told to use.
    CompilerUnavailable = 344,
    /// A manifest asks for a limit of fuel, and the host does not meter fuel.
    FuelNotMetered = 350,
    /// The process has no address space left for an instance's memory.
    AddressSpace = 351,
    /// The plugin imports a function of a toolchain or runtime that this host does not offer.
    ForeignImport = 352,
    /// The plugin imports its memory or table, or was linked to be loaded into another module.
    ImportedMemory = 353,
    /// The plugin's constructors would never be called.
    ConstructorsNotCalled = 354,
    /// The manifest inside a module claims another name than the one that the plugin is loaded under.
    ClaimedName = 355,
    /// A plugin's module or manifest is a pipe, a device or a directory.
    NotAFile = 360,
    /// A state initialiser failed.
    StateFailed = 401,
    /// The guest's start function, `_initialize` or `plugin_init` failed.
    InitFailed = 402,
    /// The plugin has no such export.
    NoSuchExport = 403,
    /// The guest answered with an error.
    GuestError = 404,
    /// The guest trapped.
    Trapped = 405,
    /// The guest ran out of time.
    TimedOut = 406,
    /// What the guest returned breaks the ABI.
    BadResult = 407,
    /// An earlier host function panicked; the instance takes no more calls.
    Poisoned = 408,
    /// The arguments of a call could not be encoded or found no room in the guest.
    BadArguments = 409,
    /// The engine could not be set up.
    Engine = 410,
    /// The guest used up what it may.
    Exhausted = 411,
    /// A call, or a start, was cancelled.
    Cancelled = 412,
    /// The instance was closed.
    Closed = 413,
    /// An instance that can wait was called as if it could not, or the other way round.
    WrongCall = 414,
    /// A state could not be closed.
    CloseFailed = 415,
    /// The thread has too little stack left to run a guest.
    SmallStack = 416,
    /// A build that aborts on a panic cannot contain a panic of a host function.
    AbortsOnPanic = 417,
    /// An earlier call of the instance was cut off; the instance takes no more calls.
    CutOff = 418,
    /// A listing is not valid JSON, or something in it is missing, or there twice.
    ListingInvalid = 601,
    /// A listing or a lock was written in a version that this one does not know.
    ListingVersion = 602,
    /// A lock is not valid TOML, or something in it is missing, unknown, there twice or of the wrong kind.
    LockInvalid = 603,
    /// A function or method of a lock is not what its fingerprint says: the block was edited or merged by hand.
    LockFingerprint = 604,
    /// What plugins can reach is not what the lock says.
    SurfaceChanged = 605,
    /// There is no lock yet.
    LockMissing = 606,
    /// A program was asked for its listing and gave none.
    NoAnswer = 607,
    /// A file that a command needs cannot be read or written, or is not of a kind that it reads.
    FileUnusable = 608,
    /// Two names of a listing become one in a language, or a name cannot be said in it.
    BindingName = 801,
    /// A language has nothing for a shape of a listing.
    BindingShape = 802,
    /// A listing does not define a type that it mentions.
    BindingType = 803,
    /// What a plugin would carry of its host functions is more than a host reads.
    BindingRecord = 804,
}

impl Code {
    /// The number behind the `H`.
    pub const fn number(self) -> u16 {
        self as u16
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "H{:04}", self.number())
    }
}

/// One thing that is wrong: its code, where it is, what it is and what to do.
///
/// Its texts are one line each and safe to print: names that a plugin or a file chose are escaped as [`Untrusted`] is, and
/// what is longer than 2,000 characters is cut. In Markdown or HTML, escape them again with [`Untrusted`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    code: Code,
    place: String,
    what: String,
    remedy: String,
    origin: Option<String>,
}

/// Characters of each text of a problem.
const LONGEST: usize = 2000;

/// Most texts are ours and plain, and stay as they are.
fn line(text: String) -> String {
    if text.len() <= LONGEST && !text.contains(misleads) {
        return text;
    }
    Untrusted::new(&text).at_most(LONGEST).to_string()
}

impl Problem {
    /// A problem at `place`: `what` is the matter, and `remedy` is what helps.
    pub fn new(
        code: Code,
        place: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            code,
            place: line(place.into()),
            what: line(what.into()),
            remedy: line(remedy.into()),
            origin: None,
        }
    }

    /// The same problem, which code of the host at `origin` caused. `Debug` shows that; `Display`, which users of plugins
    /// see, does not.
    #[must_use]
    pub(crate) fn caused_at(mut self, origin: impl fmt::Display) -> Self {
        self.origin = Some(origin.to_string());
        self
    }

    /// The place in the host's own code that caused it, if that is not its [`place`](Problem::place): for the host's
    /// authors, and not for users of plugins.
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// The same problem, at a place in `outer`.
    #[must_use]
    pub(crate) fn within(&self, outer: &str) -> Self {
        Self { place: line(format!("{outer}, {}", self.place)), ..self.clone() }
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Where it is: a function, a line of the grants, an import.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What is the matter.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What to do about it.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}; {}", self.code, self.place, self.what, self.remedy)
    }
}

/// Everything that can fail between a registry and an answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Problems that a person can put right, all that were found.
    #[error("{0}")]
    Problems(#[from] Problems),
    /// The guest's own error: its status, and the error reply if it gave one.
    #[error("{} {}: the guest answered {status}{}", Code::GuestError, export_of(plugin, export), said(reply.as_deref()))]
    Guest {
        /// The plugin.
        plugin: String,
        /// The export that was called.
        export: String,
        /// The status it returned.
        status: Status,
        /// Its error reply.
        reply: Option<Box<ErrorReply>>,
    },
    /// The guest trapped.
    #[error("{} {}: the guest trapped{}", Code::Trapped, export_of(plugin, export), worn(*earlier))]
    Trapped {
        /// The plugin.
        plugin: String,
        /// The export that was called.
        export: String,
        /// How often the guest had been cut off before, in calls that a host with [`CutOff::Keep`](crate::CutOff)
        /// lets it go on after.
        earlier: u32,
        /// The trap, with the guest's backtrace.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The guest ran out of time.
    #[error(
        "{} {}: the guest ran out of time; {}",
        Code::TimedOut,
        export_of(plugin, export),
        set_by.remedy("time")
    )]
    TimedOut {
        /// The plugin.
        plugin: String,
        /// The export that was called.
        export: String,
        /// Whose limit it was.
        set_by: SetBy,
    },
    /// The guest used up what it may.
    #[error(
        "{} {}: the guest used up its {limit}; {}",
        Code::Exhausted,
        export_of(plugin, export),
        set_by.remedy(limit.field())
    )]
    Exhausted {
        /// The plugin.
        plugin: String,
        /// The export that was called.
        export: String,
        /// What it used up.
        limit: Limit,
        /// Whose limit it was.
        set_by: SetBy,
        /// Whether the guest was cut off by it; otherwise it was not entered, or had returned.
        cut_off: bool,
        /// The trap that it ended with, if it had begun.
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
    /// The call was cancelled: the instance was told to end while it ran, or its start was called off.
    #[error("{} {}: cancelled while it ran", Code::Cancelled, export_of(plugin, export))]
    Cancelled {
        /// The plugin.
        plugin: String,
        /// The export that was called.
        export: String,
    },
    /// The thread has too little stack left to run a guest. The guest was not entered.
    #[error(
        "{} {}: the thread has {left} bytes of stack left, and a guest needs {needed}; call it from a thread with more",
        Code::SmallStack,
        export_of(plugin, export)
    )]
    SmallStack {
        /// The plugin.
        plugin: String,
        /// The export that was called.
        export: String,
        /// Bytes of stack that are left.
        left: usize,
        /// What the guest and the host functions that it calls may take.
        needed: usize,
    },
    /// The instance was closed, or a call of it was given up half-way: it takes no more calls.
    #[error("{} plugin `{}`: the instance is closed; make another", Code::Closed, Untrusted::new(plugin))]
    Closed {
        /// The plugin.
        plugin: String,
    },
}

/// What a guest can use up and be stopped for, besides its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// Bytes of memory.
    Memory,
    /// Elements of a table.
    Table,
    /// Bytes of stack.
    Stack,
    /// Fuel.
    Fuel,
    /// Lines of log.
    LogLines,
    /// Bytes of log.
    LogBytes,
    /// Host function calls that were refused or failed.
    Refusals,
    /// Calls under way at once, of the whole host.
    Concurrent,
    /// Work that waits for one instance.
    Queue,
}

impl Limit {
    /// The field of [`Limits`](crate::Limits) that sets it.
    pub const fn field(self) -> &'static str {
        match self {
            Limit::Memory => "memory",
            Limit::Table => "table",
            Limit::Stack => "stack",
            Limit::Fuel => "fuel",
            Limit::LogLines => "log_lines",
            Limit::LogBytes => "log_bytes",
            Limit::Refusals => "refusals",
            Limit::Concurrent => "concurrent",
            Limit::Queue => "queued",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Limit::Memory => "memory",
            Limit::Table => "table elements",
            Limit::Stack => "stack",
            Limit::Fuel => "fuel",
            Limit::LogLines => "lines of log",
            Limit::LogBytes => "bytes of log",
            Limit::Refusals => "refusals",
            Limit::Concurrent => "share of the host's concurrent calls",
            Limit::Queue => "queue",
        })
    }
}

impl Error {
    /// The stable code; that of the first problem where there are several.
    pub fn code(&self) -> Code {
        match self {
            Error::Problems(problems) => problems.first().code(),
            Error::Guest { .. } => Code::GuestError,
            Error::Trapped { .. } => Code::Trapped,
            Error::TimedOut { .. } => Code::TimedOut,
            Error::Exhausted { .. } => Code::Exhausted,
            Error::Cancelled { .. } => Code::Cancelled,
            Error::SmallStack { .. } => Code::SmallStack,
            Error::Closed { .. } => Code::Closed,
        }
    }

    /// The problems; none for an error that no change of code or grants puts right.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Error::Problems(problems) => problems.as_slice(),
            _ => &[],
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Error::Problems(problem.into())
    }
}

/// Both names may be of a manifest.
fn export_of(plugin: &str, export: &str) -> String {
    format!("{}.{}", Untrusted::new(plugin), Untrusted::new(export))
}

/// Whose limit a guest ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SetBy {
    /// The host's, in [`Limits`](crate::Limits).
    Host,
    /// The manifest's, which asks for less than the host allows.
    Manifest,
}

impl SetBy {
    fn remedy(self, field: &str) -> String {
        match self {
            SetBy::Host => format!("give it more with `Limits::{field}`"),
            SetBy::Manifest => format!("raise `{field}` under `[limits]` in its manifest"),
        }
    }
}

fn worn(earlier: u32) -> String {
    match earlier {
        0 => String::new(),
        times => format!("; it was cut off {times} times before: make another instance"),
    }
}

fn said(reply: Option<&ErrorReply>) -> String {
    reply
        .map(|reply| format!(": {} ({})", printable(&reply.message), printable(&reply.code)))
        .unwrap_or_default()
}

/// No name that can be meant is longer, in bytes.
const LONGEST_NAME: usize = 256;

/// The names in `known` that are near `wrong`, nearest first, for "did you mean": none for a name over 256 bytes.
pub(crate) fn near<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    if wrong.len() > LONGEST_NAME {
        return Vec::new();
    }
    let length = wrong.chars().count();
    let mut scored: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|name| {
            let most = 1 + name.len() / 3;
            // two names are at least as far apart as their lengths; comparing them takes the product of these
            let may_be_near = name.len() <= LONGEST_NAME && name.chars().count().abs_diff(length) <= most;
            let distance = may_be_near.then(|| strsim::levenshtein(wrong, name))?;
            (distance <= most).then_some((distance, name))
        })
        .collect();
    scored.sort_unstable();
    scored.dedup();
    scored.into_iter().take(3).map(|(_, name)| name).collect()
}
