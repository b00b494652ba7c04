/* A plugin that tries more than it is likely to be granted, and says what it got. */

#include "hostfn.h"

HOSTFN_IMPORT("host", "note_read") int64_t note_read(const uint8_t *args, uint32_t len);
HOSTFN_IMPORT("host", "note_write") int64_t note_write(const uint8_t *args, uint32_t len);
HOSTFN_IMPORT("host", "mail_send") int64_t mail_send(const uint8_t *args, uint32_t len);

HOSTFN_EXPORT("plugin_init") int32_t plugin_init(void) {
    return hostfn_set_window();
}

static hostfn_slice texts(uint32_t count, hostfn_slice first, hostfn_slice second) {
    hostfn_writer w = hostfn_write(3 * HOSTFN_HEAD + first.len + second.len);
    hostfn_write_array(&w, count);
    hostfn_write_str(&w, first);
    if (count > 1) {
        hostfn_write_str(&w, second);
    }
    return hostfn_written(&w);
}

/* What was tried, and whether it worked. */
static void note_down(hostfn_writer *said, hostfn_slice what, int64_t word) {
    if (hostfn_written(said).len > 0) {
        hostfn_put(said, HOSTFN_TEXT(", "));
    }
    hostfn_put(said, what);
    hostfn_put(said, (int32_t)word < 0 ? HOSTFN_TEXT(" no") : HOSTFN_TEXT(" yes"));
}

HOSTFN_EXPORT("run") int64_t run(const uint8_t *ptr, uint32_t len) {
    hostfn_begin(ptr, len);
    hostfn_writer said = hostfn_write(128);
    hostfn_slice nothing = HOSTFN_TEXT("");
    hostfn_slice args = texts(1, HOSTFN_TEXT("day-1"), nothing);
    note_down(&said, HOSTFN_TEXT("read day-1:"), note_read(args.ptr, args.len));
    args = texts(1, HOSTFN_TEXT("diary"), nothing);
    note_down(&said, HOSTFN_TEXT("read diary:"), note_read(args.ptr, args.len));
    args = texts(2, HOSTFN_TEXT("day-1"), HOSTFN_TEXT("mine"));
    note_down(&said, HOSTFN_TEXT("write day-1:"), note_write(args.ptr, args.len));
    args = texts(2, HOSTFN_TEXT("https://example.com/inbox"), HOSTFN_TEXT("it works"));
    note_down(&said, HOSTFN_TEXT("mail:"), mail_send(args.ptr, args.len));
    hostfn_slice text = hostfn_written(&said);
    hostfn_writer w = hostfn_write(HOSTFN_HEAD + text.len);
    hostfn_write_str(&w, text);
    return hostfn_return(HOSTFN_OK, hostfn_written(&w));
}
