#include <libunwind.h>
#include <string.h>

#include "image.h"

// A walk under way: what libunwind's callbacks get.
struct state {
    const struct cu_thread *thread;
    cu_find *find;
    void *context;
    struct cu_stack *walk;
    struct cu_mapping mapping;  // that was asked for last
    uint64_t bias;              // of its file, if it has one
    struct segment segment;     // of that file, that was read last
    uint32_t reads;
    bool lacks_information;     // on the function that was looked up last
};

// MARK: memory

static bool stack_word(const struct cu_thread *thread, uint64_t address, uint64_t *word) {
    uint64_t offset = address - thread->registers[CU_SP];
    if (offset >= thread->stack_bytes || thread->stack_bytes - offset < sizeof(*word)) return false;
    memcpy(word, thread->stack + offset, sizeof(*word));
    return true;
}

static void note_word(struct cu_stack *walk, uint64_t address, uint64_t value) {
    if (walk->words == CU_WORDS) {
        walk->words_overflowed = true;
        return;
    }
    walk->word[walk->words].address = address;
    walk->word[walk->words++].value = value;
}

// Makes the file that lies at an address the one that is read.
static bool enter(struct state *state, uint64_t address) {
    struct cu_mapping found;
    if (address - state->mapping.start < state->mapping.end - state->mapping.start) return state->mapping.image;
    if (!state->find(state->context, address, &found)) return false;
    uint64_t bias;
    if (!image_bias(&found, address, &bias)) return false;
    state->mapping = found;
    state->bias = bias;
    state->segment.size = 0;
    return true;
}

// Of the file that was entered last: its other segments have the same bias.
static bool file_word(struct state *state, uint64_t address, uint64_t *word) {
    uint64_t place = address - state->bias;
    if (!state->mapping.image) return false;
    if (place - state->segment.address >= state->segment.size) {
        if (!image_segment(state->mapping.image, place, &state->segment)) return false;
    }
    return image_word(state->mapping.image, &state->segment, place, word);
}

static int access_memory(unw_addr_space_t space, unw_word_t address, unw_word_t *word, int is_write, void *argument) {
    (void)space;
    struct state *state = argument;
    if (state->reads == CU_READS) state->walk->exhausted = true;
    if (is_write || state->walk->exhausted) return -UNW_EINVAL;
    state->reads++;
    uint64_t value;
    if (stack_word(state->thread, address, &value)) {
        note_word(state->walk, address, value);
    } else if (!file_word(state, address, &value) && (!enter(state, address) || !file_word(state, address, &value))) {
        return -UNW_EINVAL;
    }
    *word = value;
    return 0;
}

// MARK: registers

// libunwind's numbers are DWARF's.
_Static_assert(UNW_X86_64_RBP == CU_BP && UNW_X86_64_RSP == CU_SP && UNW_X86_64_RIP == CU_IP, "registers by DWARF's numbers");

static int access_register(unw_addr_space_t space, unw_regnum_t number, unw_word_t *value, int is_write, void *argument) {
    (void)space;
    const struct cu_thread *thread = ((struct state *)argument)->thread;
    if (is_write || number < 0 || number >= CU_REGISTERS || !(thread->known >> number & 1)) return -UNW_EBADREG;
    *value = thread->registers[number];
    return 0;
}

static int access_float(unw_addr_space_t space, unw_regnum_t number, unw_fpreg_t *value, int is_write, void *argument) {
    (void)space, (void)number, (void)value, (void)is_write, (void)argument;
    return -UNW_EINVAL;
}

// MARK: frame information

// libunwind's own search, as `perf` uses it: exported, and in none of its headers.
int _Ux86_64_dwarf_search_unwind_table(unw_addr_space_t space, unw_word_t ip, unw_dyn_info_t *table, unw_proc_info_t *info,
                                       int need_unwind_info, void *argument);

static int find_information(unw_addr_space_t space, unw_word_t ip, unw_proc_info_t *info, int need_unwind_info,
                            void *argument) {
    struct state *state = argument;
    state->lacks_information = true;
    const struct frame_table *table = enter(state, ip) ? image_frame_table(state->mapping.image) : NULL;
    if (!table) return -UNW_ENOINFO;
    unw_dyn_info_t place = {
        .format = UNW_INFO_FORMAT_REMOTE_TABLE,
        .start_ip = state->mapping.start,
        .end_ip = state->mapping.end,
        .u.rti = {.segbase = state->bias + table->header,
                  .table_data = state->bias + table->entries,
                  .table_len = table->count * 8 / sizeof(unw_word_t)},
    };
    int result = _Ux86_64_dwarf_search_unwind_table(space, ip, &place, info, need_unwind_info, argument);
    state->lacks_information = result != 0;
    return result;
}

