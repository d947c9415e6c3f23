// What a coroutine allocates: its frame, at each call. `frame heap` and `frame room` are the tests, of which the first fails.
#include <dioaudit.h>

#include <cstring>

#include "numbers.h"

int main(int arguments, char **argument) {
    int total = 0;
    if (arguments > 1 && std::strcmp(argument[1], "room") == 0)
        DIOAUDIT_EXPECT_NONE { total += sum<Room>(0, 10); }
    else
        DIOAUDIT_EXPECT_NONE { total += sum<Heap>(0, 10); }
    return total == 90 ? 0 : 1;
}
