/* A guest that keeps notes three times over: in a key-value store, in a database, and in a file. `notes-rs` does the
 * same. */

#include "hostfn.h"

#define NOTES_IMPORT(name) HOSTFN_IMPORT("host", #name) int64_t name(const uint8_t *args, uint32_t len)

NOTES_IMPORT(clock_wall);
NOTES_IMPORT(fs_append);
NOTES_IMPORT(fs_read);
NOTES_IMPORT(kv_get);
NOTES_IMPORT(kv_increment);
NOTES_IMPORT(kv_list);
NOTES_IMPORT(kv_open);
NOTES_IMPORT(kv_set);
NOTES_IMPORT(sql_begin);
NOTES_IMPORT(sql_commit);
NOTES_IMPORT(sql_execute);
NOTES_IMPORT(sql_open);
NOTES_IMPORT(sql_open_write);
NOTES_IMPORT(sql_query);

typedef int64_t host_fn(const uint8_t *args, uint32_t len);

/* The reply of the first call that failed, which ends the export; no call is made after it. */
static hostfn_reply failed;

static void begin(void) {
    failed = (hostfn_reply){HOSTFN_OK, {0, 0}};
}

/* The arguments of a call, of which there are `count`. */
static hostfn_writer args(uint32_t count, uint32_t bytes) {
    hostfn_writer w = hostfn_write(HOSTFN_HEAD + count * HOSTFN_INT + bytes);
    hostfn_write_array(&w, count);
    return w;
}

/* A call of a host function; its reply is kept, because the next one overwrites the window. */
static hostfn_reader call(host_fn *function, const hostfn_writer *w) {
    if (failed.status != HOSTFN_OK) {
        return hostfn_read((hostfn_slice){0, 0});
    }
    hostfn_reply reply = hostfn_reply_of(function(w->start, w->len));
    hostfn_writer kept = hostfn_write(reply.bytes.len);
    hostfn_put(&kept, reply.bytes);
    reply.bytes = hostfn_written(&kept);
    if (reply.status != HOSTFN_OK) {
        failed = reply;
    }
    return hostfn_read(reply.bytes);
}

static int64_t finish(hostfn_slice result) {
    return failed.status == HOSTFN_OK ? hostfn_return(HOSTFN_OK, result) : hostfn_return(failed.status, failed.bytes);
}

static hostfn_slice joined(hostfn_slice a, hostfn_slice b) {
    hostfn_writer w = hostfn_write(a.len + b.len);
    hostfn_put(&w, a);
    hostfn_put(&w, b);
    return hostfn_written(&w);
}

static uint64_t open_by(host_fn *function, hostfn_slice name) {
    hostfn_writer w = args(1, name.len);
    hostfn_write_str(&w, name);
    hostfn_reader r = call(function, &w);
    return hostfn_read_u64(&r);
}

static void with_handle(host_fn *function, uint64_t handle) {
    hostfn_writer w = args(1, 0);
    hostfn_write_u64(&w, handle);
    call(function, &w);
}

/* `note/000001` */
static hostfn_slice key_of(uint64_t number) {
    hostfn_slice digits = {hostfn_alloc(6), 6};
    for (uint32_t i = 6; i > 0; i--) {
        ((uint8_t *)digits.ptr)[i - 1] = (uint8_t)('0' + number % 10);
        number /= 10;
    }
    return joined(HOSTFN_TEXT("note/"), digits);
}

static uint64_t counted(uint64_t store) {
    hostfn_slice key = HOSTFN_TEXT("count");
    hostfn_writer w = args(3, key.len);
    hostfn_write_u64(&w, store);
    hostfn_write_str(&w, key);
    hostfn_write_u64(&w, 1);
    hostfn_reader r = call(kv_increment, &w);
    return hostfn_read_u64(&r);
}

