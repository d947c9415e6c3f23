// Intent: regions that the program names, nested and repeated, are listed with what happened in them, in all phases; an event
// belongs to the innermost. What happens in them is judged as elsewhere.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Steady: transfers 9, malloc 7/700, free 7
// Region: parsing entered 3 malloc 4/400, free 4
// Region: inner entered 1 malloc 5/500, free 5
// Violation: malloc 5/500 first 10 in use < main
// Violation: malloc 2/200 first 10 in use < main
#include "direct.h"
#include <dioaudit.h>

__attribute__((noinline)) static void use(int times) {
    for (int i = 0; i < times; i++) free(keep(malloc(100)));
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    dioaudit_region_begin("parsing");
    use(2);
    dioaudit_region_end("parsing");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    dioaudit_region_begin("parsing");
    dioaudit_region_begin("inner");
    use(5);
    dioaudit_region_end("inner");
    use(2);
    dioaudit_region_end("parsing");
    dioaudit_region_begin("parsing");
    dioaudit_region_end("parsing");
    close(fd);
    use(1);
}
