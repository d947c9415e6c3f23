// It works without allocating between markers, and only with the arguments that CMakeLists.txt gives it.
#include <dioaudit.h>
#include <string.h>

int main(int count, char **arguments) {
    static const char *const expected[] = {"", "a;b", "NAME", "c  d\\"};
    if (count != 5) return 1;
    for (int i = 0; i < 4; i++)
        if (strcmp(arguments[i + 1], expected[i]) != 0) return 2;
    dioaudit_phase("steady");
    dioaudit_phase("teardown");
    return 0;
}
