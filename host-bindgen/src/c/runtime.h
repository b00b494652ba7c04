#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define HOSTFN_VALUE(type) type
extern "C" {
#else
#define HOSTFN_VALUE(type) (type)
#endif

#define HOSTFN_IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define HOSTFN_EXPORT(name) __attribute__((export_name(name)))

/* What is called from everywhere is there once. */
#define HOSTFN_SHARED static inline __attribute__((noinline))

/* How many bytes of reply come without an allocation; define it before the include for another window. */
#ifndef HOSTFN_WINDOW
#define HOSTFN_WINDOW 4096
#endif

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

/* UTF-8, without a NUL at its end. */
typedef struct {
    const char *ptr;
    uint32_t len;
} hostfn_str;

typedef struct {
    const uint8_t *ptr;
    uint32_t len;
} hostfn_bytes;

/* One value of any type, as MessagePack. */
typedef hostfn_bytes hostfn_raw;

/* Nothing; its value means nothing either. */
typedef uint8_t hostfn_unit;

#define HOSTFN_STR(literal) (HOSTFN_VALUE(hostfn_str){(literal), sizeof(literal) - 1})

/* Why a call gave no answer. Code and message are empty where the host told nothing, and so is the detail. */
typedef struct {
    int32_t status;
    hostfn_str code;
    hostfn_str message;
    hostfn_raw detail;
} hostfn_error;

HOSTFN_IMPORT("host", "host_log") void hostfn_import_log(int32_t level, const char *ptr, uint32_t len);
HOSTFN_IMPORT("host", "host_set_result") void hostfn_import_set_result(const uint8_t *ptr, uint32_t len);
HOSTFN_IMPORT("host", "host_set_window") int32_t hostfn_import_set_window(uint8_t *ptr, uint32_t cap);
HOSTFN_IMPORT("host", "host_result_ptr") const uint8_t *hostfn_import_result_ptr(void);

/* Writes a line to the host's log. */
static inline void hostfn_log(int32_t level, hostfn_str line) {
    hostfn_import_log(level, line.ptr, line.len);
}

HOSTFN_SHARED bool hostfn_equal(hostfn_str a, hostfn_str b) {
    bool equal = a.len == b.len;
    for (uint32_t i = 0; equal && i < a.len; i++) {
        equal = a.ptr[i] == b.ptr[i];
    }
    return equal;
}

/* Logs a line and traps: the host's error says it. */
HOSTFN_SHARED void hostfn_panic(hostfn_str line) {
    hostfn_log(HOSTFN_ERROR, line);
    __builtin_trap();
}

#define HOSTFN_TEXT_OF(line) #line
#define HOSTFN_LINE(line) HOSTFN_TEXT_OF(line)
#define HOSTFN_AT __FILE_NAME__ ":" HOSTFN_LINE(__LINE__) ": "

/* Ends the guest unless the condition holds, with its text, the file and the line in the host's log. */
#define HOSTFN_ASSERT(condition) \
    ((condition) ? (void)0 : hostfn_panic(HOSTFN_STR(HOSTFN_AT "assertion failed: " #condition)))

/* ---- memory ---- */

extern uint8_t *hostfn_floor;
extern uint8_t *hostfn_top;
extern uint8_t *hostfn_end;
extern uint8_t hostfn_window[HOSTFN_WINDOW];
extern uint32_t hostfn_window_cap;
extern hostfn_error hostfn_last_error;

/* A block of the arena for the host to write to; NULL when there is no more memory. */
uint8_t *plugin_alloc(uint32_t len);
int32_t plugin_abi_version(void);

/* Makes room for `len` bytes at `hostfn_top`; false when there is no more memory. */
bool hostfn_grow(uint32_t len);

/* Moves the `len` bytes at the arena's end to a place that has room for `more` bytes after them. */
uint8_t *hostfn_move(uint8_t *start, uint32_t len, uint32_t more);

/* Frees everything that the arena was given since `mark`, replies included. */
void hostfn_release(uint8_t *mark);

/* Empties the arena down to `hostfn_floor`, but for these bytes, which may be in it. */
uint8_t *hostfn_restart(const uint8_t *bytes, uint32_t len);

/* Frees what the arena was given since `mark`, but for these bytes, which come after it or are elsewhere. Unless they
 * `stay`, they are good until the arena is given the next block. */
const uint8_t *hostfn_settle(uint8_t *mark, const uint8_t *bytes, uint32_t len, bool stay);

#ifdef HOSTFN_IMPLEMENTATION
/* An entry empties the arena down to the floor. The next block is at the top, if it ends before the end. */
uint8_t *hostfn_floor;
uint8_t *hostfn_top;
uint8_t *hostfn_end;
uint8_t hostfn_window[HOSTFN_WINDOW];
uint32_t hostfn_window_cap;
hostfn_error hostfn_last_error;

HOSTFN_EXPORT("plugin_abi_version") int32_t plugin_abi_version(void) {
    return 1;
}

#if defined(__cplusplus) && !defined(__wasi__) && !defined(__EMSCRIPTEN__)
/* Constructs global objects once. The linker would construct and destroy them around each entry. */
void __wasm_call_ctors(void);
void hostfn_initialize(void);
HOSTFN_EXPORT("_initialize") void hostfn_initialize(void) {
    __wasm_call_ctors();
}
#endif

HOSTFN_EXPORT("plugin_alloc") uint8_t *plugin_alloc(uint32_t len) {
    if (!hostfn_top || len > (uint32_t)(hostfn_end - hostfn_top)) {
        if (!hostfn_grow(len)) {
            return 0;
        }
    }
    uint8_t *block = hostfn_top;
    hostfn_top += len;
    return block;
}

static uint8_t *hostfn_copy(const uint8_t *bytes, uint32_t len) {
    uint8_t *kept = plugin_alloc(len);
    if (!kept) {
        __builtin_trap();
    }
    __builtin_memmove(kept, bytes, len);
    return kept;
}

#if !defined(HOSTFN_MALLOC) && !defined(HOSTFN_OWN_HEAP) && (defined(__wasi__) || defined(__EMSCRIPTEN__))
#define HOSTFN_MALLOC
#endif

#ifdef HOSTFN_MALLOC
/* The arena is chunks that malloc gives. */
void *malloc(size_t size);
void free(void *block);

#ifndef HOSTFN_CHUNK
#define HOSTFN_CHUNK 65520
#endif

/* The data follow. */
typedef struct hostfn_chunk {
    struct hostfn_chunk *below;
    uint8_t *end;
} hostfn_chunk;

static hostfn_chunk *hostfn_chunks;

static bool hostfn_holds(const hostfn_chunk *chunk, const uint8_t *at) {
    return at >= (const uint8_t *)(chunk + 1) && at <= chunk->end;
}

/* Takes the newest chunk out of the arena, unless it is the first one or holds `mark`. */
static hostfn_chunk *hostfn_pop(const uint8_t *mark) {
    hostfn_chunk *chunk = hostfn_chunks;
    if (!chunk || !chunk->below || hostfn_holds(chunk, mark)) {
        return 0;
    }
    hostfn_chunks = chunk->below;
    return chunk;
}

/* Goes on at `mark`, which the newest chunk holds, or else at its start. */
static void hostfn_resume(uint8_t *mark) {
    hostfn_chunk *chunk = hostfn_chunks;
    if (chunk) {
        hostfn_top = hostfn_holds(chunk, mark) ? mark : (uint8_t *)(chunk + 1);
        hostfn_end = chunk->end;
    }
}

bool hostfn_grow(uint32_t len) {
    uint64_t size = sizeof(hostfn_chunk) + (uint64_t)(len > HOSTFN_CHUNK ? len : HOSTFN_CHUNK);
    hostfn_chunk *chunk = size > UINT32_MAX ? 0 : (hostfn_chunk *)malloc((size_t)size);
    if (!chunk) {
        return false;
    }
    chunk->below = hostfn_chunks;
    chunk->end = (uint8_t *)chunk + size;
    hostfn_chunks = chunk;
    hostfn_resume(0);
    return true;
}

uint8_t *hostfn_move(uint8_t *start, uint32_t len, uint32_t more) {
    uint64_t room = (uint64_t)len + (more > len ? more : len);
    if (room > UINT32_MAX || !hostfn_grow((uint32_t)room)) {
        __builtin_trap();
    }
    __builtin_memcpy(hostfn_top, start, len);
    hostfn_top += len;
    return hostfn_top - len;
}

void hostfn_release(uint8_t *mark) {
    for (hostfn_chunk *chunk = hostfn_pop(mark); chunk; chunk = hostfn_pop(mark)) {
        free(chunk);
    }
    hostfn_resume(mark);
}

uint8_t *hostfn_restart(const uint8_t *bytes, uint32_t len) {
    hostfn_chunk *old = 0;
    for (hostfn_chunk *chunk = hostfn_pop(hostfn_floor); chunk; chunk = hostfn_pop(hostfn_floor)) {
        chunk->below = old;
        old = chunk;
    }
    hostfn_resume(hostfn_floor);
    uint8_t *kept = hostfn_copy(bytes, len);
    while (old) {
        hostfn_chunk *chunk = old;
        old = chunk->below;
        free(chunk);
    }
    return kept;
}

const uint8_t *hostfn_settle(uint8_t *mark, const uint8_t *bytes, uint32_t len, bool stay) {
    bool here = hostfn_chunks && hostfn_holds(hostfn_chunks, bytes);
    if (here && !hostfn_holds(hostfn_chunks, mark)) {
        /* they have a chunk of their own, which stays */
        return bytes;
    }
    hostfn_release(mark);
    return stay ? hostfn_copy(bytes, len) : bytes;
}
#else
/* The arena is all memory above the static data. */
extern uint8_t __heap_base[];

#ifndef HOSTFN_OWN_HEAP
#ifdef _STDLIB_H
#error "define HOSTFN_MALLOC, so that the arena of the bindings and malloc do not take the same memory; or \
HOSTFN_OWN_HEAP, if nothing in the guest calls malloc"
#endif
/* Is not null if the guest links an allocator: each has it, and few call it. */
extern void *realloc(void *block, size_t size) __attribute__((weak));
#endif

bool hostfn_grow(uint32_t len) {
    const uint64_t page = 65536;
    uint64_t size = __builtin_wasm_memory_size(0) * page;
    /* the last byte of 4 GiB has no address after it */
    uint8_t *last = (uint8_t *)(uintptr_t)(size > UINT32_MAX ? UINT32_MAX : size);
#ifndef HOSTFN_OWN_HEAP
    if (realloc) {
        hostfn_panic(HOSTFN_STR("the guest links malloc, which takes the same memory as the arena of its bindings; "
                                "define HOSTFN_MALLOC where HOSTFN_IMPLEMENTATION is defined"));
    }
#endif
    if (!hostfn_top) {
        hostfn_top = hostfn_floor = __heap_base;
    } else if (hostfn_end != last) {
        hostfn_panic(HOSTFN_STR("the memory was grown, and not by the arena of the bindings; define HOSTFN_MALLOC where "
                                "HOSTFN_IMPLEMENTATION is defined, and allocate with malloc alone"));
    }
    uint64_t end = (uint64_t)(uintptr_t)hostfn_top + len;
    if (end > UINT32_MAX) {
        return false;
    }
    if (end > size) {
        uint64_t pages = (end - size + page - 1) / page;
        if (__builtin_wasm_memory_grow(0, (size_t)pages) == SIZE_MAX) {
            hostfn_end = last;
            return false;
        }
        size += pages * page;
    }
    hostfn_end = (uint8_t *)(uintptr_t)(size > UINT32_MAX ? UINT32_MAX : size);
    return true;
}

uint8_t *hostfn_move(uint8_t *start, uint32_t len, uint32_t more) {
    (void)start;
    if (!hostfn_grow(more)) {
        __builtin_trap();
    }
    return hostfn_top - len;
}

void hostfn_release(uint8_t *mark) {
    hostfn_top = mark ? mark : hostfn_floor;
}

const uint8_t *hostfn_settle(uint8_t *mark, const uint8_t *bytes, uint32_t len, bool stay) {
    hostfn_release(mark);
    return stay ? hostfn_copy(bytes, len) : bytes;
}

uint8_t *hostfn_restart(const uint8_t *bytes, uint32_t len) {
    hostfn_release(hostfn_floor);
    return hostfn_copy(bytes, len);
}
#endif
#endif

/* A block of the arena, for bytes. Without memory there is no way on, so it traps. */
static inline uint8_t *hostfn_alloc(uint32_t len) {
    uint8_t *block = plugin_alloc(len);
    if (!block) {
        __builtin_trap();
    }
    return block;
}

/* A block of the arena for `count` items of any type. */
HOSTFN_SHARED void *hostfn_alloc_items(uint32_t count, uint32_t size) {
    uint64_t len = (uint64_t)count * size;
    if (len > UINT32_MAX - 8) {
        __builtin_trap();
    }
    /* room for both first, so that the second block is at the aligned address */
    uint32_t pad = (uint32_t)(-(uintptr_t)hostfn_top & 7);
    uint8_t *block = hostfn_alloc(pad + (uint32_t)len);
    return block + (-(uintptr_t)block & 7);
}

/* What the arena holds now; for `hostfn_release`. */
static inline uint8_t *hostfn_mark(void) {
    return hostfn_top;
}

/* Keeps everything that the arena holds now for as long as the guest runs. */
static inline void hostfn_keep(void) {
    hostfn_floor = hostfn_top;
}

/* ---- MessagePack, reading ---- */

typedef enum {
    HOSTFN_IS_NIL,
    HOSTFN_IS_BOOL,
    HOSTFN_IS_UINT,
    HOSTFN_IS_NEGATIVE,
    HOSTFN_IS_F32,
    HOSTFN_IS_F64,
    HOSTFN_IS_STR,
    HOSTFN_IS_BIN,
    HOSTFN_IS_ARRAY,
    HOSTFN_IS_MAP,
    HOSTFN_IS_BAD,
} hostfn_kind;

/* A value up to its contents: the number, or the length, which is one that the bytes have room for. */
typedef struct {
    hostfn_kind kind;
    uint64_t n;
} hostfn_head;

/* Once something is wrong `bad` stays set and everything read is zero, so that one test at the end is enough. */
typedef struct {
    const uint8_t *at;
    uint32_t left;
    uint32_t depth;
    bool begun;
    bool bad;
} hostfn_reader;

static inline hostfn_reader hostfn_read(const uint8_t *ptr, uint32_t len) {
    return HOSTFN_VALUE(hostfn_reader){ptr, len, 0, false, false};
}

/* Whether everything was what it should be, and nothing is left. */
static inline bool hostfn_read_all(const hostfn_reader *r) {
    return !r->bad && r->left == 0;
}

static inline void hostfn_require(hostfn_reader *r, bool holds) {
    r->bad = r->bad || !holds;
}

static inline const uint8_t *hostfn_take(hostfn_reader *r, uint64_t len) {
    const uint8_t *taken = r->at;
    hostfn_require(r, len <= r->left);
    if (!r->bad) {
        r->at += len;
        r->left -= (uint32_t)len;
    }
    return taken;
}

HOSTFN_SHARED uint64_t hostfn_read_be(hostfn_reader *r, uint32_t size) {
    const uint8_t *bytes = hostfn_take(r, size);
    uint64_t n = 0;
    for (uint32_t i = 0; i < size && !r->bad; i++) {
        n = n << 8 | bytes[i];
    }
    return n;
}

static inline hostfn_head hostfn_signed(int64_t n) {
    return HOSTFN_VALUE(hostfn_head){n < 0 ? HOSTFN_IS_NEGATIVE : HOSTFN_IS_UINT, (uint64_t)n};
}

static inline hostfn_head hostfn_read_marked(hostfn_reader *r, uint8_t marker) {
    switch (marker) {
    case 0xc0: return HOSTFN_VALUE(hostfn_head){HOSTFN_IS_NIL, 0};
    case 0xc2: return HOSTFN_VALUE(hostfn_head){HOSTFN_IS_BOOL, 0};
    case 0xc3: return HOSTFN_VALUE(hostfn_head){HOSTFN_IS_BOOL, 1};
    case 0xc4: return HOSTFN_VALUE(hostfn_head){HOSTFN_IS_BIN, hostfn_read_be(r, 1)};
    case 0xc5: return HOSTFN_VALUE(hostfn_head){HOSTFN_IS_BIN, hostfn_read_be(r, 2)};
    case 0xc6: return HOSTFN_VALUE(hostfn_head){HOSTFN_IS_BIN, hostfn_read_be(r, 4)};
    case 0xca: return HOSTFN_VALUE(hostfn_head){HOSTFN_IS_F32, hostfn_read_be(r, 4)};
    case 0xcb: return HOSTFN_VALUE(hostfn_head){HOSTFN_IS_F64, hostfn_read_be(r, 8)};
    case 0xcc: return HOSTFN_VALUE(hostfn_head){HOSTFN_IS_UINT, hostfn_read_be(r, 1)};
    case 0xcd: return HOSTFN_VALUE(hostfn_head){HOSTFN_IS_UINT, hostfn_read_be(r, 2)};
    case 0xce: return HOSTFN_VALUE(hostfn_head){HOSTFN_IS_UINT, hostfn_read_be(r, 4)};
    case 0xcf: return HOSTFN_VALUE(hostfn_head){HOSTFN_IS_UINT, hostfn_read_be(r, 8)};
    case 0xd0: return hostfn_signed((int8_t)hostfn_read_be(r, 1));
    case 0xd1: return hostfn_signed((int16_t)hostfn_read_be(r, 2));
    case 0xd2: return hostfn_signed((int32_t)hostfn_read_be(r, 4));
    case 0xd3: return hostfn_signed((int64_t)hostfn_read_be(r, 8));
    case 0xd9: return HOSTFN_VALUE(hostfn_head){HOSTFN_IS_STR, hostfn_read_be(r, 1)};
    case 0xda: return HOSTFN_VALUE(hostfn_head){HOSTFN_IS_STR, hostfn_read_be(r, 2)};
    case 0xdb: return HOSTFN_VALUE(hostfn_head){HOSTFN_IS_STR, hostfn_read_be(r, 4)};
    case 0xdc: return HOSTFN_VALUE(hostfn_head){HOSTFN_IS_ARRAY, hostfn_read_be(r, 2)};
    case 0xdd: return HOSTFN_VALUE(hostfn_head){HOSTFN_IS_ARRAY, hostfn_read_be(r, 4)};
    case 0xde: return HOSTFN_VALUE(hostfn_head){HOSTFN_IS_MAP, hostfn_read_be(r, 2)};
    case 0xdf: return HOSTFN_VALUE(hostfn_head){HOSTFN_IS_MAP, hostfn_read_be(r, 4)};
    /* extension types, and the marker that is never used */
    default: return HOSTFN_VALUE(hostfn_head){HOSTFN_IS_BAD, 0};
    }
}

HOSTFN_SHARED hostfn_head hostfn_read_head(hostfn_reader *r) {
    uint8_t marker = (uint8_t)hostfn_read_be(r, 1);
    hostfn_head head;
    r->begun = true;
    if (marker < 0x80) {
        head = HOSTFN_VALUE(hostfn_head){HOSTFN_IS_UINT, marker};
    } else if (marker < 0x90) {
        head = HOSTFN_VALUE(hostfn_head){HOSTFN_IS_MAP, (uint8_t)(marker & 0x0f)};
    } else if (marker < 0xa0) {
        head = HOSTFN_VALUE(hostfn_head){HOSTFN_IS_ARRAY, (uint8_t)(marker & 0x0f)};
    } else if (marker < 0xc0) {
        head = HOSTFN_VALUE(hostfn_head){HOSTFN_IS_STR, (uint8_t)(marker & 0x1f)};
    } else if (marker >= 0xe0) {
        head = hostfn_signed((int8_t)marker);
    } else {
        head = hostfn_read_marked(r, marker);
    }
    uint64_t least = head.kind == HOSTFN_IS_MAP ? 2 * head.n : head.kind >= HOSTFN_IS_STR ? head.n : 0;
    hostfn_require(r, head.kind != HOSTFN_IS_BAD && least <= r->left);
    return r->bad ? HOSTFN_VALUE(hostfn_head){HOSTFN_IS_BAD, 0} : head;
}

/* Goes into an array or a map: no deeper than a host would. */
static inline void hostfn_enter(hostfn_reader *r) {
    hostfn_require(r, ++r->depth <= 64);
}

static inline void hostfn_leave(hostfn_reader *r) {
    r->depth--;
}

/* Into an array of any length, which it returns. */
static inline uint32_t hostfn_read_array(hostfn_reader *r) {
    hostfn_head head = hostfn_read_head(r);
    hostfn_require(r, head.kind == HOSTFN_IS_ARRAY);
    hostfn_enter(r);
    return r->bad ? 0 : (uint32_t)head.n;
}

static inline uint32_t hostfn_read_map(hostfn_reader *r) {
    hostfn_head head = hostfn_read_head(r);
    hostfn_require(r, head.kind == HOSTFN_IS_MAP);
    hostfn_enter(r);
    return r->bad ? 0 : (uint32_t)head.n;
}

/* Into an array of exactly `len`. */
static inline void hostfn_read_tuple(hostfn_reader *r, uint32_t len) {
    hostfn_require(r, hostfn_read_array(r) == len);
}

/* Into a struct of so many fields: true when they follow in their order, false when `entries` with keys follow. */
HOSTFN_SHARED bool hostfn_read_struct(hostfn_reader *r, uint32_t fields, uint32_t *entries) {
    hostfn_head head = hostfn_read_head(r);
    bool in_order = head.kind == HOSTFN_IS_ARRAY;
    hostfn_require(r, head.kind == HOSTFN_IS_MAP || (in_order && head.n == fields));
    hostfn_enter(r);
    *entries = r->bad ? 0 : (uint32_t)head.n;
    return in_order;
}

static inline bool hostfn_is_utf8(const uint8_t *p, uint32_t len) {
    const uint8_t *end = p + len;
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

HOSTFN_SHARED hostfn_str hostfn_read_text(hostfn_reader *r, hostfn_head head) {
    hostfn_require(r, head.kind == HOSTFN_IS_STR);
    const uint8_t *text = hostfn_take(r, head.n);
    hostfn_require(r, r->bad || hostfn_is_utf8(text, (uint32_t)head.n));
    return HOSTFN_VALUE(hostfn_str){(const char *)text, r->bad ? 0 : (uint32_t)head.n};
}

static inline void hostfn_read_str(hostfn_reader *r, hostfn_str *out) {
    *out = hostfn_read_text(r, hostfn_read_head(r));
}

static inline hostfn_str hostfn_read_key(hostfn_reader *r) {
    return hostfn_read_text(r, hostfn_read_head(r));
}

HOSTFN_SHARED uint64_t hostfn_read_uint(hostfn_reader *r, uint64_t max) {
    hostfn_head head = hostfn_read_head(r);
    hostfn_require(r, head.kind == HOSTFN_IS_UINT && head.n <= max);
    return r->bad ? 0 : head.n;
}

HOSTFN_SHARED int64_t hostfn_read_int(hostfn_reader *r, int64_t min, int64_t max) {
    hostfn_head head = hostfn_read_head(r);
    bool fits = head.kind == HOSTFN_IS_UINT ? head.n <= (uint64_t)max : (int64_t)head.n >= min;
    hostfn_require(r, fits && (head.kind == HOSTFN_IS_UINT || head.kind == HOSTFN_IS_NEGATIVE));
    return r->bad ? 0 : (int64_t)head.n;
}

static inline void hostfn_read_u8(hostfn_reader *r, uint8_t *out) {
    *out = (uint8_t)hostfn_read_uint(r, UINT8_MAX);
}

static inline void hostfn_read_u16(hostfn_reader *r, uint16_t *out) {
    *out = (uint16_t)hostfn_read_uint(r, UINT16_MAX);
}

static inline void hostfn_read_u32(hostfn_reader *r, uint32_t *out) {
    *out = (uint32_t)hostfn_read_uint(r, UINT32_MAX);
}

static inline void hostfn_read_u64(hostfn_reader *r, uint64_t *out) {
    *out = hostfn_read_uint(r, UINT64_MAX);
}

static inline void hostfn_read_i8(hostfn_reader *r, int8_t *out) {
    *out = (int8_t)hostfn_read_int(r, INT8_MIN, INT8_MAX);
}

static inline void hostfn_read_i16(hostfn_reader *r, int16_t *out) {
    *out = (int16_t)hostfn_read_int(r, INT16_MIN, INT16_MAX);
}

static inline void hostfn_read_i32(hostfn_reader *r, int32_t *out) {
    *out = (int32_t)hostfn_read_int(r, INT32_MIN, INT32_MAX);
}

static inline void hostfn_read_i64(hostfn_reader *r, int64_t *out) {
    *out = hostfn_read_int(r, INT64_MIN, INT64_MAX);
}

static inline void hostfn_read_bool(hostfn_reader *r, bool *out) {
    hostfn_head head = hostfn_read_head(r);
    hostfn_require(r, head.kind == HOSTFN_IS_BOOL);
    *out = !r->bad && head.n != 0;
}

static inline bool hostfn_read_nil(hostfn_reader *r) {
    bool is_nil = !r->bad && r->left > 0 && *r->at == 0xc0;
    if (is_nil) {
        hostfn_read_head(r);
    }
    return is_nil;
}

/* Nothing at all where it is the whole value, nil inside another one. */
static inline void hostfn_read_unit(hostfn_reader *r, hostfn_unit *out) {
    *out = 0;
    hostfn_require(r, (!r->begun && r->left == 0) || hostfn_read_nil(r));
}

static inline float hostfn_f32_of(uint64_t bits) {
    uint32_t narrow = (uint32_t)bits;
    float x;
    __builtin_memcpy(&x, &narrow, sizeof x);
    return x;
}

static inline double hostfn_f64_of(uint64_t bits) {
    double x;
    __builtin_memcpy(&x, &bits, sizeof x);
    return x;
}

/* Either width of a float, and an integer that it can be exactly. */
HOSTFN_SHARED void hostfn_read_f64(hostfn_reader *r, double *out) {
    hostfn_head head = hostfn_read_head(r);
    *out = 0;
    if (head.kind == HOSTFN_IS_F64) {
        *out = hostfn_f64_of(head.n);
    } else if (head.kind == HOSTFN_IS_F32) {
        *out = (double)hostfn_f32_of(head.n);
    } else if (head.kind == HOSTFN_IS_UINT) {
        *out = (double)head.n;
        hostfn_require(r, *out < 18446744073709551616.0 && (uint64_t)*out == head.n);
    } else {
        *out = (double)(int64_t)head.n;
        hostfn_require(r, head.kind == HOSTFN_IS_NEGATIVE && (int64_t)*out == (int64_t)head.n);
    }
}

HOSTFN_SHARED void hostfn_read_f32(hostfn_reader *r, float *out) {
    hostfn_head head = hostfn_read_head(r);
    *out = 0;
    if (head.kind == HOSTFN_IS_F64) {
        *out = (float)hostfn_f64_of(head.n);
    } else if (head.kind == HOSTFN_IS_F32) {
        *out = hostfn_f32_of(head.n);
    } else if (head.kind == HOSTFN_IS_UINT) {
        *out = (float)head.n;
        hostfn_require(r, *out < 18446744073709551616.0f && (uint64_t)*out == head.n);
    } else {
        *out = (float)(int64_t)head.n;
        hostfn_require(r, head.kind == HOSTFN_IS_NEGATIVE && (int64_t)*out == (int64_t)head.n);
    }
}

/* A string of exactly one character, as its code point. */
HOSTFN_SHARED void hostfn_read_char(hostfn_reader *r, uint32_t *out) {
    hostfn_str text = hostfn_read_key(r);
    const uint8_t *p = (const uint8_t *)text.ptr;
    uint32_t len = 0;
    *out = 0;
    if (text.len > 0) {
        len = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
        *out = len == 1 ? p[0] : p[0] & (0x7fu >> len);
        for (uint32_t i = 1; i < len; i++) {
            *out = *out << 6 | (p[i] & 0x3f);
        }
    }
    hostfn_require(r, len > 0 && len == text.len);
}

/* Bytes, or an array of integers 0 to 255. */
HOSTFN_SHARED void hostfn_read_bytes(hostfn_reader *r, hostfn_bytes *out) {
    hostfn_head head = hostfn_read_head(r);
    *out = HOSTFN_VALUE(hostfn_bytes){r->at, 0};
    if (head.kind == HOSTFN_IS_BIN) {
        out->ptr = hostfn_take(r, head.n);
    } else {
        hostfn_require(r, head.kind == HOSTFN_IS_ARRAY);
        uint8_t *bytes = hostfn_alloc(r->bad ? 0 : (uint32_t)head.n);
        for (uint64_t i = 0; i < head.n && !r->bad; i++) {
            hostfn_read_u8(r, &bytes[i]);
        }
        out->ptr = bytes;
    }
    out->len = r->bad ? 0 : (uint32_t)head.n;
}

/* Takes one value of any type. */
HOSTFN_SHARED void hostfn_skip(hostfn_reader *r) {
    hostfn_head head = hostfn_read_head(r);
    if (head.kind == HOSTFN_IS_STR) {
        hostfn_read_text(r, head);
    } else if (head.kind == HOSTFN_IS_BIN) {
        hostfn_take(r, head.n);
    } else if (head.kind == HOSTFN_IS_ARRAY || head.kind == HOSTFN_IS_MAP) {
        uint64_t items = head.kind == HOSTFN_IS_MAP ? 2 * head.n : head.n;
        hostfn_enter(r);
        for (uint64_t i = 0; i < items && !r->bad; i++) {
            hostfn_skip(r);
        }
        hostfn_leave(r);
    }
}

static inline void hostfn_read_raw(hostfn_reader *r, hostfn_raw *out) {
    const uint8_t *start = r->at;
    hostfn_skip(r);
    *out = HOSTFN_VALUE(hostfn_raw){start, r->bad ? 0 : (uint32_t)(r->at - start)};
}

/* The value of a field that was not there before. */
static inline void hostfn_first(hostfn_reader *r, bool *seen) {
    hostfn_require(r, !*seen);
    *seen = true;
}

/* ---- MessagePack, writing ---- */

/* What is written stands at the arena's end and grows there: nothing else may be allocated meanwhile. */
typedef struct {
    uint8_t *start;
    uint32_t len;
} hostfn_writer;

static inline hostfn_writer hostfn_write(void) {
    return HOSTFN_VALUE(hostfn_writer){hostfn_top, 0};
}

static inline hostfn_raw hostfn_written(const hostfn_writer *w) {
    return HOSTFN_VALUE(hostfn_raw){w->start, w->len};
}

HOSTFN_SHARED void hostfn_put(hostfn_writer *w, const void *bytes, uint32_t len) {
    if (w->start + w->len != hostfn_top) {
        __builtin_trap();
    }
    if (len > (uint32_t)(hostfn_end - hostfn_top)) {
        w->start = hostfn_move(w->start, w->len, len);
    }
    __builtin_memcpy(hostfn_top, bytes, len);
    hostfn_top += len;
    w->len += len;
}

/* A marker, and the last `size` bytes of `n`. */
HOSTFN_SHARED void hostfn_put_marked(hostfn_writer *w, uint8_t marker, uint64_t n, uint32_t size) {
    uint8_t bytes[9] = {marker};
    for (uint32_t i = 0; i < size; i++) {
        bytes[size - i] = (uint8_t)(n >> 8 * i);
    }
    hostfn_put(w, bytes, 1 + size);
}

HOSTFN_SHARED void hostfn_write_u64(hostfn_writer *w, uint64_t n) {
    if (n < 0x80) {
        hostfn_put_marked(w, (uint8_t)n, 0, 0);
    } else if (n <= UINT8_MAX) {
        hostfn_put_marked(w, 0xcc, n, 1);
    } else if (n <= UINT16_MAX) {
        hostfn_put_marked(w, 0xcd, n, 2);
    } else if (n <= UINT32_MAX) {
        hostfn_put_marked(w, 0xce, n, 4);
    } else {
        hostfn_put_marked(w, 0xcf, n, 8);
    }
}

HOSTFN_SHARED void hostfn_write_i64(hostfn_writer *w, int64_t n) {
    if (n >= 0) {
        hostfn_write_u64(w, (uint64_t)n);
    } else if (n >= -32) {
        hostfn_put_marked(w, (uint8_t)n, 0, 0);
    } else if (n >= INT8_MIN) {
        hostfn_put_marked(w, 0xd0, (uint64_t)n, 1);
    } else if (n >= INT16_MIN) {
        hostfn_put_marked(w, 0xd1, (uint64_t)n, 2);
    } else if (n >= INT32_MIN) {
        hostfn_put_marked(w, 0xd2, (uint64_t)n, 4);
    } else {
        hostfn_put_marked(w, 0xd3, (uint64_t)n, 8);
    }
}

static inline void hostfn_write_u8(hostfn_writer *w, uint8_t n) {
    hostfn_write_u64(w, n);
}

static inline void hostfn_write_u16(hostfn_writer *w, uint16_t n) {
    hostfn_write_u64(w, n);
}

static inline void hostfn_write_u32(hostfn_writer *w, uint32_t n) {
    hostfn_write_u64(w, n);
}

static inline void hostfn_write_i8(hostfn_writer *w, int8_t n) {
    hostfn_write_i64(w, n);
}

static inline void hostfn_write_i16(hostfn_writer *w, int16_t n) {
    hostfn_write_i64(w, n);
}

static inline void hostfn_write_i32(hostfn_writer *w, int32_t n) {
    hostfn_write_i64(w, n);
}

static inline void hostfn_write_nil(hostfn_writer *w) {
    hostfn_put_marked(w, 0xc0, 0, 0);
}

static inline void hostfn_write_unit(hostfn_writer *w, hostfn_unit unit) {
    (void)unit;
    if (w->len > 0) {
        hostfn_write_nil(w);
    }
}

static inline void hostfn_write_bool(hostfn_writer *w, bool b) {
    hostfn_put_marked(w, b ? 0xc3 : 0xc2, 0, 0);
}

static inline void hostfn_write_f32(hostfn_writer *w, float x) {
    uint32_t bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    hostfn_put_marked(w, 0xca, bits, 4);
}

static inline void hostfn_write_f64(hostfn_writer *w, double x) {
    uint64_t bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    hostfn_put_marked(w, 0xcb, bits, 8);
}

HOSTFN_SHARED void hostfn_write_str(hostfn_writer *w, hostfn_str text) {
    if (text.len < 32) {
        hostfn_put_marked(w, (uint8_t)(0xa0 | text.len), 0, 0);
    } else if (text.len <= UINT8_MAX) {
        hostfn_put_marked(w, 0xd9, text.len, 1);
    } else if (text.len <= UINT16_MAX) {
        hostfn_put_marked(w, 0xda, text.len, 2);
    } else {
        hostfn_put_marked(w, 0xdb, text.len, 4);
    }
    hostfn_put(w, text.ptr, text.len);
}

HOSTFN_SHARED void hostfn_write_bytes(hostfn_writer *w, hostfn_bytes bytes) {
    if (bytes.len <= UINT8_MAX) {
        hostfn_put_marked(w, 0xc4, bytes.len, 1);
    } else if (bytes.len <= UINT16_MAX) {
        hostfn_put_marked(w, 0xc5, bytes.len, 2);
    } else {
        hostfn_put_marked(w, 0xc6, bytes.len, 4);
    }
    hostfn_put(w, bytes.ptr, bytes.len);
}

static inline void hostfn_write_raw(hostfn_writer *w, hostfn_raw value) {
    hostfn_put(w, value.ptr, value.len);
}

HOSTFN_SHARED void hostfn_write_char(hostfn_writer *w, uint32_t c) {
    uint32_t more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    uint8_t bytes[5] = {(uint8_t)(0xa1 + more)};
    for (uint32_t i = more; i > 0; i--) {
        bytes[1 + i] = (uint8_t)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    bytes[1] = (uint8_t)(more == 0 ? c : (0xff80u >> more & 0xff) | c);
    hostfn_put(w, bytes, 2 + more);
}

HOSTFN_SHARED void hostfn_write_array(hostfn_writer *w, uint32_t len) {
    if (len < 16) {
        hostfn_put_marked(w, (uint8_t)(0x90 | len), 0, 0);
    } else if (len <= UINT16_MAX) {
        hostfn_put_marked(w, 0xdc, len, 2);
    } else {
        hostfn_put_marked(w, 0xdd, len, 4);
    }
}

HOSTFN_SHARED void hostfn_write_map(hostfn_writer *w, uint32_t len) {
    if (len < 16) {
        hostfn_put_marked(w, (uint8_t)(0x80 | len), 0, 0);
    } else if (len <= UINT16_MAX) {
        hostfn_put_marked(w, 0xde, len, 2);
    } else {
        hostfn_put_marked(w, 0xdf, len, 4);
    }
}

/* ---- calls ---- */

/* A word: the status in its low half, the length of the reply in its high half. */
static inline int64_t hostfn_word(int32_t status, uint32_t len) {
    return (int64_t)((uint64_t)len << 32 | (uint32_t)status);
}

/* A failure without a reply is a positive word: it is its low half that tells. */
static inline int32_t hostfn_word_status(int64_t word) {
    return (int32_t)word;
}

static inline uint32_t hostfn_word_len(int64_t word) {
    return (uint32_t)((uint64_t)word >> 32);
}

/* An error of the guest's own, to be returned by an entry: `return hostfn_fail(HOSTFN_FAILED, ...);` */
static inline int32_t hostfn_fail(int32_t status, hostfn_str code, hostfn_str message) {
    hostfn_last_error = HOSTFN_VALUE(hostfn_error){status, code, message, {0, 0}};
    return status;
}

/* Begins the arguments of a call: an array of so many. */
HOSTFN_SHARED hostfn_writer hostfn_begin_call(uint32_t params) {
    if (hostfn_window_cap == 0 && hostfn_import_set_window(hostfn_window, HOSTFN_WINDOW) == HOSTFN_OK) {
        hostfn_window_cap = HOSTFN_WINDOW;
    }
    hostfn_writer args = hostfn_write();
    if (params > 0) {
        hostfn_write_array(&args, params);
    }
    return args;
}

HOSTFN_SHARED int32_t hostfn_failed(int32_t status, hostfn_reader r) {
    hostfn_error error = {status, {0, 0}, {0, 0}, {0, 0}};
    uint32_t entries = r.left > 0 ? hostfn_read_map(&r) : 0;
    for (; entries > 0 && !r.bad; entries--) {
        hostfn_str key = hostfn_read_key(&r);
        if (hostfn_equal(key, HOSTFN_STR("code"))) {
            hostfn_read_str(&r, &error.code);
        } else if (hostfn_equal(key, HOSTFN_STR("message"))) {
            hostfn_read_str(&r, &error.message);
        } else if (hostfn_equal(key, HOSTFN_STR("detail"))) {
            hostfn_read_raw(&r, &error.detail);
        } else {
            hostfn_skip(&r);
        }
    }
    hostfn_last_error = error;
    return status;
}

/* What a word stands for. The arguments are gone from the arena then, and a reply is there if it `stays`. */
HOSTFN_SHARED int32_t hostfn_end_call(const hostfn_writer *args, int64_t word, bool stays, hostfn_reader *reply) {
    int32_t status = hostfn_word_status(word);
    uint32_t len = hostfn_word_len(word);
    const uint8_t *at = len <= hostfn_window_cap ? hostfn_window : hostfn_import_result_ptr();
    at = hostfn_settle(args->start, at, len, stays || status != HOSTFN_OK);
    *reply = hostfn_read(at, len);
    return status == HOSTFN_OK ? status : hostfn_failed(status, *reply);
}

/* Whether the reply was of its type. */
HOSTFN_SHARED int32_t hostfn_end_reply(const hostfn_reader *reply) {
    if (hostfn_read_all(reply)) {
        return HOSTFN_OK;
    }
    return hostfn_fail(HOSTFN_INTERNAL, HOSTFN_STR("bad_reply"), HOSTFN_STR("the reply is not of its type"));
}

/* ---- entries ---- */

/* Begins an entry: empties the arena but for the arguments, an array of so many. */
HOSTFN_SHARED hostfn_reader hostfn_begin_entry(const uint8_t *ptr, uint32_t len, uint32_t params) {
    hostfn_last_error = HOSTFN_VALUE(hostfn_error){0, {0, 0}, {0, 0}, {0, 0}};
    uint8_t *kept = hostfn_restart(ptr, len);
    hostfn_reader args = hostfn_read(kept, len);
    if (params > 0 || len > 0) {
        hostfn_read_tuple(&args, params);
    }
    return args;
}

/* Ends an entry with what was written. */
static inline int64_t hostfn_end_entry(int32_t status, const hostfn_writer *w) {
    hostfn_import_set_result(w->start, w->len);
    return hostfn_word(status, w->len);
}

/* Ends an entry with a status, and with the error that belongs to it if there is one. */
HOSTFN_SHARED int64_t hostfn_fail_entry(int32_t status) {
    const hostfn_error *error = &hostfn_last_error;
    hostfn_writer w = hostfn_write();
    if (error->status == status && error->code.len > 0) {
        hostfn_write_map(&w, error->detail.len > 0 ? 3 : 2);
        hostfn_write_str(&w, HOSTFN_STR("code"));
        hostfn_write_str(&w, error->code);
        hostfn_write_str(&w, HOSTFN_STR("message"));
        hostfn_write_str(&w, error->message);
        if (error->detail.len > 0) {
            hostfn_write_str(&w, HOSTFN_STR("detail"));
            hostfn_write_raw(&w, error->detail);
        }
    }
    return hostfn_end_entry(status < 0 ? status : HOSTFN_FAILED, &w);
}

static inline int64_t hostfn_refuse_entry(void) {
    hostfn_str message = HOSTFN_STR("the arguments are not of their types");
    return hostfn_fail_entry(hostfn_fail(HOSTFN_BAD_INPUT, HOSTFN_STR("bad_input"), message));
}
