// Calls that are written down, and what they are answered with.

import * as host from "./host";

let failed: string[] = [];

function check(what: string, holds: bool): void {
    if (!holds) failed.push(what);
}

// whether a value is written as another one is
function same<T>(what: string, said: T, heard: T, write: (w: host.Writer, value: T) => void): void {
    const a = new host.Writer();
    write(a, said);
    const b = new host.Writer();
    write(b, heard);
    check(what, a.len == b.len && memory.compare(a.ptr, b.ptr, a.len) == 0);
    a.free();
    b.free();
}

function scalars(): void {
    check("bool", host.echoBool(true).value && !host.echoBool(false).value);
    const u8s: u8[] = [0, 127, 128, u8.MAX_VALUE];
    for (let i = 0; i < u8s.length; i++) check("u8", host.echoU8(u8s[i]).value == u8s[i]);
    const u16s: u16[] = [0, 255, 256, u16.MAX_VALUE];
    for (let i = 0; i < u16s.length; i++) check("u16", host.echoU16(u16s[i]).value == u16s[i]);
    const u32s: u32[] = [0, 65536, u32.MAX_VALUE];
    for (let i = 0; i < u32s.length; i++) check("u32", host.echoU32(u32s[i]).value == u32s[i]);
    const u64s: u64[] = [0, 4294967296, 9007199254740993, u64.MAX_VALUE];
    for (let i = 0; i < u64s.length; i++) check("u64", host.echoU64(u64s[i]).value == u64s[i]);
    const i8s: i8[] = [i8.MIN_VALUE, -33, -32, -1, 0, i8.MAX_VALUE];
    for (let i = 0; i < i8s.length; i++) check("i8", host.echoI8(i8s[i]).value == i8s[i]);
    const i16s: i16[] = [i16.MIN_VALUE, -129, i16.MAX_VALUE];
    for (let i = 0; i < i16s.length; i++) check("i16", host.echoI16(i16s[i]).value == i16s[i]);
    const i32s: i32[] = [i32.MIN_VALUE, -32769, i32.MAX_VALUE];
    for (let i = 0; i < i32s.length; i++) check("i32", host.echoI32(i32s[i]).value == i32s[i]);
    const i64s: i64[] = [i64.MIN_VALUE, -2147483649, -9007199254740993, i64.MAX_VALUE];
    for (let i = 0; i < i64s.length; i++) check("i64", host.echoI64(i64s[i]).value == i64s[i]);
    const f32s: f32[] = [0, -0.5, f32.MAX_VALUE, f32.POSITIVE_INFINITY];
    for (let i = 0; i < f32s.length; i++) check("f32", host.echoF32(f32s[i]).value == f32s[i]);
    const f64s: f64[] = [0.1, -1e300, f64.MIN_NORMAL_VALUE, f64.NEGATIVE_INFINITY];
    for (let i = 0; i < f64s.length; i++) check("f64", host.echoF64(f64s[i]).value == f64s[i]);
    check("f64 nan", isNaN(host.echoF64(f64.NaN).value));
    const chars: u32[] = [0x61, 0xe9, 0x6f22, 0x1f980, 0];
    for (let i = 0; i < chars.length; i++) check("char", host.echoChar(chars[i]).value == chars[i]);
}

function texts(): void {
    const lengths: i32[] = [0, 1, 31, 32, 255, 256, 4096, 70000];
    for (let i = 0; i < lengths.length; i++) {
        const text = "x".repeat(lengths[i]);
        check("str", host.echoStr(text).value == text);
        const bytes = new Uint8Array(lengths[i]);
        for (let j = 0; j < bytes.length; j++) bytes[j] = <u8>j;
        same<Uint8Array>("bytes", bytes, host.echoBytes(bytes).value, host.write_bytes);
    }
    check("str", host.echoStr("Zoë 漢 🦀").value == "Zoë 漢 🦀");
}

function compounds(): void {
    check("option_u32", !host.echoOptionU32(host.Option.none<u32>()).value.some);
    check("option_u32", host.echoOptionU32(host.Option.some<u32>(7)).value.value == 7);
    check("option_str", !host.echoOptionStr(host.Option.none<string>()).value.some);
    check("option_str", host.echoOptionStr(host.Option.some<string>("")).value.value == "");
    const point = host.echoOptionPoint(host.Option.some<host.Point>(new host.Point(1, 2))).value;
    check("option_point", point.some && point.value.x == 1 && point.value.y == 2);
    const numbers = new Array<i64>();
    for (let i = 0; i < 70000; i++) numbers.push(i - 5);
    same<i64[]>("seq_i64", numbers, host.echoSeqI64(numbers).value, host.write_array_i64);
    const words = ["a", "", "c".repeat(300)];
    same<string[]>("seq_str", words, host.echoSeqStr(words).value, host.write_array_str);
    const blobs = [new Uint8Array(0), new Uint8Array(2), new Uint8Array(300)];
    same<Uint8Array[]>("seq_bytes", blobs, host.echoSeqBytes(blobs).value, host.write_array_bytes);
    const points = [new host.Point(0, 0), new host.Point(i32.MIN_VALUE, i32.MAX_VALUE)];
    same<host.Point[]>("seq_point", points, host.echoSeqPoint(points).value, host.write_array_Point);
    const names = new Map<string, u32>();
    for (let i = 0; i < 20; i++) names.set(String.fromCharCode(97 + i), i);
    same<Map<string, u32>>("map_str_u32", names, host.echoMapStrU32(names).value, host.write_map_str_u32);
    const lists = new Map<u64, string[]>();
    lists.set(0, []);
    lists.set(u64.MAX_VALUE, words);
    same<Map<u64, string[]>>("map_u64", lists, host.echoMapU64SeqStr(lists).value, host.write_map_u64_array_str);
    const levels = new Map<host.Level, host.Point>();
    levels.set(host.Level.Low, new host.Point(1, 1));
    levels.set(host.Level.VeryHigh, new host.Point(2, 2));
    const heard = host.echoMapLevelPoint(levels).value;
    same<Map<host.Level, host.Point>>("map_level", levels, heard, host.write_map_Level_Point);
    const tuple = host.echoTuple(new host.Tuple3_u8_str_bool(7, "seven", true)).value;
    check("tuple", tuple.v0 == 7 && tuple.v1 == "seven" && tuple.v2);
    const array = host.echoArray([0.5, -1, 3.25] as StaticArray<f32>).value;
    check("array", array.length == 3 && array[0] == 0.5 && array[1] == -1 && array[2] == 3.25);
}

