// Assembles BPF programs of a few dozen instructions. This needs no compiler, and no library, which takes some 20 ms to
// relocate a compiled program by the types of the whole kernel. Instructions: the kernel's
// Documentation/bpf/instruction-set.rst.
#ifndef CLINUX_BPF_H
#define CLINUX_BPF_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BPF_MOST_INSTRUCTIONS = 1024 };

struct bpf_text {
    struct bpf_insn instructions[BPF_MOST_INSTRUCTIONS];
    int count;
    int callback;  // where the function begins that BPF_FUNC_loop calls; 0: there is none
};

// Each appends one instruction. Registers are BPF_REG_0 to BPF_REG_10, sizes BPF_B to BPF_DW, `by` a number or a register.
void bpf_load(struct bpf_text *text, int size, int to, int base, int offset);
void bpf_store(struct bpf_text *text, int size, int base, int offset, int from);
void bpf_store_number(struct bpf_text *text, int size, int base, int offset, int32_t number);
void bpf_move(struct bpf_text *text, int to, int from);
void bpf_set(struct bpf_text *text, int to, int32_t number);
void bpf_set_all(struct bpf_text *text, int to, uint64_t number);  // all 64 bits
void bpf_operate(struct bpf_text *text, int operation, int to, int32_t by);
void bpf_operate_by(struct bpf_text *text, int operation, int to, int by);
void bpf_atomically(struct bpf_text *text, int operation, int base, int offset, int by);
void bpf_point(struct bpf_text *text, int to, int map);
void bpf_point_into(struct bpf_text *text, int to, int map);  // at the first value of an array
void bpf_call(struct bpf_text *text, int function);
// Appends a conditional jump, and returns its position. bpf_land makes it lead to the next instruction.
int bpf_jump(struct bpf_text *text, int comparison, int reg, int32_t with);
int bpf_jump_by(struct bpf_text *text, int comparison, int reg, int with);
void bpf_land(struct bpf_text *text, int jump);
// Sets r0 to the address of the value whose key is at `key` on the BPF program's stack. Returns a jump that is taken if there is none.
int bpf_look_up(struct bpf_text *text, int map, int key);
// Sets a register to the address of the callback. bpf_begin_callback says that it begins at the next instruction.
void bpf_point_at_callback(struct bpf_text *text, int to);
void bpf_begin_callback(struct bpf_text *text);
// Ends the program or the callback, with 0.
void bpf_leave(struct bpf_text *text);
// Ends the callback with 1, which ends its loop.
void bpf_stop(struct bpf_text *text);

// Each is a descriptor, or -1 with errno set.
int bpf_map(enum bpf_map_type type, uint32_t key_bytes, uint32_t value_bytes, uint32_t entries, uint32_t flags);
int bpf_get_value(int map, uint32_t key, void *value);
bool bpf_set_program(int map, uint32_t key, int program);
// Loads the program for a tracepoint, named by its type's number (btf.h). If the kernel's verifier refuses it, `log` has the last
// lines of its log; else it is empty.
int bpf_program(const struct bpf_text *text, uint32_t tracepoint, char *log, size_t room);
// Attaches the program to its tracepoint until the descriptor is closed. Other listeners of the tracepoint are not affected.
int bpf_attach(int program);

#endif
