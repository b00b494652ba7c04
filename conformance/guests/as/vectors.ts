// The vectors of the ABI, on the guest's side.

import * as host from "./host";

// an array of one value, taken apart and put together again
function one<T>(args: Uint8Array, read: (r: host.Reader) => T, write: (w: host.Writer, value: T) => void): host.Option<Uint8Array> {
    const r = host.Reader.of(args);
    r.tuple(1);
    const value = read(r);
    if (!r.all()) return host.Option.none<Uint8Array>();
    const w = new host.Writer();
    w.array(1);
    write(w, value);
    return host.Option.some<Uint8Array>(w.take());
}

function nothing(args: Uint8Array): host.Option<Uint8Array> {
    if (args.length == 0) return host.Option.some<Uint8Array>(args);
    const r = host.Reader.of(args);
    r.tuple(0);
    return r.all() ? host.Option.some<Uint8Array>(new Uint8Array(0)) : host.Option.none<Uint8Array>();
}

function two(args: Uint8Array): host.Option<Uint8Array> {
    const r = host.Reader.of(args);
    r.tuple(2);
    const a = host.read_u64(r);
    const b = host.read_u64(r);
    if (!r.all()) return host.Option.none<Uint8Array>();
    const w = new host.Writer();
    w.array(2);
    host.write_u64(w, a);
    host.write_u64(w, b);
    return host.Option.some<Uint8Array>(w.take());
}

// a sequence of 64-bit numbers, which no host function takes
function numbers(args: Uint8Array): host.Option<Uint8Array> {
    const r = host.Reader.of(args);
    r.tuple(1);
    const w = new host.Writer();
    w.array(1);
    const len = r.array();
    w.array(len);
    for (let i = 0; i < len && !r.bad; i++) host.write_u64(w, host.read_u64(r));
    const written = w.take();
    return r.all() ? host.Option.some<Uint8Array>(written) : host.Option.none<Uint8Array>();
}

export function again(params: string, args: Uint8Array): host.Option<Uint8Array> {
    if (params == "()") return nothing(args);
    if (params == "(name: str)") return one<string>(args, host.read_str, host.write_str);
    if (params == "(a: u64)") return one<u64>(args, host.read_u64, host.write_u64);
    if (params == "(a: u8)") return one<u8>(args, host.read_u8, host.write_u8);
    if (params == "(a: any)") return one<host.Raw>(args, host.read_raw, host.write_raw);
    if (params == "(a: u64, b: u64)") return two(args);
    if (params == "(a: i64)") return one<i64>(args, host.read_i64, host.write_i64);
    if (params == "(x: f64)") return one<f64>(args, host.read_f64, host.write_f64);
    if (params == "(b: bytes)") return one<Uint8Array>(args, host.read_bytes, host.write_bytes);
    if (params == "(v: seq<u64>)") return numbers(args);
    if (params == "(o: option<u32>)") return one<host.Option<u32>>(args, host.read_option_u32, host.write_option_u32);
    if (params == "(r: struct{id: u64, name: str})") return one<host.Record>(args, host.read_Record, host.write_Record);
    if (params == "(e: enum{A, B(u32), C{x: i16}})") return one<host.Choice>(args, host.read_Choice, host.write_Choice);
    throw new Error("no type for the parameters " + params);
}
