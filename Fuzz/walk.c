// libFuzzer on the walks of other processes' stacks: call frame information, registers and a stack that no program has. libunwind
// itself reads them. A walk must end, and say no more than there is room for.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cunwind.h"

enum { REGISTERS = 3 * 8, STACK = 512, START = 0x400000 };

static void require(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "the walk broke its promise: %s\n", what);
    abort();
}

// All of the address space from START on is the file.
static bool find(void *context, uint64_t address, struct cu_mapping *mapping) {
    if (address < START) return false;
    *mapping = (struct cu_mapping){.start = START, .end = UINT64_MAX, .offset = 0, .image = context};
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < REGISTERS + STACK) return -1;
    struct cu_thread thread = {.known = 1u << CU_BP | 1u << CU_SP | 1u << CU_IP, .stack_bytes = STACK};
    static const int numbers[] = {CU_IP, CU_SP, CU_BP};
    for (int i = 0; i < 3; i++) memcpy(&thread.registers[numbers[i]], data + 8 * i, 8);
    thread.stack = data + REGISTERS;

    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    size_t length = size - REGISTERS - STACK;
    char path[32];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    struct cu_image *image = write(fd, data + REGISTERS + STACK, length) == (ssize_t)length ? cu_image_open(path) : NULL;
    close(fd);
    if (!image) return -1;
    struct unw_addr_space *code = cu_code_create();
    static struct cu_stack stack;
    // The second time by what libunwind remembers.
    for (int i = 0; code && i < 2; i++) {
        cu_walk(code, &thread, find, image, &stack);
        require(stack.frames <= CU_FRAMES && stack.words <= CU_WORDS, "no more than there is room for");
        require(!stack.exhausted || !stack.whole, "what was not read to its end is not whole");
        cu_stack_holds(&stack, &thread);
    }
    cu_code_destroy(code);
    cu_image_close(image);
    return 0;
}
