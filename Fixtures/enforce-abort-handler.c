// Intent: a signal whose handler allocates comes while the first violation is being written, which takes as long as the reader
// of standard error wants: the process ends all the same.
// Options: --enforce abort --allow pageFaultMinor,pageFaultMajor --timeout 20s
// Exit: 1
// Verdict: fail
// Steady: transfers 3, malloc 1/77
// Violation: malloc 1/77 first 4 in main
#include "direct.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

static atomic_int allocates;
static char state_file[64];
static int read_end;

static void tick(int signal) {
    (void)signal;
    free(keep(malloc(8)));
}

static char state_of_main(void) {
    char text[256] = "";
    int fd = open(state_file, O_RDONLY);
    require(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0, "the main thread's state");
    close(fd);
    char *end = strrchr(text, ')');
    return end ? end[2] : '?';
}

// Once the main thread sleeps it is in the middle of writing, since the pipe is not read.
static void *disturb(void *main_thread) {
    while (!allocates || state_of_main() != 'S') continue;
    pthread_kill(*(pthread_t *)main_thread, SIGUSR1);
    char bytes[BLOCK];
    while (read(read_end, bytes, sizeof(bytes)) > 0) continue;
    return NULL;
}

static void make_standard_error_full(void) {
    int ends[2];
    require(pipe(ends) == 0 && fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0, "pipe");
    while (write(ends[1], block, 1) == 1) continue;
    require(fcntl(ends[1], F_SETFL, 0) == 0 && dup2(ends[1], 2) == 2, "dup2");
    read_end = ends[0];
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    char name[32] = "";
    require(readlink("/proc/thread-self", name, sizeof(name) - 1) > 0, "/proc/thread-self");
    strcat(strcat(strcpy(state_file, "/proc/"), name), "/stat");
    signal(SIGUSR1, tick);
    int fd = open_direct(arguments[1]);
    make_standard_error_full();
    pthread_t self = pthread_self(), other;
    require(pthread_create(&other, NULL, disturb, &self) == 0, "pthread_create");
    write_blocks(fd, 4);
    allocates = 1;
    keep(malloc(77));
    write_blocks(fd, 4);
    close(fd);
}
