// Does what it is told by its arguments, step by step, so that a test can say where in its run a cue of --steady-from or --steady-to
// came. It knows the ledger's layout, to see that dioaudit has taken a cue. Usage: follows-cues FILE STEP...
//
//   t5      five writes of a block of FILE, by pwrite         o     opens FILE with O_DIRECT once more, and transfers there
//   r5, x5  five reads; five writes by the instruction        c     closes the file that was opened last
//   m5      malloc and free of five bytes                     p2    maps and touches two pages by mmap
//   f:PATH  makes a file                                      l:PATH  makes a symbolic link to nowhere
//   u10     sends signal 10 to dioaudit                       w1    waits until dioaudit has said 1 (enum dioaudit_told)
//   g10     waits until dioaudit has taken signal 10, of which it says nothing
//   say1    writes 1 there itself                             fork  a child does the rest, and this process ends after it
//   exec    becomes the same program, which does the rest     kill  dies by SIGKILL
#include "../../Fixtures/direct.h"
#include "../../Fixtures/raw.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "ledger_abi.h"

static volatile struct dioaudit_session *session;
static int dioaudit;

static void open_ledger(void) {
    const char *variable = getenv(DIOAUDIT_LEDGER_ENVIRONMENT);
    require(variable != NULL, "no ledger");
    char path[64];
    size_t length = strcspn(variable, ",");
    require(length < sizeof(path), "a long path");
    memcpy(path, variable, length);
    path[length] = 0;
    dioaudit = atoi(path + strlen("/proc/"));
    int fd = open(path, O_RDWR);
    require(fd >= 0, "the ledger");
    session = mmap(NULL, DIOAUDIT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    require(session != MAP_FAILED, "mmap of the ledger");
    close(fd);
}

static void wait_until_told(uint32_t told) {
    while (__atomic_load_n(&session->told, __ATOMIC_ACQUIRE) < told) usleep(100);
}

// Of two signals that wait, the kernel gives the lower one first, whichever was sent first.
static void wait_until_taken(int number) {
    char path[64], status[4096];
    snprintf(path, sizeof(path), "/proc/%d/status", dioaudit);
    for (unsigned long pending = ~0ul; pending & 1ul << (number - 1);) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t length = fd < 0 ? -1 : read(fd, status, sizeof(status) - 1);
        require(length > 0, "dioaudit's status");
        close(fd);
        status[length] = 0;
        const char *line = strstr(status, "\nShdPnd:");
        require(line != NULL, "no ShdPnd");
        pending = strtoul(line + strlen("\nShdPnd:"), NULL, 16);
    }
}

static void make(const char *path) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
    require(fd >= 0, "cannot make the file");
    close(fd);
}

static void map(long pages) {
    char *mapped = mmap(NULL, (size_t)pages * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(mapped != MAP_FAILED, "mmap");
    for (long i = 0; i < pages; i++) mapped[i * BLOCK] = 1;
}

static void fork_for_the_rest(void) {
    pid_t child = fork();
    require(child >= 0, "fork");
    if (child == 0) return;
    int status;
    require(waitpid(child, &status, 0) == child, "waitpid");
    exit(status != 0);
}

static const char *file;
static int files[8], last;

static void read_blocks(int fd, long count) {
    for (long i = 0; i < count; i++) read_block(fd, i);
}

static void open_another(void) {
    require(last < 7, "too many files");
    files[++last] = open_direct(file);
}

static void act(char what, long number, const char *path) {
    switch (what) {
        case 't': write_blocks(files[last], number); break;
        case 'r': read_blocks(files[last], number); break;
        case 'x': write_unseen(files[last], number); break;
        case 'm': free(keep(malloc((size_t)number))); break;
        case 'p': map(number); break;
        case 'o': open_another(); break;
        case 'c': close(files[last--]); break;
        case 'f': make(path); break;
        case 'l': require(symlink("/nowhere", path) == 0, "symlink"); break;
        case 'u': require(kill(dioaudit, (int)number) == 0, "kill"); break;
        case 'g': wait_until_taken((int)number); break;
        case 'w': wait_until_told((uint32_t)number); break;
        default: require(0, "no such step");
    }
}

static void become_the_same(char **step) {
    step[0] = (char *)file;
    execv("/proc/self/exe", step - 1);
    require(0, "execv");
}

int main(int count, char **arguments) {
    require(count > 2, "usage: follows-cues FILE STEP...");
    open_ledger();
    // Their pages of code are faulted in before anything is counted, not where it first has to wait or dies.
    usleep(1);
    raise(0);
    file = arguments[1];
    files[0] = open_direct(file);
    for (char **step = arguments + 2; *step; step++) {
        if (strcmp(*step, "fork") == 0) fork_for_the_rest();
        else if (strcmp(*step, "exec") == 0) become_the_same(step);
        else if (strcmp(*step, "kill") == 0) raise(SIGKILL);
        else if (strncmp(*step, "say", 3) == 0) session->told = (uint32_t)atoi(*step + 3);
        else act(**step, atol(*step + 1), *step + 2);
    }
    return 0;
}
