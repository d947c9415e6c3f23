#define _GNU_SOURCE
#include "process_tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "btf.h"

enum { MOST_PIDS = 1 << 22, WORDS = MOST_PIDS / 64, STACK_OF_KEY = -4 };  // PID_MAX_LIMIT

// MARK: this kernel

static int status_in_task(const struct btf *btf) {
    int info = btf_member(btf, "task_struct", "thread_info"), status = btf_member(btf, "thread_info", "status");
    return info < 0 || status < 0 ? -1 : info + status;
}

static void learn_files(const struct btf *btf, struct kernel_shape *shape) {
    shape->task_files = btf_member(btf, "task_struct", "files");
    shape->files_table = btf_member(btf, "files_struct", "fdt");
    shape->table_room = btf_member(btf, "fdtable", "max_fds");
    shape->table_files = btf_member(btf, "fdtable", "fd");
    shape->file_flags = btf_member(btf, "file", "f_flags");
    shape->file_inode = btf_member(btf, "file", "f_inode");
    shape->inode_mode = btf_member(btf, "inode", "i_mode");
    shape->file_count = btf_member(btf, "file", "f_count");
    shape->counts_from_zero = shape->file_count < 0;
    if (shape->counts_from_zero) shape->file_count = btf_member(btf, "file", "f_ref");
}

// Until Linux 6.2 each thread had counts of its own, which it added to its memory's now and then.
static void learn_pages(const struct btf *btf, struct kernel_shape *shape) {
    shape->mm_owner = btf_member(btf, "mm_struct", "owner");  // with CONFIG_MEMCG
    shape->mm_counters = btf_array(btf, "mm_struct", "rss_stat", "percpu_counter", &shape->counter_bytes);
    shape->counter_count = btf_member(btf, "percpu_counter", "count");
    shape->counter_pointer = btf_member(btf, "percpu_counter", "counters");
    shape->rss_stat = btf_tracepoint(btf, "rss_stat", "p4");
    shape->array_pointers = btf_member(btf, "bpf_array", "pptrs");
}

// io_uring_complete(ctx, req, cqe); until Linux 6.10 (ctx, req, user_data, res, cflags, extra1, extra2).
static void learn_requests(const struct btf *btf, struct kernel_shape *shape) {
    shape->request_file = btf_member(btf, "io_kiocb", "file");
    shape->request_opcode = btf_member(btf, "io_kiocb", "opcode");
    shape->request_task = btf_member(btf, "io_kiocb", "task");
    shape->request_task_task = -1;
    if (shape->request_task < 0) {
        shape->request_task = btf_member(btf, "io_kiocb", "tctx");
        shape->request_task_task = btf_member(btf, "io_uring_task", "task");
    }
    int completion = btf_member(btf, "io_kiocb", "cqe"), descriptor = btf_member(btf, "io_cqe", "fd");
    shape->request_descriptor = completion < 0 || descriptor < 0 ? -1 : completion + descriptor;
    shape->request_flags = btf_member(btf, "io_kiocb", "flags");
    shape->completion_result = btf_member(btf, "io_uring_cqe", "res");
    shape->io_uring_complete = btf_tracepoint(btf, "io_uring_complete", "ppp");
    shape->completion_is_pointed = shape->io_uring_complete != 0;
    if (!shape->io_uring_complete) shape->io_uring_complete = btf_tracepoint(btf, "io_uring_complete", "pp84488");
    shape->io_uring_submit = btf_tracepoint(btf, "io_uring_submit_req", "p");  // until Linux 6.2 (req, force_nonblock)
    if (!shape->io_uring_submit) shape->io_uring_submit = btf_tracepoint(btf, "io_uring_submit_sqe", "p1");
    shape->io_uring_overflow = btf_tracepoint(btf, "io_uring_cqe_overflow", "p844p");
}

