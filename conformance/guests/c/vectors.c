/* The vectors of the ABI, on the guest's side. */

#include "guest.h"

/* Takes an array of the values apart, and begins to write them again. */
#define BEGIN(count)                                        \
    hostfn_reader r = hostfn_read(args.ptr, args.len);      \
    hostfn_read_tuple(&r, count)

#define END(...)                                            \
    if (!hostfn_read_all(&r)) {                             \
        return false;                                       \
    }                                                       \
    hostfn_writer w = hostfn_write();                       \
    __VA_ARGS__                                             \
    *written = hostfn_written(&w);                          \
    return true

#define ONE(type, name, value)                              \
    do {                                                    \
        type a;                                             \
        BEGIN(1);                                           \
        hostfn_read_##name(&r, &a);                         \
        END(hostfn_write_array(&w, 1); hostfn_write_##name(&w, value);); \
    } while (false)

static bool is(hostfn_str params, hostfn_str wanted) {
    return hostfn_equal(params, wanted);
}

static bool nothing(hostfn_bytes args, hostfn_bytes *written) {
    if (args.len == 0) {
        *written = args;
        return true;
    }
    BEGIN(0);
    END();
}

static bool two(hostfn_bytes args, hostfn_bytes *written) {
    uint64_t a, b;
    BEGIN(2);
    hostfn_read_u64(&r, &a);
    hostfn_read_u64(&r, &b);
    END(hostfn_write_array(&w, 2); hostfn_write_u64(&w, a); hostfn_write_u64(&w, b););
}

/* A sequence of 64-bit numbers, which no host function takes. */
static bool numbers(hostfn_bytes args, hostfn_bytes *written) {
    BEGIN(1);
    uint32_t len = hostfn_read_array(&r);
    uint64_t *items = (uint64_t *)hostfn_alloc_items(len, sizeof *items);
    for (uint32_t i = 0; i < len && !r.bad; i++) {
        hostfn_read_u64(&r, &items[i]);
    }
    END(hostfn_write_array(&w, 1); hostfn_write_array(&w, len); for (uint32_t i = 0; i < len; i++) {
        hostfn_write_u64(&w, items[i]);
    });
}

bool vector_again(hostfn_str params, hostfn_bytes args, hostfn_bytes *written) {
    if (is(params, HOSTFN_STR("()"))) {
        return nothing(args, written);
    }
    if (is(params, HOSTFN_STR("(name: str)"))) {
        ONE(hostfn_str, str, a);
    }
    if (is(params, HOSTFN_STR("(a: u64)"))) {
        ONE(uint64_t, u64, a);
    }
    if (is(params, HOSTFN_STR("(a: u8)"))) {
        ONE(uint8_t, u8, a);
    }
    if (is(params, HOSTFN_STR("(a: any)"))) {
        ONE(hostfn_raw, raw, a);
    }
    if (is(params, HOSTFN_STR("(a: u64, b: u64)"))) {
        return two(args, written);
    }
    if (is(params, HOSTFN_STR("(a: i64)"))) {
        ONE(int64_t, i64, a);
    }
    if (is(params, HOSTFN_STR("(x: f64)"))) {
        ONE(double, f64, a);
    }
    if (is(params, HOSTFN_STR("(b: bytes)"))) {
        ONE(hostfn_bytes, bytes, a);
    }
    if (is(params, HOSTFN_STR("(v: seq<u64>)"))) {
        return numbers(args, written);
    }
    if (is(params, HOSTFN_STR("(o: option<u32>)"))) {
        ONE(hostfn_option_u32, option_u32, &a);
    }
    if (is(params, HOSTFN_STR("(r: struct{id: u64, name: str})"))) {
        ONE(Record, Record, &a);
    }
    if (is(params, HOSTFN_STR("(e: enum{A, B(u32), C{x: i16}})"))) {
        ONE(Choice, Choice, &a);
    }
    __builtin_trap();
}
