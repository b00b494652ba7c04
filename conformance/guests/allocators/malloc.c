/* A guest that takes most of its memory from the allocator of a C library. */

#include <stdlib.h>
#include <string.h>

#include "guest.h"

enum { BLOCKS = 64 };

static struct {
    unsigned char *at;
    size_t len;
    unsigned char fill;
} blocks[BLOCKS];

static uint32_t next = 1;

/* Of no quality; the same on every run. */
static uint32_t number(uint32_t below) {
    next = next * 1664525 + 1013904223;
    return (next >> 8) % below;
}

void use_allocator(void) {
    for (uint32_t i = 0; i < BLOCKS; i++) {
        for (size_t at = 0; at < blocks[i].len; at++) {
            HOSTFN_ASSERT(blocks[i].at[at] == blocks[i].fill);
        }
    }
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t which = number(BLOCKS);
        size_t len = 1 + number(i == 0 ? 100000 : 300);
        unsigned char *grown = number(2) ? (unsigned char *)realloc(blocks[which].at, len) : NULL;
        if (!grown) {
            free(blocks[which].at);
            grown = (unsigned char *)malloc(len);
        }
        HOSTFN_ASSERT(grown);
        blocks[which].at = grown;
        blocks[which].len = len;
        blocks[which].fill = (unsigned char)number(256);
        memset(grown, blocks[which].fill, len);
    }
    char *copy = strdup("what the library allocates is apart from the arena");
    HOSTFN_ASSERT(copy && strlen(copy) == 50);
    free(copy);
}
