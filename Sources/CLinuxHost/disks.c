#define _GNU_SOURCE
#include "clinux_disks.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

// Of a system call, as this module returns it.
static int answer(int returned) {
    return returned < 0 ? -errno : returned;
}

int cl_reserve(int fd, uint64_t bytes) {
    int reserved = answer(fallocate(fd, 0, 0, (off_t)bytes));
    return reserved == -EOPNOTSUPP ? 0 : reserved;
}

void cl_sync(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    syncfs(fd);
    close(fd);
}

int cl_free_loop_device(int control) {
    return answer(ioctl(control, LOOP_CTL_GET_FREE));
}

int cl_configure_loop_device(int device, int image) {
    // Not LO_FLAGS_DIRECT_IO: a kernel thread does the image's I/O either way, so no figure of the transferring thread
    // changes. But each transfer would wait for the disk below (measured: half as many a second, and the interrupts of its
    // completions are counted in the thread that runs).
    struct loop_config config = {.fd = (unsigned)image, .info.lo_flags = LO_FLAGS_AUTOCLEAR};
    return answer(ioctl(device, LOOP_CONFIGURE, &config));
}

// Slaves: nothing of ours reaches the others, but what they unmount goes here too and is not held by us.
static bool enslave(const char *mount_point) {
    return mount(NULL, mount_point, NULL, MS_REC | MS_SLAVE, NULL) == 0;
}

// Where the root is no mount point (chroot(2) into a plain directory), the mount that holds it has no name here, and what is
// mounted there would reach the others. So all that is seen here is bound upon a mount that has a name, and that becomes the
// root: every path stays as it is.
static bool replace_root(void) {
    static const char place[] = "/proc";
    char *directory = getcwd(NULL, 0);
    bool replaced = directory && enslave(place) && mount("/", place, NULL, MS_BIND | MS_REC, NULL) == 0 &&
                    enslave(place) && chroot(place) == 0 && chdir(directory) == 0;
    free(directory);
    return replaced;
}

int cl_own_mounts(void) {
    bool owned = unshare(CLONE_NEWNS) == 0 && (enslave("/") || (errno == EINVAL && replace_root()));
    return owned ? 0 : -errno;
}

int cl_mount(const char *source, const char *path, const char *type, const char *options) {
    return answer(mount(source, path, type, MS_NOSUID | MS_NODEV, options));
}

int cl_unmount(const char *path) {
    return answer(umount2(path, UMOUNT_NOFOLLOW | MNT_DETACH));
}