static bool learn(struct kernel_shape *shape) {
    struct btf btf;
    bool known = btf_open(&btf);
    if (known) {
        *shape = (struct kernel_shape){
            .task_tgid = btf_member(&btf, "task_struct", "tgid"),
            .task_pid = btf_member(&btf, "task_struct", "pid"),
            .task_status = status_in_task(&btf),
            .task_mm = btf_member(&btf, "task_struct", "mm"),
            .mm_brk = btf_member(&btf, "mm_struct", "brk"),
            .mm_def_flags = btf_member(&btf, "mm_struct", "def_flags"),
            .mm_locked = btf_member(&btf, "mm_struct", "locked_vm"),
            .task_minor = btf_member(&btf, "task_struct", "min_flt"),
            .task_major = btf_member(&btf, "task_struct", "maj_flt"),
            .task_flags = btf_member(&btf, "task_struct", "flags"),
            .cache_bytes = btf_member(&btf, "kmem_cache", "object_size"),
            .cache_name = btf_member(&btf, "kmem_cache", "name"),
            .has_large_stacks = btf_member(&btf, "task_struct", "kasan_depth") >= 0,
            .task_newtask = btf_tracepoint(&btf, "task_newtask", "p8"),
            .kmalloc = btf_tracepoint(&btf, "kmalloc", "8p8844"),
            .kmem_cache_alloc = btf_tracepoint(&btf, "kmem_cache_alloc", "8pp44"),
            .mm_page_alloc = btf_tracepoint(&btf, "mm_page_alloc", "p444"),
            .page_fault_user = btf_tracepoint(&btf, "page_fault_user", "8p8"),
            .page_fault_kernel = btf_tracepoint(&btf, "page_fault_kernel", "8p8"),
            .sys_enter = btf_tracepoint(&btf, "sys_enter", "p8"),
            .sys_exit = btf_tracepoint(&btf, "sys_exit", "p8"),
        };
        // until Linux 6.15 (task)
        shape->process_exit = btf_tracepoint(&btf, "sched_process_exit", "p1");
        if (!shape->process_exit) shape->process_exit = btf_tracepoint(&btf, "sched_process_exit", "p");
        learn_files(&btf, shape);
        learn_requests(&btf, shape);
        learn_pages(&btf, shape);
        errno = ENOTSUP;
        known = shape->task_tgid >= 0 && shape->task_pid >= 0 && shape->task_newtask && !shape->has_large_stacks;
    }
    btf_close(&btf);
    return known;
}

// In a pid namespace of our own, pids differ from the kernel's. The inode of the initial namespace is PROC_PID_INIT_INO.
static bool has_own_pids(void) {
    char name[32] = "";
    return readlink("/proc/self/ns/pid", name, sizeof(name) - 1) < 0 || strcmp(name, "pid:[4026531836]") != 0;
}

// Under PREEMPT_RT interrupts are handled on stacks of threads, and a BPF program may be preempted by another thread's.
static bool is_realtime(void) {
    struct utsname kernel;
    return uname(&kernel) != 0 || strstr(kernel.version, "PREEMPT_RT");
}

// MARK: membership

bool process_tree_holds(const struct process_tree *tree, pid_t pid) {
    return pid > 0 && pid < MOST_PIDS && __atomic_load_n(&tree->bits[pid / 64], __ATOMIC_ACQUIRE) >> (pid % 64) & 1;
}

void process_tree_add(struct process_tree *tree, pid_t pid) {
    if (pid > 0 && pid < MOST_PIDS) __atomic_or_fetch(&tree->bits[pid / 64], UINT64_C(1) << (pid % 64), __ATOMIC_RELEASE);
}

void process_tree_remove(struct process_tree *tree, pid_t pid) {
    if (pid > 0 && pid < MOST_PIDS)
        __atomic_and_fetch(&tree->bits[pid / 64], ~(UINT64_C(1) << (pid % 64)), __ATOMIC_RELEASE);
}

// MARK: BPF programs

// Sets r0 to the address of the word that holds the bit of the pid in r7, and r7 to the bit's number. Returns a jump that is
// taken if the map has no such word.
static int find_word(struct bpf_text *text, const struct process_tree *tree) {
    bpf_move(text, BPF_REG_1, BPF_REG_7);
    bpf_operate(text, BPF_RSH, BPF_REG_1, 6);
    bpf_store(text, BPF_W, BPF_REG_10, STACK_OF_KEY, BPF_REG_1);
    bpf_operate(text, BPF_AND, BPF_REG_7, 63);
    return bpf_look_up(text, tree->members, STACK_OF_KEY);
}

// Sets r8 to 1 if the process whose number is in r7 is in the tree, else to 0.
static void ask_membership_of(struct bpf_text *text, const struct process_tree *tree) {
    bpf_set(text, BPF_REG_8, 0);
    int out_of_range = find_word(text, tree);
    bpf_load(text, BPF_DW, BPF_REG_8, BPF_REG_0, 0);
    bpf_operate_by(text, BPF_RSH, BPF_REG_8, BPF_REG_7);
    bpf_operate(text, BPF_AND, BPF_REG_8, 1);
    bpf_land(text, out_of_range);
}

// The same for the current process. Sets r9 to its task_struct.
static void ask_membership(struct bpf_text *text, const struct process_tree *tree) {
    bpf_call(text, BPF_FUNC_get_current_task_btf);
    bpf_move(text, BPF_REG_9, BPF_REG_0);
    bpf_load(text, BPF_W, BPF_REG_7, BPF_REG_9, tree->shape.task_tgid);
    ask_membership_of(text, tree);
}

