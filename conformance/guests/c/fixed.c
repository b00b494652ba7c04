/* Calls that are written down, and what they are answered with. */

#include "guest.h"

static hostfn_str failures[64];
static uint32_t failed;

static void check(bool holds, hostfn_str what) {
    if (!holds && failed < sizeof failures / sizeof *failures) {
        failures[failed++] = what;
    }
}

static bool same_bytes(hostfn_raw a, hostfn_raw b) {
    return hostfn_equal(HOSTFN_VALUE(hostfn_str){(const char *)a.ptr, a.len}, HOSTFN_VALUE(hostfn_str){(const char *)b.ptr, b.len});
}

/* Whether both are written alike. */
#define SAME(name, a, b) (same_bytes(WRITTEN(name, a), WRITTEN(name, b)))
#define WRITTEN(name, value) written_##name(value)

#define WRITER(type, name)                                  \
    static hostfn_raw written_##name(type value) {          \
        hostfn_writer w = hostfn_write();                   \
        hostfn_write_##name(&w, value);                     \
        return hostfn_written(&w);                          \
    }

WRITER(hostfn_str, str)
WRITER(hostfn_bytes, bytes)
WRITER(hostfn_raw, raw)
WRITER(const hostfn_option_u32 *, option_u32)
WRITER(const hostfn_option_str *, option_str)
WRITER(const hostfn_option_Point *, option_Point)
WRITER(const hostfn_list_i64 *, list_i64)
WRITER(const hostfn_list_str *, list_str)
WRITER(const hostfn_list_bytes *, list_bytes)
WRITER(const hostfn_list_Point *, list_Point)
WRITER(const hostfn_map_str_u32 *, map_str_u32)
WRITER(const hostfn_map_u64_list_str *, map_u64_list_str)
WRITER(const hostfn_map_Level_Point *, map_Level_Point)
WRITER(const hostfn_tuple3_u8_str_bool *, tuple3_u8_str_bool)
WRITER(const hostfn_array3_f32 *, array3_f32)
WRITER(const Order *, Order)
WRITER(const Pair *, Pair)
WRITER(const Figure *, Figure)
WRITER(const Node *, Node)
WRITER(const Record *, Record)
WRITER(const Choice *, Choice)
WRITER(Store, Store)
WRITER(const Handles *, Handles)

