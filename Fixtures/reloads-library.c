// Link: -ldl
// Intent: a library is unloaded, and another comes to lie where it was, with other frames: stacks through it are its
// own.
// Needs: root, since an ordinary user's only second witness takes the reading of a library for transfers
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Warmup: transfers 1
// Steady: malloc >=2, calloc >=0, free >=2
// Violation: malloc 1/1000 first 5 in allocate < call < main
// Violation: malloc 1/9000 first 5 in allocate < call < main
// Also: syscallBrk, syscallMmap
#include "direct.h"
#include <dlfcn.h>

static char folder[1000];

__attribute__((noinline)) static void *call(const char *library) {
    char path[2000];
    strcat(strcpy(path, folder), library);
    void *handle = dlopen(path, RTLD_NOW);
    require(handle != NULL, path);
    void (*allocate)(void) = (void (*)(void))dlsym(handle, "allocate");
    allocate();
    dlclose(handle);
    return (void *)allocate;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    require(readlink("/proc/self/exe", folder, sizeof(folder) - 1) > 0, "/proc/self/exe");
    *strrchr(folder, '/') = 0;
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 5);
    require(call("/libframe-small") == call("/libframe-large"), "where the other was");
    write_blocks(fd, 5);
    close(fd);
}
