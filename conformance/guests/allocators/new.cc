// A guest in C++ whose objects come from `new`.

#include <stdlib.h>

#include "guest.h"

void *operator new(size_t size) {
    void *block = malloc(size);
    HOSTFN_ASSERT(block);
    return block;
}

void operator delete(void *block) noexcept {
    free(block);
}

void operator delete(void *block, size_t) noexcept {
    free(block);
}

namespace {

template <typename T>
class List {
public:
    ~List() {
        while (first) {
            Node *rest = first->rest;
            delete first;
            first = rest;
        }
    }

    void push(T value) {
        first = new Node{value, first};
    }

    T sum() const {
        T sum = 0;
        for (const Node *node = first; node; node = node->rest) {
            sum += node->value;
        }
        return sum;
    }

private:
    struct Node {
        T value;
        Node *rest;
    };

    Node *first = nullptr;
};

List<uint32_t> calls;
uint32_t count;

} // namespace

void use_allocator(void) {
    count++;
    calls.push(count);
    HOSTFN_ASSERT(calls.sum() == count * (count + 1) / 2);
    List<uint64_t> mine;
    for (uint32_t i = 0; i < 500; i++) {
        mine.push(i);
    }
    HOSTFN_ASSERT(mine.sum() == 499 * 500 / 2);
}
