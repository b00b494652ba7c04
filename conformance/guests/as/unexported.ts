// A guest that forgot to call `exportEchoV1`.

export { plugin_alloc, plugin_abi_version, hostfn_functions, echo_v1_echo_u8 } from "./host";
