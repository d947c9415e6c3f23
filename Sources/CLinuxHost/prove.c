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
enum { KMALLOC = 1, CACHE_ALLOC = 2, PAGE_ALLOC = 4, USER_FAULT = 8, KERNEL_FAULT = 16, ENDED = 32, CALL = 64 };
static const char *const names[] = {"kmem:kmalloc", "kmem:kmem_cache_alloc", "kmem:mm_page_alloc",
                                    "exceptions:page_fault_user", "exceptions:page_fault_kernel", "sched:sched_process_exit",
                                    "raw_syscalls:sys_enter"};

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

static uint64_t pages;  // the address of two; 0: they could not be mapped

// This process touches the first page, and the kernel the second on its behalf.
static void act(void) {
    int event = eventfd(0, EFD_CLOEXEC);  // a kmalloc, and a `struct file` of the cache `filp`
    if (event >= 0) close(event);
    volatile char *mapped = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pages = 0;
    if (mapped == MAP_FAILED) return;
    mapped[0] = 1;
    syscall(SYS_getcpu, mapped + PAGE, NULL, NULL);
    munmap((void *)mapped, 2 * PAGE);
    pages = (uint64_t)(uintptr_t)mapped;
}

// MARK: reports

static unsigned proof_of_act(const struct event_record *event) {
    const uint64_t *number = event->number;
    if (event->kind == CL_ENDED) return event->pid != getpid() && event->faults ? ENDED : 0;
    if (event->tid != gettid() || event->pid != getpid() || event->in_interrupt || !event->user_ip) return 0;
    switch (event->kind) {
        case CL_KMALLOC: return number[0] && number[1] ? KMALLOC : 0;
        case CL_CACHE_ALLOC: return number[0] && number[1] && strcmp(event->text, "filp") == 0 ? CACHE_ALLOC : 0;
        case CL_PAGE_ALLOC: return number[2] ? PAGE_ALLOC : 0;
        case CL_FAULT: return number[0] == pages ? USER_FAULT : number[0] == pages + PAGE ? KERNEL_FAULT : 0;
        case CL_CALL:
            if (event->number[4] && event->number[4] != (uintptr_t)sbrk(0)) return 0;
            return number[0] == SYS_munmap && number[1] == pages && number[2] == 2 * PAGE ? CALL : 0;
        default: return 0;
    }
}

// What each listener must report.
struct proof {
    unsigned needed;
    unsigned (*of)(const struct event_record *event);
    const char *const *names;
};

static void rely(struct listener *listener, const struct proof *proof) {
    if (!listener) return;
    unsigned seen = 0;
    const struct event_record *event;
    listener_mark(listener);
    while ((event = listener_next(listener))) seen |= proof->of(event);
    listener->is_relied_on = proof->needed && (seen & proof->needed) == proof->needed;
    if (!proof->needed) snprintf(listener->why, sizeof(listener->why), "its BPF programs could not be tried");
    for (unsigned i = 0; proof->needed >> i; i++)
        if (proof->needed & ~seen & 1u << i)
            snprintf(listener->why, sizeof(listener->why), "%s: its BPF program did not report what dioaudit did", proof->names[i]);
}

void prove(struct process_tree *tree, struct listener *memory, struct listener *calls, struct listener *transfers) {
    process_tree_add(tree, getpid());
    tree->is_relied_on = adds_a_child(tree);
    act();
    int file;
    unsigned of_transfers = transfers ? prove_transfers_act(&file) : 0;
    process_tree_remove(tree, getpid());
    unsigned of_memory = KMALLOC | CACHE_ALLOC | PAGE_ALLOC | USER_FAULT | KERNEL_FAULT | ENDED;
    rely(memory, &(struct proof){pages ? of_memory : 0, proof_of_act, names});
    rely(calls, &(struct proof){pages ? CALL : 0, proof_of_act, names});
    rely(transfers, &(struct proof){of_transfers, prove_transfers_proof, prove_transfers_names});
    if (transfers) prove_transfers_pages(transfers);
    if (tree->is_relied_on) return;
    struct listener *all[] = {memory, calls, transfers};
    for (int i = 0; i < CL_STREAMS; i++) {
        if (!all[i]) continue;
        all[i]->is_relied_on = false;
        snprintf(all[i]->why, sizeof(all[i]->why), "task:task_newtask: its BPF program did not report a child of dioaudit");
    }
}