static void keep(uint64_t store, hostfn_slice key, hostfn_slice text) {
    hostfn_writer w = args(4, key.len + text.len);
    hostfn_write_u64(&w, store);
    hostfn_write_str(&w, key);
    hostfn_write_bin(&w, text);
    hostfn_write_nil(&w);
    call(kv_set, &w);
}

/* The wall clock, which is past 1970. */
static uint64_t now(void) {
    hostfn_writer w = args(0, 0);
    hostfn_reader r = call(clock_wall, &w);
    return hostfn_read_u64(&r);
}

/* A transaction with a note in it. */
static uint64_t insert(hostfn_slice dir, hostfn_slice text) {
    uint64_t database = open_by(sql_open_write, joined(dir, HOSTFN_TEXT("/notes.db")));
    hostfn_slice create =
        HOSTFN_TEXT("create table if not exists notes (id integer primary key, at integer, text text)");
    hostfn_writer w = args(3, create.len);
    hostfn_write_u64(&w, database);
    hostfn_write_str(&w, create);
    hostfn_write_array(&w, 0);
    call(sql_execute, &w);
    with_handle(sql_begin, database);
    hostfn_slice add = HOSTFN_TEXT("insert into notes (at, text) values (?1, ?2)");
    uint64_t at = now();
    w = args(3, add.len + HOSTFN_HEAD + HOSTFN_INT + HOSTFN_HEAD + text.len);
    hostfn_write_u64(&w, database);
    hostfn_write_str(&w, add);
    hostfn_write_array(&w, 2);
    hostfn_write_u64(&w, at);
    hostfn_write_str(&w, text);
    call(sql_execute, &w);
    return database;
}

/* The two strings that an export is called with. */
static bool read_two(hostfn_slice from, hostfn_slice *dir, hostfn_slice *text) {
    hostfn_reader r = hostfn_read(from);
    bool two = hostfn_read_array(&r) == 2;
    *dir = hostfn_read_str(&r);
    *text = hostfn_read_str(&r);
    return two && hostfn_read_all(&r);
}

static int64_t bad_input(void) {
    return hostfn_fail(HOSTFN_BAD_INPUT, HOSTFN_TEXT("bad_input"), HOSTFN_TEXT("arguments: expected strings"));
}

HOSTFN_EXPORT("plugin_init") int32_t plugin_init(void) {
    return hostfn_set_window();
}

/* Keeps a note in all three places beneath `dir`. */
HOSTFN_EXPORT("add") int64_t add(const uint8_t *ptr, uint32_t len) {
    hostfn_slice dir, text;
    if (!read_two(hostfn_begin(ptr, len), &dir, &text)) {
        return bad_input();
    }
    begin();
    with_handle(sql_commit, insert(dir, text));
    uint64_t store = open_by(kv_open, HOSTFN_TEXT("notes"));
    uint64_t number = counted(store);
    keep(store, key_of(number), text);
    hostfn_slice path = joined(dir, HOSTFN_TEXT("/notes.log")), line = joined(text, HOSTFN_TEXT("\n"));
    hostfn_writer w = args(2, path.len + line.len);
    hostfn_write_str(&w, path);
    hostfn_write_bin(&w, line);
    call(fs_append, &w);
    return finish((hostfn_slice){0, 0});
}

/* Begins to keep a note in the database, and comes to no end. */
HOSTFN_EXPORT("begin") int64_t begin_note(const uint8_t *ptr, uint32_t len) {
    hostfn_slice dir, text;
    if (!read_two(hostfn_begin(ptr, len), &dir, &text)) {
        return bad_input();
    }
    begin();
    insert(dir, text);
    return finish((hostfn_slice){0, 0});
}

/* A line that grows: names, each after a comma. */
typedef struct {
    hostfn_slice text;
    bool begun;
} line;

static void add_name(line *l, hostfn_slice name) {
    l->text = joined(joined(l->text, l->begun ? HOSTFN_TEXT(", ") : HOSTFN_TEXT("")), name);
    l->begun = true;
}

