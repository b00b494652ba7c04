//! Calls that are written down, and what they are answered with.

const host = @import("host.zig");
const hostfn = host.hostfn;
const wire = host.wire;

var failed_calls: [64][]const u8 = undefined;
var failed_count: usize = 0;

fn check(holds: bool, what: []const u8) void {
    if (holds or failed_count == failed_calls.len) return;
    failed_calls[failed_count] = what;
    failed_count += 1;
}

/// Whether what the host gives back for a value is written as the value is.
fn echo(comptime Codec: type, function: anytype, name: []const u8, value: Codec.ZigType) void {
    const before = hostfn.mark();
    defer hostfn.release(before);
    const heard = function(value) catch return check(false, name);
    const a = written(Codec, value) catch return check(false, name);
    const b = written(Codec, heard) catch return check(false, name);
    check(hostfn.equal(a, b), name);
}

fn written(comptime Codec: type, value: Codec.ZigType) hostfn.WriteError![]const u8 {
    var to = hostfn.Writer.begin();
    try Codec.write(&to, value);
    return to.written();
}

/// Numbers are compared as they are.
fn numbers(function: anytype, name: []const u8, comptime values: anytype) void {
    inline for (values) |value| {
        const heard = function(value);
        check(if (heard) |same| same == value else |_| false, name);
    }
}

fn scalars() void {
    const inf = 1.0 / @as(f64, zero);
    numbers(host.echoBool, "echo_bool", .{ true, false });
    numbers(host.echoU8, "echo_u8", .{ 0, 127, 128, 0xff });
    numbers(host.echoU16, "echo_u16", .{ 0, 255, 256, 0xffff });
    numbers(host.echoU32, "echo_u32", .{ 0, 65536, 0xffff_ffff });
    numbers(host.echoU64, "echo_u64", .{ 0, 1 << 32, (1 << 53) + 1, 0xffff_ffff_ffff_ffff });
    numbers(host.echoI8, "echo_i8", .{ -128, -33, -32, -1, 0, 127 });
    numbers(host.echoI16, "echo_i16", .{ -32768, -129, 32767 });
    numbers(host.echoI32, "echo_i32", .{ -0x8000_0000, -32769, 0x7fff_ffff });
    numbers(host.echoI64, "echo_i64", .{ -0x8000_0000_0000_0000, -(1 << 53) - 1, 0x7fff_ffff_ffff_ffff });
    numbers(host.echoF32, "echo_f32", .{ 0, -0.5, 0x1p127 });
    numbers(host.echoF64, "echo_f64", .{ 0.1, -1e300, 0x1p-1022 });
    numbers(host.echoChar, "echo_char", .{ 'a', 0xe9, 0x6f22, 0x1f980, 0 });
    numbers(host.echoLevel, "echo_level", .{ .low, .very_high });
    check((host.echoF64(-inf) catch 0) == -inf, "echo_f64 of infinity");
    const nan = host.echoF64(inf - inf) catch 0;
    check(nan != nan, "echo_f64 of nan");
}

var zero: f64 = 0;
var many: [70000]u8 = undefined;

fn texts() void {
    for (&many, 0..) |*byte, i| byte.* = @intCast('a' + i % 26);
    for ([_]usize{ 0, 1, 31, 32, 255, 256, 4096, 70000 }) |len| {
        echo(hostfn.Str, host.echoStr, "echo_str", many[0..len]);
        echo(hostfn.Bytes, host.echoBytes, "echo_bytes", many[0..len]);
    }
    echo(hostfn.Str, host.echoStr, "echo_str beyond ASCII", "Zo\u{eb}");
}

var long_list: [70000]i64 = undefined;

fn optionsAndLists() void {
    const OptionU32 = hostfn.Option(hostfn.U32);
    echo(OptionU32, host.echoOptionU32, "echo_option_u32", null);
    echo(OptionU32, host.echoOptionU32, "echo_option_u32", 7);
    const OptionStr = hostfn.Option(hostfn.Str);
    echo(OptionStr, host.echoOptionStr, "echo_option_str", null);
    echo(OptionStr, host.echoOptionStr, "echo_option_str", "");
    const OptionPoint = hostfn.Option(wire.Point);
    echo(OptionPoint, host.echoOptionPoint, "echo_option_point", .{ .x = 1, .y = 2 });
    for (&long_list, 0..) |*item, i| item.* = @as(i64, @intCast(i)) - 5;
    for ([_]usize{ 0, 15, 16, 70000 }) |len| {
        echo(hostfn.List(hostfn.I64), host.echoSeqI64, "echo_seq_i64", long_list[0..len]);
    }
    echo(hostfn.List(hostfn.Str), host.echoSeqStr, "echo_seq_str", &.{ "a", "", many[0..300] });
    echo(hostfn.List(hostfn.Bytes), host.echoSeqBytes, "echo_seq_bytes", &.{ "", many[0..2], many[0..300] });
    const points = [_]host.Point{ .{ .x = 0, .y = 0 }, .{ .x = -0x8000_0000, .y = 0x7fff_ffff } };
    echo(hostfn.List(wire.Point), host.echoSeqPoint, "echo_seq_point", &points);
}

