@external("host", "host_log") declare function import_log(level: i32, ptr: usize, len: i32): void;
@external("host", "host_set_result") declare function import_set_result(ptr: usize, len: i32): void;
@external("host", "host_set_window") declare function import_set_window(ptr: usize, cap: i32): i32;
@external("host", "host_result_ptr") declare function import_result_ptr(): usize;

export namespace Status {
    export const OK: i32 = 0;
    export const NO_CAPABILITY: i32 = -1;
    export const QUOTA_EXCEEDED: i32 = -2;
    export const BAD_INPUT: i32 = -3;
    export const INTERNAL: i32 = -4;
    export const NOT_FOUND: i32 = -5;
    export const FAILED: i32 = -6;
    export const NO_ROOM: i32 = -7;
}

export enum LogLevel { Trace, Debug, Info, Warn, Error }

/** Writes a line to the host's log. */
export function log(level: LogLevel, line: string): void {
    const len = <i32>String.UTF8.byteLength(line);
    const ptr = heap.alloc(len);
    String.UTF8.encodeUnsafe(changetype<usize>(line), line.length, ptr);
    import_log(level, ptr, len);
    heap.free(ptr);
}

/** What `throw` ends in: the message goes to the host's log. Build with `--use abort=<this file>/hostAbort`. */
export function hostAbort(message: string | null, file: string | null, line: u32, column: u32): void {
    const what = message ? message : "aborted";
    const where = file ? file : "?";
    log(LogLevel.Error, what + " (" + where + ":" + line.toString() + ":" + column.toString() + ")");
    unreachable();
}

/** Nothing; its value means nothing either. */
export type Unit = u8;

/** One character, as its code point. */
export type Char = u32;

/** One value of any type, as MessagePack. */
export type Raw = Uint8Array;

// what stands where there is no value: it is never looked at
function zero<T>(): T {
    if (isReference<T>()) {
        return changetype<T>(0);
    } else {
        return <T>0;
    }
}

/** A value or nothing. */
export class Option<T> {
    constructor(
        /** Whether there is a value. */
        public some: bool,
        private inner: T,
    ) {}

    static some<T>(value: T): Option<T> {
        return new Option<T>(true, value);
    }

    static none<T>(): Option<T> {
        return new Option<T>(false, zero<T>());
    }

    /** The value; throws if absent. */
    get value(): T {
        if (!this.some) throw new Error("there is no value");
        return this.inner;
    }
}

/** Why a call gave no answer. */
export class HostError {
    constructor(
        public status: i32,
        /** Empty where the host told nothing. */
        public code: string,
        public message: string,
        /** Empty if absent. */
        public detail: Raw,
    ) {}

    toString(): string {
        return "status " + this.status.toString() + ": " + this.message + " (" + this.code + ")";
    }
}

/** What a call was answered with. */
export class Reply<T> {
    constructor(
        /** `null` where there is a value. */
        public error: HostError | null,
        private inner: T,
    ) {}

    get ok(): bool {
        return this.error == null;
    }

    get status(): i32 {
        const error = this.error;
        return error ? error.status : Status.OK;
    }

    /** Returns true if the error has this code, such as a constant of the host's errors. */
    failedWith(code: string): bool {
        const error = this.error;
        return error != null && error.code == code;
    }

    /**
     * The value, for an entry to return at once. Where there is an error the host receives that error, and the
     * value must not be used.
     */
    passOn(): T {
        const error = this.error;
        if (error) fail(error);
        return this.inner;
    }

    /** The value; throws where there is an error, which is a trap. */
    get value(): T {
        const error = this.error;
        if (error) throw new Error(error.toString());
        return this.inner;
    }
}

// ---- memory ----

const WINDOW: i32 = 4096;
const window: usize = memory.data(4096);
let window_cap: i32 = 0;
let result: usize = 0;
let failure: HostError | null = null;

