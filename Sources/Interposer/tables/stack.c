#include "stack.h"

#include <string.h>
#include <ucontext.h>

#include "../base/cfi.h"
#include "../base/objects.h"
#include "../base/system.h"
#include "../state/context.h"
#include "../state/faults.h"
#include "../rules.h"

// MARK: rules by address

// Each entry holds a rule in 64 bits and, as its key, the address xor those bits. A pair torn by a racing writer or a signal
// handler fails the check and is computed again. So no lock is needed.
enum { ENTRIES = 2048 };

static struct {
    uint64_t key, rule;
} entries[ENTRIES];

static uint64_t pack(struct cfi_rule rule) {
    return (uint64_t)rule.kind | (uint64_t)rule.saved_bp << 4 | (uint64_t)(rule.cfa_offset & 0xffffff) << 8 |
           (uint64_t)(rule.bp_offset & 0xffffff) << 32 | UINT64_C(1) << 63;
}

static int32_t sign_extend(uint64_t bits) {
    return (int32_t)(uint32_t)(bits << 8) >> 8;
}

static struct cfi_rule unpack(uint64_t bits) {
    return (struct cfi_rule){
        .kind = (enum cfi_kind)(bits & 0xf),
        .saved_bp = (enum cfi_saved_bp)(bits >> 4 & 0xf),
        .cfa_offset = sign_extend(bits >> 8 & 0xffffff),
        .bp_offset = sign_extend(bits >> 32 & 0xffffff),
    };
}

// TRAP: an object's .eh_frame may never have been read, and the page fault would count as the subject's. Fixture:
// allocates-each-transfer.c, which takes no page fault of its own.
static struct cfi_rule compute_rule(uintptr_t address) {
    struct dioaudit_faults before = faults_of_thread();
    const uint8_t *header = objects_eh_frame(address);
    struct cfi_rule rule = {0};
    if (header) rule = cfi_rule_at(address, header);
    // lld writes no CFI for the PLT.
    if (header && rule.kind == CFI_UNKNOWN && architecture_is_plt_slot(address)) rule.kind = CFI_PLT;
    faults_disown(before);
    return rule;
}

static struct cfi_rule rule_for(uintptr_t address) {
    size_t slot = (address * UINT64_C(0x9e3779b97f4a7c15)) >> 53;
    uint64_t key = __atomic_load_n(&entries[slot].key, __ATOMIC_RELAXED);
    uint64_t bits = __atomic_load_n(&entries[slot].rule, __ATOMIC_RELAXED);
    if (likely((key ^ bits) == address && bits)) return unpack(bits);

    struct cfi_rule rule = compute_rule(address);
    bits = pack(rule);
    __atomic_store_n(&entries[slot].rule, bits, __ATOMIC_RELAXED);
    __atomic_store_n(&entries[slot].key, address ^ bits, __ATOMIC_RELAXED);
    return rule;
}

void stack_forget(void) {
    for (size_t slot = 0; slot < ENTRIES; slot++) __atomic_store_n(&entries[slot].rule, 0, __ATOMIC_RELAXED);
}

_Static_assert(ENTRIES == 1 << (64 - 53), "the hash gives an index");

// MARK: reading the stack

// TRAP: wrong CFI (hand-written assembly) may lead to unmapped memory. Pages that were found readable stay so while the thread
// runs on that stack.

static bool readable(uintptr_t address, size_t size) {
    uintptr_t first = address & -(uintptr_t)DIOAUDIT_PAGE;
    uintptr_t last = (address + size - 1) & -(uintptr_t)DIOAUDIT_PAGE;
    for (uintptr_t page = first; page <= last; page += DIOAUDIT_PAGE) {
        if (likely(page - context.readable_from < context.readable_to - context.readable_from)) continue;
        if (!system_can_read(page)) return false;
        if (page == context.readable_to) {
            context.readable_to += DIOAUDIT_PAGE;
        } else {
            context.readable_from = page;
            context.readable_to = page + DIOAUDIT_PAGE;
        }
    }
    return true;
}

static bool load(uintptr_t address, uintptr_t *value) {
    if (address % sizeof(*value) != 0 || unlikely(!readable(address, sizeof(*value)))) return false;
    memcpy(value, (const void *)address, sizeof(*value));
    return true;
}

// MARK: walking

struct frame {
    struct registers at;
    bool exact;  // ip is the next instruction itself, not the return address of a call
};

static bool leave_signal_frame(struct frame *frame) {
    const ucontext_t *saved = (const ucontext_t *)frame->at.sp;
    if (!readable(frame->at.sp, sizeof(*saved))) return false;
    *frame = (struct frame){.at = architecture_interrupted(saved), .exact = true};
    return true;
}

