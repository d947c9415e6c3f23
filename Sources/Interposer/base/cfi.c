#include "cfi.h"

#include <stdbool.h>
#include <string.h>

#include "architecture.h"
#include "../rules.h"

// Sources: DWARF 5 section 6.4; Linux Standard Base, "Exception Frames" (.eh_frame, .eh_frame_hdr).
enum { OP_BREG = 0x70, OP_DEREF = 0x06 };  // DW_OP_breg0, to which the register's number is added; DW_OP_deref

// MARK: reading

struct reader {
    const uint8_t *at, *end;
    bool failed;
};

static uint64_t read_bytes(struct reader *reader, size_t size) {
    uint64_t value = 0;
    if (reader->failed || (size_t)(reader->end - reader->at) < size) {
        reader->failed = true;
        return 0;
    }
    memcpy(&value, reader->at, size);
    reader->at += size;
    return value;
}

static uint64_t read_unsigned(struct reader *reader) {
    uint64_t value = 0;
    for (unsigned shift = 0; !reader->failed; shift += 7) {
        uint64_t byte = read_bytes(reader, 1);
        if (shift < 64) value |= (byte & 0x7f) << shift;
        if (!(byte & 0x80)) break;
    }
    return value;
}

static int64_t read_signed(struct reader *reader) {
    uint64_t value = 0;
    unsigned shift = 0;
    uint64_t byte = 0x80;
    while (!reader->failed && (byte & 0x80)) {
        byte = read_bytes(reader, 1);
        if (shift < 64) value |= (byte & 0x7f) << shift;
        shift += 7;
    }
    if (shift < 64 && (byte & 0x40)) value |= ~UINT64_C(0) << shift;
    return (int64_t)value;
}

static struct reader read_block(struct reader *reader) {
    uint64_t length = read_unsigned(reader);
    struct reader block = {reader->at, reader->at + length, reader->failed};
    if (reader->failed || length > (uint64_t)(reader->end - reader->at)) {
        reader->failed = true;
        block.end = block.at;
    } else {
        reader->at += length;
    }
    return block;
}

// A pointer in one of the encodings that compilers use for code (DW_EH_PE_*): absolute or relative to itself.
static uintptr_t read_pointer(struct reader *reader, uint8_t encoding) {
    uintptr_t base = (encoding & 0x70) == 0x10 ? (uintptr_t)reader->at : 0;
    switch (encoding & 0x0f) {
        case 0x00: case 0x04: case 0x0c: return base + read_bytes(reader, 8);
        case 0x02: return base + read_bytes(reader, 2);
        case 0x0a: return base + (uintptr_t)(int16_t)read_bytes(reader, 2);
        case 0x03: return base + read_bytes(reader, 4);
        case 0x0b: return base + (uintptr_t)(int32_t)read_bytes(reader, 4);
        default: reader->failed = true; return 0;
    }
}

// MARK: finding the entry

// An entry's contents after its length. 64-bit lengths do not occur in .eh_frame in practice.
static struct reader open_entry(const uint8_t *entry) {
    uint32_t length;
    memcpy(&length, entry, 4);
    struct reader reader = {entry + 4, entry + 4 + length, length == 0 || length == UINT32_MAX};
    return reader;
}

// The binary search table: pairs of code and entry offsets, sorted, relative to the header's start.
static const uint8_t *find_entry(const uint8_t *header, uintptr_t address) {
    if (header[0] != 1 || header[2] != 0x03 || header[3] != 0x3b) return NULL;  // udata4 count, datarel sdata4 table
    struct reader reader = {header + 4, header + 64, false};
    read_pointer(&reader, header[1]);
    uint32_t count = (uint32_t)read_bytes(&reader, 4);
    const int32_t *table = (const int32_t *)(const void *)reader.at;
    int64_t wanted = (int64_t)(address - (uintptr_t)header);
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (table[2 * middle] <= wanted) low = middle + 1;
        else high = middle;
    }
    return low ? header + table[2 * (low - 1) + 1] : NULL;
}

// What a CIE says for all its FDEs.
struct common {
    struct reader program;
    uint64_t code_alignment;
    int64_t data_alignment;
    uint8_t pointer_encoding;
    bool augmented, signal_frame;
};

static bool read_common(const uint8_t *entry, struct common *common) {
    struct reader reader = open_entry(entry);
    read_bytes(&reader, 4);
    uint8_t version = (uint8_t)read_bytes(&reader, 1);
    const char *augmentation = (const char *)reader.at;
    while (read_bytes(&reader, 1) != 0) {}
    common->code_alignment = read_unsigned(&reader);
    common->data_alignment = read_signed(&reader);
    uint64_t return_register = version == 1 ? read_bytes(&reader, 1) : read_unsigned(&reader);
    common->pointer_encoding = 0;
    common->signal_frame = false;
    common->augmented = augmentation[0] == 'z';
    if (common->augmented) {
        struct reader data = read_block(&reader);
        for (const char *letter = augmentation + 1; *letter && !data.failed; letter++) {
            if (*letter == 'R') common->pointer_encoding = (uint8_t)read_bytes(&data, 1);
            else if (*letter == 'P') read_pointer(&data, (uint8_t)read_bytes(&data, 1));
            else if (*letter == 'L') read_bytes(&data, 1);
            else if (*letter == 'S') common->signal_frame = true;
            else return false;
        }
        if (data.failed) return false;
    } else if (augmentation[0] != 0) {
        return false;
    }
    common->program = reader;
    return !reader.failed && (version == 1 || version == 3) && return_register == REGISTER_RETURN;
}

