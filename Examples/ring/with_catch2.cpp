// Catch2 3 has a library with main in it; 2 is a header.
#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#else
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif
#include <dioaudit.h>

#include "ring.h"

static void tell(const char *file, int line, const char *message) {
    FAIL_CHECK(file << ":" << line << ": " << message);
}

TEST_CASE("the ring allocates nothing") {
    dioaudit_on_failure(tell);
    Ring<16> ring;
    DIOAUDIT_EXPECT_NONE { pass_on(ring, 64); }
}

TEST_CASE("the queue allocates nothing") {
    dioaudit_on_failure(tell);
    Queue queue;
    DIOAUDIT_EXPECT_NONE { pass_on(queue, 64); }
}
