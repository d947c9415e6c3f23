// What a judged block costs more than its body: prints the nanoseconds of the thread's own time, of so many blocks. With a second argument
// their page faults are judged.
#include <dioaudit.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static volatile unsigned kept;

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
    long blocks = count > 1 ? atol(arguments[1]) : 0;
    double start = seconds();
    for (long i = 0; i < blocks; i++) kept++;
    double plain = seconds() - start;
    start = seconds();
    for (long i = 0; i < blocks; i++)
        DIOAUDIT_EXPECT_NONE_WITH(count > 2 ? DIOAUDIT_FAULTS_FORBIDDEN : DIOAUDIT_FAULTS_IF_LOCKED, 0) { kept++; }
    if (blocks) printf("%.1f\n", (seconds() - start - plain) * 1e9 / (double)blocks);
}
