/* A plugin that does what it says: reads the note of the day. */

#define HOSTFN_IMPLEMENTATION
#include "host.h"

HOSTFN_EXPORT("run") int64_t run(const uint8_t *ptr, uint32_t len) {
    hostfn_begin_entry(ptr, len, 0);
    hostfn_str note;
    int32_t status = host_note_read(HOSTFN_STR("day-1"), &note);
    if (status != HOSTFN_OK) {
        return hostfn_fail_entry(status);
    }
    hostfn_writer result = hostfn_write();
    hostfn_write_str(&result, note);
    return hostfn_end_entry(HOSTFN_OK, &result);
}
