// Link: -L.build/fixtures -l:liboracle '-Wl,-rpath,$ORIGIN'
// Allocates in frames of every kind that C and hand-written assembly have. StackTests holds its stacks against libunwind's.
#include "direct.h"
#include <setjmp.h>
#include <signal.h>
#include <ucontext.h>

#include "liboracle.h"

__attribute__((noinline)) static void plain(void) {
    oracle_allocate();
    keep(NULL);
}

__attribute__((noinline)) static void realigned(void) {
    char room[64] __attribute__((aligned(64)));
    keep(room);
    plain();
    keep(room);
}

__attribute__((noinline)) static void realigned_of_any_size(long size) {
    char room[64] __attribute__((aligned(64)));
    char more[size];
    keep(room);
    keep(more);
    realigned();
    keep(room);
    keep(more);
}

__attribute__((noinline)) static void many_registers(long a, long b, long c, long d, long e, long f, long g, long h) {
    realigned_of_any_size(a + b);
    keep((void *)(a + b * c - d + e * f - g * h));
}

__attribute__((noinline)) static int recursive(int depth) {
    if (depth == 0) realigned();
    else recursive(depth - 1);
    keep(&depth);
    return depth;
}

// MARK: a library's frames between

static int compare(const void *left, const void *right) {
    oracle_allocate();
    return *(const int *)left - *(const int *)right;
}

static void jump_back(void) {
    jmp_buf place;
    if (setjmp(place) == 0) longjmp(place, 1);
    plain();
}

// MARK: assembly

// A frame that only CFI describes: it moves the stack pointer in steps, and uses rbp as a plain register.
void assembly(void (*function)(void));
__asm__(
    ".text\n"
    ".type assembly, @function\n"
    "assembly:\n"
    ".cfi_startproc\n"
    "pushq %rbp\n"
    ".cfi_adjust_cfa_offset 8\n"
    ".cfi_rel_offset %rbp, 0\n"
    "subq $48, %rsp\n"
    ".cfi_adjust_cfa_offset 48\n"
    "movq $7, %rbp\n"
    "callq *%rdi\n"
    "addq $32, %rsp\n"
    ".cfi_adjust_cfa_offset -32\n"
    ".cfi_remember_state\n"
    "addq $16, %rsp\n"
    ".cfi_adjust_cfa_offset -16\n"
    "popq %rbp\n"
    ".cfi_adjust_cfa_offset -8\n"
    ".cfi_restore %rbp\n"
    "retq\n"
    ".cfi_restore_state\n"
    ".cfi_endproc\n"
    ".size assembly, .-assembly\n");

// MARK: signals

static volatile sig_atomic_t steps;

static void on_signal(int number) {
    (void)number;
    oracle_allocate();
    keep(NULL);
}

// After each instruction, wherever it is: in a PLT slot, before a frame is set up, in the middle of an epilogue.
static void on_step(int number, siginfo_t *info, void *context) {
    (void)number, (void)info;
    greg_t *flags = &((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL];
    *flags = steps > 0 ? *flags | 0x100 : *flags & ~0x100;  // the processor's trap flag
    if (steps <= 0) return;
    steps--;
    oracle_allocate();
    keep(NULL);
}

__attribute__((noinline)) static void stepped(void) {
    char room[64] __attribute__((aligned(64)));
    keep(room);
    keep((void *)(long)getppid());  // through the PLT
    keep(room);
}

static void take_signals(void) {
    stack_t own = {.ss_sp = keep(malloc(1 << 16)), .ss_size = 1 << 16};
    sigaltstack(&own, NULL);
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = on_signal, .sa_flags = SA_ONSTACK}, NULL);
    sigaction(SIGTRAP, &(struct sigaction){.sa_sigaction = on_step, .sa_flags = SA_SIGINFO}, NULL);
}

__attribute__((noinline)) static void in_handler(void) {
    raise(SIGUSR1);
    keep(NULL);
}

// Their stacks differ by the address that each returns to, and by nothing else.
__attribute__((noinline)) static void one_caller(void) {
    in_handler();
    keep((void *)one_caller);
}

__attribute__((noinline)) static void other_caller(void) {
    in_handler();
    keep((void *)other_caller);
}

static void (*const callers[])(void) = {one_caller, other_caller};

int main(int count, char **arguments) {
    require(count == 2, "usage: stacks-c FILE");
    take_signals();
    getppid();  // the dynamic linker binds it at the first call
    oracle_begin(arguments[1]);
    plain();
    many_registers(count, 16, 3, 4, 5, 6, 7, 8);
    recursive(20);
    int numbers[] = {3, 1};
    qsort(numbers, 2, sizeof(numbers[0]), compare);
    jump_back();
    assembly(plain);
    for (int i = 0; i < 2; i++) callers[i]();
    steps = 120;
    raise(SIGTRAP);
    stepped();
    steps = 0;
    oracle_end();
}
