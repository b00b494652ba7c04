/** An error of a host function, or a call that the host refuses. */
declare class HostError extends Error {
    constructor(message: string, code: string, status: number, statusName: string, detail?: unknown);
    /** The stable code of the error: `no_such_store`. */
    readonly code: string;
    /** The status of the call, a negative number. */
    readonly status: number;
    /** The name of the status: `NO_CAPABILITY`. */
    readonly statusName: string;
    /** What the function adds to the error. */
    readonly detail: unknown;
}

interface Console {
    assert(holds?: boolean, ...values: any[]): void;
    debug(...values: any[]): void;
    error(...values: any[]): void;
    info(...values: any[]): void;
    log(...values: any[]): void;
    trace(...values: any[]): void;
    warn(...values: any[]): void;
}
/** Writes to the host's log. */
declare var console: Console;

interface TextEncoder {
    readonly encoding: string;
    encode(text?: string): Uint8Array<ArrayBuffer>;
    encodeInto(text: string, target: Uint8Array): { read: number; written: number };
}
declare var TextEncoder: typeof globalThis extends { onmessage: any; TextEncoder: infer T } ? T : {
    prototype: TextEncoder;
    new (): TextEncoder;
};

interface TextDecoder {
    readonly encoding: string;
    readonly fatal: boolean;
    readonly ignoreBOM: boolean;
    decode(bytes?: ArrayBuffer | ArrayBufferView): string;
}
declare var TextDecoder: typeof globalThis extends { onmessage: any; TextDecoder: infer T } ? T : {
    prototype: TextDecoder;
    new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder;
};

interface Event {
    readonly type: string;
    readonly target: EventTarget | null;
    readonly defaultPrevented: boolean;
    preventDefault(): void;
}
declare var Event: typeof globalThis extends { onmessage: any; Event: infer T } ? T : {
    prototype: Event;
    new (type: string): Event;
};

interface EventTarget {
    addEventListener(type: string, listener: (event: Event) => void, options?: { once?: boolean }): void;
    removeEventListener(type: string, listener: (event: Event) => void): void;
    dispatchEvent(event: Event): boolean;
}
declare var EventTarget: typeof globalThis extends { onmessage: any; EventTarget: infer T } ? T : {
    prototype: EventTarget;
    new (): EventTarget;
};

interface AbortSignal extends EventTarget {
    readonly aborted: boolean;
    readonly reason: any;
    throwIfAborted(): void;
}
declare var AbortSignal: typeof globalThis extends { onmessage: any; AbortSignal: infer T } ? T : {
    prototype: AbortSignal;
    abort(reason?: any): AbortSignal;
};

interface AbortController {
    readonly signal: AbortSignal;
    abort(reason?: any): void;
}
declare var AbortController: typeof globalThis extends { onmessage: any; AbortController: infer T } ? T : {
    prototype: AbortController;
    new (): AbortController;
};

declare function atob(data: string): string;
declare function btoa(data: string): string;
declare function structuredClone<T = any>(value: T): T;
