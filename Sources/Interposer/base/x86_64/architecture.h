// x86-64. Sources: System V ABI AMD64 supplement, A.2.1 (system calls) and figure 3.36 (DWARF's register numbers).
#ifndef DIOAUDIT_X86_64_H
#define DIOAUDIT_X86_64_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#define ARCHITECTURE_CLOCK "__vdso_clock_gettime"

static inline long architecture_call(long number, long a, long b, long c, long d, long e, long f) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static inline void add(uint64_t *cell, uint64_t amount) {
    __asm__ volatile("addq %1, %0" : "+m"(*cell) : "er"(amount) : "cc");
}

// TRAP: a compiler may turn an atomic addition of 0 into a mere fence. Fixture: many-places-unlocked.c
static inline void architecture_touch(unsigned char *byte) {
    __asm__ volatile("lock addb $0, %0" : "+m"(*byte) : : "cc");
}

// The body of a naked function: vfork(2) after `prepare`, a function without arguments. Where no child is made, it returns what `failed`
// makes of the kernel's error. TRAP: the child returns first, on the same stack, and writes there: the return address is kept in a
// register, of which each of the two has its own. So libc's does, too, which cannot be called for that reason.
#define ARCHITECTURE_VFORK(prepare, failed)                    \
    __asm__(                                                   \
        "subq $8, %rsp\n\t.cfi_adjust_cfa_offset 8\n\t"        \
        "call " #prepare "\n\t"                                \
        "addq $8, %rsp\n\t.cfi_adjust_cfa_offset -8\n\t"       \
        "popq %rdi\n\t.cfi_adjust_cfa_offset -8\n\t"           \
        ".cfi_register %rip, %rdi\n\t"                         \
        "movl $58, %eax\n\t"                                   \
        "syscall\n\t"                                          \
        "pushq %rdi\n\t.cfi_adjust_cfa_offset 8\n\t"           \
        ".cfi_rel_offset %rip, 0\n\t"                          \
        "testl %eax, %eax\n\t"                                 \
        "js 1f\n\t"                                            \
        "ret\n"                                                \
        "1:\tmovslq %eax, %rdi\n\t"                           \
        "jmp " #failed)

// MARK: the stack

enum { REGISTER_BP = 6, REGISTER_SP = 7, REGISTER_RETURN = 16, RETURN_FROM_CFA = -8, RETURN_FROM_BP = 8, FRAME_FROM_BP = 16 };

struct registers {
    uintptr_t ip, sp, bp;
};

// A macro: a function would have a frame of its own.
#define architecture_registers(registers)                              \
    __asm__ volatile("leaq 0(%%rip), %0; movq %%rsp, %1; movq %%rbp, %2" \
                     : "=&r"((registers)->ip), "=&r"((registers)->sp), "=&r"((registers)->bp))

static inline struct registers architecture_interrupted(const ucontext_t *saved) {
    return (struct registers){
        .ip = (uintptr_t)saved->uc_mcontext.gregs[REG_RIP],
        .sp = (uintptr_t)saved->uc_mcontext.gregs[REG_RSP],
        .bp = (uintptr_t)saved->uc_mcontext.gregs[REG_RBP],
    };
}

// The expression that linkers write for the slots of .plt, which are 16 bytes long and push in their second half:
// DW_OP_breg7 8; breg16 0; lit15; and; lit11; ge; lit3; shl; plus
static const uint8_t architecture_plt_expression[] = {0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22};

static inline uintptr_t architecture_plt_cfa(struct registers registers) {
    return registers.sp + 8 + ((registers.ip & 15) >= 11 ? 8 : 0);
}

// jmp *GOT(%rip); push; jmp. Slots are aligned, so a whole slot lies in the page of the instruction at ip.
static inline bool architecture_is_plt_slot(uintptr_t address) {
    const uint8_t *slot = (const uint8_t *)(address & -(uintptr_t)16);
    return slot[0] == 0xff && slot[1] == 0x25 && slot[6] == 0x68 && slot[11] == 0xe9;
}

#endif
