// ---- types of the wire ----
//
// Each has the `Type` that it is in Zig, and functions that read and write one.

/// One value of any type, as MessagePack.
pub const Raw = struct { bytes: []const u8 };

/// An entry of a map.
pub fn Entry(comptime KeyCodec: type, comptime ValueCodec: type) type {
    return struct { key: KeyCodec, value: ValueCodec };
}

pub const Unit = struct {
    pub const ZigType = void;

    /// Nothing at all where it is the whole value, nil inside another one.
    pub fn read(from: *hostfn.Reader) hostfn.ReadError!void {
        const is_nothing = !from.begun and from.left.len == 0;
        if (!is_nothing and !from.nil()) return error.Malformed;
    }

    pub fn write(to: *hostfn.Writer, _: void) hostfn.WriteError!void {
        if (to.len > 0) try to.nil();
    }
};

pub const Bool = struct {
    pub const ZigType = bool;

    pub fn read(from: *hostfn.Reader) hostfn.ReadError!bool {
        const found_head = try from.head();
        return if (found_head.kind == .boolean) found_head.n == 1 else error.Malformed;
    }

    pub fn write(to: *hostfn.Writer, value: bool) hostfn.WriteError!void {
        try to.marked(if (value) 0xc3 else 0xc2, 0, 0);
    }
};

pub const U8 = hostfn.Unsigned(u8);
pub const U16 = hostfn.Unsigned(u16);
pub const U32 = hostfn.Unsigned(u32);
pub const U64 = hostfn.Unsigned(u64);
pub const I8 = hostfn.Signed(i8);
pub const I16 = hostfn.Signed(i16);
pub const I32 = hostfn.Signed(i32);
pub const I64 = hostfn.Signed(i64);
pub const F32 = hostfn.Float(f32, u32, 0xca, 24);
pub const F64 = hostfn.Float(f64, u64, 0xcb, 53);

fn Unsigned(comptime IntType: type) type {
    return struct {
        pub const ZigType = IntType;

        pub fn read(from: *hostfn.Reader) hostfn.ReadError!IntType {
            return @intCast(try from.uint(~@as(IntType, 0)));
        }

        pub fn write(to: *hostfn.Writer, value: IntType) hostfn.WriteError!void {
            try to.uint(value);
        }
    };
}

/// A handle: a number with a type of its own.
fn Handle(comptime HandleType: type) type {
    return struct {
        pub const ZigType = HandleType;

        pub fn read(from: *hostfn.Reader) hostfn.ReadError!HandleType {
            return .{ .id = try hostfn.U64.read(from) };
        }

        pub fn write(to: *hostfn.Writer, value: HandleType) hostfn.WriteError!void {
            try hostfn.U64.write(to, value.id);
        }
    };
}

fn Signed(comptime IntType: type) type {
    return struct {
        pub const ZigType = IntType;

        const max_value = (1 << (@bitSizeOf(IntType) - 1)) - 1;

        pub fn read(from: *hostfn.Reader) hostfn.ReadError!IntType {
            return @intCast(try from.int(-max_value - 1, max_value));
        }

        pub fn write(to: *hostfn.Writer, value: IntType) hostfn.WriteError!void {
            try to.int(value);
        }
    };
}

/// Either width of a float is read, and an integer that it can be exactly.
fn Float(comptime FloatType: type, comptime BitsType: type, comptime marker_byte: u8, comptime exact_digits: u8) type {
    return struct {
        pub const ZigType = FloatType;

        pub fn read(from: *hostfn.Reader) hostfn.ReadError!FloatType {
            const found_head = try from.head();
            switch (found_head.kind) {
                .f64 => return @floatCast(@as(f64, @bitCast(found_head.n))),
                .f32 => return @as(f32, @bitCast(@as(u32, @intCast(found_head.n)))),
                .uint, .negative => {
                    const is_negative = found_head.kind == .negative;
                    const int_size = if (is_negative) 0 -% found_head.n else found_head.n;
                    if (int_size != 0 and 64 - @clz(int_size) - @ctz(int_size) > exact_digits) return error.Malformed;
                    const float_value: FloatType = @floatFromInt(int_size);
                    return if (is_negative) -float_value else float_value;
                },
                else => return error.Malformed,
            }
        }

        pub fn write(to: *hostfn.Writer, value: FloatType) hostfn.WriteError!void {
            try to.marked(marker_byte, @as(BitsType, @bitCast(value)), @sizeOf(FloatType));
        }
    };
}

/// A string of exactly one character, as its code point.
pub const Char = struct {
    pub const ZigType = u21;

    pub fn read(from: *hostfn.Reader) hostfn.ReadError!u21 {
        const one_char = try from.text();
        const len: usize = if (one_char.len == 0) 1 else switch (one_char[0]) {
            0x00...0x7f => 1,
            0x80...0xdf => 2,
            0xe0...0xef => 3,
            else => 4,
        };
        if (one_char.len != len) return error.Malformed;
        var code_point: u21 = if (len == 1) one_char[0] else one_char[0] & @as(u8, 0x7f) >> @intCast(len);
        for (one_char[1..]) |byte| code_point = code_point << 6 | (byte & 0x3f);
        return code_point;
    }

    pub fn write(to: *hostfn.Writer, value: u21) hostfn.WriteError!void {
        const low_bits = [4]u8{
            @truncate(value >> 18),
            @truncate(value >> 12 & 0x3f),
            @truncate(value >> 6 & 0x3f),
            @truncate(value & 0x3f),
        };
        switch (value) {
            0x00...0x7f => try to.put(&.{ 0xa1, @intCast(value) }),
            0x80...0x7ff => try to.put(&.{ 0xa2, 0xc0 | @as(u8, @truncate(value >> 6)), 0x80 | low_bits[3] }),
            0x800...0xffff => try to.put(&.{
                0xa3,
                0xe0 | @as(u8, @truncate(value >> 12)),
                0x80 | low_bits[2],
                0x80 | low_bits[3],
            }),
            else => try to.put(&.{ 0xa4, 0xf0 | low_bits[0], 0x80 | low_bits[1], 0x80 | low_bits[2], 0x80 | low_bits[3] }),
        }
    }
};

