const host_imports = struct {
    extern "host" fn host_log(i32, [*]const u8, u32) void;
    extern "host" fn host_set_result([*]const u8, u32) void;
    extern "host" fn host_set_window([*]u8, u32) i32;
    extern "host" fn host_result_ptr() u32;
};

/// Lines for the host's log.
pub const log = struct {
    pub fn trace(log_line: []const u8) void {
        host_imports.host_log(0, log_line.ptr, log_line.len);
    }

    pub fn debug(log_line: []const u8) void {
        host_imports.host_log(1, log_line.ptr, log_line.len);
    }

    pub fn info(log_line: []const u8) void {
        host_imports.host_log(2, log_line.ptr, log_line.len);
    }

    pub fn warn(log_line: []const u8) void {
        host_imports.host_log(3, log_line.ptr, log_line.len);
    }

    pub fn err(log_line: []const u8) void {
        host_imports.host_log(4, log_line.ptr, log_line.len);
    }
};

/// Writes the message of a panic into the host's log, and traps. The main file takes it by
/// `pub const panic = host.hostfn.panic;`. It is the only use of the standard library, and not compiled elsewhere.
pub const panic = @import("std").debug.FullPanic(logPanic);

fn logPanic(log_line: []const u8, _: ?usize) noreturn {
    host_imports.host_log(4, log_line.ptr, log_line.len);
    @trap();
}

/// Whether two texts are the same.
pub fn equal(a: []const u8, b: []const u8) bool {
    if (a.len != b.len) return false;
    for (a, b) |a_byte, b_byte| {
        if (a_byte != b_byte) return false;
    }
    return true;
}

// ---- memory ----

extern var __heap_base: u8;
extern var __heap_end: u8;

const page_size = 65536;

// the pages that the arena has now; those that somebody else grew the memory by are not among them
var arena_start: [*]u8 = @ptrCast(&__heap_base);
var arena_end: [*]u8 = @ptrCast(&__heap_end);
var arena_floor: [*]u8 = @ptrCast(&__heap_base);
var arena_top: [*]u8 = @ptrCast(&__heap_base);

/// A block for the host to write to; null when the memory can grow no further.
export fn plugin_alloc(len: u32) ?[*]u8 {
    if (len > hostfn.arenaLeft() and !hostfn.growArena(len)) return null;
    const new_block = arena_top;
    arena_top += len;
    return new_block;
}

export fn plugin_abi_version() i32 {
    return 1;
}

fn arenaLeft() usize {
    return @intFromPtr(arena_end) - @intFromPtr(arena_top);
}

/// Makes room for `len` bytes, which are more than are left: in pages that join the arena's own, or in new ones alone.
fn growArena(len: u32) bool {
    const memory_size = @as(u64, @wasmMemorySize(0)) * page_size;
    const is_joined = memory_size == @intFromPtr(arena_end);
    const missing_bytes: u64 = if (is_joined) len - hostfn.arenaLeft() else len;
    const more_pages = (missing_bytes + page_size - 1) / page_size;
    const new_end = memory_size + more_pages * page_size;
    // without the last page no end of a block is 0
    if (new_end >= 1 << 32 or @wasmMemoryGrow(0, @intCast(more_pages)) < 0) return false;
    if (!is_joined) {
        arena_start = @ptrFromInt(@as(usize, @intCast(memory_size)));
        arena_top = arena_start;
    }
    arena_end = @ptrFromInt(@as(usize, @intCast(new_end)));
    return true;
}

/// Room in the arena for `count` items, whose values are undefined.
pub fn alloc(comptime ItemType: type, item_count: usize) error{OutOfMemory}![]ItemType {
    const len = @as(u64, item_count) * @sizeOf(ItemType) + @alignOf(ItemType) - 1;
    if (len >= 1 << 32) return error.OutOfMemory;
    const new_block = plugin_alloc(@intCast(len)) orelse return error.OutOfMemory;
    const padding_len = (0 -% @intFromPtr(new_block)) & (@alignOf(ItemType) - 1);
    const first_item: [*]ItemType = @ptrCast(@alignCast(new_block + padding_len));
    return first_item[0..item_count];
}

/// What the arena holds at one time; for `release`.
pub const Mark = struct { top: [*]u8 };

pub fn mark() hostfn.Mark {
    return .{ .top = arena_top };
}

/// Frees everything that the arena was given since `since`, replies included.
pub fn release(since_mark: hostfn.Mark) void {
    hostfn.empty(since_mark.top);
}

/// Keeps everything that the arena holds now for as long as the guest runs.
pub fn keep() void {
    arena_floor = arena_top;
}

/// Empties the arena down to there, or as far as its pages reach.
fn empty(down_to: [*]u8) void {
    const down_to_address = @intFromPtr(down_to);
    const is_inside = down_to_address >= @intFromPtr(arena_start) and down_to_address <= @intFromPtr(arena_end);
    arena_top = if (is_inside) down_to else arena_start;
}

/// Bytes of the memory that the host names; null where they are none.
fn named(ptr: usize, len: u32) ?[]const u8 {
    if (len == 0) return "";
    const memory_size = @as(u64, @wasmMemorySize(0)) * page_size;
    if (ptr == 0 or @as(u64, ptr) + len > memory_size) return null;
    return @as([*]const u8, @ptrFromInt(ptr))[0..len];
}
