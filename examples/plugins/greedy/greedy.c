/* A plugin that tries more than it is likely to be granted, and says what it got. */

#define HOSTFN_IMPLEMENTATION
#include "host.h"

/* Text that grows in a buffer of its own. */
typedef struct {
    char text[128];
    uint32_t len;
} line;

static void put(line *said, hostfn_str text) {
    if (text.len > sizeof said->text - said->len) {
        __builtin_trap();
    }
    __builtin_memcpy(said->text + said->len, text.ptr, text.len);
    said->len += text.len;
}

/* What was tried, and whether it worked. */
static void note_down(line *said, hostfn_str what, int32_t status) {
    if (said->len > 0) {
        put(said, HOSTFN_STR(", "));
    }
    put(said, what);
    put(said, status == HOSTFN_OK ? HOSTFN_STR(" yes") : HOSTFN_STR(" no"));
}

HOSTFN_EXPORT("run") int64_t run(const uint8_t *ptr, uint32_t len) {
    hostfn_begin_entry(ptr, len, 0);
    line said = {{0}, 0};
    hostfn_str note;
    uint64_t sent;
    note_down(&said, HOSTFN_STR("read day-1:"), host_note_read(HOSTFN_STR("day-1"), &note));
    note_down(&said, HOSTFN_STR("read diary:"), host_note_read(HOSTFN_STR("diary"), &note));
    note_down(&said, HOSTFN_STR("write day-1:"), host_note_write(HOSTFN_STR("day-1"), HOSTFN_STR("mine")));
    hostfn_str inbox = HOSTFN_STR("https://example.com/inbox");
    note_down(&said, HOSTFN_STR("mail:"), host_mail_send(inbox, HOSTFN_STR("it works"), &sent));
    hostfn_writer result = hostfn_write();
    hostfn_write_str(&result, (hostfn_str){said.text, said.len});
    return hostfn_end_entry(HOSTFN_OK, &result);
}
