#define _GNU_SOURCE
#include "btf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KINDS_KNOWN = BTF_KIND_ENUM64 };

// What follows a type's first 12 bytes.
static uint32_t rest(const struct btf_type *type) {
    uint32_t members = BTF_INFO_VLEN(type->info);
    switch (BTF_INFO_KIND(type->info)) {
        case BTF_KIND_INT: return sizeof(uint32_t);
        case BTF_KIND_ARRAY: return sizeof(struct btf_array);
        case BTF_KIND_STRUCT:
        case BTF_KIND_UNION: return members * (uint32_t)sizeof(struct btf_member);
        case BTF_KIND_ENUM: return members * (uint32_t)sizeof(struct btf_enum);
        case BTF_KIND_ENUM64: return members * (uint32_t)sizeof(struct btf_enum64);
        case BTF_KIND_FUNC_PROTO: return members * (uint32_t)sizeof(struct btf_param);
        case BTF_KIND_VAR: return sizeof(struct btf_var);
        case BTF_KIND_DATASEC: return members * (uint32_t)sizeof(struct btf_var_secinfo);
        case BTF_KIND_DECL_TAG: return sizeof(struct btf_decl_tag);
        default: return 0;
    }
}

static const struct btf_type *type_at(const struct btf *btf, uint32_t number) {
    return number > 0 && number <= btf->count ? (const void *)(btf->types + btf->at[number]) : NULL;
}

static const char *text(const struct btf *btf, uint32_t offset) {
    return offset < btf->texts_bytes ? btf->texts + offset : "";
}

// MARK: reading

// Since Linux 6.16 it can be mapped; to read it takes ten milliseconds, since sysfs hands over a page at a time.
static bool map_whole(struct btf *btf, int file) {
    void *bytes = mmap(NULL, btf->size, PROT_READ, MAP_PRIVATE, file, 0);
    btf->mapped = bytes != MAP_FAILED;
    if (btf->mapped) btf->bytes = bytes;
    return btf->mapped;
}

static bool read_whole(struct btf *btf, int file) {
    uint32_t size = 0;
    ssize_t length = 0;
    btf->bytes = malloc(btf->size);
    while (btf->bytes && (length = read(file, btf->bytes + size, btf->size - size)) > 0) size += (uint32_t)length;
    return btf->bytes && size == btf->size;
}

static bool take_in(struct btf *btf) {
    struct stat status;
    int file = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    bool sized = fstat(file, &status) == 0 && status.st_size > (off_t)sizeof(struct btf_header);
    btf->size = sized ? (uint32_t)status.st_size : 0;
    bool taken = sized && (map_whole(btf, file) || read_whole(btf, file));
    close(file);
    return taken;
}

static bool find_parts(struct btf *btf) {
    struct btf_header header;
    memcpy(&header, btf->bytes, sizeof(header));
    uint64_t types = (uint64_t)header.hdr_len + header.type_off, texts = (uint64_t)header.hdr_len + header.str_off;
    if (header.magic != BTF_MAGIC || types % 4 || types + header.type_len > btf->size ||
        texts + header.str_len > btf->size || header.str_len == 0 || btf->bytes[texts + header.str_len - 1] != 0)
        return false;
    btf->types = btf->bytes + types;
    btf->types_bytes = header.type_len;
    btf->texts = (const char *)btf->bytes + texts;
    btf->texts_bytes = header.str_len;
    return true;
}

static bool find_types(struct btf *btf) {
    btf->at = malloc((btf->types_bytes / sizeof(struct btf_type) + 1) * sizeof(uint32_t));
    if (!btf->at) return false;
    for (uint32_t at = 0; at < btf->types_bytes;) {
        const struct btf_type *type = (const void *)(btf->types + at);
        if (btf->types_bytes - at < sizeof(*type) || BTF_INFO_KIND(type->info) > KINDS_KNOWN) return false;
        uint32_t size = (uint32_t)sizeof(*type) + rest(type);
        if (btf->types_bytes - at < size) return false;
        btf->at[++btf->count] = at;
        at += size;
    }
    return true;
}

bool btf_open(struct btf *btf) {
    *btf = (struct btf){0};
    errno = EBADMSG;
    if (!take_in(btf)) return false;
    errno = EBADMSG;
    return find_parts(btf) && find_types(btf);
}

void btf_close(struct btf *btf) {
    free(btf->at);
    if (btf->mapped) munmap(btf->bytes, btf->size);
    if (!btf->mapped) free(btf->bytes);
    *btf = (struct btf){0};
}

