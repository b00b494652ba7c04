// Runs before any plugin. It makes the globals that a plugin expects and that need no authority, and returns the
// functions that the engine calls. It keeps what it uses: a plugin that replaces a global does not change it.
(natives) => {
  "use strict";
  const { log, encode, decode } = natives;
  const { defineProperty, freeze, getPrototypeOf, setPrototypeOf, create, keys } = Object;
  const { apply } = Reflect;
  const uncurry = (method) => (self, ...args) => apply(method, self, args);
  const NativeMap = Map, NativeSet = Set, NativeError = Error, NativeString = String, NativeDomain = TypeError;
  const mapSet = uncurry(Map.prototype.set), mapGet = uncurry(Map.prototype.get), mapHas = uncurry(Map.prototype.has);
  const mapForEach = uncurry(Map.prototype.forEach), setAdd = uncurry(Set.prototype.add);
  const setForEach = uncurry(Set.prototype.forEach);
  const stringify = JSON.stringify, isArray = Array.isArray;
  const hidden = (target, name, value) =>
    defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false });
  const global = (name, value) => hidden(globalThis, name, value);

  class HostError extends NativeError {
    constructor(message, code, status, statusName, detail) {
      super(message);
      hidden(this, "code", code);
      hidden(this, "status", status);
      hidden(this, "statusName", statusName);
      hidden(this, "detail", detail);
    }
  }
  hidden(HostError.prototype, "name", "HostError");
  global("HostError", HostError);

  // console
  const show = (value) => {
    if (typeof value === "string") return value;
    if (value instanceof NativeError) return describe(value);
    if (typeof value === "bigint") return `${value}n`;
    if (typeof value !== "object" || value === null) return NativeString(value);
    try {
      const text = stringify(value, (_, inner) => (typeof inner === "bigint" ? `${inner}n` : inner));
      return text === undefined ? NativeString(value) : text;
    } catch {
      return "[object]";
    }
  };
  const write = (level) => (...values) => {
    let line = "";
    for (let at = 0; at < values.length; at++) line += (at ? " " : "") + show(values[at]);
    log(level, line);
  };
  const lines = { trace: write(0), debug: write(1), log: write(2), info: write(2), warn: write(3), error: write(4) };
  lines.assert = (holds, ...values) => { if (!holds) lines.error("assertion failed:", ...values); };
  global("console", lines);

  // An error as text: its class, its message and its stack.
  const describe = (error) => {
    const name = typeof error.name === "string" ? error.name : "Error";
    const message = typeof error.message === "string" ? error.message : "";
    const stack = typeof error.stack === "string" ? error.stack : "";
    let text = message ? `${name}: ${message}` : name;
    const trimmed = apply(NativeString.prototype.trimEnd, stack, []);
    if (trimmed) text += `\n${trimmed}`;
    return text;
  };

  // text
  global("TextEncoder", class TextEncoder {
    get encoding() { return "utf-8"; }
    encode(text = "") { return encode(`${text}`); }
    encodeInto(text, target) {
      // whole characters, as many as fit
      let read = 0, written = 0;
      for (const char of `${text}`) {
        const bytes = encode(char);
        if (written + bytes.length > target.length) break;
        target.set(bytes, written);
        written += bytes.length;
        read += char.length;
      }
      return { read, written };
    }
  });
  global("TextDecoder", class TextDecoder {
    #fatal; #ignoreBOM;
    constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
      const name = `${label}`.trim().toLowerCase();
      if (name !== "utf-8" && name !== "utf8" && name !== "unicode-1-1-utf-8") {
        throw new RangeError(`the encoding ${label} is not there; utf-8 is`);
      }
      this.#fatal = !!fatal;
      this.#ignoreBOM = !!ignoreBOM;
    }
    get encoding() { return "utf-8"; }
    get fatal() { return this.#fatal; }
    get ignoreBOM() { return this.#ignoreBOM; }
    decode(bytes = new Uint8Array(), { stream = false } = {}) {
      if (stream) throw new TypeError("a stream of pieces is not there; decode the whole");
      const view = ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : bytes;
      return decode(view, this.#fatal, this.#ignoreBOM);
    }
  });

  // base64, of a string whose characters are bytes
  const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  global("btoa", (data) => {
    const text = `${data}`;
    let out = "";
    for (let at = 0; at < text.length; at += 3) {
      const [a, b, c] = [text.charCodeAt(at), text.charCodeAt(at + 1), text.charCodeAt(at + 2)];
      if (a > 255 || b > 255 || c > 255) throw new RangeError("btoa: a character above 255 is no byte");
      const bits = (a << 16) | ((b || 0) << 8) | (c || 0);
      out += DIGITS[bits >> 18] + DIGITS[(bits >> 12) & 63];
      out += at + 1 < text.length ? DIGITS[(bits >> 6) & 63] : "=";
      out += at + 2 < text.length ? DIGITS[bits & 63] : "=";
    }
    return out;
  });
  global("atob", (data) => {
    let text = `${data}`.replace(/[\t\n\f\r ]/g, "");
    if (text.length % 4 === 0) text = text.replace(/==?$/, "");
    if (text.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(text)) throw new SyntaxError("atob: this is not base64");
    let out = "", bits = 0, count = 0;
    for (const char of text) {
      bits = ((bits << 6) | DIGITS.indexOf(char)) & 0xffffff;
      count += 6;
      if (count >= 8) {
        count -= 8;
        out += NativeString.fromCharCode((bits >> count) & 255);
      }
    }
    return out;
  });

  // structuredClone: copies of data; functions and handles cannot be copied
  global("structuredClone", (root) => {
    const seen = new NativeMap();
    const clone = (value) => {
      if (typeof value === "function" || typeof value === "symbol") {
        throw new TypeError(`structuredClone: a ${typeof value} cannot be copied`);
      }
      if (typeof value !== "object" || value === null) return value;
      if (mapHas(seen, value)) return mapGet(seen, value);
      const keep = (copy) => { mapSet(seen, value, copy); return copy; };
      if (isArray(value)) {
        const copy = keep(new Array(value.length));
        for (const key of keys(value)) copy[key] = clone(value[key]);
        return copy;
      }
      if (value instanceof ArrayBuffer) return keep(value.slice(0));
      if (ArrayBuffer.isView(value)) return keep(new value.constructor(value));
      if (value instanceof NativeMap) {
        const copy = keep(new NativeMap());
        mapForEach(value, (inner, key) => mapSet(copy, clone(key), clone(inner)));
        return copy;
      }
      if (value instanceof NativeSet) {
        const copy = keep(new NativeSet());
        setForEach(value, (inner) => setAdd(copy, clone(inner)));
        return copy;
      }
      if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
      if (value instanceof NativeError) {
        const copy = keep(create(getPrototypeOf(value)));
        for (const key of ["name", "message", "stack", "cause"]) {
          if (key in value) hidden(copy, key, clone(value[key]));
        }
        return copy;
      }
      const kind = getPrototypeOf(value);
      if (kind !== null && kind !== Object.prototype && value[Symbol.toStringTag] !== undefined) {
        throw new TypeError(`structuredClone: a ${value[Symbol.toStringTag]} cannot be copied`);
      }
      const copy = keep({});
      for (const key of keys(value)) copy[key] = clone(value[key]);
      return copy;
    };
    return clone(root);
  });

  // events, as far as an abort signal needs them
  class Event {
    constructor(type) { this.type = `${type}`; this.target = null; this.defaultPrevented = false; }
    preventDefault() { this.defaultPrevented = true; }
  }
  class EventTarget {
    #listeners = new NativeMap();
    addEventListener(type, listener, { once = false } = {}) {
      const all = this.#listeners.get(type) ?? [];
      if (!all.some((entry) => entry.listener === listener)) all.push({ listener, once });
      this.#listeners.set(type, all);
    }
    removeEventListener(type, listener) {
      const all = this.#listeners.get(type) ?? [];
      this.#listeners.set(type, all.filter((entry) => entry.listener !== listener));
    }
    dispatchEvent(event) {
      event.target = this;
      for (const { listener, once } of [...(this.#listeners.get(event.type) ?? [])]) {
        if (once) this.removeEventListener(event.type, listener);
        if (typeof listener === "function") apply(listener, this, [event]);
        else listener.handleEvent(event);
      }
      const handler = this[`on${event.type}`];
      if (typeof handler === "function") apply(handler, this, [event]);
      return !event.defaultPrevented;
    }
  }
  const abortError = () => hidden(new NativeError("the operation was aborted"), "name", "AbortError");
  class AbortSignal extends EventTarget {
    aborted = false;
    reason = undefined;
    throwIfAborted() { if (this.aborted) throw this.reason; }
    static abort(reason = abortError()) {
      const signal = new AbortSignal();
      signal.aborted = true;
      signal.reason = reason;
      return signal;
    }
  }
  class AbortController {
    signal = new AbortSignal();
    abort(reason = abortError()) {
      if (this.signal.aborted) return;
      this.signal.aborted = true;
      this.signal.reason = reason;
      this.signal.dispatchEvent(new Event("abort"));
    }
  }
  global("Event", Event);
  global("EventTarget", EventTarget);
  global("AbortSignal", AbortSignal);
  global("AbortController", AbortController);

  // chance is authority: two runs must not differ unless the host grants it
  delete Math.random;

  return {
    hostError: (message, code, status, statusName, detail) => new HostError(message, code, status, statusName, detail),
    map: (flat) => {
      const map = new NativeMap();
      for (let at = 0; at < flat.length; at += 2) mapSet(map, flat[at], flat[at + 1]);
      return map;
    },
    entries: (map) => {
      const flat = [];
      let at = 0;
      mapForEach(map, (value, key) => {
        defineProperty(flat, at++, { value: key });
        defineProperty(flat, at++, { value });
      });
      return flat;
    },
    parts: (error) => {
      if (error instanceof HostError) {
        const code = typeof error.code === "string" ? error.code : undefined;
        const status = error.status | 0;
        const text = typeof error.message === "string" ? error.message : "";
        return { status: status < 0 ? status : -6, code, text, detail: error.detail };
      }
      const text = error instanceof NativeError ? describe(error) : `thrown: ${show(error)}`;
      return { status: -6, code: undefined, text };
    },
  };
}
