/* Calls every host function of the suite through the generated header: as C, as C++, and beside an allocator. */

#define HOSTFN_IMPLEMENTATION
#define HOSTFN_EXPORT_ECHO_V1
#include "guest.h"

/* What is handed over as it is. */
#define ECHO_VALUE(name, type)                              \
    int32_t echo_v1_##name(type value, type *reply) {       \
        use_allocator();                                    \
        return host_##name(value, reply);                   \
    }

/* What is handed over by a pointer. */
#define ECHO(name, type)                                    \
    int32_t echo_v1_##name(const type *value, type *reply) { \
        use_allocator();                                    \
        return host_##name(value, reply);                   \
    }

ECHO_VALUE(echo_bool, bool)
ECHO_VALUE(echo_u8, uint8_t)
ECHO_VALUE(echo_u16, uint16_t)
ECHO_VALUE(echo_u32, uint32_t)
ECHO_VALUE(echo_u64, uint64_t)
ECHO_VALUE(echo_i8, int8_t)
ECHO_VALUE(echo_i16, int16_t)
ECHO_VALUE(echo_i32, int32_t)
ECHO_VALUE(echo_i64, int64_t)
ECHO_VALUE(echo_f32, float)
ECHO_VALUE(echo_f64, double)
ECHO_VALUE(echo_char, uint32_t)
ECHO_VALUE(echo_str, hostfn_str)
ECHO_VALUE(echo_bytes, hostfn_bytes)
ECHO_VALUE(echo_level, Level)
ECHO_VALUE(echo_anything, hostfn_raw)
ECHO_VALUE(echo_handle, Store)
ECHO(echo_option_u32, hostfn_option_u32)
ECHO(echo_option_str, hostfn_option_str)
ECHO(echo_option_point, hostfn_option_Point)
ECHO(echo_seq_i64, hostfn_list_i64)
ECHO(echo_seq_str, hostfn_list_str)
ECHO(echo_seq_bytes, hostfn_list_bytes)
ECHO(echo_seq_point, hostfn_list_Point)
ECHO(echo_map_str_u32, hostfn_map_str_u32)
ECHO(echo_map_u64_seq_str, hostfn_map_u64_list_str)
ECHO(echo_map_level_point, hostfn_map_Level_Point)
ECHO(echo_tuple, hostfn_tuple3_u8_str_bool)
ECHO(echo_array, hostfn_array3_f32)
ECHO(echo_point, Point)
ECHO(echo_order, Order)
ECHO(echo_metres, Metres)
ECHO(echo_pair, Pair)
ECHO(echo_figure, Figure)
ECHO(echo_node, Node)
ECHO(echo_record, Record)
ECHO(echo_choice, Choice)
ECHO(echo_handles, Handles)

int32_t echo_v1_fixed(hostfn_list_str *reply) {
    *reply = fixed_failures();
    return HOSTFN_OK;
}

int32_t echo_v1_again(hostfn_str params, hostfn_bytes args, hostfn_option_bytes *reply) {
    reply->some = vector_again(params, args, &reply->value);
    return HOSTFN_OK;
}

int32_t echo_v1_word(int32_t status, uint32_t len, int64_t *reply) {
    *reply = hostfn_word(status, len);
    return HOSTFN_OK;
}

int32_t echo_v1_parts(int64_t word, hostfn_tuple2_i32_u32 *reply) {
    *reply = HOSTFN_VALUE(hostfn_tuple2_i32_u32){hostfn_word_status(word), hostfn_word_len(word)};
    return HOSTFN_OK;
}

int32_t echo_v1_pass_on(hostfn_str account, uint64_t amount, uint64_t *reply) {
    return host_withdraw(account, amount, reply);
}