static bool find_cfa(const struct frame *frame, struct cfi_rule rule, uintptr_t *cfa) {
    switch (rule.kind) {
        case CFI_FROM_SP: *cfa = frame->at.sp + (intptr_t)rule.cfa_offset; return true;
        case CFI_FROM_BP: *cfa = frame->at.bp + (intptr_t)rule.cfa_offset; return true;
        case CFI_AT_BP: return load(frame->at.bp + (intptr_t)rule.cfa_offset, cfa);
        case CFI_PLT: *cfa = architecture_plt_cfa(frame->at); return true;
        default: return false;
    }
}

static bool step(struct frame *frame, struct cfi_rule rule) {
    if (rule.kind == CFI_SIGNAL) return leave_signal_frame(frame);
    uintptr_t cfa, ip;
    if (!find_cfa(frame, rule, &cfa) || cfa <= frame->at.sp || !load(cfa + RETURN_FROM_CFA, &ip)) return false;
    uintptr_t saved = rule.saved_bp == CFI_BP_AT_BP ? frame->at.bp : cfa;
    if (rule.saved_bp != CFI_BP_SAME && !load(saved + (intptr_t)rule.bp_offset, &frame->at.bp)) return false;
    *frame = (struct frame){.at = {.ip = ip, .sp = cfa, .bp = frame->at.bp}, .exact = false};
    return true;
}

// TRAP: code without CFI (Embedded Swift, hand-written assembly, JITs) would end the walk. Most of it keeps frame pointers, so
// they are followed if they lead up the stack and to an instruction in a loaded object.
static bool follow_frame_pointer(struct frame *frame) {
    uintptr_t ip, bp;
    uintptr_t here = frame->at.bp;
    if (here < frame->at.sp || here - frame->at.sp > 1 << 20) return false;
    if (!load(here, &bp) || !load(here + RETURN_FROM_BP, &ip) || !objects_find(ip - 1)) return false;
    *frame = (struct frame){.at = {.ip = ip, .sp = here + FRAME_FROM_BP, .bp = bp}, .exact = false};
    return true;
}

static uintptr_t instruction(const struct frame *frame) {
    return frame->exact ? frame->at.ip : frame->at.ip - 1;
}

static bool leave(struct frame *frame, struct cfi_rule rule) {
    return rule.kind == CFI_UNKNOWN ? follow_frame_pointer(frame) : step(frame, rule);
}

__attribute__((noinline)) void stack_capture(struct stack *stack) {
    struct frame frame = {.exact = true};
    architecture_registers(&frame.at);
    stack->depth = 0;
    stack->truncated = STACK_WHOLE;
    stack->in_handler = false;
    for (;;) {
        uintptr_t address = instruction(&frame);
        struct cfi_rule rule = rule_for(address);
        if (rule.kind == CFI_SIGNAL) {
            address = frame.at.ip;  // a handler returns there, but no call there was made
            stack->in_handler = true;
        }
        if (!objects_is_ours(address)) {
            if (stack->depth == DIOAUDIT_FRAMES) {
                stack->truncated = STACK_TOO_DEEP;
                return;
            }
            stack->addresses[stack->depth++] = address;
        }
        if (rule.kind == CFI_OUTERMOST) return;
        if (!leave(&frame, rule)) {
            stack->truncated = STACK_NO_CFI;
            return;
        }
        if (frame.at.ip == 0) return;
    }
}

bool stack_is_plain(void) {
    struct stack stack;
    stack_capture(&stack);
    return stack.truncated == STACK_WHOLE && !stack.in_handler;
}

// A frame of ours that was reached without leaving our code may lie where another frame was left for good (longjmp).
__attribute__((noinline)) bool stack_is_inside(uintptr_t local) {
    struct frame frame = {.exact = true};
    architecture_registers(&frame.at);
    bool left_ours = false;
    while (frame.at.ip != 0 && frame.at.sp <= local) {
        uintptr_t address = instruction(&frame);
        struct cfi_rule rule = rule_for(address);
        bool ours = objects_is_ours(address);
        left_ours |= !ours;
        if (rule.kind == CFI_SIGNAL || rule.kind == CFI_OUTERMOST || !leave(&frame, rule)) return false;
        if (ours && left_ours && local < frame.at.sp) return true;
    }
    return false;
}

void stack_warm(void) {
    struct stack stack;
    stack_capture(&stack);
    stack_is_inside((uintptr_t)&stack);
}
