//! The vectors of the ABI, on the guest's side.

const host = @import("host.zig");
const hostfn = host.hostfn;
const wire = host.wire;

/// Takes an array of values of these codecs apart, and writes them again.
fn copied(args: []const u8, comptime codecs: anytype) hostfn.ReadError![]const u8 {
    var from = hostfn.Reader.of(args);
    try from.tuple(codecs.len);
    var to = hostfn.Writer.begin();
    try to.array(codecs.len);
    inline for (codecs) |Codec| {
        const value = try Codec.read(&from);
        try Codec.write(&to, value);
    }
    try from.finish();
    return to.written();
}

pub fn again(params: []const u8, args: []const u8) hostfn.ReadError![]const u8 {
    if (hostfn.equal(params, "()")) return if (args.len == 0) args else nothing(args);
    const known = .{
        .{ "(name: str)", .{hostfn.Str} },
        .{ "(a: u64)", .{hostfn.U64} },
        .{ "(a: u8)", .{hostfn.U8} },
        .{ "(a: any)", .{hostfn.Any} },
        .{ "(a: u64, b: u64)", .{ hostfn.U64, hostfn.U64 } },
        .{ "(a: i64)", .{hostfn.I64} },
        .{ "(x: f64)", .{hostfn.F64} },
        .{ "(b: bytes)", .{hostfn.Bytes} },
        .{ "(v: seq<u64>)", .{hostfn.List(hostfn.U64)} },
        .{ "(o: option<u32>)", .{hostfn.Option(hostfn.U32)} },
        .{ "(r: struct{id: u64, name: str})", .{wire.Record} },
        .{ "(e: enum{A, B(u32), C{x: i16}})", .{wire.Choice} },
    };
    inline for (known) |row| {
        if (hostfn.equal(params, row[0])) return copied(args, row[1]);
    }
    @trap();
}

/// No arguments, as an array of none; they are written as nothing at all.
fn nothing(args: []const u8) hostfn.ReadError![]const u8 {
    var from = hostfn.Reader.of(args);
    try from.tuple(0);
    try from.finish();
    return "";
}
