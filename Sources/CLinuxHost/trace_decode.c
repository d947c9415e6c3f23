// No system call and no state: this file is what Fuzz/trace.c feeds with bytes that no kernel wrote.
#include <linux/perf_event.h>
#include <string.h>

#include "calls.h"
#include "clinux_trace.h"
#include "record.h"
#include "trace_layout.h"

// What is left of a record, read from its start to its end.
struct reader {
    const unsigned char *bytes;
    uint32_t size;
    uint32_t at;
    bool malformed;
};

static uint64_t take(struct reader *reader, uint32_t width) {
    if (reader->size - reader->at < width) {
        reader->malformed = true;
        return 0;
    }
    uint64_t value = record_number(reader->bytes, reader->size, reader->at, width);
    reader->at += width;
    return value;
}

// MARK: the tracepoint's own part

struct payload {
    const unsigned char *bytes;
    uint32_t size;
};

static uint64_t field(const struct payload *payload, struct cl_field field, bool *malformed) {
    if (field.size == 0) return 0;
    if (field.size > 8 || field.offset > payload->size || payload->size - field.offset < field.size) {
        *malformed = true;
        return 0;
    }
    return record_number(payload->bytes, payload->size, field.offset, field.size);
}

// A __data_loc: the low half is where the text lies, the high half its length with the NUL (include/trace/stages).
static void read_name(const struct payload *payload, struct cl_field name, struct cl_trace_record *record, bool *malformed) {
    if (name.size == 0) return;
    uint64_t place = field(payload, name, malformed);
    uint32_t offset = place & 0xffff;
    uint32_t length = place >> 16 & 0xffff;
    if (offset > payload->size || payload->size - offset < length) {
        *malformed = true;
        return;
    }
    record_text(payload->bytes, offset + length, offset, record->text, sizeof(record->text));
}

// The user's registers, by their numbers.
struct registers {
    uint64_t abi;  // PERF_SAMPLE_REGS_ABI_…: of the code that runs; none in a kernel thread
    uint64_t of[PERF_REG_X86_IP + 1];
};

static bool take_meant(enum abi abi, uint64_t number, const uint64_t argument[CALL_ARGUMENTS], struct cl_trace_record *record) {
    return calls_is_meant(abi, number, argument) && calls_take(abi, number, argument, record);
}

// 32-bit code, and `int $0x80` in any code, use i386's numbers. The record has the arguments that the kernel took from the
// registers of either ABI. So the registers that hold these values show the ABI. SYSCALL itself overwrites one of i386's.
static void read_call(const struct cl_tracepoint *point, const struct payload *payload, const struct registers *registers,
                      struct cl_trace_record *record, bool *malformed) {
    uint64_t number = field(payload, point->number, malformed), argument[CALL_ARGUMENTS] = {0};
    for (uint32_t i = 0; i < CALL_ARGUMENTS && point->arguments.size > 0 && !*malformed; i++)
        argument[i] = field(payload, (struct cl_field){point->arguments.offset + 8 * i, 8}, malformed);
    const uint64_t *of = registers->of;
    bool native = registers->abi != PERF_SAMPLE_REGS_ABI_32 && argument[0] == of[PERF_REG_X86_DI] &&
                  argument[1] == of[PERF_REG_X86_SI];
    bool i386 = argument[0] == (uint32_t)of[PERF_REG_X86_BX] && argument[1] == (uint32_t)of[PERF_REG_X86_CX];
    bool is_known = native != i386;
    bool watched = (!is_known || native) && take_meant(ABI_X86_64, number, argument, record);
    watched = watched || ((!is_known || i386) && take_meant(ABI_I386, number, argument, record));
    record->kind = !watched ? CL_NOTHING : is_known ? CL_CALL : CL_AMBIGUOUS_CALL;
}

