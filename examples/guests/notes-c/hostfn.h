/* hostfn.h: what a guest in C needs to speak version 1 of the hostfn ABI.
 *
 * C99, freestanding, for clang's wasm32 target; include it in one file only.
 *
 * Lifetimes
 *   All memory is one arena above the static data. The host's blocks (`plugin_alloc`) and the guest's own
 *   (`hostfn_alloc`) come from it, and nothing is ever freed by itself: `hostfn_begin`, the first thing that
 *   an export does, keeps the arguments and empties the rest. So a pointer into the arena is good until the
 *   export is called the next time, which is as long as the host needs a result.
 *   A reply that fits the window is overwritten by the next call of a host function.
 *   An export must not be called while another one is running.
 */
#ifndef HOSTFN_H
#define HOSTFN_H

#include <stdbool.h>
#include <stdint.h>

#define HOSTFN_IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define HOSTFN_EXPORT(name) __attribute__((export_name(name)))

enum {
    HOSTFN_OK = 0,
    HOSTFN_NO_CAPABILITY = -1,
    HOSTFN_QUOTA_EXCEEDED = -2,
    HOSTFN_BAD_INPUT = -3,
    HOSTFN_INTERNAL = -4,
    HOSTFN_NOT_FOUND = -5,
    HOSTFN_FAILED = -6,
    HOSTFN_NO_ROOM = -7,
};

enum { HOSTFN_TRACE, HOSTFN_DEBUG, HOSTFN_INFO, HOSTFN_WARN, HOSTFN_ERROR };

typedef struct {
    const uint8_t *ptr;
    uint32_t len;
} hostfn_slice;

#define HOSTFN_TEXT(literal) ((hostfn_slice){(const uint8_t *)(literal), sizeof(literal) - 1})

HOSTFN_IMPORT("host", "host_log") void host_log(int32_t level, const uint8_t *ptr, uint32_t len);
HOSTFN_IMPORT("host", "host_set_result") void host_set_result(const uint8_t *ptr, uint32_t len);
HOSTFN_IMPORT("host", "host_set_window") int32_t host_set_window(uint8_t *ptr, uint32_t cap);
HOSTFN_IMPORT("host", "host_result_ptr") const uint8_t *host_result_ptr(void);

/* ---- memory ---- */

extern uint8_t __heap_base[];

static uint8_t *hostfn_top = __heap_base;
static uint8_t hostfn_window[4096];

/* A block for the host to write to; NULL when the memory can grow no further. Bytes need no alignment. */
HOSTFN_EXPORT("plugin_alloc") uint8_t *plugin_alloc(uint32_t len) {
    const uint64_t page = 65536;
    uint8_t *block = hostfn_top;
    uint64_t end = (uint64_t)(uintptr_t)block + len;
    uint64_t size = __builtin_wasm_memory_size(0) * page;
    if (end > UINT32_MAX) {
        return 0;
    }
    if (end > size && __builtin_wasm_memory_grow(0, (end - size + page - 1) / page) == SIZE_MAX) {
        return 0;
    }
    hostfn_top = (uint8_t *)(uintptr_t)end;
    return block;
}

/* A block of the guest's own. Without memory there is no way on, so it traps. */
static inline uint8_t *hostfn_alloc(uint32_t len) {
    uint8_t *block = plugin_alloc(len);
    if (!block) {
        __builtin_trap();
    }
    return block;
}

/* Begins an export: empties the arena but for the arguments, which move to its start. */
static inline hostfn_slice hostfn_begin(const uint8_t *args, uint32_t len) {
    hostfn_top = __heap_base;
    uint8_t *kept = hostfn_alloc(len);
    __builtin_memmove(kept, args, len);
    return (hostfn_slice){kept, len};
}

/* Tells the host of the reply window: for `plugin_init`, which returns a status as this does. */
static inline int32_t hostfn_set_window(void) {
    return host_set_window(hostfn_window, sizeof hostfn_window);
}

