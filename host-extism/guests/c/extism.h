/* The part of Extism's convention that a guest in C needs: blocks of memory, input, output, and imported functions. */
#ifndef EXTISM_H
#define EXTISM_H

#include <stddef.h>
#include <stdint.h>

#define EXTISM_ENV(name) __attribute__((import_module("extism:host/env"), import_name(#name))) extern
/* A host function of this namespace: each parameter and the result are handles of blocks. */
#define EXTISM_HOST(namespace, name) __attribute__((import_module(namespace), import_name(#name))) extern
#define EXTISM_EXPORT(name) __attribute__((export_name(#name)))

typedef uint64_t extism_handle;

EXTISM_ENV(alloc) extism_handle extism_alloc(uint64_t bytes);
EXTISM_ENV(free) void extism_free(extism_handle block);
EXTISM_ENV(length) uint64_t extism_length(extism_handle block);
EXTISM_ENV(load_u8) uint32_t extism_load_u8(uint64_t at);
EXTISM_ENV(load_u64) uint64_t extism_load_u64(uint64_t at);
EXTISM_ENV(store_u8) void extism_store_u8(uint64_t at, uint32_t byte);
EXTISM_ENV(store_u64) void extism_store_u64(uint64_t at, uint64_t value);
EXTISM_ENV(input_length) uint64_t extism_input_length(void);
EXTISM_ENV(input_load_u8) uint32_t extism_input_load_u8(uint64_t at);
EXTISM_ENV(output_set) void extism_output_set(extism_handle block, uint64_t bytes);
EXTISM_ENV(error_set) void extism_error_set(extism_handle block);

/* A block with these bytes. */
static inline extism_handle extism_block(const void *bytes, uint64_t len) {
    extism_handle block = extism_alloc(len);
    for (uint64_t at = 0; at < len; at++)
        extism_store_u8(block + at, ((const uint8_t *)bytes)[at]);
    return block;
}

/* A block with the input of the call. */
static inline extism_handle extism_input(void) {
    uint64_t len = extism_input_length();
    extism_handle block = extism_alloc(len);
    for (uint64_t at = 0; at < len; at++)
        extism_store_u8(block + at, extism_input_load_u8(at));
    return block;
}

/* Makes a block the output of the call. */
static inline void extism_output(extism_handle block) { extism_output_set(block, extism_length(block)); }

#endif
