/* Works out what an order costs, with the bindings that `hostfn bindgen` wrote. The other tills
 * answer the same. */

#define HOSTFN_IMPLEMENTATION
#define HOSTFN_EXPORT_TILL_V1
#include "host.h"

int32_t till_v1_total(const Order *order, Receipt *reply) {
    *reply = (Receipt){order->customer, 0, 0};
    for (uint32_t i = 0; i < order->lines.len; i++) {
        const Line *line = &order->lines.items[i];
        uint64_t cents;
        int32_t status = host_price_of(line->item, &cents);
        if (status != HOSTFN_OK) {
            return status;
        }
        reply->items += line->count;
        reply->cents += (line->count - line->count / 10) * cents;
    }
    return HOSTFN_OK;
}