/* ---- MessagePack ---- */

/* The markers of one kind of value; 0 for a form that the kind does not have. */
typedef struct {
    uint8_t fix, fix_max, len8, len16, len32;
} hostfn_form;

static const hostfn_form HOSTFN_STR = {0xa0, 31, 0xd9, 0xda, 0xdb};
static const hostfn_form HOSTFN_BIN = {0, 0, 0xc4, 0xc5, 0xc6};
static const hostfn_form HOSTFN_ARRAY = {0x90, 15, 0, 0xdc, 0xdd};
static const hostfn_form HOSTFN_MAP = {0x80, 15, 0, 0xde, 0xdf};

/* Once something is wrong `bad` stays set and everything read is empty, so that one test at the end,
 * `hostfn_read_all`, is enough. */
typedef struct {
    const uint8_t *at;
    uint32_t left;
    bool bad;
} hostfn_reader;

static inline hostfn_reader hostfn_read(hostfn_slice bytes) {
    return (hostfn_reader){bytes.ptr, bytes.len, false};
}

/* Whether everything was what it should be, and nothing is left. */
static inline bool hostfn_read_all(const hostfn_reader *r) {
    return !r->bad && r->left == 0;
}

static inline hostfn_slice hostfn_take(hostfn_reader *r, uint32_t len) {
    if (r->bad || len > r->left) {
        r->bad = true;
        return (hostfn_slice){r->at, 0};
    }
    hostfn_slice taken = {r->at, len};
    r->at += len;
    r->left -= len;
    return taken;
}

static inline uint32_t hostfn_read_uint(hostfn_reader *r, uint32_t size) {
    hostfn_slice bytes = hostfn_take(r, size);
    uint32_t n = 0;
    for (uint32_t i = 0; i < bytes.len; i++) {
        n = n << 8 | bytes.ptr[i];
    }
    return n;
}

static inline uint32_t hostfn_read_head(hostfn_reader *r, hostfn_form form) {
    uint8_t marker = (uint8_t)hostfn_read_uint(r, 1);
    if (form.fix && (marker & ~form.fix_max) == form.fix) {
        return marker & form.fix_max;
    }
    if (marker && marker == form.len8) {
        return hostfn_read_uint(r, 1);
    }
    if (marker == form.len16) {
        return hostfn_read_uint(r, 2);
    }
    if (marker == form.len32) {
        return hostfn_read_uint(r, 4);
    }
    r->bad = true;
    return 0;
}

static inline uint32_t hostfn_read_array(hostfn_reader *r) {
    return hostfn_read_head(r, HOSTFN_ARRAY);
}

static inline bool hostfn_is_utf8(hostfn_slice text) {
    const uint8_t *p = text.ptr, *end = text.ptr + text.len;
    while (p < end) {
        uint8_t lead = *p++;
        if (lead < 0x80) {
            continue;
        }
        uint32_t more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        if (lead < 0xc2 || lead > 0xf4 || end - p < (int32_t)more) {
            return false;
        }
        /* the second byte tells overlong forms, surrogates and what lies beyond U+10FFFF */
        uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        if (*p < low || *p > high) {
            return false;
        }
        for (p++; more > 1; more--) {
            if ((*p++ & 0xc0) != 0x80) {
                return false;
            }
        }
    }
    return true;
}

static inline hostfn_slice hostfn_read_str(hostfn_reader *r) {
    uint32_t len = hostfn_read_head(r, HOSTFN_STR);
    hostfn_slice text = hostfn_take(r, len);
    r->bad = r->bad || !hostfn_is_utf8(text);
    return text;
}

static inline hostfn_slice hostfn_read_bin(hostfn_reader *r) {
    uint32_t len = hostfn_read_head(r, HOSTFN_BIN);
    return hostfn_take(r, len);
}

