// Fails a disk of an array that is swapped to, in memory that is full, and says whether the failure is recorded:
//     deadlock VOLUME DISK DAEMON, such as: deadlock md126 sda 250
// Whoever needs memory then writes to the array, and each write waits for DAEMON to have recorded the failure. If DAEMON needs
// memory, too, it waits for itself. So that it is the last who asks, it is stopped until everybody else waits.
// Ends with 0 if it is recorded, and with 3 if it is not: then everybody waits for ever, and the kernel has said where.
// This process waits for nothing that needs memory: it is locked, its files are open, and md's attributes have their buffers.
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "attribute.h"

enum { FILLERS = 4, PAGE = 4096, MILLISECONDS = 1000000, STILL = 3000, LONG = 30000 };
// Of each filler, and what there is for all of them: the swap area has room for the difference.
static const size_t MOST = 32 << 20, ROOM = 64 << 20;

// With the processes that fill the memory: whether they may, and how many pages each has touched.
static struct {
    volatile bool begin;
    volatile unsigned long touched[FILLERS];
} *shared;
static pid_t fillers[FILLERS];

static void say(const char *format, ...) {
    char line[200];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (write(STDOUT_FILENO, line, (size_t)length) != length) _exit(1);
}

static void pass(long milliseconds) {
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * MILLISECONDS};
    nanosleep(&time, NULL);
}

static int open_file(const char *format, const char *volume, const char *disk) {
    char path[200];
    snprintf(path, sizeof path, format, volume, disk);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) die(path);
    return fd;
}

static size_t available(void) {
    static const char name[] = "MemAvailable: ";
    char line[200];
    FILE *file = fopen("/proc/meminfo", "r");
    if (file == NULL) die("meminfo");
    size_t found = 0;
    while (found == 0 && fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0) found = strtoul(line + strlen(name), NULL, 10) * 1024;
    fclose(file);
    return found;
}

static void fill(int number) {
    char *memory = mmap(NULL, MOST, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) die("mmap");
    while (!shared->begin) pass(10);
    for (size_t at = 0; at < MOST; at += PAGE) {
        memory[at] = 1;
        shared->touched[number]++;
    }
    while (true) pause();
}

static unsigned long all_touched(void) {
    unsigned long sum = 0;
    for (int i = 0; i < FILLERS; i++) sum += shared->touched[i];
    return sum;
}

// Whether, within LONG ms, somebody waits for a page: some are missing, and nobody has got one for STILL ms.
static bool somebody_waits(void) {
    unsigned long before = all_touched();
    long still = 0;
    for (long passed = 0; passed < LONG && still < STILL; passed += 100) {
        pass(100);
        still = all_touched() == before ? still + 100 : 0;
        before = all_touched();
    }
    return still >= STILL && before < FILLERS * (MOST / PAGE);
}

int main(int count, char **arguments) {
    if (count != 4) return 64;
    pid_t daemon = atoi(arguments[3]);
    int state = open_file("/sys/block/%s/md/dev-%s/state", arguments[1], arguments[2]);
    int tasks = open_file("/proc/sysrq-trigger", "", "");
    shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) die("mmap");
    if (is_in(state, "blocked")) die("it is blocked already");
    for (int i = 0; i < FILLERS; i++)
        if ((fillers[i] = fork()) == 0) fill(i);
    if (mlockall(MCL_CURRENT | MCL_FUTURE)) die("mlockall");

    // All but a little is locked, so that the rest is soon full.
    if (mmap(NULL, available() - ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED) die("mmap");
    kill(daemon, SIGSTOP);
    if (write(state, "faulty", 6) != 6) die("faulty");
    shared->begin = true;
    if (!somebody_waits()) {
        say("lab: deadlock: nobody waits for the array: nothing is shown\n");
        return 1;
    }
    say("lab: deadlock: a disk has failed, memory is full, and all wait\n");
    kill(daemon, SIGCONT);
    long waited = 0;
    while (is_in(state, "blocked") && waited < LONG) {
        pass(10);
        waited += 10;
    }
    bool recorded = !is_in(state, "blocked");
    say(recorded ? "lab: deadlock: recorded after %ld ms\n" : "lab: deadlock: not recorded after %ld ms\n", waited);
    unsigned long before = all_touched();
    for (; recorded && all_touched() == before && waited < LONG; waited += 10) pass(10);
    if (recorded) say("lab: deadlock: and writes %s\n", all_touched() > before ? "go on" : "wait all the same");
    if (write(tasks, "w", 1) != 1) die("sysrq"); // the kernel says where each thread waits
    for (int i = 0; i < FILLERS; i++) kill(fillers[i], SIGKILL);
    return recorded ? 0 : 3;
}
