// Intent: with --phases markers a program without any never leaves setup: no pass.
// Options: --phases markers
// Exit: 2
// Verdict: inconclusive
// Reason: the steady phase was not reached: all 10 transfers came before it
// Setup: transfers 10
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    write_blocks(open_direct(arguments[1]), 10);
}