function types(): void {
    const point = host.echoPoint(new host.Point(-1, 1)).value;
    check("point", point.x == -1 && point.y == 1);
    check("metres", host.echoMetres(new host.Metres(1.5)).value.value == 1.5);
    const pair = host.echoPair(new host.Pair("p", 7)).value;
    check("pair", pair.v0 == "p" && pair.v1 == 7);
    check("level", host.echoLevel(host.Level.VeryHigh).value == host.Level.VeryHigh);
    const tags = new Map<host.Level, u8>();
    tags.set(host.Level.Low, 1);
    const order = new host.Order(
        9007199254740993,
        host.Level.Low,
        true,
        new host.Point(3, 4),
        [host.Option.none<string>(), host.Option.some<string>("n")],
        tags,
        new Uint8Array(2),
        new host.Tuple2_u64_char(u64.MAX_VALUE, 0x20ac),
        new host.Marker(),
        new host.Metres(0.25),
    );
    same<host.Order>("order", order, host.echoOrder(order).value, host.write_Order);
    const colors = new Map<string, StaticArray<u8>>();
    colors.set("red", [255, 0, 0] as StaticArray<u8>);
    const dot = host.Figure.Dot(new host.Point(1, 2));
    const line = host.Figure.Line(new host.Figure_Line(new host.Point(3, 4), new host.Point(5, 6)));
    const members = [host.Figure.Nothing(), dot, line];
    const group = host.Figure.Group(new host.Figure_Group(host.Option.some<string>("g"), members, colors));
    const figures = [host.Figure.Nothing(), dot, line, group];
    for (let i = 0; i < figures.length; i++) {
        same<host.Figure>("figure", figures[i], host.echoFigure(figures[i]).value, host.write_Figure);
    }
    check("figure kind", host.echoFigure(group).value.group.members[1].dot.y == 2);
    let node = new host.Node(0, host.Option.none<host.Node>());
    for (let i = 1; i < 30; i++) node = new host.Node(i, host.Option.some<host.Node>(node));
    same<host.Node>("node", node, host.echoNode(node).value, host.write_Node);
    const record = host.echoRecord(new host.Record(1, "a")).value;
    check("record", record.id == 1 && record.name == "a");
    const choices = [host.Choice.A(), host.Choice.B(7), host.Choice.C(new host.Choice_C(-2))];
    for (let i = 0; i < choices.length; i++) {
        same<host.Choice>("choice", choices[i], host.echoChoice(choices[i]).value, host.write_Choice);
    }
    const w = new host.Writer();
    w.array(2);
    host.write_u64(w, 7);
    host.write_str(w, "a");
    const anything = w.take();
    same<host.Raw>("anything", anything, host.echoAnything(anything).value, host.write_raw);

    const store = new host.Store(u64.MAX_VALUE);
    check("handle", host.echoHandle(store).value.id == u64.MAX_VALUE);
    const handles = new host.Handles(
        store,
        host.Option.some<host.Statement>(new host.Statement(0)),
        [new host.Store(1), store],
    );
    same<host.Handles>("handles", handles, host.echoHandles(handles).value, host.write_Handles);
}

function calls(): void {
    host.nothing().value;
    check("repeat", host.repeat("a", 2, host.Option.some<string>("-")).value == "a-a");
    check("repeat often", host.repeat("a", 100000, host.Option.none<string>()).value.length == 100000);
    check("add_up", host.mathAddUp(5, 7).value.value == 12);
    check("add_up beyond", !host.mathAddUp(u64.MAX_VALUE, 1).value.some);
    check("name_of", host.nameOf("/data/b").value == "b");
}

function fails(reply: host.Reply<u64>, status: i32, code: string): bool {
    const error = reply.error;
    return !reply.ok && reply.status == status && error != null && error.code == code;
}

function errors(): void {
    check("withdraw", host.withdraw("rich", 1).value == ((<u64>1) << 60) - 1);
    const poor = host.withdraw("poor", 7);
    check("withdraw insufficient", fails(poor, host.Status.FAILED, "insufficient"));
    const error = poor.error!;
    check("withdraw message", error.message == "2 are missing");
    check("withdraw detail", host.read_u64(host.Reader.of(error.detail)) == 2);
    check("withdraw not found", fails(host.withdraw("nobody", 1), host.Status.NOT_FOUND, "no_such_account"));
    check("withdraw frozen", fails(host.withdraw("cold", 1), -1024, "frozen"));
    check("secret", host.secret().status == host.Status.NO_CAPABILITY);
    check("name_of outside", host.nameOf("/etc/passwd").status == host.Status.NO_CAPABILITY);
    const long = host.repeat("x".repeat(70000), 1, host.Option.none<string>());
    check("repeat too long", long.status == host.Status.QUOTA_EXCEEDED);
}

export function failures(): string[] {
    failed = [];
    scalars();
    texts();
    compounds();
    types();
    calls();
    errors();
    return failed;
}
