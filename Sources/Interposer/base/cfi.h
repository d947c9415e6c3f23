// Reads DWARF call frame information (.eh_frame), as far as needed to find a caller.
//
// Why not libunwind: Debian 12's libunwind.a is not position-independent (R_X86_64_32 and TPOFF32 relocations), so
// it cannot go into a shared library; its fast path also maps 256 KiB in every thread at first use, and it keeps a
// pipe open to test addresses by. See docs/interposer.md.
#ifndef DIOAUDIT_CFI_H
#define DIOAUDIT_CFI_H

#include <stdint.h>

enum cfi_kind {
    CFI_UNKNOWN,      // no CFI here, or CFI that this reader does not understand
    CFI_OUTERMOST,    // the return address is undefined: the outermost frame
    CFI_SIGNAL,       // the kernel's signal frame: registers are in the ucontext at the stack pointer
    CFI_FROM_SP,      // CFA = sp + offset
    CFI_FROM_BP,      // CFA = bp + offset
    CFI_AT_BP,        // CFA = *(bp + offset): a function that realigns its stack
    CFI_PLT           // a slot of the PLT: see architecture.h
};

enum cfi_saved_bp { CFI_BP_SAME, CFI_BP_AT_CFA, CFI_BP_AT_BP };

// How to find the caller's registers from those at one instruction.
struct cfi_rule {
    enum cfi_kind kind;
    enum cfi_saved_bp saved_bp;
    int32_t cfa_offset;
    int32_t bp_offset;
};

// The rule at an address, from the .eh_frame_hdr of the object that holds it.
struct cfi_rule cfi_rule_at(uintptr_t address, const uint8_t *eh_frame_header);

#endif
