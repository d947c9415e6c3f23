// What moves data of O_DIRECT files, and what closes them.
//
// A system call that moves data is reported when it begins, since its descriptor may name another file when it ends. It is
// reported again when it ends, unless it moved all that was asked for: of those only the first ones of each process, which show
// where its warm-up ends. io_uring's requests are reported when they complete:
// only then do all of them have their file. Those whose completion no tracepoint shows are reported without their file.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "bpf_event.h"
#include "clinux_trace.h"
#include "listen.h"
#include "movers.h"
#include "pages.h"

enum { I386_IO_SUBMIT = 248 };

// Places on the BPF program's stack, below that of process_tree.h.
enum { FILE_FOUND = -16, MODE = -24, REQUEST = -32, TASK = -40, DESCRIPTOR = -48, RESULT = -48, IOCB = -72, PART = -200 };
enum { DIRECT = -208 };  // the O_DIRECT file that the call moves data of
enum { MOST_OF_PART = 128 };

// MARK: parts of structures

// The part of a structure that holds two of its members, to be read at once.
struct part {
    int begin, bytes;
};

static struct part part_of(int one, int other) {
    int begin = one < other ? one : other, end = (one < other ? other : one) + 8;
    return (struct part){begin, end - begin};
}

// Reads it to PART, where `in_part` finds a member, from the structure whose address is at a place of the stack.
static void fetch_part(struct bpf_text *text, struct part part, int address_at) {
    bpf_load(text, BPF_DW, BPF_REG_3, BPF_REG_10, address_at);
    event_fetch(text, PART, part.bytes, BPF_REG_3, part.begin);
}

static int in_part(struct part part, int member) {
    return PART + member - part.begin;
}

// The same for one member of 8 bytes or fewer.
static void fetch_member(struct bpf_text *text, int to, int bytes, int address_at, int member) {
    bpf_load(text, BPF_DW, BPF_REG_3, BPF_REG_10, address_at);
    event_fetch(text, to, bytes, BPF_REG_3, member);
}

static struct part of_table(const struct kernel_shape *shape) {
    return part_of(shape->table_room, shape->table_files);
}

static struct part of_file(const struct kernel_shape *shape) {
    return part_of(shape->file_flags, shape->file_inode);
}

static struct part of_memory(const struct kernel_shape *shape) {
    return part_of(shape->mm_def_flags, shape->mm_locked);
}

// MARK: files

// Sets r0 to 1 if the file whose address is at FILE_FOUND is an O_DIRECT file, else to 0: a regular file or a block device.
// O_DIRECT on a pipe means packets (pipe(2)). Few branches, since the verifier follows each combination of them.
static void ask_direct_file(struct bpf_text *text, const struct kernel_shape *shape) {
    enum { KINDS = 1 << (S_IFREG >> 12) | 1 << (S_IFBLK >> 12) };
    fetch_part(text, of_file(shape), FILE_FOUND);
    bpf_set(text, BPF_REG_0, 0);
    bpf_load(text, BPF_W, BPF_REG_1, BPF_REG_10, in_part(of_file(shape), shape->file_flags));
    bpf_operate(text, BPF_AND, BPF_REG_1, O_DIRECT);
    int no = bpf_jump(text, BPF_JEQ, BPF_REG_1, 0);
    fetch_member(text, MODE, sizeof(uint16_t), in_part(of_file(shape), shape->file_inode), shape->inode_mode);
    bpf_load(text, BPF_H, BPF_REG_1, BPF_REG_10, MODE);
    bpf_operate(text, BPF_RSH, BPF_REG_1, 12);
    bpf_set(text, BPF_REG_0, KINDS);
    bpf_operate_by(text, BPF_RSH, BPF_REG_0, BPF_REG_1);
    bpf_operate(text, BPF_AND, BPF_REG_0, 1);
    bpf_land(text, no);
}

// Sets r0 to 1 if the descriptor in r2 names an O_DIRECT file of the thread whose task_struct is in r9, and FILE_FOUND to
// the file's address.
static void ask_direct(struct bpf_text *text, const struct kernel_shape *shape) {
    bpf_operate(text, BPF_LSH, BPF_REG_2, 32);  // a descriptor is an int: the kernel ignores the register's upper half
    bpf_operate(text, BPF_RSH, BPF_REG_2, 32);
    bpf_store(text, BPF_DW, BPF_REG_10, DESCRIPTOR, BPF_REG_2);
    event_fetch(text, FILE_FOUND, sizeof(uint64_t), BPF_REG_9, shape->task_files);
    fetch_member(text, FILE_FOUND, sizeof(uint64_t), FILE_FOUND, shape->files_table);
    fetch_part(text, of_table(shape), FILE_FOUND);
    bpf_set(text, BPF_REG_0, 0);
    bpf_load(text, BPF_DW, BPF_REG_2, BPF_REG_10, DESCRIPTOR);
    bpf_load(text, BPF_W, BPF_REG_3, BPF_REG_10, in_part(of_table(shape), shape->table_room));
    int beyond = bpf_jump_by(text, BPF_JGE, BPF_REG_2, BPF_REG_3);
    bpf_load(text, BPF_DW, BPF_REG_3, BPF_REG_10, in_part(of_table(shape), shape->table_files));
    bpf_operate(text, BPF_LSH, BPF_REG_2, 3);
    bpf_operate_by(text, BPF_ADD, BPF_REG_3, BPF_REG_2);
    event_fetch(text, FILE_FOUND, sizeof(uint64_t), BPF_REG_3, 0);
    ask_direct_file(text, shape);
    bpf_land(text, beyond);
}