pub const Str = struct {
    pub const ZigType = []const u8;

    pub fn read(from: *hostfn.Reader) hostfn.ReadError![]const u8 {
        return from.text();
    }

    pub fn write(to: *hostfn.Writer, value: []const u8) hostfn.WriteError!void {
        try to.text(value);
    }
};

pub const Bytes = struct {
    pub const ZigType = []const u8;

    pub fn read(from: *hostfn.Reader) hostfn.ReadError![]const u8 {
        return from.bytes();
    }

    pub fn write(to: *hostfn.Writer, value: []const u8) hostfn.WriteError!void {
        try to.bytes(value);
    }
};

pub const Any = struct {
    pub const ZigType = hostfn.Raw;

    pub fn read(from: *hostfn.Reader) hostfn.ReadError!hostfn.Raw {
        const all_bytes = from.left;
        try from.skip();
        return .{ .bytes = all_bytes[0 .. all_bytes.len - from.left.len] };
    }

    pub fn write(to: *hostfn.Writer, value: hostfn.Raw) hostfn.WriteError!void {
        try to.put(value.bytes);
    }
};

pub fn Option(comptime InnerCodec: type) type {
    return struct {
        pub const ZigType = ?InnerCodec.ZigType;

        pub fn read(from: *hostfn.Reader) hostfn.ReadError!ZigType {
            return if (from.nil()) null else try InnerCodec.read(from);
        }

        pub fn write(to: *hostfn.Writer, value: ZigType) hostfn.WriteError!void {
            if (value) |inner_value| try InnerCodec.write(to, inner_value) else try to.nil();
        }
    };
}

pub fn List(comptime ItemCodec: type) type {
    return struct {
        pub const ZigType = []const ItemCodec.ZigType;

        pub fn read(from: *hostfn.Reader) hostfn.ReadError!ZigType {
            const read_items = try hostfn.alloc(ItemCodec.ZigType, try from.array());
            for (read_items) |*one_item| one_item.* = try ItemCodec.read(from);
            from.leave();
            return read_items;
        }

        pub fn write(to: *hostfn.Writer, value: ZigType) hostfn.WriteError!void {
            try to.array(value.len);
            for (value) |one_item| try ItemCodec.write(to, one_item);
        }
    };
}

pub fn Map(comptime KeyCodec: type, comptime ValueCodec: type) type {
    return struct {
        pub const ZigType = []const hostfn.Entry(KeyCodec.ZigType, ValueCodec.ZigType);

        pub fn read(from: *hostfn.Reader) hostfn.ReadError!ZigType {
            const read_entries = try hostfn.alloc(hostfn.Entry(KeyCodec.ZigType, ValueCodec.ZigType), try from.map());
            for (read_entries) |*map_entry| {
                map_entry.key = try KeyCodec.read(from);
                map_entry.value = try ValueCodec.read(from);
            }
            from.leave();
            return read_entries;
        }

        pub fn write(to: *hostfn.Writer, value: ZigType) hostfn.WriteError!void {
            try to.map(value.len);
            for (value) |map_entry| {
                try KeyCodec.write(to, map_entry.key);
                try ValueCodec.write(to, map_entry.value);
            }
        }
    };
}

pub fn Array(comptime ItemCodec: type, comptime len: usize) type {
    return struct {
        pub const ZigType = [len]ItemCodec.ZigType;

        pub fn read(from: *hostfn.Reader) hostfn.ReadError!ZigType {
            var read_items: ZigType = undefined;
            try from.tuple(len);
            for (&read_items) |*one_item| one_item.* = try ItemCodec.read(from);
            from.leave();
            return read_items;
        }

        pub fn write(to: *hostfn.Writer, value: ZigType) hostfn.WriteError!void {
            try to.array(len);
            for (value) |one_item| try ItemCodec.write(to, one_item);
        }
    };
}

/// The tuple `Items` of what the codecs in `parts` read and write.
pub fn Tuple(comptime TupleType: type, comptime part_codecs: anytype) type {
    return struct {
        pub const ZigType = TupleType;

        pub fn read(from: *hostfn.Reader) hostfn.ReadError!ZigType {
            var read_items: ZigType = undefined;
            try from.tuple(part_codecs.len);
            inline for (part_codecs, 0..) |PartCodec, index| read_items[index] = try PartCodec.read(from);
            from.leave();
            return read_items;
        }

        pub fn write(to: *hostfn.Writer, value: ZigType) hostfn.WriteError!void {
            try to.array(part_codecs.len);
            inline for (part_codecs, 0..) |PartCodec, index| try PartCodec.write(to, value[index]);
        }
    };
}

/// What holds itself, behind a pointer.
pub fn Boxed(comptime InnerCodec: type) type {
    return struct {
        pub const ZigType = *const InnerCodec.ZigType;

        pub fn read(from: *hostfn.Reader) hostfn.ReadError!ZigType {
            // a type can hold itself without an array or a map in between
            if (from.boxes == 64) return error.Malformed;
            from.boxes += 1;
            const new_block = try hostfn.alloc(InnerCodec.ZigType, 1);
            new_block[0] = try InnerCodec.read(from);
            from.boxes -= 1;
            return &new_block[0];
        }

        pub fn write(to: *hostfn.Writer, value: ZigType) hostfn.WriteError!void {
            try InnerCodec.write(to, value.*);
        }
    };
}
