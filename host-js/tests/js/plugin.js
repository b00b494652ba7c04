// One plugin for many tests, because it is compiled once. Each test has an instance of its own.
import { greet, addUp, addSmall, birthday, turn, histogram, echo, lengths, pass } from "host:host";
import { openKv, openToWrite, get, set } from "host:kv";

// the example of the seed
const store = openKv(":memory:");
export function remember(key, value) {
  store.set(key, new TextEncoder().encode(value), null);
  return new TextDecoder().decode(store.get(key));
}

// of a database, which exists in memory until it is closed
import { openSql } from "host:sql";
export function counted() {
  const db = openSql(":memory:");
  db.execute("create table t (n integer)", []);
  db.execute("insert into t values (1), (2)", []);
  const [[sum]] = db.query("select sum(n) from t", []).rows;
  let refused = "";
  for (const wrong of [["/etc/passwd"], [":memory:", 1], []]) {
    try { openSql(...wrong); } catch (error) { refused += ` ${error.name}`; }
  }
  db.close();
  return sum + refused;
}

export function greeted(name) {
  try { return greet(name); }
  catch (error) { return [error instanceof HostError, error.code, error.status, error.statusName].join(" "); }
}

export const unsettled = () => new Promise(() => {});

export async function imported() {
  const seen = [];
  for (const name of ["host:nope", "kv", "host:kvx", "HOST:kv", "host:kv/", "./gone.js"]) {
    try { await import(name); seen.push("loaded " + name); }
    catch (error) { seen.push(error instanceof ReferenceError && error.message.includes(name)); }
  }
  return seen.join();
}

export function logs() {
  console.warn("careful", 7, 8n, { a: [1n, "b"] }, null, undefined, "\ud800x");
  console.error(new TypeError("boom"));
}

export const authority = () =>
  [typeof Date, typeof performance, typeof Math.random, typeof setTimeout, typeof fetch].join();

export function globals() {
    const failures = [];
    const check = (name, holds) => { if (!holds) failures.push(name); };
    check("btoa", btoa("hi\xff") === "aGn/" && btoa("") === "" && btoa("a") === "YQ==");
    check("atob", atob("aGn/") === "hi\xff" && atob(" YQ = = ") === "a");
    try { atob("a"); failures.push("atob of no base64"); } catch {}
    try { btoa("\u0100"); failures.push("btoa of no byte"); } catch {}
    const utf8 = new TextEncoder().encode("h\u00e9\ud83d\ude00\ud800");
    check("encode", [...utf8].join() === "104,195,169,240,159,152,128,239,191,189");
    check("decode", new TextDecoder().decode(utf8.slice(0, 7)) === "h\u00e9\ud83d\ude00");
    check("lossy", new TextDecoder().decode(new Uint8Array([0x61, 0xff])) === "a\ufffd");
    try { new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xff])); failures.push("fatal"); } catch {}
    const original = { a: [1, { b: new Map([[1, new Set([2])]]) }], n: 1n, bytes: new Uint8Array([1]) };
    original.self = original;
    const copy = structuredClone(original);
    check("clone", copy !== original && copy.self === copy && copy.a[1].b.get(1).has(2) && copy.bytes[0] === 1);
    try { structuredClone(() => {}); failures.push("clone of a function"); } catch {}
    const controller = new AbortController();
    let heard = 0;
    controller.signal.addEventListener("abort", () => heard++);
    controller.abort();
    controller.abort();
    check("abort", controller.signal.aborted && heard === 1 && controller.signal.reason.name === "AbortError");
    return failures.join();
}


export function values() {
    const failures = [];
    const check = (name, holds) => { if (!holds) failures.push(name); };
    const same = (a, b) => JSON.stringify(a, (_, v) => typeof v === "bigint" ? `${v}n` : v) ===
        JSON.stringify(b, (_, v) => typeof v === "bigint" ? `${v}n` : v);
    check("u64 is a bigint", addUp(1, 2n) === 3n && addUp(2n ** 64n - 1n, 0) === 18446744073709551615n);
    check("i32 is a number", addSmall(-5, 2n) === -3);
    const person = { name: "Ada", age: 36, balance: 2n ** 53n, note: undefined, more: "ignored" };
    check("struct", same(birthday(person), { name: "Ada", age: 37, balance: 9007199254740992n, note: null }));
    check("option", birthday({ name: "", age: 0, balance: 0, note: "x" }).note === "x");
    check("unit variant", turn("Nothing") === "Nothing");
    check("newtype variant", same(turn({ Circle: 2 }), { Circle: 2 }));
    check("tuple variant", same(turn({ Rect: [1, 2] }), { Rect: [2, 1] }));
    check("struct variant", same(turn({ Named: { name: "n", at: -1 } }), { Named: { name: "n", at: -1n } }));
    const counts = histogram(new Uint8Array([1, 1, 7]));
    check("map with numbers", counts instanceof Map && counts.get(1) === 2 && counts.get(7) === 1);
    const words = lengths(["a", "bb", "__proto__"]);
    check("map with names", Object.getPrototypeOf(words) === null && words.bb === 2 && words.__proto__ === 9);
    const bytes = echo(new Uint8Array([0, 255]).buffer);
    check("bytes", bytes instanceof Uint8Array && bytes.length === 2 && bytes[1] === 255);
    const large = new Uint8Array(300000).fill(7);
    check("large bytes", echo(large).every((byte) => byte === 7) && echo(large).length === 300000);
    check("part of a buffer", same([...echo(large.subarray(1, 3))], [7, 7]));
    return failures.join();
}