// Loads into r2 an argument of the system call whose registers the tracepoint passes first.
static void load_argument(struct bpf_text *text, const struct kernel_shape *shape, int native, int i386) {
    event_ask_abi(text, shape, BPF_REG_9);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_6, 0);
    int is_i386 = bpf_jump(text, BPF_JNE, BPF_REG_2, 0);
    bpf_load(text, BPF_DW, BPF_REG_2, BPF_REG_1, native);
    int loaded = bpf_jump(text, BPF_JA, 0, 0);
    bpf_land(text, is_i386);
    bpf_load(text, BPF_W, BPF_REG_2, BPF_REG_1, i386);
    bpf_land(text, loaded);
}

// MARK: system calls that move data

enum { MOST_NUMBERS = 32 };  // of movers, in both ABIs

// Adds a bit to r8 if an argument is a descriptor of an O_DIRECT file.
static void mark_argument(struct bpf_text *text, const struct kernel_shape *shape, int index) {
    static const int native[] = {REGS_DI, REGS_SI, REGS_DX}, i386[] = {REGS_BX, REGS_CX, REGS_DX};
    load_argument(text, shape, native[index], i386[index]);
    ask_direct(text, shape);
    // Before the branch, so that the verifier need not follow each combination of bits.
    bpf_move(text, BPF_REG_1, BPF_REG_0);
    bpf_operate(text, BPF_LSH, BPF_REG_1, index);
    bpf_operate_by(text, BPF_OR, BPF_REG_8, BPF_REG_1);
    int no = bpf_jump(text, BPF_JEQ, BPF_REG_0, 0);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_10, FILE_FOUND);
    bpf_store(text, BPF_DW, BPF_REG_10, DIRECT, BPF_REG_1);
    bpf_land(text, no);
}

// Marks an argument beyond the first, of the calls in which it is a descriptor. The number of the call is in r7.
static void mark_further_argument(struct bpf_text *text, const struct kernel_shape *shape, int index) {
    int of[MOST_NUMBERS], count = 0;
    for (int i = 0; i < movers_count; i++)
        for (int abi = 0; abi < ABIS; abi++)
            if (movers[i].number[abi] >= 0 && (movers[i].reads == index || movers[i].writes == index))
                of[count++] = bpf_jump(text, BPF_JEQ, BPF_REG_7, movers[i].number[abi]);
    int others = bpf_jump(text, BPF_JA, 0, 0);
    while (count > 0) bpf_land(text, of[--count]);
    mark_argument(text, shape, index);
    bpf_land(text, others);
}

// Sets r8 to a bit for each argument that is a descriptor of an O_DIRECT file. Returns if there is none.
static void mark_arguments(struct bpf_text *text, const struct dispatcher *at) {
    const struct kernel_shape *shape = &at->tree->shape;
    bpf_set(text, BPF_REG_8, 0);
    mark_argument(text, shape, 0);
    dispatcher_load_number(text, at, BPF_REG_7);
    mark_further_argument(text, shape, 1);
    dispatcher_load_number(text, at, BPF_REG_7);
    mark_further_argument(text, shape, 2);
    int some = bpf_jump(text, BPF_JNE, BPF_REG_8, 0);
    bpf_leave(text);
    bpf_land(text, some);
}

static void store_from_stack(struct bpf_text *text, int from, int to) {
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_10, from);
    bpf_store(text, BPF_DW, BPF_REG_7, to, BPF_REG_1);
}

static void open_call(struct bpf_text *text, const struct listener *listener, enum cl_trace_kind kind, enum call_end end) {
    event_open(text, listener, kind, EVENT_SHORT);
    event_store_thread_alone(text, listener);
    event_ask_abi(text, &listener->tree->shape, BPF_REG_9);
    bpf_store(text, BPF_B, BPF_REG_7, offsetof(struct event_record, is_i386), BPF_REG_2);
    dispatcher_load_number(text, listener->at[end], BPF_REG_1);
    bpf_store(text, BPF_DW, BPF_REG_7, event_number(0), BPF_REG_1);
}

