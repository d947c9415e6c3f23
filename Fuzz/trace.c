// libFuzzer on the decoder of perf's records: bytes that no kernel wrote, under layouts that no tracefs has. The result is
// compared with a second reading of the same bytes where that is simple; AddressSanitizer detects reads beyond them.
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clinux_trace.h"

enum { POINTS = 4, MOST = 1 << 14 };

static void require(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "the decoder broke its promise: %s\n", what);
    abort();
}

// What is left of the input.
struct input {
    const uint8_t *bytes;
    size_t size;
};

static uint32_t take(struct input *input, size_t width) {
    uint32_t value = 0;
    if (width > input->size) width = input->size;
    memcpy(&value, input->bytes, width);
    input->bytes += width;
    input->size -= width;
    return value;
}

// Mostly near the record, sometimes anywhere.
static struct cl_field take_field(struct input *input) {
    uint32_t offset = take(input, 1);
    if (offset == 0xff) offset = take(input, 4);
    return (struct cl_field){offset, take(input, 1) % 11};
}

static struct cl_tracepoint take_point(struct input *input, uint64_t id) {
    struct cl_tracepoint point = {.id = id, .kind = take(input, 1) % (CL_CALL + 1)};
    point.flags = take_field(input);
    point.site = take_field(input);
    point.bytes = take_field(input);
    point.gfp = take_field(input);
    point.name = take_field(input);
    point.number = take_field(input);
    point.arguments = take_field(input);
    return point;
}

static void check_sane(const struct cl_trace_record *record) {
    require(record->kind <= CL_AMBIGUOUS_CALL, "the kind is one of perf's records");
    require(record->act < CL_EXECVE, "the act is a watched call's");
    require(record->frames <= CL_TRACE_FRAMES, "no more frames than there is room for");
    require(memchr(record->text, 0, sizeof(record->text)) != NULL, "the text ends");
}

static void check_stack(const struct cl_trace_record *record, const uint8_t *bytes, size_t size) {
    if (record->kind == CL_TRACE_MALFORMED || record->stack_bytes == 0) return;
    require(record->stack >= bytes && record->stack + record->stack_bytes <= bytes + size, "the stack is in the record");
}

static uint64_t number(struct cl_field field, const uint8_t *raw, uint32_t size) {
    uint64_t value = 0;
    if (field.size == 0) return 0;
    require(field.offset + (uint64_t)field.size <= size, "a field beyond the part is malformed");
    memcpy(&value, raw + field.offset, field.size);
    return value;
}

// A sample without a call chain begins: header, IP, pid and tid, time, address, the size of the tracepoint's own part.
static void check_fields(const struct cl_trace_layout *layout, const uint8_t *bytes, size_t size,
                         const struct cl_trace_record *record) {
    enum { PID = 16, TIME = 24, RAW_SIZE = 40, RAW = 44 };
    if (layout->stacks || size < RAW || record->kind > CL_CACHE_ALLOC) return;
    uint32_t raw = 0;
    uint64_t time = 0;
    memcpy(&raw, bytes + RAW_SIZE, sizeof(raw));
    memcpy(&time, bytes + TIME, sizeof(time));
    require(record->nanoseconds == time, "the time is where perf writes it");
    require(raw <= size - RAW, "a part that is longer than the record is malformed");
    uint16_t id = 0;
    memcpy(&id, bytes + RAW, raw < 2 ? raw : 2);
    for (uint32_t i = 0; i < layout->count; i++) {
        const struct cl_tracepoint *point = &layout->points[i];
        if (point->id != id) continue;
        require(point->kind == record->kind, "the kind is the tracepoint's");
        require(record->site == number(point->site, bytes + RAW, raw), "the site is where the layout says");
        require(record->gfp == number(point->gfp, bytes + RAW, raw), "the flags are where the layout says");
        require(record->bytes == number(point->bytes, bytes + RAW, raw), "the bytes are where the layout says");
        return;
    }
    require(0, "a tracepoint that is not in the layout is malformed");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint32_t types[] = {PERF_RECORD_SAMPLE, PERF_RECORD_SAMPLE, PERF_RECORD_LOST, PERF_RECORD_COMM,
                                     PERF_RECORD_MMAP2, PERF_RECORD_FORK};
    struct input input = {data, size};
    struct cl_tracepoint points[POINTS];
    uint32_t choices = take(&input, 1);
    struct cl_trace_layout layout = {
        .points = points, .count = choices & 3, .stacks = choices & 4, .probes = choices & 8, .calls = choices & 16};
    for (uint32_t i = 0; i < layout.count; i++) points[i] = take_point(&input, i + 1);
    uint32_t type = take(&input, 1);
    if (input.size > MOST) return 0;

    // Of just this size, so that the first byte too far is seen.
    uint8_t *bytes = malloc(input.size);
    if (!bytes) return 0;
    memcpy(bytes, input.bytes, input.size);
    if (type < 192 && input.size >= sizeof(uint32_t))
        memcpy(bytes, &types[type % (sizeof(types) / sizeof(types[0]))], sizeof(uint32_t));
    static struct cl_trace_record record;
    memset(&record, 0xa5, sizeof(record));
    if (cl_trace_decode(&layout, bytes, (uint32_t)input.size, &record)) {
        check_sane(&record);
        check_stack(&record, bytes, input.size);
        if (input.size >= sizeof(uint32_t) && memcmp(bytes, &types[0], sizeof(uint32_t)) == 0)
            check_fields(&layout, bytes, input.size, &record);
    }
    free(bytes);
    return 0;
}