/** A block for the host to write to. */
export function plugin_alloc(len: i32): usize {
    return heap.alloc(len);
}

export function plugin_abi_version(): i32 {
    return 1;
}

/** A word: the status in its low half, the length of the reply in its high half. */
export function word(status: i32, len: u32): i64 {
    return <i64>((<u64>len << 32) | <u64>(<u32>status));
}

/** A failure without a reply is a positive word: it is its low half that tells. */
export function wordStatus(word: i64): i32 {
    return <i32>word;
}

export function wordLen(word: i64): u32 {
    return <u32>(<u64>word >> 32);
}

// ---- MessagePack, writing ----

/** Writes values one after the other. */
export class Writer {
    ptr: usize = heap.alloc(64);
    len: i32 = 0;
    private cap: i32 = 64;

    /** Room for so many more bytes. */
    @inline
    private more(count: i32): usize {
        const needed = this.len + count;
        if (needed > this.cap) {
            this.cap = max(needed, 2 * this.cap);
            this.ptr = heap.realloc(this.ptr, this.cap);
        }
        const at = this.ptr + this.len;
        this.len = needed;
        return at;
    }

    /** A marker, and the last `size` bytes of `n`. */
    marked(marker: u32, n: u64, size: i32): void {
        const at = this.more(1 + size);
        store<u8>(at, <u8>marker);
        for (let i = size; i > 0; i--) {
            store<u8>(at + i, <u8>n);
            n >>= 8;
        }
    }

    bytes(ptr: usize, len: i32): void {
        memory.copy(this.more(len), ptr, len);
    }

    /** The header of a string, bytes, an array or a map; 0 for a form that there is not. */
    head(len: u32, fix: u32, most: u32, len8: u32, len16: u32): void {
        if (fix != 0 && len <= most) {
            this.marked(fix | len, 0, 0);
        } else if (len8 != 0 && len <= 0xff) {
            this.marked(len8, len, 1);
        } else if (len <= 0xffff) {
            this.marked(len16, len, 2);
        } else {
            this.marked(len16 + 1, len, 4);
        }
    }

    array(len: i32): void {
        this.head(len, 0x90, 15, 0, 0xdc);
    }

    map(len: i32): void {
        this.head(len, 0x80, 15, 0, 0xde);
    }

    nil(): void {
        this.marked(0xc0, 0, 0);
    }

    /** What was written. */
    take(): Raw {
        const taken = new Uint8Array(this.len);
        memory.copy(taken.dataStart, this.ptr, this.len);
        this.free();
        return taken;
    }

    free(): void {
        heap.free(this.ptr);
        this.ptr = 0;
        this.len = 0;
        this.cap = 0;
    }
}

export function write_u64(w: Writer, n: u64): void {
    if (n < 0x80) w.marked(<u32>n, 0, 0);
    else if (n <= 0xff) w.marked(0xcc, n, 1);
    else if (n <= 0xffff) w.marked(0xcd, n, 2);
    else if (n <= 0xffffffff) w.marked(0xce, n, 4);
    else w.marked(0xcf, n, 8);
}

export function write_i64(w: Writer, n: i64): void {
    if (n >= 0) write_u64(w, n);
    else if (n >= -32) w.marked(<u32>n, 0, 0);
    else if (n >= i8.MIN_VALUE) w.marked(0xd0, n, 1);
    else if (n >= i16.MIN_VALUE) w.marked(0xd1, n, 2);
    else if (n >= i32.MIN_VALUE) w.marked(0xd2, n, 4);
    else w.marked(0xd3, n, 8);
}

