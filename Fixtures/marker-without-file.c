// Intent: a real-time thread names its own steady phase, and there is no O_DIRECT file at all: with --min-ios 0 its phases need no
// transfers. The main thread allocates meanwhile, in setup.
// Options: --phases markers --min-ios 0
// Exit: 0
// Verdict: pass
#include "direct.h"
#include <dioaudit.h>
#include <pthread.h>

static void *process_blocks(void *unused) {
    volatile float samples[64];
    dioaudit_phase_thread("steady");
    for (int i = 0; i < 1000; i++) samples[i % 64] = (float)i;
    dioaudit_phase_thread(NULL);
    (void)samples;
    return unused;
}

int main(void) {
    pthread_t audio;
    pthread_create(&audio, NULL, process_blocks, NULL);
    for (int i = 0; i < 10; i++) free(keep(malloc(64)));
    pthread_join(audio, NULL);
    return 0;
}
