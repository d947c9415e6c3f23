// Ten functions that call on, one for each decimal digit: the way down to a call is told by a number's digits.
#ifndef STEPS_H
#define STEPS_H

#include "direct.h"

static void descend(int index, int digits);

#define STEP(digit)                                                            \
    __attribute__((noinline)) static void step##digit(int index, int digits) { \
        descend(index, digits);                                                \
        keep(NULL); /* no tail call */                                         \
    }
STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7) STEP(8) STEP(9)

static void (*const steps[])(int, int) = {step0, step1, step2, step3, step4, step5, step6, step7, step8, step9};

#endif
