// A test without a framework, as CTest runs it: a failure ends it.
#include <dioaudit.h>

#include <cstring>

#include "ring.h"

int main(int count, char **arguments) {
    if (count > 1 && std::strcmp(arguments[1], "queue") == 0) {
        Queue queue;
        DIOAUDIT_EXPECT_NONE { pass_on(queue, 64); }
    } else {
        Ring<16> ring;
        DIOAUDIT_EXPECT_NONE { pass_on(ring, 64); }
    }
}
