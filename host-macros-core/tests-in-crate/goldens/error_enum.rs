impl ::hostfn::HostError for BorrowError {
    const KINDS: &'static [::hostfn::spec::ErrorKind] = &[
        ::hostfn::spec::ErrorKind {
            code: "no_such_book",
            status: ::hostfn::Status::NOT_FOUND,
            docs: "No such book is on the shelf.",
        },
        ::hostfn::spec::ErrorKind {
            code: "lent_out",
            status: ::hostfn::Status::FAILED,
            docs: "Somebody else has it.",
        },
        ::hostfn::spec::ErrorKind {
            code: "too_long",
            status: ::hostfn::Status::application(-1024i32),
            docs: "",
        },
    ];
    fn status(&self) -> ::hostfn::Status {
        match self {
            Self::NoSuchBook => ::hostfn::Status::NOT_FOUND,
            Self::Lent(..) => ::hostfn::Status::FAILED,
            Self::TooLong { .. } => ::hostfn::Status::application(-1024i32),
        }
    }
    fn code(&self) -> &str {
        match self {
            Self::NoSuchBook => "no_such_book",
            Self::Lent(..) => "lent_out",
            Self::TooLong { .. } => "too_long",
        }
    }
}
