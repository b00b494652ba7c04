//! The stable codes.

use std::fmt;

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

            /// Returns the explanation of the code, in a sentence or two.
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
    /// The plugin's record of the host functions that it was built against is malformed.
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
    /// Code of a plugin that runs at its start would have no deadline.
    StartUnbounded = 361,
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
    /// The guest's result violates the ABI.
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
    /// No instance of a pool became free in time.
    PoolTimeout = 419,
    /// Every place that the host keeps for instances is in use.
    PlacesInUse = 420,
    /// A listing is not valid JSON, or something in it is missing, or there twice.
    ListingInvalid = 601,
    /// A listing or a lock was written in a version that this one does not know.
    ListingVersion = 602,
    /// A lock is not valid TOML, or something in it is missing, unknown, there twice or of the wrong kind.
    LockInvalid = 603,
    /// A function or method of a lock is not what its fingerprint says: the block was edited or merged by hand.
    LockFingerprint = 604,
    /// The surface of the host differs from the lock.
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
    /// The plugin's records of host functions exceed the size that a host reads.
    BindingRecord = 804,
    /// A module of a plugin is not JavaScript that the engine reads.
    JsSyntax = 901,
    /// A module of a plugin imports from a module that is not there.
    JsSpecifier = 902,
    /// A module of a plugin imports a name that the host does not have, or a contract asks for an export that is not
    /// there.
    JsName = 903,
    /// One name of a plugin means two things.
    JsNameClash = 904,
    /// The JavaScript engine cannot read a module, or the plugin is too large.
    JsEngine = 905,
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
