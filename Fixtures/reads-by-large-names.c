// Link: -L.build/fixtures -l:liblarge-pread '-Wl,-rpath,$ORIGIN'
// Intent: a library behind the interposer defines pread64 and not pread: each name leads on to the same name.
// Exit: 0
// Verdict: pass
// Warmup: transfers 2
// Steady: transfers 18
// Kernel: pwrite64 1, pread64 19
#define _LARGEFILE64_SOURCE
#include "direct.h"

extern int large_calls;

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    lock_memory();
    int fd = open_direct(arguments[1]);
    write_block(fd, 0);
    for (int i = 0; i < 10; i++) require(pread64(fd, block, BLOCK, 0) == BLOCK, "pread64");
    require(large_calls == 10, "the library's pread64 was not called");
    for (int i = 0; i < 9; i++) read_block(fd, 0);
    require(large_calls == 10, "the library's pread64 was called as pread");
    close(fd);
}
