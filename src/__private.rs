//! Used by the macros and by the toolkit's own packages. Exempt from semantic versioning: do not use it.
//!
//! [`ReturnProbe`], [`ReplyProbe`], [`HostArgProbe`] and [`GuestReplyProbe`] let a type decide between a `Result` and any
//! other value, through the nearest method of a chain of `Deref` targets. Where you know the type, call the method that the
//! probe would choose.

pub use hostfn_core::{
    GuestReplyProbe, HostArgProbe, PlainGuestReply, PlainReturn, ReplyProbe, ReturnProbe, inventory,
    misleads, open_regular_file, read_file, read_text_file, toml_too_deep,
};
