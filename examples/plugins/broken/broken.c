/* A plugin that was built against functions that no host has. */

#include "hostfn.h"

HOSTFN_IMPORT("host", "note_reed") int64_t note_reed(const uint8_t *args, uint32_t len);

HOSTFN_EXPORT("run") int64_t run(const uint8_t *ptr, uint32_t len) {
    return note_reed(ptr, len);
}