// The memory lock: the number of locked pages, and in the lowest bit whether MCL_FUTURE is in effect (mm/mlock.c). All bits if this
// kernel does not say.
static void store_lock(struct bpf_text *text, const struct kernel_shape *shape, int at) {
    enum { VM_LOCKED_BIT = 13 };  // include/linux/mm.h
    bpf_set(text, BPF_REG_2, -1);
    bool is_known = shape->task_mm >= 0 && shape->mm_def_flags >= 0 && shape->mm_locked >= 0;
    if (is_known && of_memory(shape).bytes <= MOST_OF_PART) {
        event_fetch(text, TASK, sizeof(uint64_t), BPF_REG_9, shape->task_mm);
        fetch_part(text, of_memory(shape), TASK);
        bpf_load(text, BPF_DW, BPF_REG_2, BPF_REG_10, in_part(of_memory(shape), shape->mm_def_flags));
        bpf_operate(text, BPF_RSH, BPF_REG_2, VM_LOCKED_BIT);
        bpf_operate(text, BPF_AND, BPF_REG_2, 1);
        bpf_load(text, BPF_DW, BPF_REG_3, BPF_REG_10, in_part(of_memory(shape), shape->mm_locked));
        bpf_operate(text, BPF_LSH, BPF_REG_3, 1);
        bpf_operate_by(text, BPF_OR, BPF_REG_2, BPF_REG_3);
    }
    bpf_store(text, BPF_DW, BPF_REG_7, at, BPF_REG_2);
}

static void watch_movers(struct dispatcher *at) {
    for (int i = 0; i < movers_count; i++)
        for (int abi = 0; abi < ABIS; abi++) dispatcher_watch(at, WATCHES_MOVING, abi, movers[i].number[abi]);
}

static void watch_submissions(struct dispatcher *at, enum watcher watcher) {
    dispatcher_watch(at, watcher, ABI_X86_64, SYS_io_submit);
    dispatcher_watch(at, watcher, ABI_I386, I386_IO_SUBMIT);
}

// sys_enter(regs, id)
static bool listen_moves(struct listener *listener) {
    const struct kernel_shape *shape = &listener->tree->shape;
    struct bpf_text text = {.count = 0};
    dispatcher_begin_watcher(&text);
    bpf_store_number(&text, BPF_DW, BPF_REG_10, DIRECT, 0);
    mark_arguments(&text, listener->at[AT_ENTER]);
    open_call(&text, listener, CL_MOVES, AT_ENTER);
    bpf_store(&text, BPF_DW, BPF_REG_7, event_number(1), BPF_REG_8);
    event_store_pointee(&text, 0, REGS_DX, BPF_DW, event_number(2));
    store_from_stack(&text, DIRECT, event_number(3));
    store_lock(&text, shape, event_number(4));
    event_submit(&text, listener);
    if (!event_watch(&text, listener, AT_ENTER, WATCHES_MOVING, "raw_syscalls:sys_enter of transfers")) return false;
    watch_movers(listener->at[AT_ENTER]);
    return true;
}

// Of a process. Another one with the same slot leaves it fewer.
enum { FIRST_ENDS = 1 << 14, SLOT = -120 };

// Of the current process.
static int find_ends(struct bpf_text *text, const struct listener *listener) {
    bpf_load(text, BPF_W, BPF_REG_1, BPF_REG_9, listener->tree->shape.task_tgid);
    return event_find_ends(text, listener, BPF_REG_1, SLOT);
}

// Counts an end, at r0. The first one of a process begins to report the pages of its memory.
static void count_end(struct bpf_text *text, const struct listener *listener) {
    bpf_load(text, BPF_DW, BPF_REG_8, BPF_REG_0, 0);
    bpf_set(text, BPF_REG_1, 1);
    bpf_atomically(text, BPF_ADD, BPF_REG_0, 0, BPF_REG_1);
    if (listener->why_no_pages[0]) return;
    int later = bpf_jump(text, BPF_JNE, BPF_REG_8, 0);
    event_fetch(text, TASK, sizeof(uint64_t), BPF_REG_9, listener->tree->shape.task_mm);
    pages_report(text, listener, TASK);
    bpf_land(text, later);
}

// Returns if the call returned its length: it did all that CL_MOVES reported.
static void only_if_less(struct bpf_text *text, const struct dispatcher *at) {
    dispatcher_load_number(text, at, BPF_REG_7);
    int has_length[MOST_NUMBERS], count = 0;
    for (int i = 0; i < movers_count; i++)
        for (int abi = 0; abi < ABIS; abi++)
            if (movers[i].number[abi] >= 0 && movers[i].has_length)
                has_length[count++] = bpf_jump(text, BPF_JEQ, BPF_REG_7, movers[i].number[abi]);
    int others = bpf_jump(text, BPF_JA, 0, 0);
    while (count > 0) bpf_land(text, has_length[--count]);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_6, 0);
    bpf_load(text, BPF_DW, BPF_REG_2, BPF_REG_1, REGS_DX);
    bpf_load(text, BPF_DW, BPF_REG_8, BPF_REG_6, 8);
    int nothing = bpf_jump(text, BPF_JEQ, BPF_REG_8, 0), less = bpf_jump_by(text, BPF_JNE, BPF_REG_8, BPF_REG_2);
    bpf_leave(text);
    bpf_land(text, nothing);
    bpf_land(text, less);
    bpf_land(text, others);
}

static void only_first_or_less(struct bpf_text *text, const struct listener *listener) {
    int none = find_ends(text, listener);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_0, 0);
    int first = bpf_jump(text, BPF_JLT, BPF_REG_1, FIRST_ENDS);
    bpf_land(text, none);
    only_if_less(text, listener->at[AT_EXIT]);
    bpf_land(text, first);
}