static inline uint32_t hostfn_read_map(hostfn_reader *r) {
    return hostfn_read_head(r, HOSTFN_MAP);
}

static inline uint64_t hostfn_read_u64(hostfn_reader *r) {
    uint8_t marker = (uint8_t)hostfn_read_uint(r, 1);
    if (marker < 0x80) {
        return marker;
    }
    if (marker == 0xcf) {
        uint64_t high = hostfn_read_uint(r, 4);
        return high << 32 | hostfn_read_uint(r, 4);
    }
    if (marker >= 0xcc && marker <= 0xce) {
        return hostfn_read_uint(r, 1u << (marker - 0xcc));
    }
    r->bad = true;
    return 0;
}

/* Whether there is nothing where a value could be; if so, that is read. */
static inline bool hostfn_read_nil(hostfn_reader *r) {
    bool nil = !r->bad && r->left > 0 && *r->at == 0xc0;
    if (nil) {
        hostfn_take(r, 1);
    }
    return nil;
}

static inline bool hostfn_same(hostfn_slice a, hostfn_slice b) {
    uint32_t same = 0;
    while (same < a.len && same < b.len && a.ptr[same] == b.ptr[same]) {
        same++;
    }
    return same == a.len && same == b.len;
}

/* Reads on behind a value of any kind, as deep as it may be. */
static inline void hostfn_skip(hostfn_reader *r) {
    for (uint64_t values = 1; values > 0 && !r->bad; values--) {
        uint8_t marker = r->left > 0 ? *r->at : 0xc1;
        if ((marker & 0xf0) == 0x90 || marker == 0xdc || marker == 0xdd) {
            values += hostfn_read_array(r);
        } else if ((marker & 0xf0) == 0x80 || marker == 0xde || marker == 0xdf) {
            values += 2 * (uint64_t)hostfn_read_map(r);
        } else if ((marker & 0xe0) == 0xa0 || (marker >= 0xd9 && marker <= 0xdb)) {
            hostfn_read_str(r);
        } else if (marker >= 0xc4 && marker <= 0xc6) {
            hostfn_read_bin(r);
        } else {
            /* the fixed ones: nil, booleans, floats, and integers of 1 to 8 bytes */
            static const uint8_t fixed[] = {4, 8, 1, 2, 4, 8, 1, 2, 4, 8};
            bool small = marker < 0x80 || marker >= 0xe0 || marker == 0xc0 || marker == 0xc2 || marker == 0xc3;
            bool known = small || (marker >= 0xca && marker <= 0xd3);
            hostfn_take(r, small ? 1 : known ? 1 + fixed[marker - 0xca] : 0);
            r->bad = r->bad || !known;
        }
    }
}

/* What a header takes at most, and an integer. */
enum { HOSTFN_HEAD = 5, HOSTFN_INT = 9 };

typedef struct {
    uint8_t *start;
    uint32_t len, cap;
} hostfn_writer;

/* A writer with room for `cap` bytes. To write more is a mistake in the guest, and traps. */
static inline hostfn_writer hostfn_write(uint32_t cap) {
    return (hostfn_writer){hostfn_alloc(cap), 0, cap};
}

static inline hostfn_slice hostfn_written(const hostfn_writer *w) {
    return (hostfn_slice){w->start, w->len};
}

static inline void hostfn_put(hostfn_writer *w, hostfn_slice bytes) {
    if (bytes.len > w->cap - w->len) {
        __builtin_trap();
    }
    __builtin_memcpy(w->start + w->len, bytes.ptr, bytes.len);
    w->len += bytes.len;
}

static inline void hostfn_write_uint(hostfn_writer *w, uint8_t marker, uint32_t n, uint32_t size) {
    uint8_t bytes[HOSTFN_HEAD] = {marker};
    for (uint32_t i = 0; i < size; i++) {
        bytes[size - i] = (uint8_t)(n >> 8 * i);
    }
    hostfn_put(w, (hostfn_slice){bytes, 1 + size});
}

