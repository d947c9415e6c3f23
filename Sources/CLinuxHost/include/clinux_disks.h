// Loop devices and mounts: ioctls and mount flags are macros, and Swift's Glibc module has neither sys/mount.h nor
// linux/loop.h. Failures are as in clinux_host.h.
#ifndef CLINUX_DISKS_H
#define CLINUX_DISKS_H

#include <stdbool.h>
#include <stdint.h>

// Allocates the blocks of a file of that size (fallocate(2), which needs _GNU_SOURCE), so that no later write finds the disk
// full. No failure if its file system cannot do that.
int cl_reserve(int fd, uint64_t bytes);

// Writes back the whole file system that holds a file or directory (syncfs(2), which needs _GNU_SOURCE).
void cl_sync(const char *path);

// The number of a free loop device (loop(4), LOOP_CTL_GET_FREE); another process may take it before we do.
int cl_free_loop_device(int control);

// Backs an open loop device by an open file (LOOP_CONFIGURE, Linux 5.8), until the device is neither open nor mounted any more
// (LO_FLAGS_AUTOCLEAR). EBUSY if another process was faster.
int cl_configure_loop_device(int device, int image);

// Gives this process a mount namespace of its own (unshare(2), which needs _GNU_SOURCE): no other process sees what it and its
// children mount, and the namespace ends with the last of them.
int cl_own_mounts(void);

// mount(2), without set-uid programs and devices of its own.
int cl_mount(const char *source, const char *path, const char *type, const char *options);

// umount2(2) with MNT_DETACH: the path is free now, and the mount ends when it is no longer used.
int cl_unmount(const char *path);

#endif