// MARK: looking up

static uint32_t find(const struct btf *btf, uint32_t kind, const char *name) {
    for (uint32_t number = 1; number <= btf->count; number++) {
        const struct btf_type *type = type_at(btf, number);
        if (BTF_INFO_KIND(type->info) == kind && strcmp(text(btf, type->name_off), name) == 0) return number;
    }
    return 0;
}

static bool is_composite(const struct btf_type *type) {
    return type && (BTF_INFO_KIND(type->info) == BTF_KIND_STRUCT || BTF_INFO_KIND(type->info) == BTF_KIND_UNION);
}

// In bits; -1: there is none. A member without a name is a structure or union whose members count as the outer one's. `of` is set to
// the number of its type.
static int64_t find_member(const struct btf *btf, const struct btf_type *type, const char *name, int depth, uint32_t *of) {
    const struct btf_member *members = (const void *)(type + 1);
    for (uint32_t i = 0; depth < 8 && i < BTF_INFO_VLEN(type->info); i++) {
        const char *own = text(btf, members[i].name_off);
        int64_t bits = BTF_INFO_KFLAG(type->info) ? BTF_MEMBER_BIT_OFFSET(members[i].offset) : members[i].offset;
        if (strcmp(own, name) == 0) {
            *of = members[i].type;
            return bits;
        }
        const struct btf_type *inner = type_at(btf, members[i].type);
        int64_t within = own[0] || !is_composite(inner) ? -1 : find_member(btf, inner, name, depth + 1, of);
        if (within >= 0) return bits + within;
    }
    return -1;
}

static int member_of(const struct btf *btf, const char *structure, const char *member, uint32_t *of) {
    const struct btf_type *type = type_at(btf, find(btf, BTF_KIND_STRUCT, structure));
    int64_t bits = type ? find_member(btf, type, member, 0, of) : -1;
    return bits < 0 || bits % 8 ? -1 : (int)(bits / 8);
}

int btf_member(const struct btf *btf, const char *structure, const char *member) {
    uint32_t of;
    return member_of(btf, structure, member, &of);
}

int btf_array(const struct btf *btf, const char *structure, const char *member, const char *element, int *bytes) {
    uint32_t of = 0;
    int offset = member_of(btf, structure, member, &of);
    const struct btf_type *type = type_at(btf, of);
    if (offset < 0 || !type || BTF_INFO_KIND(type->info) != BTF_KIND_ARRAY) return -1;
    const struct btf_type *each = type_at(btf, ((const struct btf_array *)(const void *)(type + 1))->type);
    if (!is_composite(each) || strcmp(text(btf, each->name_off), element) != 0) return -1;
    *bytes = (int)each->size;
    return offset;
}

static char shape(const struct btf *btf, uint32_t number) {
    const struct btf_type *type = type_at(btf, number);
    for (int depth = 0; type && depth < 32; depth++) {
        switch (BTF_INFO_KIND(type->info)) {
            case BTF_KIND_PTR: return 'p';
            case BTF_KIND_INT:
            case BTF_KIND_ENUM:
            case BTF_KIND_ENUM64: return type->size <= 8 ? (char)('0' + type->size) : '?';
            case BTF_KIND_TYPEDEF:
            case BTF_KIND_CONST:
            case BTF_KIND_VOLATILE:
            case BTF_KIND_TYPE_TAG: type = type_at(btf, type->type); break;
            default: return '?';
        }
    }
    return '?';
}

static const struct btf_type *behind(const struct btf *btf, const struct btf_type *type, uint32_t kind) {
    type = type ? type_at(btf, type->type) : NULL;
    return type && BTF_INFO_KIND(type->info) == kind ? type : NULL;
}

// typedef void (*btf_trace_NAME)(void *, …): include/trace/bpf_probe.h.
uint32_t btf_tracepoint(const struct btf *btf, const char *name, const char *arguments) {
    char full[80];
    snprintf(full, sizeof(full), "btf_trace_%s", name);
    uint32_t number = find(btf, BTF_KIND_TYPEDEF, full);
    const struct btf_type *type = behind(btf, type_at(btf, number), BTF_KIND_PTR);
    type = behind(btf, type, BTF_KIND_FUNC_PROTO);
    if (!type || BTF_INFO_VLEN(type->info) != strlen(arguments) + 1) return 0;
    const struct btf_param *parameters = (const void *)(type + 1);
    for (size_t i = 0; arguments[i]; i++)
        if (shape(btf, parameters[i + 1].type) != arguments[i]) return 0;
    return number;
}