// MARK: running the program

struct saved {
    enum { SAVED_SAME, SAVED_AT_CFA, SAVED_AT_BP, SAVED_UNDEFINED, SAVED_OTHERWISE } kind;
    int64_t offset;
};

// One row of the unwind table, as far as it matters here.
struct row {
    struct {
        enum { CFA_REGISTER, CFA_AT_BP, CFA_PLT, CFA_OTHERWISE } kind;
        uint64_t base;
        int64_t offset;
    } cfa;
    struct saved bp, return_address;
};

static struct saved *saved_register(struct row *row, uint64_t number, struct saved *ignored) {
    return number == REGISTER_BP ? &row->bp : number == REGISTER_RETURN ? &row->return_address : ignored;
}

// The three expressions that compilers and linkers write: of a PLT slot, and two of a realigned stack.
static void read_cfa_expression(struct row *row, struct reader block) {
    size_t length = (size_t)(block.end - block.at);
    row->cfa.kind = CFA_OTHERWISE;
    if (length == sizeof(architecture_plt_expression) && memcmp(block.at, architecture_plt_expression, length) == 0) {
        row->cfa.kind = CFA_PLT;
    } else if (read_bytes(&block, 1) == OP_BREG + REGISTER_BP) {  // bp + offset, dereferenced
        int64_t offset = read_signed(&block);
        if (read_bytes(&block, 1) != OP_DEREF || block.at != block.end || block.failed) return;
        row->cfa.kind = CFA_AT_BP;
        row->cfa.offset = offset;
    }
}

static struct saved read_saved_expression(struct reader block) {
    struct saved saved = {SAVED_OTHERWISE, 0};
    if (read_bytes(&block, 1) == OP_BREG + REGISTER_BP) {  // bp + offset
        saved.offset = read_signed(&block);
        if (!block.failed && block.at == block.end) saved.kind = SAVED_AT_BP;
    }
    return saved;
}

struct machine {
    const struct common *common;
    struct row row, initial, remembered[8];
    unsigned depth;
    uintptr_t location;
};

static bool advance(struct machine *machine, uint64_t delta, uintptr_t address) {
    machine->location += delta * machine->common->code_alignment;
    return machine->location <= address;
}

// Runs until past the address. False if an instruction is not understood.
static bool run(struct machine *machine, struct reader program, uintptr_t address) {
    const struct common *common = machine->common;
    struct row *row = &machine->row;
    struct saved ignored;
    while (program.at < program.end && !program.failed) {
        uint8_t code = (uint8_t)read_bytes(&program, 1);
        uint8_t low = code & 0x3f;
        uint64_t number;
        switch (code >> 6) {
            case 1:  // DW_CFA_advance_loc
                if (!advance(machine, low, address)) return true;
                continue;
            case 2:  // DW_CFA_offset
                *saved_register(row, low, &ignored) =
                    (struct saved){SAVED_AT_CFA, (int64_t)read_unsigned(&program) * common->data_alignment};
                continue;
            case 3:  // DW_CFA_restore
                *saved_register(row, low, &ignored) = *saved_register(&machine->initial, low, &ignored);
                continue;
        }
        switch (code) {
            case 0x00: break;                                                      // nop
            case 0x01:                                                             // set_loc
                machine->location = read_pointer(&program, common->pointer_encoding);
                if (machine->location > address) return true;
                break;
            case 0x02: if (!advance(machine, read_bytes(&program, 1), address)) return true; break;  // advance_loc1
            case 0x03: if (!advance(machine, read_bytes(&program, 2), address)) return true; break;  // advance_loc2
            case 0x04: if (!advance(machine, read_bytes(&program, 4), address)) return true; break;  // advance_loc4
            case 0x05:                                                             // offset_extended
                number = read_unsigned(&program);
                *saved_register(row, number, &ignored) =
                    (struct saved){SAVED_AT_CFA, (int64_t)read_unsigned(&program) * common->data_alignment};
                break;
            case 0x06:                                                             // restore_extended
                number = read_unsigned(&program);
                *saved_register(row, number, &ignored) = *saved_register(&machine->initial, number, &ignored);
                break;
            case 0x07:                                                             // undefined
                saved_register(row, read_unsigned(&program), &ignored)->kind = SAVED_UNDEFINED;
                break;
            case 0x08:                                                             // same_value
                saved_register(row, read_unsigned(&program), &ignored)->kind = SAVED_SAME;
                break;
            case 0x09:                                                             // register
                saved_register(row, read_unsigned(&program), &ignored)->kind = SAVED_OTHERWISE;
                read_unsigned(&program);
                break;
            case 0x0a:                                                             // remember_state
                if (machine->depth == sizeof(machine->remembered) / sizeof(machine->remembered[0])) return false;
                machine->remembered[machine->depth++] = *row;
                break;
            case 0x0b:                                                             // restore_state
                if (machine->depth == 0) return false;
                *row = machine->remembered[--machine->depth];
                break;
            case 0x0c:                                                             // def_cfa
                row->cfa.kind = CFA_REGISTER;
                row->cfa.base = read_unsigned(&program);
                row->cfa.offset = (int64_t)read_unsigned(&program);
                break;
            case 0x0d:                                                             // def_cfa_register
                row->cfa.kind = CFA_REGISTER;
                row->cfa.base = read_unsigned(&program);
                break;
            case 0x0e: row->cfa.offset = (int64_t)read_unsigned(&program); break;  // def_cfa_offset
            case 0x0f: read_cfa_expression(row, read_block(&program)); break;      // def_cfa_expression
            case 0x10:                                                             // expression
                number = read_unsigned(&program);
                *saved_register(row, number, &ignored) = read_saved_expression(read_block(&program));
                break;
            case 0x11:                                                             // offset_extended_sf
                number = read_unsigned(&program);
                *saved_register(row, number, &ignored) =
                    (struct saved){SAVED_AT_CFA, read_signed(&program) * common->data_alignment};
                break;
            case 0x12:                                                             // def_cfa_sf
                row->cfa.kind = CFA_REGISTER;
                row->cfa.base = read_unsigned(&program);
                row->cfa.offset = read_signed(&program) * common->data_alignment;
                break;
            case 0x13: row->cfa.offset = read_signed(&program) * common->data_alignment; break;  // def_cfa_offset_sf
            case 0x14: case 0x15:                                                  // val_offset, val_offset_sf
                saved_register(row, read_unsigned(&program), &ignored)->kind = SAVED_OTHERWISE;
                read_unsigned(&program);
                break;
            case 0x16:                                                             // val_expression
                saved_register(row, read_unsigned(&program), &ignored)->kind = SAVED_OTHERWISE;
                read_block(&program);
                break;
            case 0x2e: read_unsigned(&program); break;                             // GNU_args_size
            default: return false;
        }
    }
    return !program.failed;
}

