#define _GNU_SOURCE
#include "image.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

// Read by pread(2) and not mapped: a file that its owner truncates meanwhile would end us by SIGBUS.
enum { PAGE = 4096, PAGES = 256 };

struct page {
    uint64_t number;
    uint32_t bytes;
    unsigned char byte[PAGE];
};

struct cu_image {
    int fd;                     // -1: the vDSO, which the kernel has mapped
    const unsigned char *vdso;
    uint64_t vdso_size;
    Elf64_Phdr *segments;       // all program headers
    uint32_t segment_count;
    struct frame_table table;
    struct page *pages[PAGES];  // each the last that was read of those whose number ends so
};

// MARK: reading

static const struct page *page_of(struct cu_image *image, uint64_t number) {
    struct page **place = &image->pages[number % PAGES];
    if (*place && (*place)->number == number) return *place;
    if (!*place && !(*place = malloc(sizeof(**place)))) return NULL;
    ssize_t length = number > INT64_MAX / PAGE ? 0 : pread(image->fd, (*place)->byte, PAGE, (off_t)(number * PAGE));
    (*place)->number = number;
    (*place)->bytes = length > 0 ? (uint32_t)length : 0;
    return *place;
}

// False if they are not all there.
static bool copy_bytes(struct cu_image *image, uint64_t offset, void *to, uint64_t size) {
    if (offset > UINT64_MAX - size) return false;
    if (image->fd < 0) {
        if (offset > image->vdso_size || size > image->vdso_size - offset) return false;
        memcpy(to, image->vdso + offset, size);
        return true;
    }
    for (unsigned char *next = to; size > 0;) {
        const struct page *page = page_of(image, offset / PAGE);
        uint64_t from = offset % PAGE, part = PAGE - from < size ? PAGE - from : size;
        if (!page || from + part > page->bytes) return false;
        memcpy(next, page->byte + from, part);
        next += part;
        offset += part;
        size -= part;
    }
    return true;
}

bool image_segment(struct cu_image *image, uint64_t address, struct segment *segment) {
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const Elf64_Phdr *loaded = &image->segments[i];
        if (loaded->p_type != PT_LOAD || address - loaded->p_vaddr >= loaded->p_filesz) continue;
        *segment = (struct segment){loaded->p_vaddr, loaded->p_filesz, loaded->p_offset};
        return true;
    }
    return false;
}

bool image_word(struct cu_image *image, const struct segment *segment, uint64_t address, uint64_t *word) {
    uint64_t offset = address - segment->address;
    if (offset >= segment->size || segment->size - offset < sizeof(*word)) return false;
    return copy_bytes(image, segment->offset + offset, word, sizeof(*word));
}

static bool loaded_bytes(struct cu_image *image, uint64_t address, void *to, uint64_t size) {
    struct segment segment;
    if (!image_segment(image, address, &segment) || size > segment.size - (address - segment.address)) return false;
    return copy_bytes(image, segment.offset + (address - segment.address), to, size);
}

bool image_bias(const struct cu_mapping *mapping, uint64_t address, uint64_t *bias) {
    uint64_t offset = address - mapping->start + mapping->offset;
    for (uint32_t i = 0; mapping->image && i < mapping->image->segment_count; i++) {
        const Elf64_Phdr *loaded = &mapping->image->segments[i];
        bool holds = loaded->p_type == PT_LOAD && loaded->p_flags & PF_X && offset - loaded->p_offset < loaded->p_filesz;
        if (!holds) continue;
        *bias = address - (offset - loaded->p_offset + loaded->p_vaddr);
        return true;
    }
    return false;
}

// MARK: the frame table

// DW_EH_PE_*: how .eh_frame_hdr says where .eh_frame begins, which is not needed; then how many entries the table has, and
// that they are offsets from the header. All linkers write the last two so.
static void find_table(struct cu_image *image) {
    enum { UDATA4 = 0x03, DATAREL_SDATA4 = 0x3b, FORMAT = 0x0f };
    uint32_t index = 0;
    while (index < image->segment_count && image->segments[index].p_type != PT_GNU_EH_FRAME) index++;
    if (index == image->segment_count) return;
    uint64_t start = image->segments[index].p_vaddr;
    unsigned char header[4];
    if (!loaded_bytes(image, start, header, sizeof(header))) return;
    if (header[0] != 1 || header[2] != UDATA4 || header[3] != DATAREL_SDATA4) return;
    uint64_t pointer = (header[1] & FORMAT) == 0x03 || (header[1] & FORMAT) == 0x0b ? 4 : 8;
    uint32_t entries;
    if (!loaded_bytes(image, start + 4 + pointer, &entries, sizeof(entries))) return;
    image->table = (struct frame_table){start, start + 8 + pointer, entries};
}

const struct frame_table *image_frame_table(const struct cu_image *image) {
    return image->table.count ? &image->table : NULL;
}

// MARK: opening

static bool read_segments(struct cu_image *image) {
    Elf64_Ehdr header;
    bool is_ours = copy_bytes(image, 0, &header, sizeof(header)) && memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
                   header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_phentsize == sizeof(Elf64_Phdr);
    if (!is_ours || header.e_phnum == 0) return false;
    image->segments = calloc(header.e_phnum, sizeof(Elf64_Phdr));
    if (!image->segments) return false;
    image->segment_count = header.e_phnum;
    return copy_bytes(image, header.e_phoff, image->segments, (uint64_t)header.e_phnum * sizeof(Elf64_Phdr));
}

static bool open_file(struct cu_image *image, const char *path) {
    struct stat file;
    image->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (image->fd < 0) return false;
    errno = ENOEXEC;
    return fstat(image->fd, &file) == 0 && S_ISREG(file.st_mode);
}

static bool find_vdso(struct cu_image *image) {
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)getauxval(AT_SYSINFO_EHDR);  // NOLINT
    errno = ENOENT;
    if (!header) return false;
    image->vdso = (const unsigned char *)header;
    image->vdso_size = header->e_shoff + (uint64_t)header->e_shnum * header->e_shentsize;  // they come last
    return true;
}

struct cu_image *cu_image_open(const char *path) {
    struct cu_image *image = calloc(1, sizeof(*image));
    if (!image) return NULL;
    image->fd = -1;
    bool is_there = strcmp(path, "[vdso]") == 0 ? find_vdso(image) : open_file(image, path);
    int error = is_there ? ENOEXEC : errno;
    if (is_there && read_segments(image)) {
        find_table(image);
        return image;
    }
    cu_image_close(image);
    errno = error;
    return NULL;
}

void cu_image_close(struct cu_image *image) {
    if (image->fd >= 0) close(image->fd);
    for (int i = 0; i < PAGES; i++) free(image->pages[i]);
    free(image->segments);
    free(image);
}
