#define _GNU_SOURCE
#include "bpf.h"

#include <errno.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int emit(struct bpf_text *text, int code, int to, int from, int offset, int32_t number) {
    if (text->count == BPF_MOST_INSTRUCTIONS) return 0;  // the kernel refuses a program without an end
    text->instructions[text->count] = (struct bpf_insn){
        .code = (uint8_t)code, .dst_reg = to & 0xf, .src_reg = from & 0xf, .off = (int16_t)offset, .imm = number};
    return text->count++;
}

void bpf_load(struct bpf_text *text, int size, int to, int base, int offset) {
    emit(text, BPF_LDX | BPF_MEM | size, to, base, offset, 0);
}

void bpf_store(struct bpf_text *text, int size, int base, int offset, int from) {
    emit(text, BPF_STX | BPF_MEM | size, base, from, offset, 0);
}

void bpf_store_number(struct bpf_text *text, int size, int base, int offset, int32_t number) {
    emit(text, BPF_ST | BPF_MEM | size, base, 0, offset, number);
}

void bpf_move(struct bpf_text *text, int to, int from) {
    emit(text, BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
}

void bpf_set(struct bpf_text *text, int to, int32_t number) {
    emit(text, BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, number);
}

void bpf_operate(struct bpf_text *text, int operation, int to, int32_t by) {
    emit(text, BPF_ALU64 | operation | BPF_K, to, 0, 0, by);
}

void bpf_operate_by(struct bpf_text *text, int operation, int to, int by) {
    emit(text, BPF_ALU64 | operation | BPF_X, to, by, 0, 0);
}

void bpf_atomically(struct bpf_text *text, int operation, int base, int offset, int by) {
    emit(text, BPF_STX | BPF_ATOMIC | BPF_DW, base, by, offset, operation);
}

// The one instruction that takes the room of two.
static void set_all(struct bpf_text *text, int to, int kind, uint64_t number) {
    emit(text, BPF_LD | BPF_DW | BPF_IMM, to, kind, 0, (int32_t)(uint32_t)number);
    emit(text, 0, 0, 0, 0, (int32_t)(uint32_t)(number >> 32));
}

void bpf_set_all(struct bpf_text *text, int to, uint64_t number) {
    set_all(text, to, 0, number);
}

void bpf_point(struct bpf_text *text, int to, int map) {
    set_all(text, to, BPF_PSEUDO_MAP_FD, (uint32_t)map);
}

void bpf_point_into(struct bpf_text *text, int to, int map) {
    set_all(text, to, BPF_PSEUDO_MAP_VALUE, (uint32_t)map);
}

void bpf_call(struct bpf_text *text, int function) {
    emit(text, BPF_JMP | BPF_CALL, 0, 0, 0, function);
}

int bpf_jump(struct bpf_text *text, int comparison, int reg, int32_t with) {
    return emit(text, BPF_JMP | comparison | BPF_K, reg, 0, 0, with);
}

int bpf_jump_by(struct bpf_text *text, int comparison, int reg, int with) {
    return emit(text, BPF_JMP | comparison | BPF_X, reg, with, 0, 0);
}

int bpf_look_up(struct bpf_text *text, int map, int key) {
    bpf_point(text, BPF_REG_1, map);
    bpf_move(text, BPF_REG_2, BPF_REG_10);
    bpf_operate(text, BPF_ADD, BPF_REG_2, key);
    bpf_call(text, BPF_FUNC_map_lookup_elem);
    return bpf_jump(text, BPF_JEQ, BPF_REG_0, 0);
}

void bpf_point_at_callback(struct bpf_text *text, int to) {
    text->callback = -text->count;  // until bpf_begin_callback
    set_all(text, to, BPF_PSEUDO_FUNC, 0);
}

void bpf_begin_callback(struct bpf_text *text) {
    int pointer = -text->callback;
    text->callback = text->count;
    text->instructions[pointer].imm = text->count - pointer - 1;
}

void bpf_land(struct bpf_text *text, int jump) {
    text->instructions[jump].off = (int16_t)(text->count - jump - 1);
}

static void leave_with(struct bpf_text *text, int32_t number) {
    bpf_set(text, BPF_REG_0, number);
    emit(text, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

void bpf_leave(struct bpf_text *text) {
    leave_with(text, 0);
}

void bpf_stop(struct bpf_text *text) {
    leave_with(text, 1);
}

// MARK: bpf(2)

static int bpf(enum bpf_cmd command, union bpf_attr *attributes) {
    return (int)syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static uint64_t pointer(const void *memory) {
    return (uint64_t)(uintptr_t)memory;
}

int bpf_map(enum bpf_map_type type, uint32_t key_bytes, uint32_t value_bytes, uint32_t entries, uint32_t flags) {
    union bpf_attr attributes = {0};
    attributes.map_type = type;
    attributes.key_size = key_bytes;
    attributes.value_size = value_bytes;
    attributes.max_entries = entries;
    attributes.map_flags = flags;
    return bpf(BPF_MAP_CREATE, &attributes);
}

int bpf_get_value(int map, uint32_t key, void *value) {
    union bpf_attr attributes = {0};
    attributes.map_fd = (uint32_t)map;
    attributes.key = pointer(&key);
    attributes.value = pointer(value);
    return bpf(BPF_MAP_LOOKUP_ELEM, &attributes);
}

bool bpf_set_program(int map, uint32_t key, int program) {
    union bpf_attr attributes = {0};
    attributes.map_fd = (uint32_t)map;
    attributes.key = pointer(&key);
    attributes.value = pointer(&program);
    return bpf(BPF_MAP_UPDATE_ELEM, &attributes) == 0;
}

// Describes a function without arguments that returns an int: the verifier wants a type for each function of a program that
// has a callback, but compares it with nothing.
static int describe_functions(void) {
    static const struct {
        struct btf_header header;
        struct btf_type integer;
        uint32_t bits;
        struct btf_type prototype, function;
        char texts[sizeof("\0int\0f")];
    } described = {
        .header = {.magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(struct btf_header), .type_len = 40, .str_off = 40,
                   .str_len = sizeof("\0int\0f")},
        .integer = {.name_off = 1, .info = BTF_KIND_INT << 24, .size = 4},
        .bits = BTF_INT_SIGNED << 24 | 32,
        .prototype = {.info = BTF_KIND_FUNC_PROTO << 24, .type = 1},
        .function = {.name_off = 5, .info = BTF_KIND_FUNC << 24, .type = 2},
        .texts = "\0int\0f",
    };
    union bpf_attr attributes = {0};
    attributes.btf = pointer(&described);
    attributes.btf_size = sizeof(struct btf_header) + 40 + sizeof(described.texts);
    return bpf(BPF_BTF_LOAD, &attributes);
}

static int load(const struct bpf_text *text, uint32_t tracepoint, char *log, uint32_t room) {
    const struct bpf_func_info functions[] = {{0, 3}, {(uint32_t)text->callback, 3}};
    // What the helpers for reading the kernel's memory insist on; nothing here is taken from the kernel.
    static const char license[] = "Dual BSD/GPL";
    union bpf_attr attributes = {0};
    attributes.prog_type = BPF_PROG_TYPE_TRACING;
    attributes.expected_attach_type = BPF_TRACE_RAW_TP;
    attributes.attach_btf_id = tracepoint;
    attributes.insns = pointer(text->instructions);
    attributes.insn_cnt = (uint32_t)text->count;
    attributes.license = pointer(license);
    attributes.log_level = log ? 1 : 0;
    attributes.log_buf = pointer(log);
    attributes.log_size = room;
    memcpy(attributes.prog_name, "dioaudit", sizeof("dioaudit"));
    if (!text->callback) return bpf(BPF_PROG_LOAD, &attributes);
    int types = describe_functions();
    if (types < 0) return -1;
    attributes.prog_btf_fd = (uint32_t)types;
    attributes.func_info = pointer(functions);
    attributes.func_info_rec_size = sizeof(functions[0]);
    attributes.func_info_cnt = 2;
    int program = bpf(BPF_PROG_LOAD, &attributes);
    int error = errno;
    close(types);
    errno = error;
    return program;
}

// The last two lines before the verifier's figures, in one.
static void keep_last_lines(char *whole, char *log, size_t room) {
    char *end = strstr(whole, "\nprocessed ");
    if (end) *end = 0;
    end = whole + strlen(whole);
    while (end > whole && end[-1] == '\n') *--end = 0;
    char *last = whole;
    for (int lines = 0; end > whole && lines < 2; lines++)
        for (last = end--; end > whole && *end != '\n';) last = end--;
    if (*last == '\n') last++;
    for (char *at = last; *at; at++)
        if (*at == '\n') *at = ';';
    snprintf(log, room, "%s", last);
}

// Loads it again, since to have the log written takes the verifier longer.
static void explain(const struct bpf_text *text, uint32_t tracepoint, char *log, size_t room) {
    enum { LOG = 1 << 18 };
    char *whole = calloc(1, LOG);
    if (!whole) return;
    int program = load(text, tracepoint, whole, LOG);
    if (program >= 0) close(program);
    keep_last_lines(whole, log, room);
    free(whole);
}

int bpf_program(const struct bpf_text *text, uint32_t tracepoint, char *log, size_t room) {
    log[0] = 0;
    int program = load(text, tracepoint, NULL, 0);
    int error = errno;
    if (program < 0) explain(text, tracepoint, log, room);
    errno = error;
    return program;
}

int bpf_attach(int program) {
    union bpf_attr attributes = {0};
    attributes.raw_tracepoint.prog_fd = (uint32_t)program;
    return bpf(BPF_RAW_TRACEPOINT_OPEN, &attributes);
}
