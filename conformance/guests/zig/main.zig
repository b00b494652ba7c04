//! Calls every host function of the suite through the generated file.

const host = @import("host.zig");
const fixed_calls = @import("fixed.zig");
const vectors = @import("vectors.zig");
const hostfn = host.hostfn;

pub const panic = hostfn.panic;

/// Panics, for the host to read why.
export fn panics(_: usize, _: u32) i64 {
    @panic("no digits");
}

comptime {
    host.exportEchoV1(@This());
}

pub const echoBool = host.echoBool;
pub const echoU8 = host.echoU8;
pub const echoU16 = host.echoU16;
pub const echoU32 = host.echoU32;
pub const echoU64 = host.echoU64;
pub const echoI8 = host.echoI8;
pub const echoI16 = host.echoI16;
pub const echoI32 = host.echoI32;
pub const echoI64 = host.echoI64;
pub const echoF32 = host.echoF32;
pub const echoF64 = host.echoF64;
pub const echoChar = host.echoChar;
pub const echoStr = host.echoStr;
pub const echoBytes = host.echoBytes;
pub const echoOptionU32 = host.echoOptionU32;
pub const echoOptionStr = host.echoOptionStr;
pub const echoOptionPoint = host.echoOptionPoint;
pub const echoSeqI64 = host.echoSeqI64;
pub const echoSeqStr = host.echoSeqStr;
pub const echoSeqBytes = host.echoSeqBytes;
pub const echoSeqPoint = host.echoSeqPoint;
pub const echoMapStrU32 = host.echoMapStrU32;
pub const echoMapU64SeqStr = host.echoMapU64SeqStr;
pub const echoMapLevelPoint = host.echoMapLevelPoint;
pub const echoTuple = host.echoTuple;
pub const echoArray = host.echoArray;
pub const echoPoint = host.echoPoint;
pub const echoOrder = host.echoOrder;
pub const echoMetres = host.echoMetres;
pub const echoPair = host.echoPair;
pub const echoLevel = host.echoLevel;
pub const echoFigure = host.echoFigure;
pub const echoNode = host.echoNode;
pub const echoRecord = host.echoRecord;
pub const echoChoice = host.echoChoice;
pub const echoAnything = host.echoAnything;
pub const echoHandle = host.echoHandle;
pub const echoHandles = host.echoHandles;

pub fn fixed() hostfn.Error![]const []const u8 {
    return fixed_calls.failures();
}

pub fn again(params: []const u8, args: []const u8) hostfn.Error!?[]const u8 {
    return vectors.again(params, args) catch |err| switch (err) {
        error.Malformed => null,
        error.OutOfMemory => error.OutOfMemory,
    };
}

pub fn word(status: i32, len: u32) hostfn.Error!i64 {
    return hostfn.word(status, len);
}

pub fn parts(of_word: i64) hostfn.Error!struct { i32, u32 } {
    return .{ hostfn.wordStatus(of_word), hostfn.wordLen(of_word) };
}

pub fn passOn(account: []const u8, amount: u64) (hostfn.Error || host.BankError)!u64 {
    return host.withdraw(account, amount);
}
