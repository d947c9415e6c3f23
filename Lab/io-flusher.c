// Becomes the command of its arguments with PR_SET_IO_FLUSHER in effect, which its children and their threads inherit (prctl(2)).
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { SET_IO_FLUSHER = 57 };  // PR_SET_IO_FLUSHER, Linux 5.6

int main(int count, char **arguments) {
    if (count < 2 || prctl(SET_IO_FLUSHER, 1, 0, 0, 0) != 0) return perror("io-flusher"), 1;
    execvp(arguments[1], arguments + 1);
    return perror(arguments[1]), 1;
}
