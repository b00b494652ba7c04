// ---- MessagePack, writing ----

pub const WriteError = error{OutOfMemory};

/// Puts values one after the other. What is written stands at the arena's end, and moves there when something else
/// was allocated meanwhile.
pub const Writer = struct {
    start: [*]u8,
    len: u32 = 0,

    pub fn begin() hostfn.Writer {
        return .{ .start = arena_top };
    }

    pub fn written(self: *const hostfn.Writer) []const u8 {
        return self.start[0..self.len];
    }

    fn put(self: *hostfn.Writer, new_bytes: []const u8) hostfn.WriteError!void {
        @memcpy(try self.room(@intCast(new_bytes.len)), new_bytes);
    }

    /// The next `more` bytes.
    fn room(self: *hostfn.Writer, more_bytes: u32) hostfn.WriteError![]u8 {
        const written_end = self.start + self.len;
        if (written_end == arena_top and more_bytes > hostfn.arenaLeft()) {
            if (!hostfn.growArena(more_bytes)) return error.OutOfMemory;
        }
        // the arena may have gone on in pages elsewhere
        if (written_end == arena_top) {
            arena_top += more_bytes;
        } else {
            const moved_bytes = try hostfn.alloc(u8, @as(usize, self.len) +| more_bytes);
            @memmove(moved_bytes[0..self.len], self.written());
            self.start = moved_bytes.ptr;
        }
        defer self.len += more_bytes;
        return (self.start + self.len)[0..more_bytes];
    }

    /// A marker, and the last `size` bytes of `n`.
    fn marked(self: *hostfn.Writer, marker_byte: u8, n: u64, number_len: u6) hostfn.WriteError!void {
        const new_bytes = try self.room(1 + @as(u32, number_len));
        new_bytes[0] = marker_byte;
        for (new_bytes[1..], 1..) |*byte, at| byte.* = @truncate(n >> 8 * (number_len - @as(u6, @intCast(at))));
    }

    fn nil(self: *hostfn.Writer) hostfn.WriteError!void {
        try self.marked(0xc0, 0, 0);
    }

    fn uint(self: *hostfn.Writer, n: u64) hostfn.WriteError!void {
        switch (n) {
            0...0x7f => try self.marked(@intCast(n), 0, 0),
            0x80...0xff => try self.marked(0xcc, n, 1),
            0x100...0xffff => try self.marked(0xcd, n, 2),
            0x1_0000...0xffff_ffff => try self.marked(0xce, n, 4),
            else => try self.marked(0xcf, n, 8),
        }
    }

    fn int(self: *hostfn.Writer, signed_int: i64) hostfn.WriteError!void {
        const n: u64 = @bitCast(signed_int);
        if (signed_int >= 0) {
            try self.uint(n);
        } else if (signed_int >= -32) {
            try self.marked(@truncate(n), 0, 0);
        } else if (signed_int >= -0x80) {
            try self.marked(0xd0, n, 1);
        } else if (signed_int >= -0x8000) {
            try self.marked(0xd1, n, 2);
        } else if (signed_int >= -0x8000_0000) {
            try self.marked(0xd2, n, 4);
        } else {
            try self.marked(0xd3, n, 8);
        }
    }

    fn text(self: *hostfn.Writer, value: []const u8) hostfn.WriteError!void {
        switch (value.len) {
            0...31 => try self.marked(0xa0 | @as(u8, @intCast(value.len)), 0, 0),
            32...0xff => try self.marked(0xd9, value.len, 1),
            0x100...0xffff => try self.marked(0xda, value.len, 2),
            else => try self.marked(0xdb, value.len, 4),
        }
        try self.put(value);
    }

    fn bytes(self: *hostfn.Writer, value: []const u8) hostfn.WriteError!void {
        switch (value.len) {
            0...0xff => try self.marked(0xc4, value.len, 1),
            0x100...0xffff => try self.marked(0xc5, value.len, 2),
            else => try self.marked(0xc6, value.len, 4),
        }
        try self.put(value);
    }

    /// Begins an array of so many.
    pub fn array(self: *hostfn.Writer, len: usize) hostfn.WriteError!void {
        switch (len) {
            0...15 => try self.marked(0x90 | @as(u8, @intCast(len)), 0, 0),
            16...0xffff => try self.marked(0xdc, len, 2),
            else => try self.marked(0xdd, len, 4),
        }
    }

    /// Begins a map of so many.
    pub fn map(self: *hostfn.Writer, len: usize) hostfn.WriteError!void {
        switch (len) {
            0...15 => try self.marked(0x80 | @as(u8, @intCast(len)), 0, 0),
            16...0xffff => try self.marked(0xde, len, 2),
            else => try self.marked(0xdf, len, 4),
        }
    }

    /// Begins a variant with a payload.
    fn variant(self: *hostfn.Writer, wire_name: []const u8) hostfn.WriteError!void {
        try self.map(1);
        try self.text(wire_name);
    }
};
