//! Scripts that attack the host, the engine or its own sandbox.

use std::time::{Duration, Instant};

use hostfn::Host;

use crate::support::{grants, pack, registry};

/// Bodies of `run`, each with what it has to end as: an answer, an error of the script, or the end of the instance.
const SCRIPTS: &[(&str, &str)] = &[
    ("stopped", "for (;;) {}"),
    ("stopped", "return [].join.call({ length: 2 ** 53 - 1 }, '')"),
    ("stopped", "return [].reverse.call({ length: 2 ** 53 - 1 })"),
    ("stopped", "return /(a+)+b/.test('a'.repeat(40))"),
    ("stopped", "for (;;) try { for (;;) {} } catch {}"),
    ("stopped", "for (;;) await null"),
    ("stopped", "const f = () => Promise.resolve().then(f); await f()"),
    ("any", "return [].fill.call({ length: 2 ** 53 - 1 }, 0)"),
    ("any", "return 'x'.repeat(2 ** 29).length"),
    ("any", "let s = 'x'; for (;;) s += s"),
    ("any", "const a = []; for (;;) a.push(new Array(100).fill(1))"),
    ("any", "const a = []; for (;;) a.push(new ArrayBuffer(1 << 20))"),
    ("any", "const a = []; for (;;) { try { a.push(new ArrayBuffer(1 << 20)) } catch { return a.length } }"),
    ("any", "let a = null; try { for (;;) a = { a } } catch { a = null; return 'caught' }"),
    ("any", "function f() { return f() + 1 } return f()"),
    ("any", "const f = () => [1].map(f); return f()"),
    ("any", "const o = { toString() { return '' + o } }; return '' + o"),
    ("any", "const p = new Proxy({}, { get: (t, k, r) => r[k] }); return p.x"),
    ("any", "return JSON.parse('['.repeat(1e6))"),
    ("any", "let v = 1; for (let i = 0; i < 1e5; i++) v = [v]; return JSON.stringify(v).length"),
    ("any", "return (0, eval)('('.repeat(1e5) + '1' + ')'.repeat(1e5))"),
    ("any", "return new RegExp('('.repeat(1e5) + ')'.repeat(1e5)).test('')"),
    ("any", "function* g(n) { if (n) yield* g(n - 1) } let n = 0; for (;;) { n += 100; [...g(n)] }"),
    ("ok", "let a = null; for (let i = 0; i < 1e5; i++) a = { a }; a = null; return 'freed'"),
    ("ok", "return String(new Uint8Array(8).subarray(2).byteOffset)"),
    ("any", "return addUp(new Proxy({}, {}), 1)"),
    ("ok", "try { addUp({ valueOf() { return 1n } }, 1) } catch (e) { return e instanceof TypeError }"),
    // getters run before the call, and may call in turn
    (
        "ok",
        "return birthday({ get name() { return greet('Ada') }, age: 1, balance: addUp(1, 1), note: null }).name",
    ),
    (
        "ok",
        "const a = ['x']; Object.defineProperty(a, 0, { get() { addUp(1, 2); return lengths(['y']).y + '' } }); return lengths(a)['1']",
    ),
    (
        "ok",
        "try { birthday({ get name() { throw new SyntaxError('mine') } }) } catch (e) { return e instanceof SyntaxError }",
    ),
    // a getter that shortens what is being read
    (
        "any",
        "const a = ['1', '2', '3']; Object.defineProperty(a, 0, { get() { a.length = 1; return 'x' } }); return lengths(a)",
    ),
    (
        "any",
        "const a = new Proxy(['1', '2'], { get(t, k) { return k === 'length' ? 2 ** 32 - 1 : 'x' } }); return lengths(a)",
    ),
    ("any", "return lengths(new Array(2 ** 32 - 1))"),
    ("any", "return lengths({ length: 2 ** 32 - 1 })"),
    // patched builtins change nothing of what the engine does
    (
        "ok",
        "Object.defineProperty(Object.prototype, 'name', { set() { throw 1 }, get() { return 'p' } }); return birthday({ name: 'a', age: 1, balance: 1, note: null }).name",
    ),
    (
        "ok",
        "Object.defineProperty(Array.prototype, 0, { set() { throw 1 } }); return turn({ Rect: [1, 2] }).Rect.length",
    ),
    ("ok", "globalThis.Map = class { set() { throw 1 } }; return histogram(new Uint8Array(3)).size"),
    ("ok", "Map.prototype.set = () => { throw 1 }; return histogram(new Uint8Array(3)).size"),
    ("ok", "globalThis.HostError = class {}; try { greet('Bob') } catch (e) { return e.code }"),
    (
        "ok",
        "Error.prototype.constructor = null; globalThis.Error = null; try { greet('Bob') } catch (e) { return e.status }",
    ),
    (
        "ok",
        "HostError.prototype.name = { toString() { throw 1 } }; try { greet('Bob') } catch (e) { return e.status }",
    ),
    ("any", "Object.setPrototypeOf(HostError.prototype, null); throw new HostError('x', 'y', -6)"),
    ("any", "throw new HostError('\\ud800', '\\ud800', 5)"),
    ("any", "throw new HostError('m', 'c', -6, 'n', (() => { const a = []; a.push(a); return a })())"),
    ("any", "throw Object.assign(new HostError('m'), { code: 7, status: 2 ** 40 })"),
    ("ok", "Uint8Array.prototype.constructor = null; return echo(new Uint8Array(2)).length"),
    ("ok", "globalThis.Uint8Array = null; return echo(new ArrayBuffer(2)).length"),
    ("ok", "Promise.prototype.then = () => { throw 1 }; return 7"),
    ("ok", "String.prototype.toString = () => { throw 1 }; return greet('Ada')"),
    ("ok", "Symbol.iterator; Array.prototype[Symbol.iterator] = null; return lengths(['a']).a"),
    (
        "ok",
        "Function.prototype.call = Function.prototype.apply = null; return histogram(new Uint8Array(1)).size",
    ),
    (
        "ok",
        "Reflect.apply = null; console.log('x'); return histogram(new Map === 1 ? [] : new Uint8Array(1)).size",
    ),
    // thenables and odd promises
    ("any", "return { then(resolve) { resolve(7) } }"),
    ("any", "return { then() { throw new Error('no') } }"),
    ("any", "return { get then() { for (;;) {} } }"),
    ("any", "return Promise.reject(Object.freeze({}))"),
    // replies that the host has to read
    ("any", "const a = []; a.push(a); return a"),
    ("any", "return () => {}"),
    ("any", "return Symbol('x')"),
    ("any", "return 2n ** 64n"),
    ("any", "return '\\ud800'"),
    ("any", "return new Proxy([], { get() { return 2 ** 32 - 1 } })"),
    ("any", "return new Uint8Array(32 << 20)"),
    ("any", "return new Map([[{}, 1]])"),
    ("any", "return { toJSON() { throw 1 }, get a() { throw 2 } }"),
    // buffers that move
    (
        "any",
        "const b = new ArrayBuffer(8, { maxByteLength: 64 }); const u = new Uint8Array(b); b.resize(2); return echo(u).length",
    ),
    (
        "any",
        "const b = new ArrayBuffer(8, { maxByteLength: 64 }); const u = new Uint8Array(b, 4, 4); b.resize(2); return echo(u).length",
    ),
    ("any", "const b = new ArrayBuffer(8); const u = new Uint8Array(b); b.transfer(); return echo(u).length"),
    // many calls and lines
    ("any", "for (;;) addUp(1, 2)"),
    ("any", "for (;;) { try { greet('Bob') } catch {} }"),
    ("any", "for (;;) console.log('x'.repeat(1000))"),
];

