// Intent: each of C++'s operators new and delete, a different number of times. The same counts with every allocator.
// Where the alignment is given: aligned_alloc, or in libstdc++ 14 posix_memalign.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Warmup: transfers 1
// Steady: transfers 9, malloc 10/161, alignedAlloc|posixMemalign 26/3328, free 36
// Teardown: nothing
#include "direct.h"
#include <new>

template <typename Make, typename Drop> static void repeat(int times, Make make, Drop drop) {
    for (int i = 0; i < times; i++) drop(keep(make()));
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 5);
    const std::align_val_t wide{64};
    repeat(1, [] { return operator new(0); }, [](void *it) { operator delete(it); });
    repeat(2, [] { return operator new[](16); }, [](void *it) { operator delete[](it); });
    repeat(3, [] { return operator new(16, std::nothrow); }, [](void *it) { operator delete(it, std::nothrow); });
    repeat(4, [] { return operator new[](20, std::nothrow); }, [](void *it) { operator delete[](it, std::nothrow); });
    repeat(5, [=] { return operator new(128, wide); }, [=](void *it) { operator delete(it, wide); });
    repeat(6, [=] { return operator new[](128, wide); }, [=](void *it) { operator delete[](it, wide); });
    repeat(7, [=] { return operator new(128, wide, std::nothrow); },
           [=](void *it) { operator delete(it, wide, std::nothrow); });
    repeat(8, [=] { return operator new[](128, wide, std::nothrow); },
           [=](void *it) { operator delete[](it, wide, std::nothrow); });
    write_blocks(fd, 5);
    close(fd);
}