/* Reads on to the value of `key` in a struct; an empty reader if absent. */
static uint32_t array_of(hostfn_reader *r, hostfn_slice key) {
    for (uint32_t fields = hostfn_read_map(r); fields > 0 && !r->bad; fields--) {
        if (hostfn_same(hostfn_read_str(r), key)) {
            return hostfn_read_array(r);
        }
        hostfn_skip(r);
    }
    return 0;
}

static line in_store(void) {
    line kept = {HOSTFN_TEXT("kv   "), false};
    uint64_t store = open_by(kv_open, HOSTFN_TEXT("notes"));
    hostfn_slice prefix = HOSTFN_TEXT("note/");
    hostfn_writer w = args(4, prefix.len);
    hostfn_write_u64(&w, store);
    hostfn_write_str(&w, prefix);
    hostfn_write_nil(&w);
    hostfn_write_u64(&w, 100);
    hostfn_reader keys = call(kv_list, &w);
    for (uint32_t left = array_of(&keys, HOSTFN_TEXT("keys")); left > 0 && !keys.bad; left--) {
        hostfn_slice key = hostfn_read_str(&keys);
        w = args(2, key.len);
        hostfn_write_u64(&w, store);
        hostfn_write_str(&w, key);
        hostfn_reader value = call(kv_get, &w);
        if (!hostfn_read_nil(&value)) {
            add_name(&kept, hostfn_read_bin(&value));
        }
    }
    return kept;
}

static line in_database(hostfn_slice dir) {
    line kept = {HOSTFN_TEXT("sql  "), false};
    uint64_t database = open_by(sql_open, joined(dir, HOSTFN_TEXT("/notes.db")));
    hostfn_slice query = HOSTFN_TEXT("select text from notes where at > 0 order by id");
    hostfn_writer w = args(3, query.len);
    hostfn_write_u64(&w, database);
    hostfn_write_str(&w, query);
    hostfn_write_array(&w, 0);
    hostfn_reader rows = call(sql_query, &w);
    for (uint32_t left = array_of(&rows, HOSTFN_TEXT("rows")); left > 0 && !rows.bad; left--) {
        hostfn_read_array(&rows);
        add_name(&kept, hostfn_read_str(&rows));
    }
    return kept;
}

static line in_file(hostfn_slice dir) {
    line kept = {HOSTFN_TEXT("file "), false};
    hostfn_slice path = joined(dir, HOSTFN_TEXT("/notes.log"));
    hostfn_writer w = args(1, path.len);
    hostfn_write_str(&w, path);
    hostfn_reader r = call(fs_read, &w);
    hostfn_slice log = hostfn_read_bin(&r), name = {log.ptr, 0};
    for (uint32_t i = 0; i < log.len; i++) {
        if (log.ptr[i] == '\n') {
            add_name(&kept, name);
            name = (hostfn_slice){log.ptr + i + 1, 0};
        } else {
            name.len++;
        }
    }
    return kept;
}

/* The notes of each place, a line each. */
HOSTFN_EXPORT("show") int64_t show(const uint8_t *ptr, uint32_t len) {
    hostfn_reader r = hostfn_read(hostfn_begin(ptr, len));
    bool one = hostfn_read_array(&r) == 1;
    hostfn_slice dir = hostfn_read_str(&r);
    if (!one || !hostfn_read_all(&r)) {
        return bad_input();
    }
    begin();
    line lines[] = {in_store(), in_database(dir), in_file(dir)};
    hostfn_writer w = hostfn_write(4 * HOSTFN_HEAD + lines[0].text.len + lines[1].text.len + lines[2].text.len);
    hostfn_write_array(&w, 3);
    for (uint32_t i = 0; i < 3; i++) {
        hostfn_write_str(&w, lines[i].text);
    }
    return finish(hostfn_written(&w));
}
