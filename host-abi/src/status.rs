use core::fmt;

/// The status of a call: the low half of a [`Word`](crate::Word).
///
/// ```
/// use hostfn_abi::Status;
///
/// const OUT_OF_STOCK: Status = Status::application(-1024);
///
/// assert_eq!(Status::new(-1), Status::NO_CAPABILITY);
/// assert_eq!(Status::NO_CAPABILITY.to_string(), "NO_CAPABILITY (-1)");
/// assert!(OUT_OF_STOCK.is_application());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Status(i32);

impl Status {
    /// Every status that has a name, from [`OK`](Status::OK) down. The name is that of the constant.
    pub const NAMED: [(Status, &'static str); 8] = [
        (Status::OK, "OK"),
        (Status::NO_CAPABILITY, "NO_CAPABILITY"),
        (Status::QUOTA_EXCEEDED, "QUOTA_EXCEEDED"),
        (Status::BAD_INPUT, "BAD_INPUT"),
        (Status::INTERNAL, "INTERNAL"),
        (Status::NOT_FOUND, "NOT_FOUND"),
        (Status::FAILED, "FAILED"),
        (Status::NO_ROOM, "NO_ROOM"),
    ];

    /// 0: the function ran, and its reply is there.
    pub const OK: Self = Self(0);
    /// -1: not granted, or the argument lies outside the grant's scope.
    pub const NO_CAPABILITY: Self = Self(-1);
    /// -2: a call, byte or time budget is used up.
    pub const QUOTA_EXCEEDED: Self = Self(-2);
    /// -3: the arguments are outside the memory, malformed, or not of the function's types.
    pub const BAD_INPUT: Self = Self(-3);
    /// -4: the host failed. The guest receives no details.
    pub const INTERNAL: Self = Self(-4);
    /// -5: the function ran, and what was asked for does not exist.
    pub const NOT_FOUND: Self = Self(-5);
    /// -6: the function ran and returned its own error.
    pub const FAILED: Self = Self(-6);
    /// -7: the function ran, but its reply fitted nowhere; its effects stand.
    pub const NO_ROOM: Self = Self(-7);

    /// The status with this code, known or not.
    pub const fn new(code: i32) -> Self {
        Self(code)
    }

    /// A code of the application's own.
    ///
    /// # Panics
    /// When `code` is above -1024: those belong to the ABI. At compile time, in a `const`.
    ///
    /// ```compile_fail
    /// const TEAPOT: hostfn_abi::Status = hostfn_abi::Status::application(418);
    /// ```
    pub const fn application(code: i32) -> Self {
        assert!(
            Self(code).is_application(),
            "an application's status codes are -1024 and below; the others belong to the ABI"
        );
        Self(code)
    }

    /// The code on the wire.
    pub const fn code(self) -> i32 {
        self.0
    }

    /// The ABI's name for it, such as `NO_CAPABILITY`; `None` for a code that has none.
    pub fn name(self) -> Option<&'static str> {
        Status::NAMED.iter().find(|(status, _)| *status == self).map(|(_, name)| *name)
    }

    /// The status of that [`name`](Status::name).
    pub fn from_name(name: &str) -> Option<Self> {
        Status::NAMED.iter().find(|(_, known)| *known == name).map(|(status, _)| *status)
    }

    /// Returns whether it is [`OK`](Status::OK).
    pub const fn is_ok(self) -> bool {
        self.0 == 0
    }

    /// Returns whether the code is kept for later versions of the ABI: -8 to -1023, and everything above 0.
    pub const fn is_reserved(self) -> bool {
        matches!(self.0, -1023..=-8 | 1..)
    }

    /// Returns whether the code is an application's own: -1024 and below.
    pub const fn is_application(self) -> bool {
        self.0 <= -1024
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({})", self.0),
            None if self.is_application() => write!(f, "application status ({})", self.0),
            None => write!(f, "reserved status ({})", self.0),
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