export function write_u8(w: Writer, n: u8): void { write_u64(w, n); }
export function write_u16(w: Writer, n: u16): void { write_u64(w, n); }
export function write_u32(w: Writer, n: u32): void { write_u64(w, n); }
export function write_i8(w: Writer, n: i8): void { write_i64(w, n); }
export function write_i16(w: Writer, n: i16): void { write_i64(w, n); }
export function write_i32(w: Writer, n: i32): void { write_i64(w, n); }
export function write_bool(w: Writer, b: bool): void { w.marked(b ? 0xc3 : 0xc2, 0, 0); }
export function write_f32(w: Writer, x: f32): void { w.marked(0xca, reinterpret<u32>(x), 4); }
export function write_f64(w: Writer, x: f64): void { w.marked(0xcb, reinterpret<u64>(x), 8); }

export function write_unit(w: Writer, _unit: Unit): void {
    // nothing at all where it is the whole value
    if (w.len > 0) w.nil();
}

export function write_str(w: Writer, text: string): void {
    const len = <i32>String.UTF8.byteLength(text);
    w.head(len, 0xa0, 31, 0xd9, 0xda);
    const encoded = heap.alloc(len);
    String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, encoded);
    w.bytes(encoded, len);
    heap.free(encoded);
}

export function write_char(w: Writer, c: Char): void {
    write_str(w, String.fromCodePoint(c));
}

export function write_bytes(w: Writer, bytes: Uint8Array): void {
    w.head(bytes.length, 0, 0, 0xc4, 0xc5);
    w.bytes(bytes.dataStart, bytes.length);
}

export function write_raw(w: Writer, value: Raw): void {
    w.bytes(value.dataStart, value.length);
}

// ---- MessagePack, reading ----

export enum Kind { Nil, Bool, Uint, Negative, F32, F64, Str, Bin, Array, Map, Bad }

/** Once something is wrong `bad` stays set and everything read is empty, so that one test at the end is enough. */
export class Reader {
    /** How the call was answered, where this is a reply. */
    status: i32 = 0;
    /** The number, or the length, of the last head. */
    n: u64 = 0;
    depth: i32 = 0;
    begun: bool = false;
    bad: bool = false;
    /** What is freed when all is read; 0 where nothing is. */
    block: usize = 0;
    // keeps the bytes from the garbage collector, which does not see `at`
    private held: Raw | null = null;

    constructor(public at: usize, public left: u32) {}

    static of(value: Raw): Reader {
        const r = new Reader(value.dataStart, value.length);
        r.held = value;
        return r;
    }

    /** What the word of a call stands for, whose arguments were written by `w`. */
    static reply(w: Writer, word: i64): Reader {
        w.free();
        const len = wordLen(word);
        const fits = len <= <u32>window_cap;
        const r = new Reader(fits ? window : import_result_ptr(), len);
        if (!fits) r.block = r.at;
        r.status = wordStatus(word);
        return r;
    }

    /** The arguments of an entry, an array of so many. */
    static args(ptr: usize, len: i32, params: i32): Reader {
        const r = new Reader(ptr, len);
        if (len > 0) r.block = ptr;
        if (params > 0 || len > 0) r.tuple(params);
        return r;
    }

    /** Whether everything was what it should be, and nothing is left. */
    all(): bool {
        return !this.bad && this.left == 0;
    }

    /** As `all`, and the block that was read is freed. */
    close(): bool {
        if (this.block != 0) heap.free(this.block);
        this.block = 0;
        return this.all();
    }

    require(holds: bool): void {
        this.bad = this.bad || !holds;
    }

    take(len: u64): usize {
        const taken = this.at;
        this.require(len <= <u64>this.left);
        if (!this.bad) {
            this.at += <usize>len;
            this.left -= <u32>len;
        }
        return taken;
    }

    private be(size: i32): u64 {
        const at = this.take(size);
        let n: u64 = 0;
        if (this.bad) return 0;
        for (let i = 0; i < size; i++) n = (n << 8) | load<u8>(at + i);
        return n;
    }

    private found(kind: Kind, n: u64): Kind {
        this.n = n;
        const least: u64 = kind == Kind.Map ? 2 * n : kind >= Kind.Str ? n : 0;
        this.require(kind != Kind.Bad && least <= <u64>this.left);
        return this.bad ? Kind.Bad : kind;
    }