static bool read_payload(const struct cl_trace_layout *layout, const struct payload *payload,
                         const struct registers *registers, struct cl_trace_record *record) {
    enum { INTERRUPTS = 0x08 | 0x10 | 0x40 };  // TRACE_FLAG_HARDIRQ, _SOFTIRQ, _NMI: include/linux/trace_events.h
    uint64_t id = record_number(payload->bytes, payload->size, 0, 2);  // common_type comes first everywhere
    enum { PADDING = 4 };  // all that an event has here which is no tracepoint's
    if (payload->size <= PADDING) {
        record->kind = CL_FAULT;
        return true;
    }
    for (uint32_t i = 0; i < layout->count; i++) {
        const struct cl_tracepoint *point = &layout->points[i];
        if (point->id != id) continue;
        bool malformed = false;
        record->kind = point->kind;
        record->in_interrupt = (field(payload, point->flags, &malformed) & INTERRUPTS) != 0;
        record->site = field(payload, point->site, &malformed);
        record->bytes = field(payload, point->bytes, &malformed);
        record->gfp = field(payload, point->gfp, &malformed);
        read_name(payload, point->name, record, &malformed);
        if (point->kind == CL_PAGE_ALLOC) record->bytes = record->bytes < 32 ? UINT64_C(4096) << record->bytes : 0;
        if (point->kind == CL_CALL) read_call(point, payload, registers, record, &malformed);
        return !malformed;
    }
    return false;
}

// MARK: samples

static void read_callchain(struct reader *reader, struct cl_trace_record *record) {
    uint64_t count = take(reader, 8);
    for (; count > 0 && !reader->malformed; count--) {
        uint64_t address = take(reader, 8);
        bool marks = address >= (uint64_t)-4095;  // PERF_CONTEXT_…: what follows is the kernel's
        if (!marks && record->frames < CL_TRACE_FRAMES) record->frame[record->frames++] = address;
    }
}

static struct registers read_registers(const struct cl_trace_layout *layout, struct reader *reader) {
    struct registers registers = {.abi = take(reader, 8)};
    uint64_t asked = registers.abi == PERF_SAMPLE_REGS_ABI_NONE ? 0 : trace_registers(layout);
    for (int i = 0; i <= PERF_REG_X86_IP; i++)
        if (asked >> i & 1) registers.of[i] = take(reader, 8);
    return registers;
}

// The size that is there, the bytes, and how many of these are real; of a thread without a stack of its own a size of 0. The
// stack's top is where a function that is about to begin returns to.
static void read_stack(struct reader *reader, struct cl_trace_record *record) {
    uint64_t size = take(reader, 8);
    if (size == 0) return;
    if (size > reader->size - reader->at) reader->malformed = true;
    if (reader->malformed) return;
    const unsigned char *stack = reader->bytes + reader->at;
    reader->at += (uint32_t)size;
    uint64_t real = take(reader, 8);
    record->stack = stack;
    record->stack_bytes = (uint32_t)(real < size ? real : size);
    record->caller = record_number(stack, record->stack_bytes, 0, TRACE_CALLER);
}

// perf_event_open(2), in the order of PERF_RECORD_SAMPLE.
static bool read_sample(const struct cl_trace_layout *layout, struct reader *reader, struct cl_trace_record *record) {
    uint64_t ip = take(reader, 8);
    record->pid = (int32_t)take(reader, 4);
    record->tid = (int32_t)take(reader, 4);
    record->nanoseconds = take(reader, 8);
    uint64_t address = take(reader, 8);
    if (layout->stacks) read_callchain(reader, record);
    uint32_t size = (uint32_t)take(reader, 4);
    if (reader->malformed || size > reader->size - reader->at) return false;
    struct payload payload = {reader->bytes + reader->at, size};
    reader->at += size;
    struct registers registers = read_registers(layout, reader);
    record->user_bp = registers.of[PERF_REG_X86_BP];
    record->user_sp = registers.of[PERF_REG_X86_SP];
    record->user_ip = registers.of[PERF_REG_X86_IP];
    record->argument[0] = registers.of[PERF_REG_X86_DI];
    record->argument[1] = registers.of[PERF_REG_X86_SI];
    record->argument[2] = registers.of[PERF_REG_X86_DX];
    if (trace_stack(layout)) read_stack(reader, record);
    bool whole = read_payload(layout, &payload, &registers, record);
    // The tracepoint of pages names no caller; it fires in one of the page allocator's own functions.
    if (record->kind == CL_PAGE_ALLOC || record->kind == CL_PROBE || record->kind == CL_FAULT) record->site = ip;
    if (record->kind == CL_FAULT) record->address = address;
    return whole && !reader->malformed;
}

