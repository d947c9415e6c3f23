// No system call and no state: Fuzz/trace.c is linked with it.
#include "calls.h"

#include <sys/syscall.h>

#include "clinux_trace.h"

// Calls that take what they are to do as an argument: ipc(2), arch_prctl(2) (arch/x86/include/uapi/asm/prctl.h), madvise(2) and
// process_madvise(2) (MADV_COLLAPSE: Linux 6.1, newer than some versions of sys/mman.h).
enum { I386_IPC = 117, IPC_SHMAT = 21 };
enum { I386_ARCH_PRCTL = 384, ARCH_MAP_VDSO_FIRST = 0x2001, ARCH_MAP_VDSO_LAST = 0x2003 };
enum { I386_MADVISE = 219, COLLAPSE = 25 };

enum { MAP_SHADOW_STACK = 453 };  // Linux 6.6, where the processor has shadow stacks; newer than some versions of sys/syscall.h

// i386: arch/x86/entry/syscalls/syscall_32.tbl. Its mmap (90) takes a pointer to its arguments, so that no length is known.
const struct call calls[] = {
    {CL_MMAP, {SYS_mmap, 192}, {1, 1}, {0}},
    {CL_MMAP, {-1, 90}, {-1, -1}, {0}},
    {CL_MMAP, {MAP_SHADOW_STACK, -1}, {1, -1}, {0}},
    {CL_MUNMAP, {SYS_munmap, 91}, {1, 1}, {0}},
    {CL_MREMAP, {SYS_mremap, 163}, {2, 2}, {0}},
    {CL_BRK, {SYS_brk, 45}, {-1, -1}, {0}},
    {CL_MLOCKALL, {SYS_mlockall, 152}, {-1, -1}, {0}},
    {CL_MUNLOCK, {SYS_munlock, 151}, {1, 1}, {0}},
    {CL_MUNLOCKALL, {SYS_munlockall, 153}, {-1, -1}, {0}},
    {CL_SHMAT, {SYS_shmat, 397}, {-1, -1}, {0}},
    {CL_SHMAT, {-1, I386_IPC}, {-1, -1}, {0, 0xffff, IPC_SHMAT, IPC_SHMAT}},
    {CL_REMAP_FILE_PAGES, {SYS_remap_file_pages, 257}, {1, 1}, {0}},
    {CL_IO_SETUP, {SYS_io_setup, 245}, {-1, -1}, {0}},
    {CL_MAP_VDSO, {SYS_arch_prctl, I386_ARCH_PRCTL}, {-1, -1}, {0, ~0u, ARCH_MAP_VDSO_FIRST, ARCH_MAP_VDSO_LAST}},
    {CL_COLLAPSE, {SYS_madvise, I386_MADVISE}, {1, 1}, {2, ~0u, COLLAPSE, COLLAPSE}},
    {CL_COLLAPSE, {SYS_process_madvise, SYS_process_madvise}, {-1, -1}, {3, ~0u, COLLAPSE, COLLAPSE}},
    {CL_EXECVE, {SYS_execve, 11}, {-1, -1}, {0}},
    {CL_EXECVEAT, {SYS_execveat, 358}, {-1, -1}, {0}},
};

const int calls_count = sizeof(calls) / sizeof(calls[0]);

const struct call *calls_find(enum abi abi, uint64_t number) {
    for (int i = 0; i < calls_count; i++)
        if (calls[i].number[abi] >= 0 && (uint64_t)calls[i].number[abi] == number) return &calls[i];
    return NULL;
}

bool calls_is_meant(enum abi abi, uint64_t number, const uint64_t arguments[CALL_ARGUMENTS]) {
    const struct call *call = calls_find(abi, number);
    if (!call) return false;
    uint32_t asked = (uint32_t)arguments[call->asked.argument] & call->asked.mask;
    return asked >= call->asked.first && asked <= call->asked.last;
}

bool calls_take(enum abi abi, uint64_t number, const uint64_t arguments[3], struct cl_trace_record *record) {
    const struct call *call = calls_find(abi, number);
    if (!call || call->act >= CL_EXECVE) return false;
    if (call->act == CL_BRK && arguments[0] == 0) return false;  // it only asks where the heap ends
    record->kind = CL_CALL;
    record->act = call->act;
    record->bytes = call->length[abi] < 0 ? 0 : arguments[call->length[abi]];
    return true;
}
