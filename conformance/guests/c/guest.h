/* What the files of this guest share. */
#ifndef GUEST_H
#define GUEST_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif
hostfn_list_str fixed_failures(void);
bool vector_again(hostfn_str params, hostfn_bytes args, hostfn_bytes *written);

/* Replaces some of the blocks that the guest has from its allocator, and looks whether all hold what was put there. */
#ifdef GUEST_ALLOCATES
void use_allocator(void);
#else
static inline void use_allocator(void) {
}
#endif
#ifdef __cplusplus
}
#endif

#endif
