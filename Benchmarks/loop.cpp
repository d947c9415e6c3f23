// The examples of Examples/ as loops, for Benchmarks/run: prints nanoseconds a round, of the thread's own time.
//     loop ring|queue|coroutine ROUNDS
#include <coroutine>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "../Examples/coroutine/numbers.h"
#include "../Examples/ring/ring.h"

// What RealtimeSanitizer takes as a promise.
#if defined(__clang__) && __has_attribute(nonblocking)
#define PROMISED [[clang::nonblocking]]
#else
#define PROMISED
#endif

static Ring<16> ring;
static Queue queue;

static void pass_on_ring() PROMISED { pass_on(ring, 64); }
static void pass_on_queue() PROMISED { pass_on(queue, 64); }
static volatile int total;
static void count_up() PROMISED { total = sum<Heap>(0, 64); }

static double seconds() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int, char **arguments) {
    auto work = std::strcmp(arguments[1], "ring") == 0 ? pass_on_ring
        : std::strcmp(arguments[1], "queue") == 0      ? pass_on_queue
                                                       : count_up;
    long rounds = std::atol(arguments[2]);
    work();
    double start = seconds();
    for (long round = 0; round < rounds; round++) work();
    std::printf("ns=%.1f\n", (seconds() - start) * 1e9 / (double)rounds);
}
