// ---- calls ----

/// How many bytes of reply come without an allocation: 4096, or the `hostfn_window` of the guest's root file.
pub const window_len = if (@hasDecl(@import("root"), "hostfn_window")) @import("root").hostfn_window else 4096;

var reply_window: [window_len]u8 = undefined;
var window_cap: u32 = 0;

/// Why a call gave no answer. `last_error` has what the host told.
pub const Error = error{
    /// Not granted, or an argument lies outside the grant's scope.
    NoCapability,
    /// A call, byte or time budget is used up.
    QuotaExceeded,
    /// The host took the arguments for none of the function.
    BadInput,
    /// The host failed, or replied with what is not of the reply's type.
    Internal,
    /// What was asked for does not exist.
    NotFound,
    /// The function ran and failed.
    Failed,
    /// The function ran, and there was no room for its reply.
    NoRoom,
    /// Any other status.
    Other,
    /// The guest's memory can grow no further.
    OutOfMemory,
};

/// Code and message are empty where nothing was told, and the detail is null.
pub const LastError = struct {
    err: ?anyerror = null,
    status: i32 = 0,
    code: []const u8 = "",
    message: []const u8 = "",
    detail: ?hostfn.Raw = null,
};

/// The last failure of a call, or of `fail`, since the entry began. Its texts are in the arena.
pub var last_error: hostfn.LastError = .{};

/// An error with a message, for an entry to return: `return hostfn.fail(error.Failed, "...");`
pub fn fail(err: anytype, error_message: []const u8) @TypeOf(err) {
    last_error = .{ .err = err, .message = error_message };
    return err;
}

/// A status and a code, which an error of a function's own is on the wire.
const Kind = struct { status: i32, code: []const u8 };

fn isLast(err: anyerror) bool {
    return if (last_error.err) |last_err| last_err == err else false;
}

/// Makes the last failure `err` where the host told it so.
fn isTold(err: anyerror, error_kind: hostfn.Kind) bool {
    const is_it = last_error.status == error_kind.status and hostfn.equal(last_error.code, error_kind.code);
    if (is_it) last_error.err = err;
    return is_it;
}

/// A word: the status in its low half, the length of the reply in its high half.
pub fn word(call_status: i32, len: u32) i64 {
    return @bitCast(@as(u64, len) << 32 | @as(u32, @bitCast(call_status)));
}

/// A failure without a reply is a positive word: it is its low half that tells.
pub fn wordStatus(of_word: i64) i32 {
    return @truncate(of_word);
}

pub fn wordLen(of_word: i64) u32 {
    return @truncate(@as(u64, @bitCast(of_word)) >> 32);
}

fn beginCall(param_count: usize) hostfn.WriteError!hostfn.Writer {
    if (window_cap < window_len and host_imports.host_set_window(&reply_window, window_len) == 0) {
        window_cap = window_len;
    }
    var args = hostfn.Writer.begin();
    if (param_count > 0) try args.array(param_count);
    return args;
}

/// What a word stands for. The arguments are gone from the arena then, and the reply is there if something of it
/// stays.
fn endCall(
    comptime TypeCodec: type,
    comptime reply_stays: bool,
    args: *const hostfn.Writer,
    answer_word: i64,
) hostfn.Error!TypeCodec.ZigType {
    hostfn.empty(args.start);
    const call_status = hostfn.wordStatus(answer_word);
    const placed_bytes = hostfn.replyOf(hostfn.wordLen(answer_word)) orelse return hostfn.badReply();
    const reply_bytes = if (reply_stays or call_status != 0) try hostfn.kept(placed_bytes) else placed_bytes;
    if (call_status != 0) return hostfn.failed(call_status, reply_bytes);
    return hostfn.readWhole(TypeCodec, reply_bytes) catch |err| switch (err) {
        error.Malformed => hostfn.badReply(),
        error.OutOfMemory => error.OutOfMemory,
    };
}

fn replyOf(len: u32) ?[]const u8 {
    if (len <= window_cap) return reply_window[0..len];
    return hostfn.named(host_imports.host_result_ptr(), len);
}

fn kept(given_bytes: []const u8) hostfn.WriteError![]const u8 {
    const kept_bytes = try hostfn.alloc(u8, given_bytes.len);
    @memmove(kept_bytes, given_bytes);
    return kept_bytes;
}

fn readWhole(comptime TypeCodec: type, given_bytes: []const u8) hostfn.ReadError!TypeCodec.ZigType {
    var from = hostfn.Reader.of(given_bytes);
    const value = try TypeCodec.read(&from);
    try from.finish();
    return value;
}

