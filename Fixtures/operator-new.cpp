// Intent: operator new is malloc, and its stack has demangled names.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Warmup: transfers 1
// Steady: transfers 9, malloc 10/400, free 10
// Violation: malloc 10/400 first 1 in operator new < (anonymous namespace)::Record::make < main
#include "direct.h"

namespace {
struct Record {
    long fields[5];
    __attribute__((noinline)) static Record *make() { return static_cast<Record *>(keep(new Record)); }
};
}  // namespace

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    for (long i = 0; i < 10; i++) {
        write_block(fd, i);
        delete Record::make();
    }
    close(fd);
}
