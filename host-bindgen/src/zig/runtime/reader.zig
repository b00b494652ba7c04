// ---- MessagePack, reading ----

/// Why bytes are no value: they are not of its type, or there is no memory for it.
pub const ReadError = error{ Malformed, OutOfMemory };

/// A field of a struct, as the wire names it.
pub const Field = struct { key: []const u8, is_optional: bool = false };

/// A variant of an enum, as the wire names it.
pub const Variant = struct { name: []const u8, has_payload: bool = false };

/// A value up to its contents: the number, or the length, which is one that the bytes have room for.
const Head = struct {
    kind: enum { nil, boolean, uint, negative, f32, f64, str, bin, array, map },
    n: u64 = 0,

    fn signed(n: u64, unused_bits: u6) hostfn.Head {
        const wide_int = @as(i64, @bitCast(n << unused_bits)) >> unused_bits;
        return .{ .kind = if (wide_int < 0) .negative else .uint, .n = @bitCast(wide_int) };
    }
};

/// Takes values from the front of bytes.
pub const Reader = struct {
    left: []const u8,
    depth: u32 = 0,
    boxes: u32 = 0,
    begun: bool = false,

    pub fn of(given_bytes: []const u8) hostfn.Reader {
        return .{ .left = given_bytes };
    }

    /// Fails where something is left.
    pub fn finish(self: *const hostfn.Reader) hostfn.ReadError!void {
        if (self.left.len > 0) return error.Malformed;
    }

    fn take(self: *hostfn.Reader, len: u64) hostfn.ReadError![]const u8 {
        if (len > self.left.len) return error.Malformed;
        const at: usize = @intCast(len);
        defer self.left = self.left[at..];
        return self.left[0..at];
    }

    fn number(self: *hostfn.Reader, byte_count: u32) hostfn.ReadError!u64 {
        var n: u64 = 0;
        for (try self.take(byte_count)) |byte| n = n << 8 | byte;
        return n;
    }

    fn head(self: *hostfn.Reader) hostfn.ReadError!hostfn.Head {
        self.begun = true;
        const marker_byte = try self.number(1);
        const found_head: hostfn.Head = switch (marker_byte) {
            0x00...0x7f => .{ .kind = .uint, .n = marker_byte },
            0x80...0x8f => .{ .kind = .map, .n = marker_byte & 0x0f },
            0x90...0x9f => .{ .kind = .array, .n = marker_byte & 0x0f },
            0xa0...0xbf => .{ .kind = .str, .n = marker_byte & 0x1f },
            0xc0 => .{ .kind = .nil },
            0xc2, 0xc3 => .{ .kind = .boolean, .n = marker_byte & 1 },
            0xc4 => .{ .kind = .bin, .n = try self.number(1) },
            0xc5 => .{ .kind = .bin, .n = try self.number(2) },
            0xc6 => .{ .kind = .bin, .n = try self.number(4) },
            0xca => .{ .kind = .f32, .n = try self.number(4) },
            0xcb => .{ .kind = .f64, .n = try self.number(8) },
            0xcc => .{ .kind = .uint, .n = try self.number(1) },
            0xcd => .{ .kind = .uint, .n = try self.number(2) },
            0xce => .{ .kind = .uint, .n = try self.number(4) },
            0xcf => .{ .kind = .uint, .n = try self.number(8) },
            0xd0 => .signed(try self.number(1), 56),
            0xd1 => .signed(try self.number(2), 48),
            0xd2 => .signed(try self.number(4), 32),
            0xd3 => .signed(try self.number(8), 0),
            0xd9 => .{ .kind = .str, .n = try self.number(1) },
            0xda => .{ .kind = .str, .n = try self.number(2) },
            0xdb => .{ .kind = .str, .n = try self.number(4) },
            0xdc => .{ .kind = .array, .n = try self.number(2) },
            0xdd => .{ .kind = .array, .n = try self.number(4) },
            0xde => .{ .kind = .map, .n = try self.number(2) },
            0xdf => .{ .kind = .map, .n = try self.number(4) },
            0xe0...0xff => .signed(marker_byte, 56),
            // extension types, and the marker that is never used
            else => return error.Malformed,
        };
        const least_len = switch (found_head.kind) {
            .map => 2 * found_head.n,
            .str, .bin, .array => found_head.n,
            else => 0,
        };
        if (least_len > self.left.len) return error.Malformed;
        return found_head;
    }

    /// Goes into an array or a map: no deeper than a host would.
    fn enter(self: *hostfn.Reader) hostfn.ReadError!void {
        if (self.depth == 64) return error.Malformed;
        self.depth += 1;
    }

    fn leave(self: *hostfn.Reader) void {
        self.depth -= 1;
    }

    /// Into an array, whose length it returns.
    fn array(self: *hostfn.Reader) hostfn.ReadError!usize {
        const found_head = try self.head();
        if (found_head.kind != .array) return error.Malformed;
        try self.enter();
        return @intCast(found_head.n);
    }

    fn map(self: *hostfn.Reader) hostfn.ReadError!usize {
        const found_head = try self.head();
        if (found_head.kind != .map) return error.Malformed;
        try self.enter();
        return @intCast(found_head.n);
    }

    /// Into an array of exactly `len`.
    pub fn tuple(self: *hostfn.Reader, len: usize) hostfn.ReadError!void {
        if (try self.array() != len) return error.Malformed;
    }

    /// Which of the variants follows: text is one without a payload, a map of one entry one with it, which it goes
    /// into.
    fn variant(self: *hostfn.Reader, known_names: []const hostfn.Variant) hostfn.ReadError!usize {
        const found_head = try self.head();
        const has_payload = found_head.kind == .map and found_head.n == 1;
        if (has_payload) try self.enter();
        const read_name = try self.textOf(if (has_payload) try self.head() else found_head);
        for (known_names, 0..) |one, index| {
            if (one.has_payload == has_payload and hostfn.equal(one.name, read_name)) return index;
        }
        return error.Malformed;
    }

    fn text(self: *hostfn.Reader) hostfn.ReadError![]const u8 {
        return self.textOf(try self.head());
    }

    fn textOf(self: *hostfn.Reader, found_head: hostfn.Head) hostfn.ReadError![]const u8 {
        if (found_head.kind != .str) return error.Malformed;
        const read_bytes = try self.take(found_head.n);
        if (!hostfn.isUtf8(read_bytes)) return error.Malformed;
        return read_bytes;
    }

    /// Bytes, or an array of integers 0 to 255.
    fn bytes(self: *hostfn.Reader) hostfn.ReadError![]const u8 {
        const found_head = try self.head();
        if (found_head.kind == .bin) return self.take(found_head.n);
        if (found_head.kind != .array) return error.Malformed;
        const read_bytes = try hostfn.alloc(u8, @intCast(found_head.n));
        for (read_bytes) |*byte| byte.* = @intCast(try self.uint(255));
        return read_bytes;
    }

    fn uint(self: *hostfn.Reader, max_value: u64) hostfn.ReadError!u64 {
        const found_head = try self.head();
        if (found_head.kind != .uint or found_head.n > max_value) return error.Malformed;
        return found_head.n;
    }

    fn int(self: *hostfn.Reader, min_value: i64, max_value: i64) hostfn.ReadError!i64 {
        const found_head = try self.head();
        const n: i64 = @bitCast(found_head.n);
        const is_fitting = switch (found_head.kind) {
            .uint => found_head.n <= @as(u64, @intCast(max_value)),
            .negative => n >= min_value,
            else => false,
        };
        return if (is_fitting) n else error.Malformed;
    }

    fn nil(self: *hostfn.Reader) bool {
        if (self.left.len == 0 or self.left[0] != 0xc0) return false;
        self.left = self.left[1..];
        self.begun = true;
        return true;
    }

    /// Takes one value of any type.
    pub fn skip(self: *hostfn.Reader) hostfn.ReadError!void {
        const found_head = try self.head();
        switch (found_head.kind) {
            .str => _ = try self.textOf(found_head),
            .bin => _ = try self.take(found_head.n),
            .array, .map => {
                try self.enter();
                var items_left = if (found_head.kind == .map) 2 * found_head.n else found_head.n;
                while (items_left > 0) : (items_left -= 1) try self.skip();
                self.leave();
            },
            else => {},
        }
    }
};