// sys_exit(regs, ret)
static bool listen_ends(struct listener *listener) {
    struct dispatcher *at = listener->at[AT_EXIT];
    struct bpf_text text = {.count = 0};
    dispatcher_begin_watcher(&text);
    only_first_or_less(&text, listener);
    bpf_store_number(&text, BPF_DW, BPF_REG_10, DIRECT, 0);
    dispatcher_load_number(&text, at, BPF_REG_7);
    int submits[] = {bpf_jump(&text, BPF_JEQ, BPF_REG_7, SYS_io_submit), bpf_jump(&text, BPF_JEQ, BPF_REG_7, I386_IO_SUBMIT)};
    mark_arguments(&text, at);
    bpf_land(&text, submits[0]);
    bpf_land(&text, submits[1]);
    int none = find_ends(&text, listener);
    count_end(&text, listener);
    bpf_land(&text, none);
    open_call(&text, listener, CL_MOVED, AT_EXIT);
    event_store_argument(&text, 1, event_number(1));
    store_from_stack(&text, DIRECT, event_number(3));
    event_submit(&text, listener);
    if (!listener->why_no_pages[0]) pages_append_callback(&text, listener);
    if (!event_watch(&text, listener, AT_EXIT, WATCHES_MOVING, "raw_syscalls:sys_exit of transfers")) return false;
    watch_movers(at);
    watch_submissions(at, WATCHES_MOVING);
    return true;
}

// MARK: libaio

enum { IOCB_OPCODE = 16, IOCB_DESCRIPTOR = 20, IOCB_BYTES = 24 };  // struct iocb of linux/aio_abi.h

// What the callback shares with the BPF program: a pointer to it is the callback's second argument.
struct submission {
    uint64_t iocbs;     // the array's address
    uint64_t counted;   // reading ones in the lower half, writing ones in the upper
    uint64_t read;      // how many iocbs could be read
    uint64_t file;      // of one of those counted
    uint64_t direct;    // a bit for each of the first 64 iocbs: it is counted
};

enum { SUBMISSION = -248 };  // below DIRECT

static int of_submission(size_t member) {
    return SUBMISSION + (int)member;
}

// Ends the callback, and the loop, unless r0 is 0.
static void only_if_read(struct bpf_text *text) {
    int read = bpf_jump(text, BPF_JEQ, BPF_REG_0, 0);
    bpf_stop(text);
    bpf_land(text, read);
}

// Reads the iocb of index r7 into the stack. r6 points at the submission.
static void fetch_iocb(struct bpf_text *text) {
    bpf_load(text, BPF_DW, BPF_REG_3, BPF_REG_6, offsetof(struct submission, iocbs));
    bpf_operate(text, BPF_LSH, BPF_REG_7, 3);
    bpf_operate_by(text, BPF_ADD, BPF_REG_3, BPF_REG_7);
    event_fetch_user(text, REQUEST, sizeof(uint64_t), BPF_REG_3, 0);
    only_if_read(text);
    bpf_load(text, BPF_DW, BPF_REG_3, BPF_REG_10, REQUEST);
    event_fetch_user(text, IOCB, IOCB_BYTES, BPF_REG_3, 0);
    only_if_read(text);
}

// r8 is 1 or 0. Adds it to r9, shifted, if the opcode at IOCB is one of a set.
static void add_if_opcode(struct bpf_text *text, int set, int shift) {
    bpf_load(text, BPF_H, BPF_REG_1, BPF_REG_10, IOCB + IOCB_OPCODE);
    bpf_operate(text, BPF_AND, BPF_REG_1, 31);
    bpf_set(text, BPF_REG_2, set);
    bpf_operate_by(text, BPF_RSH, BPF_REG_2, BPF_REG_1);
    bpf_operate_by(text, BPF_AND, BPF_REG_2, BPF_REG_8);
    bpf_operate(text, BPF_LSH, BPF_REG_2, shift);
    bpf_operate_by(text, BPF_ADD, BPF_REG_9, BPF_REG_2);
}

// Sets the iocb's bit. Its index was shifted by fetch_iocb.
static void mark_iocb(struct bpf_text *text) {
    bpf_operate(text, BPF_RSH, BPF_REG_7, 3);
    int beyond = bpf_jump(text, BPF_JGE, BPF_REG_7, 64);
    bpf_set(text, BPF_REG_1, 1);
    bpf_operate_by(text, BPF_LSH, BPF_REG_1, BPF_REG_7);
    bpf_load(text, BPF_DW, BPF_REG_2, BPF_REG_6, offsetof(struct submission, direct));
    bpf_operate_by(text, BPF_OR, BPF_REG_2, BPF_REG_1);
    bpf_store(text, BPF_DW, BPF_REG_6, offsetof(struct submission, direct), BPF_REG_2);
    bpf_land(text, beyond);
}

