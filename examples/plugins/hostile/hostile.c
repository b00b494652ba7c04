/* A plugin that does nothing but harm, each export in its own way. */

#include "hostfn.h"

HOSTFN_EXPORT("spin") int64_t spin(const uint8_t *ptr, uint32_t len) {
    hostfn_begin(ptr, len);
    for (volatile uint32_t i = 0;; i++) {
    }
}

HOSTFN_EXPORT("grow") int64_t grow(const uint8_t *ptr, uint32_t len) {
    hostfn_begin(ptr, len);
    while (__builtin_wasm_memory_grow(0, 16) != (__SIZE_TYPE__)-1) {
    }
    __builtin_trap();
}

static __attribute__((noinline)) uint32_t deeper(uint32_t n) {
    return n == UINT32_MAX ? 0 : (deeper(n + 1) ^ n) * 3;
}

HOSTFN_EXPORT("deep") int64_t deep(const uint8_t *ptr, uint32_t len) {
    hostfn_begin(ptr, len);
    return deeper(len);
}

HOSTFN_EXPORT("flood") int64_t flood(const uint8_t *ptr, uint32_t len) {
    hostfn_begin(ptr, len);
    hostfn_slice line = HOSTFN_TEXT("look at me");
    for (;;) {
        host_log(HOSTFN_ERROR, line.ptr, line.len);
    }
}

/* Names arguments that are not in its memory, and bytes that are malformed arguments. */
HOSTFN_IMPORT("host", "clock") int64_t clock(uint32_t args, uint32_t len);

HOSTFN_EXPORT("lie") int64_t lie(const uint8_t *ptr, uint32_t len) {
    hostfn_begin(ptr, len);
    for (uint32_t at = 0; at < 1000; at++) {
        if ((int32_t)clock(0xfffffff0u - at, 0x7fffffffu) >= 0 || (int32_t)clock(at, at + 1) >= 0) {
            __builtin_trap();
        }
    }
    return hostfn_return(HOSTFN_BAD_INPUT, (hostfn_slice){0, 0});
}