export const taken = (text, small, large, list, map, nothing, bytes) =>
    [text, typeof small, typeof large, list.join("+"), map.a, nothing === null, bytes.length].join();
export const given = () => ({ a: 1, b: [2.5, -3], c: "x", d: null, e: 2n ** 40n, f: new Uint8Array(2) });
export const nothing = () => {};


const cyclic = []; cyclic.push(cyclic);
const person = { name: "Ada", age: 1, balance: 1, note: null };
const detached = new ArrayBuffer(8);
if (detached.transfer) detached.transfer();
const cases = [
    [TypeError, "argument `a`: expected an integer, got a string", () => addUp("1", 2)],
    [TypeError, "argument `b`: expected an integer, got undefined", () => addUp(1)],
    [TypeError, "argument `a`: expected an integer, got 1.5", () => addUp(1.5, 1)],
    [TypeError, "argument `a`: expected an integer, got NaN", () => addUp(NaN, 1)],
    [RangeError, "does not fit `u64`", () => addUp(-1, 1)],
    [RangeError, "a bigint of more than 64 bits", () => addUp(2n ** 64n, 1)],
    [RangeError, "a bigint of more than 64 bits", () => addUp(-(2n ** 63n) - 1n, 1)],
    [RangeError, "not exact as a number", () => addUp(2 ** 60, 1)],
    [RangeError, "does not fit `i32`", () => addSmall(2 ** 31, 1)],
    [TypeError, "takes 2 arguments, got 3", () => addSmall(1, 1, 1)],
    [TypeError, "argument `person`: expected an object, got null", () => birthday(null)],
    [TypeError, "argument `person`: expected an object, got an array", () => birthday([])],
    [RangeError, "argument `person`.age: 256 does not fit `u8`", () => birthday({ ...person, age: 256 })],
    [TypeError, "argument `person`.name: expected a string, got a symbol", () => birthday({ ...person, name: Symbol() })],
    [TypeError, "got a promise", () => birthday(Promise.resolve(person))],
    [TypeError, "`Oval` is not one of its variants", () => turn("Oval")],
    [TypeError, "the variant `Circle` has a payload", () => turn("Circle")],
    [TypeError, "expected an object of one member, got 2", () => turn({ Circle: 1, Rect: [1, 2] })],
    [TypeError, "argument `shape`.Rect: expected 2 elements, got 3", () => turn({ Rect: [1, 2, 3] })],
    [TypeError, "expected a Uint8Array, got an array", () => echo([1, 2])],
    [TypeError, "argument `words`[1]: expected a string, got a number", () => lengths(["a", 1])],
    [TypeError, "half a surrogate pair", () => greet("\ud800")],
    [TypeError, "argument `words`[0]: expected a string, got an array", () => lengths(cyclic)],
];
if (detached.detached) cases.push([TypeError, "its buffer is detached", () => echo(detached)]);
export function misfits() {
    const failures = [];
    for (const [type, text, attempt] of cases) {
        try { attempt(); failures.push(`${text}: no error`); }
        catch (error) {
            if (!(error instanceof type) || !error.message.includes(text)) failures.push(`${text}: ${error}`);
        }
    }
    return failures.join("\n");
}


export function methods() {
    const store = openToWrite("notes");
    set(store, "k", new Uint8Array([1]), null);
    const both = [get(store, "k"), store.get("k")].map((value) => value[0]).join();
    store.close();
    let code;
    try { store.get("k"); } catch (error) { code = error.code; }
    return [Object.prototype.toString.call(store), both, code].join();
}


export function forgeries() {
    const store = openToWrite("notes");
    const attempts = [
        () => get(1, "k"), () => get(1n, "k"), () => get({}, "k"), () => get({ id: 1n }, "k"),
        () => get(Object.create(Object.getPrototypeOf(store)), "k"),
        () => store.get.call({}, "k"),
        () => new store.constructor(),
        () => get(new Proxy(store, {}), "k"),
        () => get(structuredClone(store), "k"),
    ];
    return attempts.filter((attempt) => {
        try { attempt(); return true; } catch (error) { return !(error instanceof TypeError); }
    }).map(String).join();
}


export function dropped() {
    // a host holds at most 1,024
    for (let at = 0; at < 10000; at++) openToWrite("notes");
}
export function closed() {
    for (let at = 0; at < 5000; at++) openToWrite("notes").close();
}


export function throws() {
  throw new RangeError("too much");
}
export const odd = (which) => {
  throw ["text", 7, null, undefined, Symbol("s"), {}, new Proxy({}, { get() { throw 1; } }), () => {}][which];
};
export const again = () => 7;
export const passing = (name) => pass(name);
export function detail(name) {
  try { pass(name); } catch (error) {
    return [error.name, error.code, error.status, error.detail, error.message].join("|");
  }
}

// contracts: one by the default export, one by its entry's name
export default {
  greetBack: (name, times) => `${name} ${typeof times} ${times}`,
  older: (person) => ({ ...person, age: person.age + 1, balance: person.balance * 2n }),
};
export const counterV1Next = (number) => number + 1n;