// MARK: other records

static bool read_mapping(const struct cl_trace_layout *layout, struct reader *reader, struct cl_trace_record *record) {
    enum { ADDRESS = 16, LENGTH = 24, OFFSET = 32, PATH = 72 };
    record->kind = trace_has_mappings_for_calls(layout) ? CL_CALL : CL_MAPPED;
    record->address = record_number(reader->bytes, reader->size, ADDRESS, 8);
    record->bytes = record_number(reader->bytes, reader->size, LENGTH, 8);
    record->offset = record_number(reader->bytes, reader->size, OFFSET, 8);
    record_text(reader->bytes, reader->size, PATH, record->text, sizeof(record->text));
    // Mapped by brk if it is the heap, else by mmap, or changed by mprotect, which looks the same.
    record->act = strcmp(record->text, "[heap]") == 0 ? CL_BRK : CL_MMAP;
    // The first thread's stack grows by page faults (expand_stack() in the kernel's mm/mmap.c), which are counted as such.
    return record->kind == CL_MAPPED || strcmp(record->text, "[stack]") != 0;
}

static bool read_fork(struct reader *reader, struct cl_trace_record *record) {
    enum { PID = 8, PARENT = 12, TID = 16 };
    record->kind = CL_FORKED;
    record->pid = (int32_t)record_number(reader->bytes, reader->size, PID, 4);
    record->parent = (int32_t)record_number(reader->bytes, reader->size, PARENT, 4);
    record->tid = (int32_t)record_number(reader->bytes, reader->size, TID, 4);
    return record->pid != record->parent;  // a thread has its process's mappings
}

static bool read_other(const struct cl_trace_layout *layout, uint32_t type, uint32_t misc, struct reader *reader,
                       struct cl_trace_record *record) {
    enum { TRAILER = 16, LOST_COUNT = 16, COMM_NAME = 16 };  // sample_id_all: pid, tid, time
    if (reader->size < 8 + TRAILER) return false;
    uint32_t trailer = reader->size - TRAILER;
    record->pid = (int32_t)record_number(reader->bytes, reader->size, trailer, 4);
    record->tid = (int32_t)record_number(reader->bytes, reader->size, trailer + 4, 4);
    record->nanoseconds = record_number(reader->bytes, reader->size, trailer + 8, 8);
    struct reader body = {reader->bytes, trailer, 8, false};
    switch (type) {
        case PERF_RECORD_LOST:
            record->kind = CL_TRACE_LOST;
            record->bytes = record_number(body.bytes, body.size, LOST_COUNT, 8);
            return true;
        case PERF_RECORD_COMM:
            record->kind = CL_BECAME_PROGRAM;
            record_text(body.bytes, body.size, COMM_NAME, record->text, sizeof(record->text));
            return misc & PERF_RECORD_MISC_COMM_EXEC;
        case PERF_RECORD_MMAP2: return read_mapping(layout, &body, record);
        case PERF_RECORD_FORK: return read_fork(&body, record);
        default: return false;
    }
}

bool cl_trace_decode(const struct cl_trace_layout *layout, const unsigned char *bytes, uint32_t size,
                     struct cl_trace_record *record) {
    memset(record, 0, offsetof(struct cl_trace_record, frame));
    record->text[0] = 0;
    struct reader reader = {bytes, size, 0, false};
    uint32_t type = (uint32_t)take(&reader, 4);
    uint32_t misc = (uint32_t)take(&reader, 2);
    take(&reader, 2);
    if (!reader.malformed && type != PERF_RECORD_SAMPLE) return read_other(layout, type, misc, &reader, record);
    if (!reader.malformed && read_sample(layout, &reader, record)) return record->kind != CL_NOTHING;
    record->kind = CL_TRACE_MALFORMED;
    return true;
}
