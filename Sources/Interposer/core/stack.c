#include "stack.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>
#include <ucontext.h>

#include "cfi.h"
#include "context.h"
#include "phases.h"
#include "system.h"
#include "../rules.h"

// MARK: objects

// _dl_find_object (glibc 2.35) takes no lock. Without it, dl_iterate_phdr takes the dynamic linker's: an older glibc.
#pragma weak _dl_find_object

const struct link_map *stack_module(uintptr_t address) {
    struct dl_find_object object;
    if (_dl_find_object)
        return _dl_find_object((void *)address, &object) == 0 ? object.dlfo_link_map : NULL;
    Dl_info info;
    struct link_map *map = NULL;
    return dladdr1((void *)address, &info, (void **)&map, RTLD_DL_LINKMAP) ? map : NULL;
}

struct search {
    uintptr_t address;
    const uint8_t *header;
};

static int visit_object(struct dl_phdr_info *object, size_t size, void *data) {
    (void)size;
    struct search *search = data;
    const uint8_t *header = NULL;
    bool holds = false;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        uintptr_t start = object->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_GNU_EH_FRAME) header = (const uint8_t *)start;
        if (segment->p_type == PT_LOAD && search->address - start < segment->p_memsz) holds = true;
    }
    if (holds) search->header = header;
    return holds;
}

static const uint8_t *eh_frame_header(uintptr_t address) {
    struct dl_find_object object;
    if (_dl_find_object) return _dl_find_object((void *)address, &object) == 0 ? object.dlfo_eh_frame : NULL;
    struct search search = {address, NULL};
    dl_iterate_phdr(visit_object, &search);
    return search.header;
}

// MARK: rules by address

// Each entry holds a rule in 64 bits and, as its key, the address xor those bits: a pair torn by a racing writer
// or a signal handler fails the check and is computed anew. So no lock is needed.
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

// TRAP: an object's .eh_frame may never have been read before, and the page fault would be the subject's. Fixture:
// allocates-each-transfer.c, which has none of its own.
static struct cfi_rule compute_rule(uintptr_t address) {
    struct dioaudit_faults before = phases_thread_faults();
    const uint8_t *header = eh_frame_header(address);
    struct cfi_rule rule = {0};
    if (header) rule = cfi_rule_at(address, header);
    phases_disown_faults(before);
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

// TRAP: wrong CFI (hand-written assembly) could send us to memory that is not there. Pages found good stay good while the
// thread runs on that stack.

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
    uintptr_t ip, sp, bp;
    bool exact;  // ip is the next instruction itself, not the return address of a call
};

static bool leave_signal_frame(struct frame *frame) {
    const ucontext_t *saved = (const ucontext_t *)frame->sp;
    if (!readable(frame->sp, sizeof(*saved))) return false;
    frame->ip = (uintptr_t)saved->uc_mcontext.gregs[REG_RIP];
    frame->sp = (uintptr_t)saved->uc_mcontext.gregs[REG_RSP];
    frame->bp = (uintptr_t)saved->uc_mcontext.gregs[REG_RBP];
    frame->exact = true;
    return true;
}

static bool find_cfa(const struct frame *frame, struct cfi_rule rule, uintptr_t *cfa) {
    switch (rule.kind) {
        case CFI_FROM_SP: *cfa = frame->sp + (intptr_t)rule.cfa_offset; return true;
        case CFI_FROM_BP: *cfa = frame->bp + (intptr_t)rule.cfa_offset; return true;
        case CFI_AT_BP: return load(frame->bp + (intptr_t)rule.cfa_offset, cfa);
        case CFI_PLT: *cfa = frame->sp + 8 + ((frame->ip & 15) >= 11 ? 8 : 0); return true;
        default: return false;
    }
}

static bool step(struct frame *frame, struct cfi_rule rule) {
    if (rule.kind == CFI_SIGNAL) return leave_signal_frame(frame);
    uintptr_t cfa, ip;
    if (!find_cfa(frame, rule, &cfa) || cfa <= frame->sp || !load(cfa - 8, &ip)) return false;
    uintptr_t saved = rule.saved_bp == CFI_BP_AT_BP ? frame->bp : cfa;
    if (rule.saved_bp != CFI_BP_SAME && !load(saved + (intptr_t)rule.bp_offset, &frame->bp)) return false;
    *frame = (struct frame){.ip = ip, .sp = cfa, .bp = frame->bp, .exact = false};
    return true;
}

// TRAP: code without CFI (Embedded Swift, hand-written assembly, JITs) would end the stack. Most of it keeps frame
// pointers, so they are followed where they lead up the stack and to an instruction in a loaded object.
static bool follow_frame_pointer(struct frame *frame) {
    uintptr_t ip, bp;
    if (frame->bp < frame->sp || frame->bp - frame->sp > 1 << 20) return false;
    if (!load(frame->bp, &bp) || !load(frame->bp + 8, &ip) || !stack_module(ip - 1)) return false;
    *frame = (struct frame){.ip = ip, .sp = frame->bp + 16, .bp = bp, .exact = false};
    return true;
}

static bool is_ours(uintptr_t address) {
    extern const char image_start[] __asm__("__ehdr_start") HIDDEN, image_end[] __asm__("_end") HIDDEN;
    return address - (uintptr_t)image_start < (uintptr_t)image_end - (uintptr_t)image_start;
}

__attribute__((noinline)) void stack_capture(struct stack *stack) {
    struct frame frame = {.exact = true};
    __asm__ volatile("leaq 0(%%rip), %0; movq %%rsp, %1; movq %%rbp, %2"
                     : "=&r"(frame.ip), "=&r"(frame.sp), "=&r"(frame.bp));
    stack->depth = 0;
    stack->truncated = STACK_WHOLE;
    for (;;) {
        uintptr_t address = frame.exact ? frame.ip : frame.ip - 1;
        struct cfi_rule rule = rule_for(address);
        if (!is_ours(address)) {
            if (stack->depth == DIOAUDIT_FRAMES) {
                stack->truncated = STACK_TOO_DEEP;
                return;
            }
            stack->addresses[stack->depth++] = address;
        }
        if (rule.kind == CFI_OUTERMOST) return;
        if (!(rule.kind == CFI_UNKNOWN ? follow_frame_pointer(&frame) : step(&frame, rule))) {
            stack->truncated = STACK_NO_CFI;
            return;
        }
        if (frame.ip == 0) return;
    }
}

void stack_warm(void) {
    struct stack stack;
    stack_capture(&stack);
}
