// Calls every host function of the suite through the generated module.

import * as host from "./host";
import { failures } from "./fixed";
import { again } from "./vectors";

export { plugin_alloc, plugin_abi_version, hostfn_functions } from "./host";
export {
    echo_v1_echo_bool,
    echo_v1_echo_u8,
    echo_v1_echo_u16,
    echo_v1_echo_u32,
    echo_v1_echo_u64,
    echo_v1_echo_i8,
    echo_v1_echo_i16,
    echo_v1_echo_i32,
    echo_v1_echo_i64,
    echo_v1_echo_f32,
    echo_v1_echo_f64,
    echo_v1_echo_char,
    echo_v1_echo_str,
    echo_v1_echo_bytes,
    echo_v1_echo_option_u32,
    echo_v1_echo_option_str,
    echo_v1_echo_option_point,
    echo_v1_echo_seq_i64,
    echo_v1_echo_seq_str,
    echo_v1_echo_seq_bytes,
    echo_v1_echo_seq_point,
    echo_v1_echo_map_str_u32,
    echo_v1_echo_map_u64_seq_str,
    echo_v1_echo_map_level_point,
    echo_v1_echo_tuple,
    echo_v1_echo_array,
    echo_v1_echo_point,
    echo_v1_echo_order,
    echo_v1_echo_metres,
    echo_v1_echo_pair,
    echo_v1_echo_level,
    echo_v1_echo_figure,
    echo_v1_echo_node,
    echo_v1_echo_record,
    echo_v1_echo_choice,
    echo_v1_echo_anything,
    echo_v1_echo_handle,
    echo_v1_echo_handles,
    echo_v1_fixed,
    echo_v1_again,
    echo_v1_word,
    echo_v1_parts,
    echo_v1_pass_on,
} from "./host";

class Guest extends host.EchoV1 {
    echoBool(value: bool): bool {
        return host.echoBool(value).passOn();
    }

    echoU8(value: u8): u8 {
        return host.echoU8(value).passOn();
    }

    echoU16(value: u16): u16 {
        return host.echoU16(value).passOn();
    }

    echoU32(value: u32): u32 {
        return host.echoU32(value).passOn();
    }

    echoU64(value: u64): u64 {
        return host.echoU64(value).passOn();
    }

    echoI8(value: i8): i8 {
        return host.echoI8(value).passOn();
    }

    echoI16(value: i16): i16 {
        return host.echoI16(value).passOn();
    }

    echoI32(value: i32): i32 {
        return host.echoI32(value).passOn();
    }

    echoI64(value: i64): i64 {
        return host.echoI64(value).passOn();
    }

    echoF32(value: f32): f32 {
        return host.echoF32(value).passOn();
    }

    echoF64(value: f64): f64 {
        return host.echoF64(value).passOn();
    }

    echoChar(value: host.Char): host.Char {
        return host.echoChar(value).passOn();
    }

    echoStr(value: string): string {
        return host.echoStr(value).passOn();
    }

    echoBytes(value: Uint8Array): Uint8Array {
        return host.echoBytes(value).passOn();
    }

    echoOptionU32(value: host.Option<u32>): host.Option<u32> {
        return host.echoOptionU32(value).passOn();
    }

    echoOptionStr(value: host.Option<string>): host.Option<string> {
        return host.echoOptionStr(value).passOn();
    }

    echoOptionPoint(value: host.Option<host.Point>): host.Option<host.Point> {
        return host.echoOptionPoint(value).passOn();
    }

    echoSeqI64(value: Array<i64>): Array<i64> {
        return host.echoSeqI64(value).passOn();
    }

    echoSeqStr(value: Array<string>): Array<string> {
        return host.echoSeqStr(value).passOn();
    }

    echoSeqBytes(value: Array<Uint8Array>): Array<Uint8Array> {
        return host.echoSeqBytes(value).passOn();
    }

    echoSeqPoint(value: Array<host.Point>): Array<host.Point> {
        return host.echoSeqPoint(value).passOn();
    }

    echoMapStrU32(value: Map<string, u32>): Map<string, u32> {
        return host.echoMapStrU32(value).passOn();
    }

    echoMapU64SeqStr(value: Map<u64, Array<string>>): Map<u64, Array<string>> {
        return host.echoMapU64SeqStr(value).passOn();
    }

    echoMapLevelPoint(value: Map<host.Level, host.Point>): Map<host.Level, host.Point> {
        return host.echoMapLevelPoint(value).passOn();
    }

    echoTuple(value: host.Tuple3_u8_str_bool): host.Tuple3_u8_str_bool {
        return host.echoTuple(value).passOn();
    }

    echoArray(value: StaticArray<f32>): StaticArray<f32> {
        return host.echoArray(value).passOn();
    }

    echoPoint(value: host.Point): host.Point {
        return host.echoPoint(value).passOn();
    }

    echoOrder(value: host.Order): host.Order {
        return host.echoOrder(value).passOn();
    }

    echoMetres(value: host.Metres): host.Metres {
        return host.echoMetres(value).passOn();
    }

    echoPair(value: host.Pair): host.Pair {
        return host.echoPair(value).passOn();
    }

    echoLevel(value: host.Level): host.Level {
        return host.echoLevel(value).passOn();
    }

    echoFigure(value: host.Figure): host.Figure {
        return host.echoFigure(value).passOn();
    }

    echoNode(value: host.Node): host.Node {
        return host.echoNode(value).passOn();
    }

    echoRecord(value: host.Record): host.Record {
        return host.echoRecord(value).passOn();
    }

    echoChoice(value: host.Choice): host.Choice {
        return host.echoChoice(value).passOn();
    }

    echoAnything(value: host.Raw): host.Raw {
        return host.echoAnything(value).passOn();
    }

    echoHandle(value: host.Store): host.Store {
        return host.echoHandle(value).passOn();
    }

    echoHandles(value: host.Handles): host.Handles {
        return host.echoHandles(value).passOn();
    }

    fixed(): Array<string> {
        return failures();
    }

    again(params: string, args: Uint8Array): host.Option<Uint8Array> {
        return again(params, args);
    }

    word(status: i32, len_: u32): i64 {
        return host.word(status, len_);
    }

    parts(word_: i64): host.Tuple2_i32_u32 {
        return new host.Tuple2_i32_u32(host.wordStatus(word_), host.wordLen(word_));
    }

    passOn(account: string, amount: u64): u64 {
        return host.withdraw(account, amount).passOn();
    }
}

host.exportEchoV1(new Guest());