    private signed(n: i64): Kind {
        return this.found(n < 0 ? Kind.Negative : Kind.Uint, n);
    }

    head(): Kind {
        const marker = <u32>this.be(1);
        this.begun = true;
        if (marker < 0x80) return this.found(Kind.Uint, marker);
        if (marker < 0x90) return this.found(Kind.Map, marker & 0x0f);
        if (marker < 0xa0) return this.found(Kind.Array, marker & 0x0f);
        if (marker < 0xc0) return this.found(Kind.Str, marker & 0x1f);
        if (marker >= 0xe0) return this.signed(<i8>marker);
        switch (marker) {
            case 0xc0: return this.found(Kind.Nil, 0);
            case 0xc2: return this.found(Kind.Bool, 0);
            case 0xc3: return this.found(Kind.Bool, 1);
            case 0xc4: return this.found(Kind.Bin, this.be(1));
            case 0xc5: return this.found(Kind.Bin, this.be(2));
            case 0xc6: return this.found(Kind.Bin, this.be(4));
            case 0xca: return this.found(Kind.F32, this.be(4));
            case 0xcb: return this.found(Kind.F64, this.be(8));
            case 0xcc: return this.found(Kind.Uint, this.be(1));
            case 0xcd: return this.found(Kind.Uint, this.be(2));
            case 0xce: return this.found(Kind.Uint, this.be(4));
            case 0xcf: return this.found(Kind.Uint, this.be(8));
            case 0xd0: return this.signed(<i8>this.be(1));
            case 0xd1: return this.signed(<i16>this.be(2));
            case 0xd2: return this.signed(<i32>this.be(4));
            case 0xd3: return this.signed(<i64>this.be(8));
            case 0xd9: return this.found(Kind.Str, this.be(1));
            case 0xda: return this.found(Kind.Str, this.be(2));
            case 0xdb: return this.found(Kind.Str, this.be(4));
            case 0xdc: return this.found(Kind.Array, this.be(2));
            case 0xdd: return this.found(Kind.Array, this.be(4));
            case 0xde: return this.found(Kind.Map, this.be(2));
            case 0xdf: return this.found(Kind.Map, this.be(4));
            // extension types, and the marker that is never used
            default: return this.found(Kind.Bad, 0);
        }
    }

    /** Goes into an array or a map: no deeper than a host would. */
    enter(): void {
        this.require(++this.depth <= 64);
    }

    leave(): void {
        this.depth--;
    }

    /** Into an array of any length, which it returns. */
    array(): i32 {
        this.require(this.head() == Kind.Array);
        this.enter();
        return this.bad ? 0 : <i32>this.n;
    }

    map(): i32 {
        this.require(this.head() == Kind.Map);
        this.enter();
        return this.bad ? 0 : <i32>this.n;
    }

    /** Into an array of exactly `len`. */
    tuple(len: i32): void {
        this.require(this.array() == len);
    }

    /** Into a struct of so many fields: -1 when they follow in their order, or how many entries with keys follow. */
    struct(fields: i32): i32 {
        const kind = this.head();
        this.require(kind == Kind.Map || (kind == Kind.Array && this.n == fields));
        this.enter();
        return this.bad ? 0 : kind == Kind.Array ? -1 : <i32>this.n;
    }

    /** A field that was not there before; its number with those that were. */
    first(seen: u64, field: i32): u64 {
        const bit = (<u64>1) << field;
        this.require((seen & bit) == 0);
        return seen | bit;
    }

    isNil(): bool {
        const isNil = !this.bad && this.left > 0 && load<u8>(this.at) == 0xc0;
        if (isNil) this.head();
        return isNil;
    }

