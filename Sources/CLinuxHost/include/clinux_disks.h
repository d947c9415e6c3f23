// Loop devices and mounts: ioctls and mount flags are macros, and Swift's Glibc module has neither sys/mount.h nor
// linux/loop.h.
#ifndef CLINUX_DISKS_H
#define CLINUX_DISKS_H

#include <stdbool.h>
#include <stdint.h>

// Takes the blocks of a file of that size now (fallocate(2), which needs _GNU_SOURCE), so that no write finds the disk full
// later; true also where its file system cannot. False with errno set.
bool cl_reserve(int fd, uint64_t bytes);

// Writes back all of the file system that holds a file or directory (syncfs(2), which needs _GNU_SOURCE).
void cl_sync(const char *path);

// The number of a loop device that nobody uses now (loop(4), LOOP_CTL_GET_FREE); another may take it before we do.
// -1 with errno set.
int cl_free_loop_device(int control);

// Makes an open file the blocks of an open loop device (LOOP_CONFIGURE, Linux 5.8), until nobody has the device open or
// mounted any more (LO_FLAGS_AUTOCLEAR). False with errno set: EBUSY if another was faster.
bool cl_configure_loop_device(int device, int image);

// A mount namespace of this process's own (unshare(2)): what it and its children mount nobody else sees, and it ends with
// the last of them. unshare(2) needs _GNU_SOURCE. False with errno set.
bool cl_own_mounts(void);

// mount(2), without set-uid programs and devices of its own. False with errno set.
bool cl_mount(const char *source, const char *path, const char *type, const char *options);

// umount2(2) that takes it from the tree now, and ends it when nobody uses it any more (MNT_DETACH). False with errno set.
bool cl_unmount(const char *path);

#endif
