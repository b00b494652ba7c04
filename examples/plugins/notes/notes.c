/* A plugin that does what it says: reads the note of the day. */

#include "hostfn.h"

HOSTFN_IMPORT("host", "note_read") int64_t note_read(const uint8_t *args, uint32_t len);

HOSTFN_EXPORT("plugin_init") int32_t plugin_init(void) {
    return hostfn_set_window();
}

HOSTFN_EXPORT("run") int64_t run(const uint8_t *ptr, uint32_t len) {
    hostfn_begin(ptr, len);
    hostfn_slice name = HOSTFN_TEXT("day-1");
    hostfn_writer w = hostfn_write(2 * HOSTFN_HEAD + name.len);
    hostfn_write_array(&w, 1);
    hostfn_write_str(&w, name);
    hostfn_slice args = hostfn_written(&w);
    hostfn_reply reply = hostfn_reply_of(note_read(args.ptr, args.len));
    /* a note, or an error: either way it is the host's to read */
    return hostfn_return(reply.status, reply.bytes);
}