    text(kind: Kind): string {
        this.require(kind == Kind.Str);
        const len = this.n;
        const at = this.take(len);
        this.require(this.bad || isUtf8(at, at + <usize>len));
        return this.bad ? "" : String.UTF8.decodeUnsafe(at, <usize>len);
    }

    uint(max: u64): u64 {
        this.require(this.head() == Kind.Uint && this.n <= max);
        return this.bad ? 0 : this.n;
    }

    int(min: i64, max: i64): i64 {
        const kind = this.head();
        const fits = kind == Kind.Uint ? this.n <= <u64>max : kind == Kind.Negative && <i64>this.n >= min;
        this.require(fits);
        return this.bad ? 0 : <i64>this.n;
    }

    /** Takes one value of any type. */
    skip(): void {
        const kind = this.head();
        const len = this.n;
        if (kind == Kind.Str) {
            const at = this.take(len);
            this.require(this.bad || isUtf8(at, at + <usize>len));
        } else if (kind == Kind.Bin) {
            this.take(len);
        } else if (kind == Kind.Array || kind == Kind.Map) {
            this.enter();
            for (let left = kind == Kind.Map ? 2 * len : len; left > 0 && !this.bad; left--) this.skip();
            this.leave();
        }
    }
}

function isUtf8(at: usize, end: usize): bool {
    while (at < end) {
        const lead = load<u8>(at++);
        if (lead < 0x80) continue;
        let more: usize = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        if (lead < 0xc2 || lead > 0xf4 || end - at < more) return false;
        // the second byte tells overlong forms, surrogates and what lies beyond U+10FFFF
        const low: u8 = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        const high: u8 = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        const second = load<u8>(at++);
        if (second < low || second > high) return false;
        for (; more > 1; more--) {
            if ((load<u8>(at++) & 0xc0) != 0x80) return false;
        }
    }
    return true;
}

export function read_u8(r: Reader): u8 { return <u8>r.uint(u8.MAX_VALUE); }
export function read_u16(r: Reader): u16 { return <u16>r.uint(u16.MAX_VALUE); }
export function read_u32(r: Reader): u32 { return <u32>r.uint(u32.MAX_VALUE); }
export function read_u64(r: Reader): u64 { return r.uint(u64.MAX_VALUE); }
export function read_i8(r: Reader): i8 { return <i8>r.int(i8.MIN_VALUE, i8.MAX_VALUE); }
export function read_i16(r: Reader): i16 { return <i16>r.int(i16.MIN_VALUE, i16.MAX_VALUE); }
export function read_i32(r: Reader): i32 { return <i32>r.int(i32.MIN_VALUE, i32.MAX_VALUE); }
export function read_i64(r: Reader): i64 { return r.int(i64.MIN_VALUE, i64.MAX_VALUE); }

export function read_bool(r: Reader): bool {
    r.require(r.head() == Kind.Bool);
    return !r.bad && r.n != 0;
}

export function read_unit(r: Reader): Unit {
    // nothing at all where it is the whole value, nil inside another one
    r.require((!r.begun && r.left == 0) || r.isNil());
    return 0;
}

export function read_f64(r: Reader): f64 {
    const kind = r.head();
    if (kind == Kind.F64) return reinterpret<f64>(r.n);
    if (kind == Kind.F32) return <f64>reinterpret<f32>(<u32>r.n);
    // an integer that it can be exactly
    if (kind == Kind.Uint) {
        const x = <f64>r.n;
        r.require(x < 18446744073709551616.0 && <u64>x == r.n);
        return x;
    }
    const x = <f64>(<i64>r.n);
    r.require(kind == Kind.Negative && <i64>x == <i64>r.n);
    return x;
}

export function read_f32(r: Reader): f32 {
    const kind = r.head();
    if (kind == Kind.F64) return <f32>reinterpret<f64>(r.n);
    if (kind == Kind.F32) return reinterpret<f32>(<u32>r.n);
    if (kind == Kind.Uint) {
        const x = <f32>r.n;
        r.require(x < <f32>18446744073709551616.0 && <u64>x == r.n);
        return x;
    }
    const x = <f32>(<i64>r.n);
    r.require(kind == Kind.Negative && <i64>x == <i64>r.n);
    return x;
}

