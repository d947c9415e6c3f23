// Intent: executes another program again and again, each time on another CPU with another of the witness's rings: each is
// seen to load the interposer.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Warmup: transfers 1
// Steady: transfers 9
#include "direct.h"
#include <sched.h>
#include <stdlib.h>

enum { TIMES = 60 };

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int times = count > 2 ? atoi(arguments[2]) : 0;
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET((unsigned)times % (unsigned)sysconf(_SC_NPROCESSORS_ONLN), &cpus);
    sched_setaffinity(0, sizeof(cpus), &cpus);  // a CPU that may not be used leaves it where it is
    if (times < TIMES) {
        char next[8] = {(char)('0' + (times + 1) / 10), (char)('0' + (times + 1) % 10)};
        execl("/proc/self/exe", arguments[0], arguments[1], next, NULL);
    }
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    close(fd);
}