static void members_only(struct bpf_text *text) {
    int member = bpf_jump(text, BPF_JNE, BPF_REG_8, 0);
    bpf_leave(text);
    bpf_land(text, member);
}

void process_tree_only(struct bpf_text *text, const struct process_tree *tree) {
    ask_membership(text, tree);
    members_only(text);
}

void process_tree_only_process(struct bpf_text *text, const struct process_tree *tree) {
    ask_membership_of(text, tree);
    members_only(text);
}

// task_newtask(task, clone_flags), which runs in the parent: a member's child is a member. Any other new process is not,
// though its pid may have been a member's. A new thread changes nothing.
static int attach_began(const struct process_tree *tree, char why[REFUSAL]) {
    struct bpf_text text = {.count = 0};
    bpf_move(&text, BPF_REG_6, BPF_REG_1);
    ask_membership(&text, tree);
    bpf_load(&text, BPF_DW, BPF_REG_1, BPF_REG_6, 0);
    bpf_load(&text, BPF_W, BPF_REG_7, BPF_REG_1, tree->shape.task_tgid);
    int out_of_range = find_word(&text, tree);
    bpf_set(&text, BPF_REG_1, 1);
    bpf_operate_by(&text, BPF_LSH, BPF_REG_1, BPF_REG_7);
    int member = bpf_jump(&text, BPF_JNE, BPF_REG_8, 0);
    bpf_operate(&text, BPF_XOR, BPF_REG_1, -1);
    bpf_atomically(&text, BPF_AND, BPF_REG_0, 0, BPF_REG_1);
    bpf_leave(&text);
    bpf_land(&text, member);
    bpf_atomically(&text, BPF_OR, BPF_REG_0, 0, BPF_REG_1);
    bpf_land(&text, out_of_range);
    bpf_leave(&text);
    return process_tree_attach(&text, tree->shape.task_newtask, "task:task_newtask", why);
}

int process_tree_load(const struct bpf_text *text, uint32_t tracepoint, const char *name, char why[REFUSAL]) {
    char log[REFUSAL - 128] = "";
    errno = ENOTSUP;
    int program = tracepoint ? bpf_program(text, tracepoint, log, sizeof(log)) : -1;
    int error = errno;
    if (program < 0) snprintf(why, REFUSAL, "%s: %s%s%s", name, strerror(error), log[0] ? ": " : "", log);
    errno = error;
    return program;
}

int process_tree_attach(const struct bpf_text *text, uint32_t tracepoint, const char *name, char why[REFUSAL]) {
    int program = process_tree_load(text, tracepoint, name, why);
    if (program < 0) return -1;
    int attached = bpf_attach(program), error = errno;
    if (attached < 0) snprintf(why, REFUSAL, "%s: %s", name, strerror(error));
    close(program);
    errno = error;
    return attached;
}

// MARK: opening

static bool refused(char why[REFUSAL], const char *what) {
    int error = errno;
    snprintf(why, REFUSAL, "%s", what);
    errno = error;
    return false;
}

static bool map_members(struct process_tree *tree) {
    tree->members = bpf_map(BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), sizeof(uint64_t), WORDS, BPF_F_MMAPABLE);
    if (tree->members < 0) return false;
    void *bits = mmap(NULL, WORDS * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, tree->members, 0);
    if (bits != MAP_FAILED) tree->bits = bits;
    if (bits == MAP_FAILED) close(tree->members);
    return bits != MAP_FAILED;
}

bool process_tree_begin(struct process_tree *tree, char why[REFUSAL]) {
    *tree = (struct process_tree){.began = -1};
    errno = ENOTSUP;
    if (has_own_pids()) return refused(why, "another pid namespace than the first");
    if (is_realtime()) return refused(why, "a kernel with PREEMPT_RT");
    if (!map_members(tree)) return refused(why, strerror(errno));  // first, since it refuses most users at once
    bool learned = learn(&tree->shape);
    int error = errno;
    if (learned) tree->began = attach_began(tree, why);
    if (learned) error = errno;
    else snprintf(why, REFUSAL, "%s", error == ENOTSUP ? "a kernel of another kind" : strerror(error));
    if (tree->began < 0) process_tree_end(tree);
    errno = error;
    return tree->bits;
}

void process_tree_end(struct process_tree *tree) {
    if (!tree->bits) return;
    munmap(tree->bits, WORDS * sizeof(uint64_t));
    close(tree->members);
    if (tree->began >= 0) close(tree->began);
    *tree = (struct process_tree){0};
}