export function read_str(r: Reader): string {
    return r.text(r.head());
}

export function read_char(r: Reader): Char {
    const text = read_str(r);
    const c = text.length > 0 ? text.codePointAt(0) : 0;
    r.require(text.length > 0 && text.length == (c > 0xffff ? 2 : 1));
    return c;
}

export function read_bytes(r: Reader): Uint8Array {
    const kind = r.head();
    const len = r.n;
    r.require(kind == Kind.Bin || kind == Kind.Array);
    if (r.bad) return new Uint8Array(0);
    const bytes = new Uint8Array(<i32>len);
    if (kind == Kind.Bin) {
        memory.copy(bytes.dataStart, r.take(len), <usize>len);
    } else {
        // an array of integers 0 to 255
        for (let i = 0; i < bytes.length && !r.bad; i++) bytes[i] = read_u8(r);
    }
    return bytes;
}

export function read_raw(r: Reader): Raw {
    const start = r.at;
    r.skip();
    const len = r.bad ? 0 : <i32>(r.at - start);
    const value = new Uint8Array(len);
    memory.copy(value.dataStart, start, len);
    return value;
}

// ---- calls ----

/** Begins the arguments of a call: an array of so many. */
function beginCall(params: i32): Writer {
    if (window_cap == 0 && import_set_window(window, WINDOW) == Status.OK) window_cap = WINDOW;
    const w = new Writer();
    if (params > 0) w.array(params);
    return w;
}

function readError(r: Reader): HostError {
    const error = new HostError(r.status, "", "", new Uint8Array(0));
    for (let left = r.left > 0 ? r.map() : 0; left > 0 && !r.bad; left--) {
        const key = read_str(r);
        if (key == "code") error.code = read_str(r);
        else if (key == "message") error.message = read_str(r);
        else if (key == "detail") error.detail = read_raw(r);
        else r.skip();
    }
    r.close();
    return error;
}

function failed<T>(r: Reader): Reply<T> {
    return new Reply<T>(readError(r), zero<T>());
}

function answered<T>(r: Reader, value: T): Reply<T> {
    if (r.close()) return new Reply<T>(null, value);
    const message = "the reply is not of its type";
    return new Reply<T>(new HostError(Status.INTERNAL, "bad_reply", message, new Uint8Array(0)), zero<T>());
}

// ---- entries ----

/** Answers the host with an error instead of what the entry returns. */
export function fail(error: HostError): void {
    failure = error;
}

/** Ends an entry with what was written; it stays until the next one ends. */
function answer(status: i32, w: Writer): i64 {
    if (result != 0) heap.free(result);
    result = w.ptr;
    import_set_result(w.ptr, w.len);
    return word(status, w.len);
}

function answerError(error: HostError): i64 {
    failure = null;
    const w = new Writer();
    if (error.code.length > 0) {
        w.map(error.detail.length > 0 ? 3 : 2);
        write_str(w, "code");
        write_str(w, error.code);
        write_str(w, "message");
        write_str(w, error.message);
        if (error.detail.length > 0) {
            write_str(w, "detail");
            write_raw(w, error.detail);
        }
    }
    return answer(error.status < 0 ? error.status : Status.FAILED, w);
}

/** Answers a call of a contract that has no guest yet. */
function missing(exporter: string): i64 {
    const message = "the plugin has not called `" + exporter + "`; call it where the main file begins";
    return answerError(new HostError(Status.INTERNAL, "no_guest", message, new Uint8Array(0)));
}

function refuse(): i64 {
    const message = "the arguments are not of their types";
    return answerError(new HostError(Status.BAD_INPUT, "bad_input", message, new Uint8Array(0)));
}