/* The shortest form, as the ABI has it. */
static inline void hostfn_write_head(hostfn_writer *w, hostfn_form form, uint32_t len) {
    if (form.fix && len <= form.fix_max) {
        hostfn_write_uint(w, form.fix | (uint8_t)len, 0, 0);
    } else if (form.len8 && len <= UINT8_MAX) {
        hostfn_write_uint(w, form.len8, len, 1);
    } else if (len <= UINT16_MAX) {
        hostfn_write_uint(w, form.len16, len, 2);
    } else {
        hostfn_write_uint(w, form.len32, len, 4);
    }
}

static inline void hostfn_write_nil(hostfn_writer *w) {
    hostfn_write_uint(w, 0xc0, 0, 0);
}

/* The shortest form, as the ABI has it. */
static inline void hostfn_write_u64(hostfn_writer *w, uint64_t n) {
    if (n < 0x80) {
        hostfn_write_uint(w, (uint8_t)n, 0, 0);
    } else if (n <= UINT8_MAX) {
        hostfn_write_uint(w, 0xcc, (uint32_t)n, 1);
    } else if (n <= UINT16_MAX) {
        hostfn_write_uint(w, 0xcd, (uint32_t)n, 2);
    } else if (n <= UINT32_MAX) {
        hostfn_write_uint(w, 0xce, (uint32_t)n, 4);
    } else {
        uint8_t bytes[HOSTFN_INT] = {0xcf};
        for (uint32_t i = 0; i < 8; i++) {
            bytes[8 - i] = (uint8_t)(n >> 8 * i);
        }
        hostfn_put(w, (hostfn_slice){bytes, sizeof bytes});
    }
}

static inline void hostfn_write_array(hostfn_writer *w, uint32_t len) {
    hostfn_write_head(w, HOSTFN_ARRAY, len);
}

static inline void hostfn_write_map(hostfn_writer *w, uint32_t len) {
    hostfn_write_head(w, HOSTFN_MAP, len);
}

static inline void hostfn_write_str(hostfn_writer *w, hostfn_slice text) {
    hostfn_write_head(w, HOSTFN_STR, text.len);
    hostfn_put(w, text);
}

static inline void hostfn_write_bin(hostfn_writer *w, hostfn_slice bytes) {
    hostfn_write_head(w, HOSTFN_BIN, bytes.len);
    hostfn_put(w, bytes);
}

/* ---- calls ---- */

typedef struct {
    int32_t status;
    hostfn_slice bytes;
} hostfn_reply;

/* What a host function's word stands for. A failure without a reply is a positive word: it is its low half
 * that tells. */
static inline hostfn_reply hostfn_reply_of(int64_t word) {
    uint32_t len = (uint32_t)((uint64_t)word >> 32);
    const uint8_t *ptr = len <= sizeof hostfn_window ? hostfn_window : host_result_ptr();
    return (hostfn_reply){(int32_t)word, {ptr, len}};
}

/* Ends an export with these bytes. */
static inline int64_t hostfn_return(int32_t status, hostfn_slice bytes) {
    host_set_result(bytes.ptr, bytes.len);
    return (int64_t)((uint64_t)bytes.len << 32 | (uint32_t)status);
}

/* Ends an export with an error reply. */
static inline int64_t hostfn_fail(int32_t status, hostfn_slice code, hostfn_slice message) {
    hostfn_slice keys[] = {HOSTFN_TEXT("code"), HOSTFN_TEXT("message")};
    hostfn_writer w = hostfn_write(5 * HOSTFN_HEAD + keys[0].len + code.len + keys[1].len + message.len);
    hostfn_write_map(&w, 2);
    hostfn_write_str(&w, keys[0]);
    hostfn_write_str(&w, code);
    hostfn_write_str(&w, keys[1]);
    hostfn_write_str(&w, message);
    return hostfn_return(status, hostfn_written(&w));
}

#endif
