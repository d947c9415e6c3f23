#define _GNU_SOURCE
#include "prove.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clinux_trace.h"

enum { PAGE = 4096 };

// A bit for each BPF program that must report.
enum { KMALLOC = 1, CACHE_ALLOC = 2, PAGE_ALLOC = 4, USER_FAULT = 8, KERNEL_FAULT = 16, CALL = 32 };
static const char *const names[] = {"kmem:kmalloc", "kmem:kmem_cache_alloc", "kmem:mm_page_alloc",
                                    "exceptions:page_fault_user", "exceptions:page_fault_kernel", "raw_syscalls:sys_enter"};

// MARK: acts

static int end_at_once(void *ignored) {
    return ignored ? 1 : 0;
}

// Starts a process and waits for its end. The child sends no signal when it ends.
static bool adds_a_child(struct process_tree *tree) {
    static _Alignas(16) char stack[2 * PAGE];
    pid_t child = clone(end_at_once, stack + sizeof(stack), CLONE_VM | CLONE_VFORK, NULL);
    if (child < 0) return false;
    waitpid(child, NULL, __WCLONE);
    bool added = process_tree_holds(tree, child);
    process_tree_remove(tree, child);
    return added;
}

// Two pages: this process touches the first, and the kernel the second on its behalf.
static uint64_t act(void) {
    int event = eventfd(0, EFD_CLOEXEC);  // a kmalloc, and a `struct file` of the cache `filp`
    if (event >= 0) close(event);
    volatile char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) return 0;
    pages[0] = 1;
    syscall(SYS_getcpu, pages + PAGE, NULL, NULL);
    munmap((void *)pages, 2 * PAGE);
    return (uint64_t)(uintptr_t)pages;
}

// MARK: reports

static unsigned proof(const struct event_record *event, uint64_t pages) {
    const uint64_t *number = event->number;
    if (event->tid != gettid() || event->pid != getpid() || event->in_interrupt || !event->user_ip) return 0;
    switch (event->kind) {
        case CL_KMALLOC: return number[0] && number[1] ? KMALLOC : 0;
        case CL_CACHE_ALLOC: return number[0] && number[1] && strcmp(event->text, "filp") == 0 ? CACHE_ALLOC : 0;
        case CL_PAGE_ALLOC: return number[2] ? PAGE_ALLOC : 0;
        case CL_FAULT: return number[0] == pages ? USER_FAULT : number[0] == pages + PAGE ? KERNEL_FAULT : 0;
        case CL_CALL: return number[0] == SYS_munmap && number[1] == pages && number[2] == 2 * PAGE ? CALL : 0;
        default: return 0;
    }
}

static void rely(struct listener *listener, unsigned needed, uint64_t pages) {
    if (!listener) return;
    unsigned seen = 0;
    const struct event_record *event;
    while ((event = listener_next(listener))) seen |= pages ? proof(event, pages) : 0;
    listener->is_relied_on = (seen & needed) == needed;
    for (unsigned i = 0; !listener->is_relied_on && i < sizeof(names) / sizeof(names[0]); i++)
        if (needed & ~seen & 1u << i)
            snprintf(listener->why, sizeof(listener->why), "%s: its BPF program did not report what dioaudit did", names[i]);
}

void prove(struct process_tree *tree, struct listener *memory, struct listener *calls) {
    process_tree_add(tree, getpid());
    tree->is_relied_on = adds_a_child(tree);
    uint64_t pages = act();
    process_tree_remove(tree, getpid());
    rely(memory, KMALLOC | CACHE_ALLOC | PAGE_ALLOC | USER_FAULT | KERNEL_FAULT, pages);
    rely(calls, CALL, pages);
    if (tree->is_relied_on) return;
    struct listener *both[] = {memory, calls};
    for (int i = 0; i < 2; i++) {
        if (!both[i]) continue;
        both[i]->is_relied_on = false;
        snprintf(both[i]->why, sizeof(both[i]->why), "task:task_newtask: its BPF program did not report a child of dioaudit");
    }
}
