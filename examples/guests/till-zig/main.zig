//! Works out what an order costs, with the bindings that `hostfn bindgen` wrote. The other tills
//! answer the same.

const host = @import("host.zig");

comptime {
    host.exportTillV1(@This());
}

pub fn total(order: host.Order) (host.hostfn.Error || host.ShopError)!host.Receipt {
    var receipt: host.Receipt = .{ .customer = order.customer, .items = 0, .cents = 0 };
    for (order.lines) |line| {
        const paid = line.count - line.count / 10;
        receipt.items += line.count;
        receipt.cents += paid * try host.priceOf(line.item);
    }
    return receipt;
}
