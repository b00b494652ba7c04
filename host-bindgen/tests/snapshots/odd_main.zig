//! Uses everything of the odd listing's bindings, so that the compiler looks at all of it.

const host = @import("host.zig");
const hostfn = host.hostfn;

comptime {
    host.exportDemoV1(Guest);
}

const Guest = struct {
    pub fn start() hostfn.Error!void {
        _ = try host.match("a", true, 7);
        _ = try host.deep(null);
        _ = try host.left(.{ .right = &.{ .v0 = null, .v1 = -1 }, .n = 1 });
        _ = try host.noElements(.{});
        _ = try host.nothing(.{});
        _ = try host.opaque_(.{ .bytes = "\xc0" });
        _ = try host.point(.{ .x = 1, .y = 2 });
        _ = try host.pointOfFloats(.{ .x = 1, .y = 2 });
        _ = try host.type_(.{ .fn_ = true, .int = 7, .a_b = .{ .err = "e" }, .a_b_ = {} });
    }

    pub fn goOn(kind: []const u8, given: []const u8) (hostfn.Error || host.FilesWriteFsError)!?u64 {
        if (given.len > 0) try host.files.write();
        host.import.write() catch |err| switch (err) {
            error.Gone => {},
            else => |other| return other,
        };
        const parts = host.files.readAt(kind, null, 7) catch |err| switch (err) {
            // the status of both is the same, and so is the error
            error.NotFound => return null,
            error.Other_, error.Type => return hostfn.fail(error.Full, "there is no room"),
            else => |other| return other,
        };
        return if (parts.len > 0) parts[0][1] else null;
    }
};