/* Numbers are compared as they are. */
#define ECHO_NUMBER(function, type, ...)                    \
    do {                                                    \
        type said[] = {__VA_ARGS__}, heard;                 \
        for (uint32_t i = 0; i < sizeof said / sizeof *said; i++) { \
            int32_t status = host_##function(said[i], &heard); \
            check(status == HOSTFN_OK && heard == said[i], HOSTFN_STR(#function)); \
        }                                                   \
    } while (false)

/* Everything else by how it is written. */
#define ECHO(function, type, name, value)                   \
    do {                                                    \
        type heard;                                         \
        uint8_t *mark = hostfn_mark();                      \
        int32_t status = host_##function(value, &heard);    \
        check(status == HOSTFN_OK && SAME(name, value, ADDRESS_##name), HOSTFN_STR(#function)); \
        hostfn_release(mark);                               \
    } while (false)

#define ADDRESS_str heard
#define ADDRESS_bytes heard
#define ADDRESS_raw heard
#define ADDRESS_Store heard
#define ADDRESS_Handles &heard
#define ADDRESS_option_u32 &heard
#define ADDRESS_option_str &heard
#define ADDRESS_option_Point &heard
#define ADDRESS_list_i64 &heard
#define ADDRESS_list_str &heard
#define ADDRESS_list_bytes &heard
#define ADDRESS_list_Point &heard
#define ADDRESS_map_str_u32 &heard
#define ADDRESS_map_u64_list_str &heard
#define ADDRESS_map_Level_Point &heard
#define ADDRESS_tuple3_u8_str_bool &heard
#define ADDRESS_array3_f32 &heard
#define ADDRESS_Order &heard
#define ADDRESS_Pair &heard
#define ADDRESS_Figure &heard
#define ADDRESS_Node &heard
#define ADDRESS_Record &heard
#define ADDRESS_Choice &heard

static void scalars(void) {
    ECHO_NUMBER(echo_bool, bool, true, false);
    ECHO_NUMBER(echo_u8, uint8_t, 0, 127, 128, UINT8_MAX);
    ECHO_NUMBER(echo_u16, uint16_t, 0, 255, 256, UINT16_MAX);
    ECHO_NUMBER(echo_u32, uint32_t, 0, 65536, UINT32_MAX);
    ECHO_NUMBER(echo_u64, uint64_t, 0, (uint64_t)1 << 32, ((uint64_t)1 << 53) + 1, UINT64_MAX);
    ECHO_NUMBER(echo_i8, int8_t, INT8_MIN, -33, -32, -1, 0, INT8_MAX);
    ECHO_NUMBER(echo_i16, int16_t, INT16_MIN, -129, INT16_MAX);
    ECHO_NUMBER(echo_i32, int32_t, INT32_MIN, -32769, INT32_MAX);
    ECHO_NUMBER(echo_i64, int64_t, INT64_MIN, -((int64_t)1 << 53) - 1, INT64_MAX);
    ECHO_NUMBER(echo_f32, float, 0, -0.5f, 0x1p127f, __builtin_inff());
    ECHO_NUMBER(echo_f64, double, 0.1, -1e300, 0x1p-1022, -__builtin_inf());
    ECHO_NUMBER(echo_char, uint32_t, 'a', 0xe9, 0x6f22, 0x1f980, 0);
    ECHO_NUMBER(echo_level, Level, LEVEL_LOW, LEVEL_VERY_HIGH);
    double nan;
    check(host_echo_f64(__builtin_nan(""), &nan) == HOSTFN_OK && nan != nan, HOSTFN_STR("echo_f64 of nan"));
}

static uint8_t many[70000];

static void texts(void) {
    uint32_t lengths[] = {0, 1, 31, 32, 255, 256, 4096, 70000};
    for (uint32_t i = 0; i < sizeof many; i++) {
        many[i] = (uint8_t)('a' + i % 26);
    }
    for (uint32_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        hostfn_str text = {(const char *)many, lengths[i]};
        hostfn_bytes bytes = {many, lengths[i]};
        ECHO(echo_str, hostfn_str, str, text);
        ECHO(echo_bytes, hostfn_bytes, bytes, bytes);
    }
    ECHO(echo_str, hostfn_str, str, HOSTFN_STR("Zo\303\253"));
}

static const Point points[] = {{0, 0}, {INT32_MIN, INT32_MAX}};

static void compounds(void) {
    hostfn_option_u32 no_number = {false, 0}, number = {true, 7};
    ECHO(echo_option_u32, hostfn_option_u32, option_u32, &no_number);
    ECHO(echo_option_u32, hostfn_option_u32, option_u32, &number);
    hostfn_option_str no_text = {false, {0, 0}}, text = {true, HOSTFN_STR("")};
    ECHO(echo_option_str, hostfn_option_str, option_str, &no_text);
    ECHO(echo_option_str, hostfn_option_str, option_str, &text);
    hostfn_option_Point point = {true, {1, 2}};
    ECHO(echo_option_point, hostfn_option_Point, option_Point, &point);
    static int64_t numbers[70000];
    for (uint32_t i = 0; i < 70000; i++) {
        numbers[i] = (int64_t)i - 5;
    }
    uint32_t lengths[] = {0, 15, 16, 70000};
    for (uint32_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        hostfn_list_i64 list = {numbers, lengths[i]};
        ECHO(echo_seq_i64, hostfn_list_i64, list_i64, &list);
    }
    hostfn_str words[] = {HOSTFN_STR("a"), HOSTFN_STR(""), {(const char *)many, 300}};
    hostfn_list_str texts_of_it = {words, 3};
    ECHO(echo_seq_str, hostfn_list_str, list_str, &texts_of_it);
    hostfn_bytes blobs[] = {{many, 0}, {many, 2}, {many, 300}};
    hostfn_list_bytes list_of_bytes = {blobs, 3};
    ECHO(echo_seq_bytes, hostfn_list_bytes, list_bytes, &list_of_bytes);
    hostfn_list_Point list_of_points = {points, 2};
    ECHO(echo_seq_point, hostfn_list_Point, list_Point, &list_of_points);
    hostfn_map_str_u32_entry by_name[] = {{HOSTFN_STR("a"), 1}, {HOSTFN_STR("b"), 70000}};
    hostfn_map_str_u32 names = {by_name, 2};
    ECHO(echo_map_str_u32, hostfn_map_str_u32, map_str_u32, &names);
    hostfn_map_u64_list_str_entry by_number[] = {{0, {words, 0}}, {UINT64_MAX, {words, 3}}};
    hostfn_map_u64_list_str number_map = {by_number, 2};
    ECHO(echo_map_u64_seq_str, hostfn_map_u64_list_str, map_u64_list_str, &number_map);
    hostfn_map_Level_Point_entry by_level[] = {{LEVEL_LOW, {1, 1}}, {LEVEL_VERY_HIGH, {2, 2}}};
    hostfn_map_Level_Point levels = {by_level, 2};
    ECHO(echo_map_level_point, hostfn_map_Level_Point, map_Level_Point, &levels);
    hostfn_tuple3_u8_str_bool tuple = {7, HOSTFN_STR("seven"), true};
    ECHO(echo_tuple, hostfn_tuple3_u8_str_bool, tuple3_u8_str_bool, &tuple);
    hostfn_array3_f32 array = {{0.5f, -1, 3.25f}};
    ECHO(echo_array, hostfn_array3_f32, array3_f32, &array);
}

static void structs(void) {
    Point point = {-1, 1};
    check(host_echo_point(&point, &point) == HOSTFN_OK && point.x == -1 && point.y == 1, HOSTFN_STR("echo_point"));
    Metres metres = {1.5}, heard_metres;
    check(
        host_echo_metres(&metres, &heard_metres) == HOSTFN_OK && heard_metres.value == 1.5,
        HOSTFN_STR("echo_metres")
    );
    Pair pair = {HOSTFN_STR("p"), 7};
    ECHO(echo_pair, Pair, Pair, &pair);
    hostfn_option_str notes[] = {{false, {0, 0}}, {true, HOSTFN_STR("n")}};
    hostfn_map_Level_u8_entry tags[] = {{LEVEL_LOW, 1}, {LEVEL_VERY_HIGH, 2}};
    Order order = {
        .id = ((uint64_t)1 << 53) + 1,
        .type = LEVEL_LOW,
        .register_ = true,
        .at = {3, 4},
        .notes = {notes, 2},
        .tags = {tags, 2},
        .payload = {many, 2},
        .price = {UINT64_MAX, 0x20ac},
        .marker = {0},
        .how_far = {0.25},
    };
    ECHO(echo_order, Order, Order, &order);
    Record record = {1, HOSTFN_STR("a")};
    ECHO(echo_record, Record, Record, &record);
}

static void enums(void) {
    hostfn_map_str_array3_u8_entry colors[] = {{HOSTFN_STR("red"), {{255, 0, 0}}}};
    Figure members[] = {
        {.kind = FIGURE_NOTHING},
        {.kind = FIGURE_DOT, .as = {.dot = {1, 2}}},
        {.kind = FIGURE_LINE, .as = {.line = {{3, 4}, {5, 6}}}},
    };
    Figure group = {
        .kind = FIGURE_GROUP,
        .as = {.group = {{true, HOSTFN_STR("g")}, {members, 3}, {colors, 1}}},
    };
    ECHO(echo_figure, Figure, Figure, &members[0]);
    ECHO(echo_figure, Figure, Figure, &members[1]);
    ECHO(echo_figure, Figure, Figure, &group);
    Choice choices[] = {{.kind = CHOICE_A}, {.kind = CHOICE_B, .as = {.b = 7}}, {.kind = CHOICE_C, .as = {.c = {-2}}}};
    for (uint32_t i = 0; i < 3; i++) {
        ECHO(echo_choice, Choice, Choice, &choices[i]);
    }
    Node nodes[30];
    for (uint32_t i = 0; i < 30; i++) {
        nodes[i] = HOSTFN_VALUE(Node){i, {i > 0, i > 0 ? &nodes[i - 1] : 0}};
    }
    ECHO(echo_node, Node, Node, &nodes[29]);
    /* [7, "a"] */
    hostfn_raw anything = {(const uint8_t *)"\222\007\241a", 4};
    ECHO(echo_anything, hostfn_raw, raw, anything);

    Store stores[] = {{1}, {UINT64_MAX}};
    ECHO(echo_handle, Store, Store, stores[1]);
    Handles handles = {.store = stores[1], .statement = {true, {0}}, .stores = {stores, 2}};
    ECHO(echo_handles, Handles, Handles, &handles);
}

static void calls(void) {
    uint8_t *mark = hostfn_mark();
    check(host_nothing() == HOSTFN_OK, HOSTFN_STR("nothing"));
    hostfn_str text;
    hostfn_option_str dash = {true, HOSTFN_STR("-")}, none = {false, {0, 0}};
    int32_t status = host_repeat(HOSTFN_STR("a"), 2, &dash, &text);
    check(status == HOSTFN_OK && hostfn_equal(text, HOSTFN_STR("a-a")), HOSTFN_STR("repeat"));
    status = host_repeat(HOSTFN_STR("a"), 100000, &none, &text);
    check(status == HOSTFN_OK && text.len == 100000, HOSTFN_STR("repeat often"));
    hostfn_option_u64 sum;
    status = math_add_up(5, 7, &sum);
    check(status == HOSTFN_OK && sum.some && sum.value == 12, HOSTFN_STR("add_up"));
    status = math_add_up(UINT64_MAX, 1, &sum);
    check(status == HOSTFN_OK && !sum.some, HOSTFN_STR("add_up beyond"));
    status = host_name_of(HOSTFN_STR("/data/b"), &text);
    check(status == HOSTFN_OK && hostfn_equal(text, HOSTFN_STR("b")), HOSTFN_STR("name_of"));
    hostfn_release(mark);
}

static bool fails_as(int32_t status, int32_t wanted, BankError kind) {
    return status == wanted && hostfn_last_error.status == wanted && BankError_of(&hostfn_last_error) == kind;
}

static void errors(void) {
    uint64_t left;
    int32_t status = host_withdraw(HOSTFN_STR("rich"), 1, &left);
    check(status == HOSTFN_OK && left == ((uint64_t)1 << 60) - 1, HOSTFN_STR("withdraw"));
    status = host_withdraw(HOSTFN_STR("poor"), 7, &left);
    check(fails_as(status, HOSTFN_FAILED, BANK_ERROR_INSUFFICIENT), HOSTFN_STR("withdraw insufficient"));
    check(hostfn_equal(hostfn_last_error.message, HOSTFN_STR("2 are missing")), HOSTFN_STR("withdraw message"));
    hostfn_reader detail = hostfn_read(hostfn_last_error.detail.ptr, hostfn_last_error.detail.len);
    uint64_t missing;
    hostfn_read_u64(&detail, &missing);
    check(hostfn_read_all(&detail) && missing == 2, HOSTFN_STR("withdraw detail"));
    status = host_withdraw(HOSTFN_STR("nobody"), 1, &left);
    check(fails_as(status, HOSTFN_NOT_FOUND, BANK_ERROR_NO_SUCH_ACCOUNT), HOSTFN_STR("withdraw not found"));
    status = host_withdraw(HOSTFN_STR("cold"), 1, &left);
    check(fails_as(status, -1024, BANK_ERROR_FROZEN), HOSTFN_STR("withdraw frozen"));
    hostfn_str text;
    status = host_secret(&text);
    check(fails_as(status, HOSTFN_NO_CAPABILITY, BANK_ERROR_OTHER), HOSTFN_STR("secret"));
    check(host_name_of(HOSTFN_STR("/etc/passwd"), &text) == HOSTFN_NO_CAPABILITY, HOSTFN_STR("name_of outside"));
    hostfn_option_str none = {false, {0, 0}};
    hostfn_str long_text = {(const char *)many, sizeof many};
    check(host_repeat(long_text, 1, &none, &text) == HOSTFN_QUOTA_EXCEEDED, HOSTFN_STR("repeat too long"));
}

hostfn_list_str fixed_failures(void) {
    failed = 0;
    scalars();
    texts();
    compounds();
    structs();
    enums();
    calls();
    errors();
    return HOSTFN_VALUE(hostfn_list_str){failures, failed};
}
