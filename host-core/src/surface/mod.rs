//! The surface of a host, as data and text: the listing, its lock and differences, and the record of a function that a
//! plugin carries.

pub mod cli;
pub(crate) mod drift;
pub(crate) mod listing;
mod registry;

#[cfg(feature = "inspect")]
pub(crate) use self::drift::{Carried, Records};
pub use self::drift::{EntryRecord, FunctionRecord};
pub use self::listing::{
    CapabilityRow, Change, Class, ContractRow, Diff, ErrorKindRow, ErrorRow, FunctionRow, GroupBy, Item,
    Layout, Listing, MethodRow, ParamRow, UnknownClass, UnregisteredRow,
};
