/* A guest that greets, and reads files. `greeter-rs` answers the same, byte for byte; only the words about
 * arguments and replies of the wrong type are its own. */

#include "hostfn.h"

HOSTFN_IMPORT("host", "greet") int64_t greet(const uint8_t *args, uint32_t len);
HOSTFN_IMPORT("host", "fs_read") int64_t fs_read(const uint8_t *args, uint32_t len);

static bool read_one_str(hostfn_slice args, hostfn_slice *text) {
    hostfn_reader r = hostfn_read(args);
    bool one = hostfn_read_array(&r) == 1;
    *text = hostfn_read_str(&r);
    return one && hostfn_read_all(&r);
}

static hostfn_slice write_one_str(hostfn_slice text) {
    hostfn_writer w = hostfn_write(2 * HOSTFN_HEAD + text.len);
    hostfn_write_array(&w, 1);
    hostfn_write_str(&w, text);
    return hostfn_written(&w);
}

static int64_t bad_input(void) {
    return hostfn_fail(HOSTFN_BAD_INPUT, HOSTFN_TEXT("bad_input"), HOSTFN_TEXT("arguments: expected one string"));
}

static int64_t bad_reply(hostfn_slice message) {
    return hostfn_fail(HOSTFN_INTERNAL, HOSTFN_TEXT("bad_reply"), message);
}

static void log_greeting(hostfn_slice name) {
    hostfn_slice greeting = HOSTFN_TEXT("greeting ");
    hostfn_writer line = hostfn_write(greeting.len + name.len);
    hostfn_put(&line, greeting);
    hostfn_put(&line, name);
    host_log(HOSTFN_INFO, line.start, line.len);
}

HOSTFN_EXPORT("plugin_init") int32_t plugin_init(void) {
    return hostfn_set_window();
}

HOSTFN_EXPORT("run") int64_t run(const uint8_t *ptr, uint32_t len) {
    hostfn_slice name;
    if (!read_one_str(hostfn_begin(ptr, len), &name)) {
        return bad_input();
    }
    log_greeting(name);
    hostfn_slice args = write_one_str(name);
    hostfn_reply reply = hostfn_reply_of(greet(args.ptr, args.len));
    if (reply.status != HOSTFN_OK) {
        return hostfn_return(reply.status, reply.bytes);
    }
    hostfn_reader r = hostfn_read(reply.bytes);
    hostfn_slice greeting = hostfn_read_str(&r);
    if (!hostfn_read_all(&r)) {
        return bad_reply(HOSTFN_TEXT("the reply of `greet` is not a string"));
    }
    hostfn_writer w = hostfn_write(HOSTFN_HEAD + greeting.len);
    hostfn_write_str(&w, greeting);
    return hostfn_return(HOSTFN_OK, hostfn_written(&w));
}

HOSTFN_EXPORT("read") int64_t read(const uint8_t *ptr, uint32_t len) {
    hostfn_slice path;
    if (!read_one_str(hostfn_begin(ptr, len), &path)) {
        return bad_input();
    }
    hostfn_slice args = write_one_str(path);
    hostfn_reply reply = hostfn_reply_of(fs_read(args.ptr, args.len));
    if (reply.status != HOSTFN_OK) {
        return hostfn_return(reply.status, reply.bytes);
    }
    hostfn_reader r = hostfn_read(reply.bytes);
    hostfn_slice file = hostfn_read_bin(&r);
    if (!hostfn_read_all(&r)) {
        return bad_reply(HOSTFN_TEXT("the reply of `fs_read` is not bytes"));
    }
    hostfn_writer w = hostfn_write(HOSTFN_HEAD + file.len);
    hostfn_write_bin(&w, file);
    return hostfn_return(HOSTFN_OK, hostfn_written(&w));
}
