// For processors that the interposer does not run on yet. `make lint` compiles the rest against these declarations, with which
// a port begins; nothing defines them.
#ifndef DIOAUDIT_UNSUPPORTED_H
#define DIOAUDIT_UNSUPPORTED_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#ifndef DIOAUDIT_SYNTAX_ONLY
#error "the interposer does not support this architecture: it takes a folder beside base/x86_64"
#endif

#define ARCHITECTURE_CLOCK ""

long architecture_call(long number, long a, long b, long c, long d, long e, long f);
void add(uint64_t *cell, uint64_t amount);
void architecture_touch(unsigned char *byte);

#define ARCHITECTURE_VFORK(prepare, failed) __asm__("")

// DWARF has no registers of these numbers.
enum { REGISTER_BP = 0x100, REGISTER_SP, REGISTER_RETURN, RETURN_FROM_CFA = 0, RETURN_FROM_BP = 0, FRAME_FROM_BP = 0 };

struct registers {
    uintptr_t ip, sp, bp;
};

void architecture_registers(struct registers *registers);
struct registers architecture_interrupted(const ucontext_t *saved);
extern const uint8_t architecture_plt_expression[11];
uintptr_t architecture_plt_cfa(struct registers registers);
bool architecture_is_plt_slot(uintptr_t address);

#endif