// Counts the iocb on the stack if it moves data of an O_DIRECT file.
static void count_iocb(struct bpf_text *text, const struct kernel_shape *shape) {
    enum { PREAD = 1 << 0, PWRITE = 1 << 1, PREADV = 1 << 7, PWRITEV = 1 << 8 };  // IOCB_CMD_… of linux/aio_abi.h
    bpf_call(text, BPF_FUNC_get_current_task_btf);
    bpf_move(text, BPF_REG_9, BPF_REG_0);
    bpf_load(text, BPF_W, BPF_REG_2, BPF_REG_10, IOCB + IOCB_DESCRIPTOR);
    ask_direct(text, shape);
    bpf_move(text, BPF_REG_8, BPF_REG_0);
    bpf_set(text, BPF_REG_9, 0);
    add_if_opcode(text, PREAD | PREADV, 0);
    add_if_opcode(text, PWRITE | PWRITEV, 32);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_6, offsetof(struct submission, counted));
    bpf_operate_by(text, BPF_ADD, BPF_REG_1, BPF_REG_9);
    bpf_store(text, BPF_DW, BPF_REG_6, offsetof(struct submission, counted), BPF_REG_1);
    int no = bpf_jump(text, BPF_JEQ, BPF_REG_9, 0);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_10, FILE_FOUND);
    bpf_store(text, BPF_DW, BPF_REG_6, offsetof(struct submission, file), BPF_REG_1);
    mark_iocb(text);
    bpf_land(text, no);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_6, offsetof(struct submission, read));
    bpf_operate(text, BPF_ADD, BPF_REG_1, 1);
    bpf_store(text, BPF_DW, BPF_REG_6, offsetof(struct submission, read), BPF_REG_1);
}

// The callback of bpf_loop, called with the index of an iocb and a pointer to the submission.
static void append_callback(struct bpf_text *text, const struct kernel_shape *shape) {
    bpf_begin_callback(text);
    bpf_move(text, BPF_REG_7, BPF_REG_1);
    bpf_move(text, BPF_REG_6, BPF_REG_2);
    fetch_iocb(text);
    count_iocb(text, shape);
    bpf_leave(text);
}

// Calls the callback for each iocb, of a native call: those of 32-bit code have pointers of another size, and are not read.
static void look_at_iocbs(struct bpf_text *text, const struct kernel_shape *shape) {
    event_ask_abi(text, shape, BPF_REG_9);
    int is_i386 = bpf_jump(text, BPF_JNE, BPF_REG_2, 0);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_6, 0);
    bpf_load(text, BPF_DW, BPF_REG_2, BPF_REG_1, REGS_DX);
    bpf_store(text, BPF_DW, BPF_REG_10, of_submission(offsetof(struct submission, iocbs)), BPF_REG_2);
    bpf_load(text, BPF_W, BPF_REG_1, BPF_REG_1, REGS_SI);
    bpf_point_at_callback(text, BPF_REG_2);
    bpf_move(text, BPF_REG_3, BPF_REG_10);
    bpf_operate(text, BPF_ADD, BPF_REG_3, SUBMISSION);
    bpf_set(text, BPF_REG_4, 0);
    bpf_call(text, BPF_FUNC_loop);
    bpf_land(text, is_i386);
}

// sys_enter of io_submit(context, count, iocbs)
static bool listen_io_submit(struct listener *listener) {
    const struct kernel_shape *shape = &listener->tree->shape;
    struct bpf_text text = {.count = 0};
    dispatcher_begin_watcher(&text);
    for (size_t at = 0; at < sizeof(struct submission); at += 8)
        bpf_store_number(&text, BPF_DW, BPF_REG_10, of_submission(at), 0);
    look_at_iocbs(&text, shape);
    open_call(&text, listener, CL_SUBMITS, AT_ENTER);
    store_from_stack(&text, of_submission(offsetof(struct submission, counted)), event_number(1));
    store_from_stack(&text, of_submission(offsetof(struct submission, read)), event_number(2));
    store_from_stack(&text, of_submission(offsetof(struct submission, file)), event_number(3));
    store_from_stack(&text, of_submission(offsetof(struct submission, direct)), event_number(4));
    event_submit(&text, listener);
    append_callback(&text, shape);
    if (!event_watch(&text, listener, AT_ENTER, WATCHES_SUBMITTING, "raw_syscalls:sys_enter of io_submit")) return false;
    watch_submissions(listener->at[AT_ENTER], WATCHES_SUBMITTING);
    return true;
}

// MARK: io_uring

static struct part of_request(const struct kernel_shape *shape) {
    struct part of_file = part_of(shape->request_file, shape->request_opcode), of_task = part_of(shape->request_task, shape->request_file);
    return part_of(of_file.begin < of_task.begin ? of_file.begin : of_task.begin,
                   (of_file.bytes > of_task.bytes ? of_file.begin + of_file.bytes : of_task.begin + of_task.bytes) - 8);
}

// Sets r8 to the opcode of the request. Returns unless it is one that moves data.
static void only_moving_request(struct bpf_text *text, int opcode_at) {
    uint64_t moving = 0;
    for (int i = 0; i < MOVERS_REQUESTS; i++) moving |= UINT64_C(1) << movers_requests[i];
    bpf_load(text, BPF_B, BPF_REG_8, BPF_REG_10, opcode_at);
    int unknown = bpf_jump(text, BPF_JGE, BPF_REG_8, 64);
    bpf_set_all(text, BPF_REG_1, moving);
    bpf_operate_by(text, BPF_RSH, BPF_REG_1, BPF_REG_8);
    bpf_operate(text, BPF_AND, BPF_REG_1, 1);
    int moves = bpf_jump(text, BPF_JNE, BPF_REG_1, 0);
    bpf_land(text, unknown);
    bpf_leave(text);
    bpf_land(text, moves);
}