/// The fields of a struct, in their order or by their keys.
const Fields = struct {
    from: *hostfn.Reader,
    known: []const hostfn.Field,
    seen: []bool,
    in_order: bool,
    left: usize,

    fn begin(from: *hostfn.Reader, known_names: []const hostfn.Field, fields_seen: []bool) hostfn.ReadError!hostfn.Fields {
        const found_head = try from.head();
        const in_order = found_head.kind == .array and found_head.n == known_names.len;
        if (!in_order and found_head.kind != .map) return error.Malformed;
        try from.enter();
        return .{ .from = from, .known = known_names, .seen = fields_seen, .in_order = in_order, .left = @intCast(found_head.n) };
    }

    /// Which field follows, and the number of fields for an unknown one; null after the last one.
    fn next(self: *hostfn.Fields) hostfn.ReadError!?usize {
        if (self.left == 0) return self.end();
        defer self.left -= 1;
        const index = if (self.in_order) self.known.len - self.left else try self.named();
        if (index == self.known.len) return index;
        if (self.seen[index]) return error.Malformed;
        self.seen[index] = true;
        return index;
    }

    fn named(self: *hostfn.Fields) hostfn.ReadError!usize {
        const read_key = try self.from.text();
        for (self.known, 0..) |known_field, index| {
            if (hostfn.equal(known_field.key, read_key)) return index;
        }
        return self.known.len;
    }

    fn end(self: *hostfn.Fields) hostfn.ReadError!?usize {
        for (self.known, self.seen) |known_field, was_seen| {
            if (!was_seen and !known_field.is_optional) return error.Malformed;
        }
        self.from.leave();
        return null;
    }
};

fn isUtf8(read_bytes: []const u8) bool {
    var bytes_left = read_bytes;
    while (bytes_left.len > 0) {
        const lead_byte = bytes_left[0];
        const len: usize = switch (lead_byte) {
            0x00...0x7f => 1,
            0xc2...0xdf => 2,
            0xe0...0xef => 3,
            0xf0...0xf4 => 4,
            else => return false,
        };
        if (len > bytes_left.len) return false;
        for (bytes_left[1..len], 1..) |byte, at| {
            // the second byte tells overlong forms, surrogates and what lies beyond U+10FFFF
            const low_byte: u8 = if (at > 1) 0x80 else if (lead_byte == 0xe0) 0xa0 else if (lead_byte == 0xf0) 0x90 else 0x80;
            const high_byte: u8 = if (at > 1) 0xbf else if (lead_byte == 0xed) 0x9f else if (lead_byte == 0xf4) 0x8f else 0xbf;
            if (byte < low_byte or byte > high_byte) return false;
        }
        bytes_left = bytes_left[len..];
    }
    return true;
}
