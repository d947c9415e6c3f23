// Intent: calls that move no data of an O_DIRECT file: misaligned, refused with EAGAIN, interrupted, at the file's end, of no
// length, on pipes with O_DIRECT and on a device that refuses it. None is a transfer, for the kernel as for the interposer.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Kernel: pwrite64 20
// Warmup: transfers 1
// Steady: transfers 19
#include "direct.h"
#include <errno.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <sys/uio.h>

static struct iovec vector = {block, BLOCK}, misaligned = {block + 1, 100};

static void fail(int fd) {
    require(pwrite(fd, block + 1, 100, 0) == -1 && errno == EINVAL, "misaligned");
    require(pwritev(fd, &misaligned, 1, 0) == -1 && errno == EINVAL, "a misaligned vector");
    require(preadv2(fd, &misaligned, 1, 0, 0) == -1 && errno == EINVAL, "a misaligned vector to read to");
    require(pwritev2(fd, &vector, 1, 1L << 30, RWF_NOWAIT) == -1 && errno == EAGAIN, "blocks yet to be found");
    require(pwrite(fd, block, 0, 0) == 0 && pread(fd, block, 0, 0) == 0 && preadv(fd, &vector, 0, 0) == 0, "no length");
}

static void read_past_the_end(int fd, const int ends[2]) {
    loff_t beyond = 1L << 40;
    off_t offset = 1L << 40;
    require(lseek(fd, 0, SEEK_END) > 0 && read(fd, block, BLOCK) == 0 && readv(fd, &vector, 1) == 0, "read");
    require(pread(fd, block, BLOCK, beyond) == 0 && preadv(fd, &vector, 1, beyond) == 0, "pread");
    require(preadv2(fd, &vector, 1, beyond, 0) == 0, "preadv2");
    require(sendfile(ends[1], fd, &offset, BLOCK) == 0, "sendfile");
    require(splice(fd, &beyond, ends[1], NULL, BLOCK, 0) == 0, "splice");
}

static void ignore(int signal) {
    (void)signal;
}

// O_DIRECT makes a pipe one of packets.
static void use_pipe(void) {
    int ends[2];
    struct sigaction action = {.sa_handler = ignore};
    struct itimerval soon = {.it_value = {.tv_usec = 20000}};
    require(pipe2(ends, O_DIRECT) == 0 && sigaction(SIGALRM, &action, NULL) == 0, "pipe2");
    require(write(ends[1], block, BLOCK) == BLOCK && read(ends[0], block, BLOCK) == BLOCK, "a packet");
    setitimer(ITIMER_REAL, &soon, NULL);
    require(read(ends[0], block, BLOCK) == -1 && errno == EINTR, "EINTR");
    require(fcntl(ends[0], F_SETFL, O_DIRECT | O_NONBLOCK) == 0, "F_SETFL");
    require(read(ends[0], block, BLOCK) == -1 && errno == EAGAIN, "EAGAIN");
    close(ends[0]);
    close(ends[1]);
}

static void use_device(void) {
    int zero = open("/dev/zero", O_RDONLY);
    require(zero >= 0 && fcntl(zero, F_SETFL, O_DIRECT) == -1 && errno == EINVAL, "/dev/zero takes no O_DIRECT");
    require(read(zero, block, BLOCK) == BLOCK, "/dev/zero");
    close(zero);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]), ends[2];
    require(pipe(ends) == 0, "pipe");
    write_blocks(fd, 10);
    fail(fd);
    read_past_the_end(fd, ends);
    use_pipe();
    use_device();
    write_blocks(fd, 10);
    close(fd);
}
