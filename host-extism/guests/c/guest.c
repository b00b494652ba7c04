/* A well-behaved guest in C. */
#include "extism.h"

EXTISM_HOST("extism:host/user", greet) extism_handle greet(extism_handle name);
EXTISM_HOST("host", add) extism_handle add(extism_handle a, extism_handle b);

EXTISM_EXPORT(hello) int32_t hello(void) {
    extism_output(greet(extism_input()));
    return 0;
}

EXTISM_EXPORT(sum) int32_t sum(void) {
    extism_handle total = extism_alloc(8), one = extism_alloc(8);
    extism_store_u64(total, 0);
    extism_store_u64(one, 1);
    for (int i = 0; i < 10; i++) total = add(total, one);
    extism_output(total);
    return 0;
}
