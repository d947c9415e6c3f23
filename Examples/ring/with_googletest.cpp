#include <dioaudit.h>
#include <gtest/gtest.h>

#include "ring.h"

static void tell(const char *file, int line, const char *message) {
    ADD_FAILURE_AT(file, line) << message;
}

int main(int count, char **arguments) {
    testing::InitGoogleTest(&count, arguments);
    dioaudit_on_failure(tell);
    return RUN_ALL_TESTS();
}

TEST(Records, RingAllocatesNothing) {
    Ring<16> ring;
    DIOAUDIT_EXPECT_NONE { pass_on(ring, 64); }
}

TEST(Records, QueueAllocatesNothing) {
    Queue queue;
    DIOAUDIT_EXPECT_NONE { pass_on(queue, 64); }
}