// What is known of the thread that a request is of: its number at THREAD and its process's after it, and at FAULTS one more than its page
// faults. They lie below what io_submit's submission needs.
enum { THREAD = IOCB, FAULTS = -264, MAJOR_FAULTS = -256 };

// From r1 and r2.
static void store_faults(struct bpf_text *text) {
    bpf_operate_by(text, BPF_ADD, BPF_REG_1, BPF_REG_2);
    bpf_operate(text, BPF_ADD, BPF_REG_1, 1);
    bpf_store(text, BPF_DW, BPF_REG_10, FAULTS, BPF_REG_1);
}

// Of the current thread, whose task_struct is in r0.
static void take_current(struct bpf_text *text, const struct kernel_shape *shape) {
    bpf_load(text, BPF_W, BPF_REG_1, BPF_REG_0, shape->task_pid);
    bpf_store(text, BPF_W, BPF_REG_10, THREAD, BPF_REG_1);
    bpf_load(text, BPF_W, BPF_REG_7, BPF_REG_0, shape->task_tgid);
    bpf_store(text, BPF_W, BPF_REG_10, THREAD + 4, BPF_REG_7);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_0, shape->task_minor);
    bpf_load(text, BPF_DW, BPF_REG_2, BPF_REG_0, shape->task_major);
    store_faults(text);
}

// Of the thread whose task_struct is at the address at TASK.
static void take_other(struct bpf_text *text, const struct kernel_shape *shape) {
    fetch_member(text, THREAD, 4, TASK, shape->task_pid);
    fetch_member(text, THREAD + 4, 4, TASK, shape->task_tgid);
    fetch_member(text, FAULTS, sizeof(uint64_t), TASK, shape->task_minor);
    fetch_member(text, MAJOR_FAULTS, sizeof(uint64_t), TASK, shape->task_major);
    bpf_load(text, BPF_W, BPF_REG_7, BPF_REG_10, THREAD + 4);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_10, FAULTS);
    bpf_load(text, BPF_DW, BPF_REG_2, BPF_REG_10, MAJOR_FAULTS);
    store_faults(text);
}

// Takes the thread of the request whose member of that name is at TASK, and sets r7 to its process. Mostly it is the current one, of
// which no memory need be fetched.
static void take_thread(struct bpf_text *text, const struct kernel_shape *shape) {
    if (shape->request_task_task >= 0) fetch_member(text, TASK, sizeof(uint64_t), TASK, shape->request_task_task);
    bpf_call(text, BPF_FUNC_get_current_task_btf);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_10, TASK);
    int is_other = bpf_jump_by(text, BPF_JNE, BPF_REG_0, BPF_REG_1);
    take_current(text, shape);
    int taken = bpf_jump(text, BPF_JA, 0, 0);
    bpf_land(text, is_other);
    take_other(text, shape);
    bpf_land(text, taken);
}

static void copy(struct bpf_text *text, int from, int to) {
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_10, from);
    bpf_store(text, BPF_DW, BPF_REG_10, to, BPF_REG_1);
}

// Sets r9 to the result.
static void load_result(struct bpf_text *text, const struct kernel_shape *shape) {
    if (shape->completion_is_pointed) {
        bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_6, 16);
        bpf_load(text, BPF_W, BPF_REG_9, BPF_REG_1, shape->completion_result);
    } else {
        bpf_load(text, BPF_DW, BPF_REG_9, BPF_REG_6, 24);
    }
    bpf_operate(text, BPF_LSH, BPF_REG_9, 32);
    bpf_operate(text, BPF_ARSH, BPF_REG_9, 32);
}

// Appends the completion of the request whose opcode is in r8, with its result in r9.
static void append(struct bpf_text *text, const struct listener *listener) {
    static const struct completion_places places = {
        .file = FILE_FOUND, .opcode = REQUEST, .result = RESULT, .thread = THREAD, .faults = FAULTS, .key = SLOT};
    bpf_store(text, BPF_DW, BPF_REG_10, RESULT, BPF_REG_9);
    int no_room = completions_append(text, &listener->completions, &places);
    int enough = completions_skip_wake(text, &listener->completions);
    event_wake(text, listener);
    bpf_land(text, enough);
    bpf_leave(text);
    bpf_land(text, no_room);
    event_count_loss(text, listener);
}

