/* A guest that greets, and reads files, with the bindings that `hostfn bindgen` wrote. `greeter-rs` answers the same,
 * byte for byte; only the words about arguments and replies of the wrong type are its own.
 *
 * Its entries belong to no contract, so it reads their one argument and writes their result itself. */

#define HOSTFN_IMPLEMENTATION
#include "host.h"

static void log_greeting(hostfn_str name) {
    hostfn_str greeting = HOSTFN_STR("greeting ");
    hostfn_writer line = hostfn_write();
    hostfn_put(&line, greeting.ptr, greeting.len);
    hostfn_put(&line, name.ptr, name.len);
    hostfn_log(HOSTFN_INFO, (hostfn_str){(const char *)line.start, line.len});
}

HOSTFN_EXPORT("run") int64_t run(const uint8_t *ptr, uint32_t len) {
    hostfn_reader args = hostfn_begin_entry(ptr, len, 1);
    hostfn_str name, greeting;
    hostfn_read_str(&args, &name);
    if (!hostfn_read_all(&args)) {
        return hostfn_refuse_entry();
    }
    log_greeting(name);
    int32_t status = host_greet(name, &greeting);
    if (status != HOSTFN_OK) {
        return hostfn_fail_entry(status);
    }
    hostfn_writer result = hostfn_write();
    hostfn_write_str(&result, greeting);
    return hostfn_end_entry(HOSTFN_OK, &result);
}

HOSTFN_EXPORT("read") int64_t read(const uint8_t *ptr, uint32_t len) {
    hostfn_reader args = hostfn_begin_entry(ptr, len, 1);
    hostfn_str path;
    hostfn_bytes file;
    hostfn_read_str(&args, &path);
    if (!hostfn_read_all(&args)) {
        return hostfn_refuse_entry();
    }
    int32_t status = host_fs_read(path, &file);
    if (status != HOSTFN_OK) {
        return hostfn_fail_entry(status);
    }
    hostfn_writer result = hostfn_write();
    hostfn_write_bytes(&result, file);
    return hostfn_end_entry(HOSTFN_OK, &result);
}
