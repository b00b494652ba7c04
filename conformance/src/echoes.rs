//! A function for each shape, which returns its argument, and the same again as a guest's contract.

use std::collections::BTreeMap;

use hostfn::{Resource, capabilities, guest_contract, host_fn};

use crate::types::{
    Anything, Choice, Figure, Handles, Level, Metres, Node, Order, Pair, Point, Record, Store,
};

capabilities! {
    /// Hear back what is said.
    pub ECHO = "echo";
    /// Hear a secret, which no guest of the suite is granted.
    pub SECRET = "secret";
    /// Read names in a place.
    pub PLACE = "place" in path;
}

macro_rules! echoes {
    ($($(#[$doc:meta])* $name:ident: $ty:ty;)*) => {
        $($(#[$doc])*
        #[host_fn(capability = ECHO)]
        pub fn $name(value: $ty) -> $ty {
            value
        })*

        /// Guests that call the host function of the same name and give back what it gave.
        #[guest_contract(id = "echo.v1")]
        pub trait Echo {
            $($(#[$doc])*
            fn $name(&mut self, value: $ty) -> $ty;)*

            /// Makes the calls that are written down in the guest, and tells which gave a wrong answer.
            fn fixed(&mut self) -> Vec<String>;

            /// Takes arguments of these parameters apart and puts them together again; nothing where they are refused.
            fn again(&mut self, params: String, args: Vec<u8>) -> Option<Vec<u8>>;

            /// The word of a status and a length.
            fn word(&mut self, status: i32, len: u32) -> i64;

            /// The status and the length of a word.
            fn parts(&mut self, word: i64) -> (i32, u32);

            /// Takes from an account, and passes the host's errors on.
            fn pass_on(&mut self, account: String, amount: u64) -> Result<u64, crate::bank::BankError>;
        }
    };
}

echoes! {
    /// Gives back a boolean.
    echo_bool: bool;
    /// Gives back an integer of 8 bits.
    echo_u8: u8;
    /// Gives back an integer of 16 bits.
    echo_u16: u16;
    /// Gives back an integer of 32 bits.
    echo_u32: u32;
    /// Gives back an integer of 64 bits.
    echo_u64: u64;
    /// Gives back a signed integer of 8 bits.
    echo_i8: i8;
    /// Gives back a signed integer of 16 bits.
    echo_i16: i16;
    /// Gives back a signed integer of 32 bits.
    echo_i32: i32;
    /// Gives back a signed integer of 64 bits.
    echo_i64: i64;
    /// Gives back a float of 32 bits.
    echo_f32: f32;
    /// Gives back a float of 64 bits.
    echo_f64: f64;
    /// Gives back a character.
    echo_char: char;
    /// Gives back text.
    echo_str: String;
    /// Gives back bytes.
    echo_bytes: Vec<u8>;
    /// Gives back a number or nothing.
    echo_option_u32: Option<u32>;
    /// Gives back text or nothing.
    echo_option_str: Option<String>;
    /// Gives back a struct or nothing.
    echo_option_point: Option<Point>;
    /// Gives back numbers.
    echo_seq_i64: Vec<i64>;
    /// Gives back texts.
    echo_seq_str: Vec<String>;
    /// Gives back sequences of bytes.
    echo_seq_bytes: Vec<Vec<u8>>;
    /// Gives back structs.
    echo_seq_point: Vec<Point>;
    /// Gives back a map from texts.
    echo_map_str_u32: BTreeMap<String, u32>;
    /// Gives back a map from numbers to sequences.
    echo_map_u64_seq_str: BTreeMap<u64, Vec<String>>;
    /// Gives back a map from an enum.
    echo_map_level_point: BTreeMap<Level, Point>;
    /// Gives back a tuple.
    echo_tuple: (u8, String, bool);
    /// Gives back an array.
    echo_array: [f32; 3];
    /// Gives back a struct.
    echo_point: Point;
    /// Gives back a struct of everything.
    echo_order: Order;
    /// Gives back a newtype.
    echo_metres: Metres;
    /// Gives back a tuple struct.
    echo_pair: Pair;
    /// Gives back an enum without payloads.
    echo_level: Level;
    /// Gives back an enum with payloads.
    echo_figure: Figure;
    /// Gives back a list that holds itself.
    echo_node: Node;
    /// Gives back the struct of the ABI's vectors.
    echo_record: Record;
    /// Gives back the enum of the ABI's vectors.
    echo_choice: Choice;
    /// Gives back what the listing cannot tell the shape of.
    echo_anything: Anything;
    /// Gives back a handle.
    echo_handle: Resource<Store>;
    /// Gives back handles of two resources.
    echo_handles: Handles;
}

/// Takes nothing and gives nothing.
#[host_fn(capability = none)]
pub fn nothing() {}

/// Takes several arguments: `*/` is no end of them.
#[host_fn(capability = none, max_args = "64 KiB", max_reply = "4 MiB", quota = 100_000)]
pub fn repeat(text: &str, times: u32, separator: Option<&str>) -> String {
    // the guest chooses `times`: stop beyond the limit of a reply, which refuses this one
    const ENOUGH: usize = (4 << 20) + 1;
    let separator = separator.unwrap_or_default();
    let mut repeated = String::new();
    if text.is_empty() && separator.is_empty() {
        return repeated;
    }
    for time in 0..times {
        if time > 0 {
            repeated.push_str(separator);
        }
        repeated.push_str(text);
        if repeated.len() >= ENOUGH {
            break;
        }
    }
    repeated
}

/// Adds two numbers.
#[host_fn(capability = none, module = "math", name = "add-up")]
pub fn add_up(a: u64, b: u64) -> Option<u64> {
    a.checked_add(b)
}

/// Tells a secret.
#[host_fn(capability = SECRET)]
pub fn secret() -> String {
    "xyzzy".to_owned()
}

/// The name of what is at a path.
#[host_fn(capability = PLACE(path))]
pub fn name_of(path: &str) -> String {
    path.rsplit('/').next().unwrap_or_default().to_owned()
}