fn badReply() hostfn.Error {
    last_error = .{
        .err = error.Internal,
        .status = -4,
        .code = "bad_reply",
        .message = "the reply is not of its type",
    };
    return error.Internal;
}

fn failed(call_status: i32, reply_bytes: []const u8) hostfn.Error {
    const err: hostfn.Error = switch (call_status) {
        -1 => error.NoCapability,
        -2 => error.QuotaExceeded,
        -3 => error.BadInput,
        -4 => error.Internal,
        -5 => error.NotFound,
        -6 => error.Failed,
        -7 => error.NoRoom,
        else => error.Other,
    };
    last_error = hostfn.readError(reply_bytes) catch .{};
    last_error.err = err;
    last_error.status = call_status;
    return err;
}

fn readError(reply_bytes: []const u8) hostfn.ReadError!hostfn.LastError {
    var told_error: hostfn.LastError = .{};
    if (reply_bytes.len == 0) return told_error;
    var from = hostfn.Reader.of(reply_bytes);
    var entries_left = try from.map();
    while (entries_left > 0) : (entries_left -= 1) {
        const read_key = try from.text();
        if (hostfn.equal(read_key, "code")) {
            told_error.code = try from.text();
        } else if (hostfn.equal(read_key, "message")) {
            told_error.message = try from.text();
        } else if (hostfn.equal(read_key, "detail")) {
            told_error.detail = try hostfn.Any.read(&from);
        } else {
            try from.skip();
        }
    }
    return told_error;
}

// ---- entries ----

/// Begins an entry: empties the arena but for the arguments, an array of so many.
fn beginEntry(ptr: usize, len: u32, param_count: usize) hostfn.ReadError!hostfn.Reader {
    last_error = .{};
    const sent_bytes = hostfn.named(ptr, len) orelse return error.Malformed;
    hostfn.empty(arena_floor);
    var args = hostfn.Reader.of(try hostfn.kept(sent_bytes));
    if (param_count > 0 or len > 0) try args.tuple(param_count);
    return args;
}

fn endEntry(comptime TypeCodec: type, value: TypeCodec.ZigType) i64 {
    var to = hostfn.Writer.begin();
    TypeCodec.write(&to, value) catch |err| return hostfn.failEntry(err, null);
    return hostfn.answerWith(0, &to);
}

fn answerWith(call_status: i32, entry_result: *const hostfn.Writer) i64 {
    host_imports.host_set_result(entry_result.start, entry_result.len);
    return hostfn.word(call_status, entry_result.len);
}

fn refuseEntry(err: hostfn.ReadError) i64 {
    if (err == error.OutOfMemory) return hostfn.failEntry(err, null);
    return hostfn.failEntry(hostfn.fail(error.BadInput, "the arguments are not of their types"), null);
}

/// Ends an entry with an error: as the host told it if it is the host's, else as it is on the wire.
fn failEntry(err: anyerror, own_kind: ?hostfn.Kind) i64 {
    var told_error = if (hostfn.isLast(err)) last_error else hostfn.LastError{};
    if (told_error.status == 0) {
        const error_kind = own_kind orelse hostfn.kindOf(err);
        told_error.status = error_kind.status;
        told_error.code = error_kind.code;
    }
    const failed_status = if (told_error.status < 0) told_error.status else -6;
    var to = hostfn.Writer.begin();
    // where there is no room for what was told, the status stands
    hostfn.writeError(&to, &told_error) catch return hostfn.word(failed_status, 0);
    return hostfn.answerWith(failed_status, &to);
}

fn writeError(to: *hostfn.Writer, told_error: *const hostfn.LastError) hostfn.WriteError!void {
    if (told_error.code.len == 0) return;
    try to.map(if (told_error.detail == null) 2 else 3);
    try to.text("code");
    try to.text(told_error.code);
    try to.text("message");
    try to.text(told_error.message);
    if (told_error.detail) |error_detail| {
        try to.text("detail");
        try to.put(error_detail.bytes);
    }
}

fn kindOf(err: anyerror) hostfn.Kind {
    return switch (err) {
        error.NoCapability => .{ .status = -1, .code = "no_capability" },
        error.QuotaExceeded => .{ .status = -2, .code = "quota_exceeded" },
        error.BadInput => .{ .status = -3, .code = "bad_input" },
        error.Internal => .{ .status = -4, .code = "internal" },
        error.NotFound => .{ .status = -5, .code = "not_found" },
        error.NoRoom => .{ .status = -7, .code = "no_room" },
        error.OutOfMemory => .{ .status = -6, .code = "out_of_memory" },
        else => .{ .status = -6, .code = "failed" },
    };
}
