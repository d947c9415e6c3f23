// Functions that start or exec another program. Each program must load the interposer and report, or it was not observed: it
// is announced here, and the host looks for each. An environment of the program's making is extended by the variables that the
// interposer needs. libc calls these functions by internal names, so each is interposed.
#include <errno.h>
#include <sched.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "../base/system.h"
#include "../life/attach.h"
#include "../phases/phases.h"
#include "../phases/regions.h"
#include "../state/faults.h"
#include "../state/following.h"
#include "../state/identity.h"
#include "../state/ledger.h"
#include "../tables/next.h"
#include "../rules.h"

// TRAP: a shell tries each folder of its PATH: the place of a failed exec is used again. Fixture: starts-many.c
static struct dioaudit_image *claim_image(void) {
    uint64_t index = __atomic_fetch_add(&ledger->header.images_started, 1, __ATOMIC_RELAXED);
    if (index < DIOAUDIT_IMAGES) return &ledger->images[index];
    for (index = 0; index < DIOAUDIT_IMAGES; index++) {
        int32_t pid = DIOAUDIT_NOT_STARTED;
        struct dioaudit_image *image = &ledger->images[index];
        if (__atomic_compare_exchange_n(&image->pid, &pid, 0, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) return image;
    }
    __atomic_fetch_add(&ledger->header.lost_images, 1, __ATOMIC_RELAXED);
    return NULL;
}

// Null if the table is full: then a lost image is noted.
static struct dioaudit_image *expect_image(pid_t pid) {
    struct dioaudit_image *image = is_attached() ? claim_image() : NULL;
    if (image) *image = (struct dioaudit_image){pid, process.record->pid, !following_is_possible()};
    return image;
}

static void expect_no_image(struct dioaudit_image *image) {
    if (!image) __atomic_fetch_sub(&ledger->header.lost_images, 1, __ATOMIC_RELAXED);
    else __atomic_store_n(&image->pid, DIOAUDIT_NOT_STARTED, __ATOMIC_RELAXED);
}

// TRAP: a vfork child is in its parent's memory, whose regions do not end by the child's exec. Fixture: vforks-and-execs.c
static bool leave_for_exec(void) {
    if (!process.phase) return false;
    if (process_is_ours()) return regions_leave_for_exec();
    faults_adopt();
    return false;
}

// Called before exec, which returns only if it failed.
#define BECOME(call)                                                                      \
    do {                                                                                  \
        FOLLOW(environment);                                                              \
        struct dioaudit_image *image = expect_image(identity_process());                  \
        bool left = leave_for_exec();                                                     \
        if (ledger && process.phase) phases_may_leave();                                  \
        int result = (call);                                                              \
        if (ledger && process.phase) phases_stay();                                \
        if (left) regions_return_from_exec();                                             \
        if (ledger && process.phase) expect_no_image(image);                              \
        return result;                                                                    \
    } while (0)

INTERPOSED int execve(const char *path, char *const *arguments, char *const *environment) {
    BECOME(next.execve(path, arguments, environment));
}

INTERPOSED int execvpe(const char *file, char *const *arguments, char *const *environment) {
    BECOME(next.execvpe(file, arguments, environment));
}

INTERPOSED int fexecve(int fd, char *const *arguments, char *const *environment) {
    BECOME(next.fexecve(fd, arguments, environment));
}

INTERPOSED int execveat(int directory, const char *path, char *const *arguments, char *const *environment, int flags) {
    BECOME(next.execveat(directory, path, arguments, environment, flags));
}

INTERPOSED int execv(const char *path, char *const *arguments) {
    return execve(path, arguments, environ);
}

INTERPOSED int execvp(const char *file, char *const *arguments) {
    return execvpe(file, arguments, environ);
}

// Collects a call's arguments from `first` to the null in an array; `rest` is then behind the null.
#define COLLECT(first, arguments, rest)                                   \
    va_list rest;                                                         \
    int number = 1;                                                       \
    va_start(rest, first);                                                \
    while (va_arg(rest, char *)) number++;                                \
    va_end(rest);                                                         \
    char *arguments[number + 1];                                          \
    arguments[0] = (char *)(uintptr_t)first;                              \
    va_start(rest, first);                                                \
    for (int i = 1; i <= number; i++) arguments[i] = va_arg(rest, char *)

INTERPOSED int execl(const char *path, const char *first, ...) {
    COLLECT(first, arguments, rest);
    va_end(rest);
    return execve(path, arguments, environ);
}

INTERPOSED int execlp(const char *file, const char *first, ...) {
    COLLECT(first, arguments, rest);
    va_end(rest);
    return execvpe(file, arguments, environ);
}

INTERPOSED int execle(const char *path, const char *first, ...) {
    COLLECT(first, arguments, rest);
    char *const *environment = va_arg(rest, char *const *);
    va_end(rest);
    return execve(path, arguments, environment);
}

// The child that libc makes by clone(2) with CLONE_VM and CLONE_VFORK, as it also does for system and popen.
static void note_vfork(void) {
    if (is_attached()) __atomic_fetch_add(&process.record->vforks, 1, __ATOMIC_RELAXED);
}

// The kernel refuses these arguments by itself, so that another answer is a filter's (seccomp(2)).
static bool clone_is_filtered(void) {
    long answer = SYSTEM(SYS_clone3, NULL, 0);
    if (answer == -ENOSYS) answer = SYSTEM(SYS_clone, CLONE_NEWNS | CLONE_FS);
    return answer != -EINVAL;
}

// TRAP: where a spawn fails, the child may have been made and its exec have failed, with an error that clone itself has not. One that
// was made and is not counted here gives no pass. Fixtures: vforks-and-hides.c, vforks-in-vain.c
static bool was_made(int error) {
    if (error == 0) return true;
    return (error == ENOENT || error == ENOTDIR || error == ENOEXEC) && !clone_is_filtered();
}

static int spawned(int result, pid_t child, pid_t *pid) {
    if (was_made(result)) note_vfork();
    if (result != 0) return result;
    expect_image(process.is_elsewhere ? 0 : child);  // of the two numbers that it has, dioaudit knows the other
    if (pid) *pid = child;
    return 0;
}

INTERPOSED int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                           const posix_spawnattr_t *attributes, char *const *arguments, char *const *environment) {
    FOLLOW(environment);
    pid_t child;
    int result = next.posix_spawn(&child, path, actions, attributes, arguments, environment);
    return spawned(result, child, pid);
}

INTERPOSED int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                            const posix_spawnattr_t *attributes, char *const *arguments, char *const *environment) {
    FOLLOW(environment);
    pid_t child;
    int result = next.posix_spawnp(&child, file, actions, attributes, arguments, environment);
    return spawned(result, child, pid);
}

INTERPOSED int system(const char *command) {
    int saved = errno;
    errno = 0;  // where no child can be made, system is silent of it but for this
    int result = next.system(command);
    if (was_made(errno)) note_vfork();
    if (errno == 0) errno = saved;
    if (command && result != -1) expect_image(0);
    return result;
}

INTERPOSED FILE *popen(const char *command, const char *mode) {
    FILE *stream = next.popen(command, mode);
    if (stream) note_vfork();
    if (stream) expect_image(0);
    return stream;
}
