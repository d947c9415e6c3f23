#define _GNU_SOURCE
#include "image.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct cu_image {
    const unsigned char *bytes;
    uint64_t size;
    bool is_mapped;  // and not the vDSO, which the kernel has mapped
    struct frame_table table;
};

// MARK: reading

// The bytes at an offset in the file; null if they are not all there.
static const void *bytes_at(const struct cu_image *image, uint64_t offset, uint64_t size) {
    return offset <= image->size && size <= image->size - offset ? image->bytes + offset : NULL;
}

static const Elf64_Ehdr *header_of(const struct cu_image *image) {
    const Elf64_Ehdr *header = bytes_at(image, 0, sizeof(*header));
    bool is_ours = header && memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 && header->e_ident[EI_CLASS] == ELFCLASS64 &&
                   header->e_phentsize == sizeof(Elf64_Phdr);
    return is_ours ? header : NULL;
}

// The program headers one after the other: null behind the last. A file may say that it has more than it holds.
static bool program_header(const struct cu_image *image, uint32_t index, Elf64_Phdr *found) {
    const Elf64_Ehdr *header = header_of(image);
    if (!header || index >= header->e_phnum) return false;
    const void *bytes = bytes_at(image, header->e_phoff + index * sizeof(*found), sizeof(*found));
    if (bytes) memcpy(found, bytes, sizeof(*found));
    return bytes;
}

bool image_segment(const struct cu_image *image, uint64_t address, struct segment *segment) {
    Elf64_Phdr loaded;
    for (uint32_t i = 0; program_header(image, i, &loaded); i++) {
        if (loaded.p_type != PT_LOAD || address - loaded.p_vaddr >= loaded.p_filesz) continue;
        *segment = (struct segment){loaded.p_vaddr, loaded.p_filesz, bytes_at(image, loaded.p_offset, loaded.p_filesz)};
        return segment->bytes;
    }
    return false;
}

static const void *bytes_loaded_at(const struct cu_image *image, uint64_t address, uint64_t size) {
    struct segment segment;
    if (!image_segment(image, address, &segment) || size > segment.size - (address - segment.address)) return NULL;
    return segment.bytes + (address - segment.address);
}

bool image_bias(const struct cu_mapping *mapping, uint64_t address, uint64_t *bias) {
    uint64_t offset = address - mapping->start + mapping->offset;
    Elf64_Phdr loaded;
    for (uint32_t i = 0; mapping->image && program_header(mapping->image, i, &loaded); i++) {
        if (loaded.p_type != PT_LOAD || !(loaded.p_flags & PF_X) || offset - loaded.p_offset >= loaded.p_filesz) continue;
        *bias = address - (offset - loaded.p_offset + loaded.p_vaddr);
        return true;
    }
    return false;
}

// MARK: the frame table

// DW_EH_PE_*: how .eh_frame_hdr says where .eh_frame begins, which is not needed; then how many entries the table has, and
// that they are offsets from the header. All linkers write the last two so.
static void find_table(struct cu_image *image) {
    enum { UDATA4 = 0x03, DATAREL_SDATA4 = 0x3b, FORMAT = 0x0f };
    Elf64_Phdr frames;
    uint32_t index = 0;
    while (program_header(image, index, &frames) && frames.p_type != PT_GNU_EH_FRAME) index++;
    if (!program_header(image, index, &frames)) return;
    const unsigned char *header = bytes_loaded_at(image, frames.p_vaddr, 4);
    if (!header || header[0] != 1 || header[2] != UDATA4 || header[3] != DATAREL_SDATA4) return;
    uint64_t pointer = (header[1] & FORMAT) == 0x03 || (header[1] & FORMAT) == 0x0b ? 4 : 8;
    const void *count = bytes_loaded_at(image, frames.p_vaddr + 4 + pointer, sizeof(uint32_t));
    if (!count) return;
    uint32_t entries;
    memcpy(&entries, count, sizeof(entries));
    image->table = (struct frame_table){frames.p_vaddr, frames.p_vaddr + 8 + pointer, entries};
}

const struct frame_table *image_frame_table(const struct cu_image *image) {
    return image->table.count ? &image->table : NULL;
}

// MARK: opening

static bool map_file(struct cu_image *image, const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return false;
    struct stat file;
    bool is_file = fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && file.st_size > 0;
    void *bytes = is_file ? mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    int error = is_file ? errno : ENOEXEC;
    close(fd);
    errno = error;
    if (bytes == MAP_FAILED) return false;
    image->bytes = bytes;
    image->size = (uint64_t)file.st_size;
    image->is_mapped = true;
    return true;
}

static bool find_vdso(struct cu_image *image) {
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)getauxval(AT_SYSINFO_EHDR);  // NOLINT
    errno = ENOENT;
    if (!header) return false;
    image->bytes = (const unsigned char *)header;
    image->size = header->e_shoff + (uint64_t)header->e_shnum * header->e_shentsize;  // they come last
    return true;
}

struct cu_image *cu_image_open(const char *path) {
    struct cu_image *image = calloc(1, sizeof(*image));
    if (!image) return NULL;
    bool is_there = strcmp(path, "[vdso]") == 0 ? find_vdso(image) : map_file(image, path);
    if (is_there && header_of(image)) {
        find_table(image);
        return image;
    }
    int error = is_there ? ENOEXEC : errno;
    cu_image_close(image);
    errno = error;
    return NULL;
}

void cu_image_close(struct cu_image *image) {
    if (image->is_mapped) munmap((void *)image->bytes, image->size);
    free(image);
}
