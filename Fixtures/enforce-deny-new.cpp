// Intent: operator new throws std::bad_alloc when it is denied, which needs memory of its own: the runtime's reserve.
// Options: --enforce deny --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Steady: transfers 9, malloc >=1, free >=0
#include "direct.h"
#include <new>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    bool thrown = false;
    try {
        keep(operator new(1000));
    } catch (const std::bad_alloc &) {
        thrown = true;
    }
    require(thrown, "std::bad_alloc");
    close(fd);
}