// The first request of a process begins to report its pages, as the first end of a call does. The address of its thread is at TASK.
static void begin_pages(struct bpf_text *text, const struct listener *listener) {
    if (listener->why_no_pages[0]) return;
    bpf_load(text, BPF_W, BPF_REG_1, BPF_REG_10, THREAD + 4);
    int none = event_find_ends(text, listener, BPF_REG_1, SLOT);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_0, 0);
    int later = bpf_jump(text, BPF_JNE, BPF_REG_1, 0);
    bpf_set(text, BPF_REG_1, 1);
    bpf_atomically(text, BPF_ADD, BPF_REG_0, 0, BPF_REG_1);
    fetch_member(text, TASK, sizeof(uint64_t), TASK, listener->tree->shape.task_mm);
    bpf_call(text, BPF_FUNC_get_current_task_btf);
    bpf_move(text, BPF_REG_9, BPF_REG_0);
    pages_report(text, listener, TASK);
    bpf_land(text, later);
    bpf_land(text, none);
}

// io_uring_complete, which may run in any thread, or in none. A request that failed early may have no file. A splice is reported
// without its file if that is no O_DIRECT file: the file that it reads from may be one.
static bool listen_completions(struct listener *listener) {
    const struct kernel_shape *shape = &listener->tree->shape;
    struct bpf_text text = {.count = 0};
    struct part part = of_request(shape);
    bpf_move(&text, BPF_REG_6, BPF_REG_1);
    bpf_load(&text, BPF_DW, BPF_REG_3, BPF_REG_6, 8);
    event_fetch(&text, PART, part.bytes, BPF_REG_3, part.begin);
    copy(&text, in_part(part, shape->request_file), FILE_FOUND);
    copy(&text, in_part(part, shape->request_task), TASK);
    only_moving_request(&text, in_part(part, shape->request_opcode));
    bpf_store(&text, BPF_DW, BPF_REG_10, REQUEST, BPF_REG_8);
    take_thread(&text, shape);
    process_tree_only_process(&text, listener->tree);
    begin_pages(&text, listener);
    bpf_load(&text, BPF_DW, BPF_REG_8, BPF_REG_10, REQUEST);
    load_result(&text, shape);
    bpf_load(&text, BPF_DW, BPF_REG_1, BPF_REG_10, FILE_FOUND);
    int without_file = bpf_jump(&text, BPF_JEQ, BPF_REG_1, 0);
    ask_direct_file(&text, shape);
    int direct = bpf_jump(&text, BPF_JNE, BPF_REG_0, 0);
    bpf_store_number(&text, BPF_DW, BPF_REG_10, FILE_FOUND, 0);
    int splices = bpf_jump(&text, BPF_JEQ, BPF_REG_8, IORING_OP_SPLICE);
    bpf_leave(&text);
    bpf_land(&text, splices);
    bpf_land(&text, without_file);
    bpf_land(&text, direct);
    append(&text, listener);
    bpf_leave(&text);
    if (!listener->why_no_pages[0]) pages_append_callback(&text, listener);
    return event_attach(&text, listener, shape->io_uring_complete, "io_uring:io_uring_complete");
}

// MARK: io_uring's requests whose completion is not reported

static void open_unseen(struct bpf_text *text, const struct listener *listener) {
    event_open(text, listener, CL_COMPLETED, EVENT_SHORT);
    event_store_thread_alone(text, listener);
    bpf_store_number(text, BPF_DW, BPF_REG_7, event_number(1), 1);
}

// io_uring_submit_req(req) of a request that asks for no completion if it succeeds. Its file is not known yet.
static bool listen_silent_requests(struct listener *listener) {
    enum { FIXED_FILE = 1 << IOSQE_FIXED_FILE_BIT, IS_SILENT = 1 << 6 };  // IOSQE_CQE_SKIP_SUCCESS_BIT
    const struct kernel_shape *shape = &listener->tree->shape;
    struct bpf_text text = {.count = 0};
    bpf_move(&text, BPF_REG_6, BPF_REG_1);
    bpf_load(&text, BPF_DW, BPF_REG_3, BPF_REG_6, 0);
    bpf_load(&text, BPF_W, BPF_REG_1, BPF_REG_3, shape->request_flags);
    bpf_operate(&text, BPF_AND, BPF_REG_1, IS_SILENT);
    int is_silent = bpf_jump(&text, BPF_JNE, BPF_REG_1, 0);
    bpf_leave(&text);
    bpf_land(&text, is_silent);
    bpf_store_number(&text, BPF_DW, BPF_REG_10, MODE, 0);
    event_fetch(&text, MODE, 1, BPF_REG_3, shape->request_opcode);
    only_moving_request(&text, MODE);
    process_tree_only(&text, listener->tree);
    bpf_load(&text, BPF_DW, BPF_REG_8, BPF_REG_6, 0);
    bpf_load(&text, BPF_W, BPF_REG_1, BPF_REG_8, shape->request_flags);
    bpf_operate(&text, BPF_AND, BPF_REG_1, FIXED_FILE);
    int fixed = bpf_jump(&text, BPF_JNE, BPF_REG_1, 0);
    bpf_load(&text, BPF_B, BPF_REG_1, BPF_REG_10, MODE);
    int splices = bpf_jump(&text, BPF_JEQ, BPF_REG_1, IORING_OP_SPLICE);
    bpf_load(&text, BPF_W, BPF_REG_2, BPF_REG_8, shape->request_descriptor);
    ask_direct(&text, shape);
    int direct = bpf_jump(&text, BPF_JNE, BPF_REG_0, 0);
    bpf_leave(&text);
    bpf_land(&text, fixed);
    bpf_land(&text, splices);
    bpf_land(&text, direct);
    bpf_load(&text, BPF_B, BPF_REG_8, BPF_REG_8, shape->request_opcode);
    open_unseen(&text, listener);
    bpf_store(&text, BPF_DW, BPF_REG_7, event_number(0), BPF_REG_8);
    return event_end(&text, listener, shape->io_uring_submit, "io_uring:io_uring_submit_req");
}

