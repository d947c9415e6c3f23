// The same in C++: operators, exceptions, names.
#include <dioaudit.h>

#include <cstdio>
#include <vector>

namespace ring {
template <typename Item> struct Ring {
    std::vector<Item> items;
    __attribute__((noinline)) void push(Item item) { items.push_back(item); }
};
}  // namespace ring

static int *volatile kept;

static void tell(const char *, int, const char *message) {
    std::printf("%s\n", message);
}

int main() {
    dioaudit_on_failure(tell);
    ring::Ring<int> ring;
    ring.items.reserve(1);
    DIOAUDIT_EXPECT_NONE_AFTER(0) { ring.push(1); }
    DIOAUDIT_EXPECT_NONE_AFTER(0) { ring.push(2); }
    try {
        DIOAUDIT_EXPECT_NONE_AFTER(0) {
            kept = new int(1);
            throw 1;
        }
    } catch (int) {
        std::printf("caught after %ld\n", dioaudit_counts("malloc"));
    }
    return 0;
}
