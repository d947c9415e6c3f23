// Intent: allocates in as many places as it is told to, up to 100,000: each is a function of its own, eight frames deep. Its
// arguments are the file, and how many places; 1000 without.
// Exit: 1
// Verdict: fail
// Reason: in the steady phase: 1000 mallocs
// Steady: malloc 1000/32000, free 1000
#include "steps.h"
#include <stdint.h>

// TRAP: a compiler takes minutes for so many functions, an assembler a second. The digits of its number are a place's name.
asm(".pushsection .text\n"
    ".irpc a, 0123456789\n.irpc b, 0123456789\n.irpc c, 0123456789\n.irpc d, 0123456789\n.irpc e, 0123456789\n"
    ".p2align 5\n"
    ".type place\\a\\b\\c\\d\\e, @function\n"
    "place\\a\\b\\c\\d\\e:\n"
    ".cfi_startproc\n"
    "push %rax\n"
    ".cfi_adjust_cfa_offset 8\n"
    "mov $32, %edi\n"
    "call malloc@PLT\n"
    "mov %rax, %rdi\n"
    "call free@PLT\n"
    "pop %rax\n"
    ".cfi_adjust_cfa_offset -8\n"
    "ret\n"
    ".cfi_endproc\n"
    ".size place\\a\\b\\c\\d\\e, . - place\\a\\b\\c\\d\\e\n"
    ".endr\n.endr\n.endr\n.endr\n.endr\n"
    ".popsection\n");

extern const char place00000[], place00001[];

__attribute__((noinline)) static void descend(int index, int digits) {
    if (digits == 0) ((void (*)(void))(place00000 + index * (place00001 - place00000)))();
    else steps[index % 10](index, digits - 1);
    keep(NULL);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int places = count > 2 ? atoi(arguments[2]) : 1000;
    require(places >= 0 && places <= 100000, "at most 100000 places");
    int fd = open_direct(arguments[1]);
    // The pages of the code, and those that the calls need.
    for (const char *code = place00000; code < place00000 + places * (place00001 - place00000); code += BLOCK)
        keep((void *)(intptr_t)*(const volatile char *)code);
    descend(0, 1);
    write_blocks(fd, 2);
    for (int index = 0; index < places; index++) descend(index, 1);
    write_block(fd, 2);
    close(fd);
}