// io_uring_cqe_overflow: a request is complete, and its completion queue is full. Which request it is the kernel does not say.
static bool listen_overflows(struct listener *listener) {
    struct bpf_text text = {.count = 0};
    bpf_move(&text, BPF_REG_6, BPF_REG_1);
    process_tree_only(&text, listener->tree);
    open_unseen(&text, listener);
    bpf_store_number(&text, BPF_DW, BPF_REG_7, event_number(0), MOVERS_UNKNOWN_REQUEST);
    return event_end(&text, listener, listener->tree->shape.io_uring_overflow, "io_uring:io_uring_cqe_overflow");
}

// MARK: closing

// sys_enter of what closes the last descriptor of an O_DIRECT file, if no other reference is left: a system call of another
// thread, a process that it was inherited by, a registration with an io_uring.
static bool listen_closings(struct listener *listener) {
    const struct kernel_shape *shape = &listener->tree->shape;
    struct bpf_text text = {.count = 0};
    static const int closing[ABIS][3] = {{SYS_close, SYS_dup2, SYS_dup3}, {6, 63, 330}};
    struct dispatcher *at = listener->at[AT_ENTER];
    dispatcher_begin_watcher(&text);
    dispatcher_load_number(&text, at, BPF_REG_7);
    bpf_set(&text, BPF_REG_8, 0);
    int closes[] = {bpf_jump(&text, BPF_JEQ, BPF_REG_7, closing[ABI_X86_64][0]), bpf_jump(&text, BPF_JEQ, BPF_REG_7, closing[ABI_I386][0])};
    mark_argument(&text, shape, 1);
    int replaces = bpf_jump(&text, BPF_JA, 0, 0);
    bpf_land(&text, closes[0]);
    bpf_land(&text, closes[1]);
    mark_argument(&text, shape, 0);
    bpf_land(&text, replaces);
    int some = bpf_jump(&text, BPF_JNE, BPF_REG_8, 0);
    bpf_leave(&text);
    bpf_land(&text, some);
    bpf_store_number(&text, BPF_DW, BPF_REG_10, REQUEST, 0);
    fetch_member(&text, REQUEST, sizeof(uint64_t), DIRECT, shape->file_count);
    bpf_load(&text, BPF_DW, BPF_REG_1, BPF_REG_10, REQUEST);
    int last = bpf_jump(&text, BPF_JEQ, BPF_REG_1, shape->counts_from_zero ? 0 : 1);
    bpf_leave(&text);
    bpf_land(&text, last);
    open_call(&text, listener, CL_CLOSES, AT_ENTER);
    store_from_stack(&text, DIRECT, event_number(3));
    event_submit(&text, listener);
    if (!event_watch(&text, listener, AT_ENTER, WATCHES_CLOSING, "raw_syscalls:sys_enter of close")) return false;
    for (int abi = 0; abi < ABIS; abi++)
        for (int i = 0; i < 3; i++) dispatcher_watch(at, WATCHES_CLOSING, abi, closing[abi][i]);
    return true;
}

// MARK: all

static bool is_known(const struct kernel_shape *shape) {
    return shape->task_status >= 0 && shape->task_files >= 0 && shape->files_table >= 0 && shape->table_room >= 0 &&
           shape->table_files >= 0 && shape->file_flags >= 0 && shape->file_inode >= 0 && shape->inode_mode >= 0 &&
           shape->file_count >= 0 && shape->request_file >= 0 && shape->request_opcode >= 0 && shape->request_task >= 0 &&
           shape->completion_result >= 0 && shape->request_flags >= 0 && shape->request_descriptor >= 0 &&
           shape->task_minor >= 0 && shape->task_major >= 0 &&
           of_table(shape).bytes <= MOST_OF_PART && of_file(shape).bytes <= MOST_OF_PART &&
           of_request(shape).bytes <= MOST_OF_PART;
}

bool listen_transfers(struct listener *listener) {
    errno = ENOTSUP;
    if (!is_known(&listener->tree->shape)) {
        snprintf(listener->why, sizeof(listener->why), "this kernel's threads, open files or io_uring requests have another shape");
        return false;
    }
    listener->ends = bpf_map(BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), sizeof(uint64_t), LISTENER_SLOTS, 0);
    bool has_maps = listener->ends >= 0 && completions_begin(&listener->completions);
    if (!has_maps) snprintf(listener->why, sizeof(listener->why), "a map: %s", strerror(errno));
    if (has_maps) listen_pages(listener);
    return has_maps && listen_moves(listener) && listen_ends(listener) && listen_io_submit(listener) && listen_completions(listener) &&
           listen_silent_requests(listener) && listen_overflows(listener) && listen_closings(listener);
}
