// Intent: jumps out of an allowed region and never ends it: what comes after hides in it, and that is said.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: began the allowed region 'parsing' 1 time and ended it 0
// Steady: transfers 9, malloc 10/100
// Region: allowed 'parsing' entered 1 malloc 10/100
#include "direct.h"
#include <dioaudit.h>
#include <setjmp.h>

static jmp_buf out;

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    free(keep(malloc(1)));
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    if (setjmp(out) == 0) {
        dioaudit_allow_begin("parsing");
        longjmp(out, 1);
    }
    for (int i = 0; i < 10; i++) keep(malloc(10));
    close(fd);
}