fn mapsAndTuples() void {
    const MapStrU32 = hostfn.Map(hostfn.Str, hostfn.U32);
    echo(MapStrU32, host.echoMapStrU32, "echo_map_str_u32", &.{
        .{ .key = "a", .value = 1 },
        .{ .key = "b", .value = 70000 },
    });
    const MapU64Strs = hostfn.Map(hostfn.U64, hostfn.List(hostfn.Str));
    echo(MapU64Strs, host.echoMapU64SeqStr, "echo_map_u64_seq_str", &.{
        .{ .key = 0, .value = &.{} },
        .{ .key = 0xffff_ffff_ffff_ffff, .value = &.{ "a", many[0..300] } },
    });
    echo(hostfn.Map(wire.Level, wire.Point), host.echoMapLevelPoint, "echo_map_level_point", &.{
        .{ .key = .low, .value = .{ .x = 1, .y = 1 } },
        .{ .key = .very_high, .value = .{ .x = 2, .y = 2 } },
    });
    const heard = host.echoTuple(.{ 7, "seven", true }) catch .{ 0, "", false };
    check(heard[0] == 7 and hostfn.equal(heard[1], "seven") and heard[2], "echo_tuple");
    echo(hostfn.Array(hostfn.F32, 3), host.echoArray, "echo_array", .{ 0.5, -1, 3.25 });
}

fn structs() void {
    const point = host.echoPoint(.{ .x = -1, .y = 1 }) catch host.Point{ .x = 0, .y = 0 };
    check(point.x == -1 and point.y == 1, "echo_point");
    const metres = host.echoMetres(.{ .value = 1.5 }) catch host.Metres{ .value = 0 };
    check(metres.value == 1.5, "echo_metres");
    echo(wire.Pair, host.echoPair, "echo_pair", .{ .v0 = "p", .v1 = 7 });
    echo(wire.Order, host.echoOrder, "echo_order", .{
        .id = (1 << 53) + 1,
        .type = .low,
        .register = true,
        .at = .{ .x = 3, .y = 4 },
        .notes = &.{ null, "n" },
        .tags = &.{ .{ .key = .low, .value = 1 }, .{ .key = .very_high, .value = 2 } },
        .payload = many[0..2],
        .price = .{ 0xffff_ffff_ffff_ffff, 0x20ac },
        .marker = .{},
        .how_far = .{ .value = 0.25 },
    });
    echo(wire.Record, host.echoRecord, "echo_record", .{ .id = 1, .name = "a" });
}

fn enums() void {
    const members = [_]host.Figure{
        .nothing,
        .{ .dot = .{ .x = 1, .y = 2 } },
        .{ .line = .{ .{ .x = 3, .y = 4 }, .{ .x = 5, .y = 6 } } },
    };
    for (members) |member| echo(wire.Figure, host.echoFigure, "echo_figure", member);
    echo(wire.Figure, host.echoFigure, "echo_figure of a group", .{ .group = .{
        .name = "g",
        .members = &members,
        .colors = &.{.{ .key = "red", .value = .{ 255, 0, 0 } }},
    } });
    for ([_]host.Choice{ .a, .{ .b = 7 }, .{ .c = .{ .x = -2 } } }) |choice| {
        echo(wire.Choice, host.echoChoice, "echo_choice", choice);
    }
    var nodes: [30]host.Node = undefined;
    for (&nodes, 0..) |*node, i| {
        node.* = .{ .value = @intCast(i), .next = if (i > 0) &nodes[i - 1] else null };
    }
    echo(wire.Node, host.echoNode, "echo_node", nodes[29]);
    // [7, "a"]
    echo(hostfn.Any, host.echoAnything, "echo_anything", .{ .bytes = "\x92\x07\xa1a" });

    const store: host.Store = .{ .id = ~@as(u64, 0) };
    check(if (host.echoHandle(store)) |heard| heard.id == store.id else |_| false, "echo_handle");
    echo(wire.Handles, host.echoHandles, "echo_handles", .{
        .store = store,
        .statement = .{ .id = 0 },
        .stores = &.{ .{ .id = 1 }, store },
    });
}

fn calls() void {
    const before = hostfn.mark();
    defer hostfn.release(before);
    check(if (host.nothing()) |_| true else |_| false, "nothing");
    check(hostfn.equal(host.repeat("a", 2, "-") catch "", "a-a"), "repeat");
    const long: []const u8 = host.repeat("a", 100000, null) catch "";
    check(long.len == 100000, "repeat often");
    check((host.math.addUp(5, 7) catch null) == 12, "add_up");
    check((host.math.addUp(0xffff_ffff_ffff_ffff, 1) catch 0) == null, "add_up beyond");
    check(hostfn.equal(host.nameOf("/data/b") catch "", "b"), "name_of");
}

fn failsAs(answer: anytype, err: anyerror, status: i32) bool {
    _ = answer catch |found| return found == err and hostfn.last_error.status == status;
    return false;
}

fn errors() void {
    check((host.withdraw("rich", 1) catch 0) == (1 << 60) - 1, "withdraw");
    check(failsAs(host.withdraw("poor", 7), error.Insufficient, -6), "withdraw insufficient");
    check(hostfn.equal(hostfn.last_error.message, "2 are missing"), "withdraw message");
    const detail = hostfn.last_error.detail orelse hostfn.Raw{ .bytes = "" };
    check(hostfn.equal(detail.bytes, "\x02"), "withdraw detail");
    check(failsAs(host.withdraw("nobody", 1), error.NoSuchAccount, -5), "withdraw not found");
    check(failsAs(host.withdraw("cold", 1), error.Frozen, -1024), "withdraw frozen");
    check(failsAs(host.secret(), error.NoCapability, -1), "secret");
    check(failsAs(host.nameOf("/etc/passwd"), error.NoCapability, -1), "name_of outside");
    check(failsAs(host.repeat(&many, 1, null), error.QuotaExceeded, -2), "repeat too long");
}

pub fn failures() []const []const u8 {
    failed_count = 0;
    scalars();
    texts();
    optionsAndLists();
    mapsAndTuples();
    structs();
    enums();
    calls();
    errors();
    return failed_calls[0..failed_count];
}
