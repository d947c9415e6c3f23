// Reads the kernel's description of its types (Documentation/bpf/btf.rst), as far as needed for structure members and
// tracepoints' arguments.
#ifndef CLINUX_BTF_H
#define CLINUX_BTF_H

#include <stdbool.h>
#include <stdint.h>

struct btf {
    unsigned char *bytes;
    uint32_t size;
    bool mapped;
    const unsigned char *types;
    const char *texts;
    uint32_t types_bytes, texts_bytes;
    uint32_t *at;  // by number, where each type lies
    uint32_t count;
};

// /sys/kernel/btf/vmlinux. False with errno set. One that is all zero may be closed, too.
bool btf_open(struct btf *btf);
void btf_close(struct btf *btf);

// The offset of a structure's member in bytes; -1: there is none.
int btf_member(const struct btf *btf, const char *structure, const char *member);

// The same of a member that is an array of structures of that name, and the bytes of each.
int btf_array(const struct btf *btf, const char *structure, const char *member, const char *element, int *bytes);

// The number of a tracepoint's type if its arguments are these, each given as 'p' (a pointer) or its size ('1', '2', '4',
// '8'). Else 0.
uint32_t btf_tracepoint(const struct btf *btf, const char *name, const char *arguments);

#endif
