//! Handles that are not there: every function says so in the same words.

use hostfn::Status;
use serde::Serialize;
use serde_bytes::Bytes;
use test_support::relay::{Guest, host};

use crate::everything::modules;

fn says_so(guest: &mut Guest, function: &str, args: impl Serialize) {
    let refused = guest.call::<hostfn::abi::Value>(function, args).unwrap_err();
    let told = (refused.status, refused.code.as_str(), refused.message.as_str());
    let expected = (Status::NOT_FOUND, "no_such_handle", "the handle does not exist, or was closed");
    assert_eq!(told, expected, "{function}");
}

#[test]
fn a_handle_that_is_not_there_is_told_alike_everywhere() {
    let host = host(modules());
    let grants = host.registry().grant_everything();
    let mut guest = Guest::granted(&host, &grants);
    let (gone, data) = (7_u64, Bytes::new(b"data"));
    let none: [i64; 0] = [];
    for function in
        ["kv_count", "kv_close", "sql_next", "sql_close_cursor", "sql_close", "sql_close_statement"]
    {
        says_so(&mut guest, function, (gone,));
    }
    for function in ["sql_begin", "sql_commit", "sql_rollback", "fs_close", "secret_close", "ffi_close"] {
        says_so(&mut guest, function, (gone,));
    }
    says_so(&mut guest, "kv_get", (gone, "key"));
    says_so(&mut guest, "kv_set", (gone, "key", data, None::<u64>));
    says_so(&mut guest, "sql_query", (gone, "SELECT 1", none));
    says_so(&mut guest, "sql_run", (gone, none));
    says_so(&mut guest, "sql_attach", (gone, "/a.db", "a"));
    says_so(&mut guest, "sql_detach", (gone, "a"));
    says_so(&mut guest, "fs_read_next", (gone, 1));
    says_so(&mut guest, "fs_write_next", (gone, data));
    says_so(&mut guest, "fs_seek", (gone, 1));
    says_so(&mut guest, "fs_truncate", (gone, 1));
    says_so(&mut guest, "secret_hmac", (gone, data));
    says_so(&mut guest, "ffi_symbols", (gone, ["cos"]));
    says_so(&mut guest, "ffi_call", (gone, "cos", none));
}