// MARK: the rule

static bool fits(int64_t offset) {
    return offset >= -(1 << 23) && offset < 1 << 23;  // what a table of rules in 64 bits has room for
}

static struct cfi_rule rule_of(const struct row *row) {
    struct cfi_rule unknown = {CFI_UNKNOWN, CFI_BP_SAME, 0, 0}, rule = unknown;
    if (row->return_address.kind == SAVED_UNDEFINED) return (struct cfi_rule){.kind = CFI_OUTERMOST};
    if (row->return_address.kind != SAVED_AT_CFA || row->return_address.offset != RETURN_FROM_CFA) return unknown;
    switch (row->cfa.kind) {
        case CFA_REGISTER:
            if (row->cfa.base == REGISTER_SP) rule.kind = CFI_FROM_SP;
            else if (row->cfa.base == REGISTER_BP) rule.kind = CFI_FROM_BP;
            break;
        case CFA_AT_BP: rule.kind = CFI_AT_BP; break;
        case CFA_PLT: rule.kind = CFI_PLT; break;
        case CFA_OTHERWISE: break;
    }
    switch (row->bp.kind) {
        case SAVED_SAME: case SAVED_UNDEFINED: rule.saved_bp = CFI_BP_SAME; break;
        case SAVED_AT_CFA: rule.saved_bp = CFI_BP_AT_CFA; break;
        case SAVED_AT_BP: rule.saved_bp = CFI_BP_AT_BP; break;
        case SAVED_OTHERWISE: return unknown;
    }
    if (!fits(row->cfa.offset) || !fits(row->bp.offset)) return unknown;
    rule.cfa_offset = (int32_t)row->cfa.offset;
    rule.bp_offset = (int32_t)row->bp.offset;
    return rule;
}

struct cfi_rule cfi_rule_at(uintptr_t address, const uint8_t *eh_frame_header) {
    struct cfi_rule unknown = {CFI_UNKNOWN, CFI_BP_SAME, 0, 0};
    const uint8_t *entry = find_entry(eh_frame_header, address);
    if (!entry) return unknown;
    struct reader reader = open_entry(entry);
    const uint8_t *link = reader.at;
    uint32_t back = (uint32_t)read_bytes(&reader, 4);
    struct common common;
    if (reader.failed || !read_common(link - back, &common)) return unknown;

    uintptr_t start = read_pointer(&reader, common.pointer_encoding);
    uintptr_t length = read_pointer(&reader, common.pointer_encoding & 0x0f);
    if (reader.failed || address < start || address - start >= length) return unknown;
    if (common.signal_frame) return (struct cfi_rule){.kind = CFI_SIGNAL};
    if (common.augmented) read_block(&reader);

    struct machine machine = {.common = &common, .location = start};
    if (!run(&machine, common.program, UINTPTR_MAX)) return unknown;
    machine.initial = machine.row;
    machine.location = start;
    if (!run(&machine, reader, address)) return unknown;
    return rule_of(&machine.row);
}