// libunwind takes back itself what its search has allocated.
static void put_information(unw_addr_space_t space, unw_proc_info_t *info, void *argument) {
    (void)space, (void)info, (void)argument;
}

static int no_dynamic_list(unw_addr_space_t space, unw_word_t *address, void *argument) {
    (void)space, (void)address, (void)argument;
    return -UNW_ENOINFO;
}

static int no_resume(unw_addr_space_t space, unw_cursor_t *cursor, void *argument) {
    (void)space, (void)cursor, (void)argument;
    return -UNW_EINVAL;
}

static int no_name(unw_addr_space_t space, unw_word_t ip, char *name, size_t size, unw_word_t *offset, void *argument) {
    (void)space, (void)ip, (void)name, (void)size, (void)offset, (void)argument;
    return -UNW_EINVAL;
}

static unw_accessors_t accessors = {
    .find_proc_info = find_information,
    .put_unwind_info = put_information,
    .get_dyn_info_list_addr = no_dynamic_list,
    .access_mem = access_memory,
    .access_reg = access_register,
    .access_fpreg = access_float,
    .resume = no_resume,
    .get_proc_name = no_name,
};

// MARK: walking

// The code that a signal handler returns to: mov $15, %rax; syscall (rt_sigreturn). unw_is_signal_frame means this frame in
// some versions of libunwind, and in others the one that it returns to.
static bool is_trampoline(struct state *state, uint64_t ip) {
    static const unsigned char code[] = {0x48, 0xc7, 0xc0, 15, 0, 0, 0, 0x0f, 0x05};
    unsigned char found[16];
    unw_word_t word;
    for (size_t i = 0; i < sizeof(found); i += sizeof(word)) {
        if (access_memory(NULL, ip + i, &word, 0, state) != 0) return false;
        memcpy(found + i, &word, sizeof(word));
    }
    return memcmp(found, code, sizeof(code)) == 0;
}

static void walk_from(unw_cursor_t *cursor, struct state *state, struct cu_stack *walk) {
    unw_word_t ip = state->thread->registers[CU_IP];
    walk->address[walk->frames++] = ip;
    while (walk->frames < CU_FRAMES) {
        // A frame that a signal interrupted has the address of its next instruction; a caller has its return address.
        bool was_interrupted = is_trampoline(state, ip);
        state->lacks_information = false;  // what libunwind remembers is not looked up
        int result = unw_step(cursor);
        if (walk->exhausted) return;
        if (result > 0 && unw_get_reg(cursor, UNW_REG_IP, &ip) != 0) return;
        // Without frame information libunwind ends where the frame pointer leads nowhere.
        if (result == 0 || (result > 0 && ip == 0)) walk->whole = !state->lacks_information;
        if (result <= 0 || ip == 0) return;
        walk->address[walk->frames++] = was_interrupted || is_trampoline(state, ip) ? ip : ip - 1;
    }
}

struct unw_addr_space *cu_code_create(void) {
    unw_addr_space_t code = unw_create_addr_space(&accessors, 0);
    if (code) unw_set_caching_policy(code, UNW_CACHE_GLOBAL);
    return code;
}

void cu_code_destroy(struct unw_addr_space *code) {
    if (code) unw_destroy_addr_space(code);
}

void cu_walk(struct unw_addr_space *code, const struct cu_thread *thread, cu_find *find, void *context, struct cu_stack *walk) {
    walk->frames = walk->words = 0;
    walk->whole = walk->words_overflowed = walk->exhausted = false;
    struct state state = {.thread = thread, .find = find, .context = context, .walk = walk};
    unw_cursor_t cursor;
    if (code && unw_init_remote(&cursor, code, &state) == 0) walk_from(&cursor, &state, walk);
}

bool cu_stack_holds(const struct cu_stack *walk, const struct cu_thread *thread) {
    for (uint32_t i = 0; i < walk->words; i++) {
        uint64_t value;
        if (!stack_word(thread, walk->word[i].address, &value) || value != walk->word[i].value) return false;
    }
    return !walk->words_overflowed;
}