#[test]
fn hostile_scripts_end_where_they_should() {
    assert!(SCRIPTS.len() >= 60);
    // one plugin, because it is compiled once, and an instance of its own for each
    let mut script = "import { addUp, birthday, echo, greet, histogram, lengths, turn } from 'host:host';\n\
        export const again = () => 7;\n"
        .to_owned();
    for (at, (_, body)) in SCRIPTS.iter().enumerate() {
        script += &format!("export async function run{at}() {{ {body} }}\n");
    }
    let mut limits = hostfn_js::limits();
    limits.time = Duration::from_millis(500);
    let host = Host::builder(registry()).limits(limits).build().unwrap();
    let plugin = host.load("script", &pack(&script)).unwrap();
    for (at, (expected, body)) in SCRIPTS.iter().enumerate() {
        let mut plugin = plugin.instantiate(&grants()).unwrap();
        let began = Instant::now();
        let outcome = plugin.call::<_, hostfn::abi::Value>(&format!("run{at}"), ());
        // 500 ms, and what a machine that does something else makes of it
        assert!(began.elapsed() < Duration::from_secs(5), "{body}: {:?}", began.elapsed());
        match (*expected, &outcome) {
            ("ok", Ok(_)) | ("any", _) => {}
            ("stopped", Err(error)) if error.ends_instance() => {}
            _ => panic!("{body}: {outcome:?}"),
        }
        // an error of the script leaves it usable, and anything else says that it does not
        let usable = outcome.as_ref().err().is_none_or(|error| !error.ends_instance());
        let again = plugin.call::<_, u8>("again", ());
        assert_eq!(again.is_ok(), usable, "{body}: {outcome:?}, then {again:?}");
    }
}

#[test]
fn hostile_sources_are_read_inside_the_sandbox() {
    let packer = |text: &str| hostfn_js::Packer::new(&registry()).module("plugin.js", text).pack();
    for text in [
        "(".repeat(100_000),
        "[".repeat(200_000),
        "`${".repeat(50_000),
        "a=".repeat(500_000),
        "/(".repeat(10_000),
    ] {
        let problems = packer(&text).unwrap_err();
        assert!(problems.first().code().to_string().starts_with("H090"), "{problems}");
    }
    // nothing of a module runs when it is packed
    packer("for (;;) {}").unwrap();
    packer("\0\u{feff}").unwrap_err();
}
