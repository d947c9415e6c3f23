#define _GNU_SOURCE
#include "completions.h"

#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

// For each CPU, while all rings do not take more than so much.
enum { MOST = 1 << 15, ALL_RINGS = 64 << 20 };

// The beginning of a ring. The completions follow.
struct ring {
    uint64_t written;  // by the BPF program
    uint64_t unused[7];
    uint64_t taken;    // by the reader, who alone uses `until`
    uint64_t until;
    uint64_t also_unused[6];
};

static struct ring *ring_of(const struct completions *completions, int cpu) {
    return (void *)(completions->rings + (uint64_t)cpu * completions->ring_bytes);
}

bool completions_begin(struct completions *completions) {
    *completions = (struct completions){.map = -1, .most = MOST, .cpus = (int)sysconf(_SC_NPROCESSORS_CONF)};
    while (completions->most * sizeof(struct completion) * (uint64_t)completions->cpus > ALL_RINGS) completions->most /= 2;
    completions->ring_bytes = sizeof(struct ring) + completions->most * sizeof(struct completion);
    completions->map = bpf_map(BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), (uint32_t)completions->ring_bytes, (uint32_t)completions->cpus,
                               BPF_F_MMAPABLE);
    if (completions->map < 0) return false;
    uint64_t bytes = completions->ring_bytes * (uint64_t)completions->cpus;
    void *rings = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, completions->map, 0);
    if (rings == MAP_FAILED) return false;
    completions->rings = rings;
    madvise(rings, bytes, MADV_DONTFORK);
    return true;
}

void completions_end(struct completions *completions) {
    if (completions->rings) munmap(completions->rings, completions->ring_bytes * (uint64_t)completions->cpus);
    if (completions->map >= 0) close(completions->map);
    *completions = (struct completions){.map = -1};
}

void completions_mark(struct completions *completions) {
    for (int cpu = 0; completions->rings && cpu < completions->cpus; cpu++) {
        struct ring *ring = ring_of(completions, cpu);
        ring->until = __atomic_load_n(&ring->written, __ATOMIC_ACQUIRE);
    }
    completions->at_cpu = 0;
}

bool completions_next(struct completions *completions, struct completion *completion) {
    for (; completions->rings && completions->at_cpu < completions->cpus; completions->at_cpu++) {
        struct ring *ring = ring_of(completions, completions->at_cpu);
        if (ring->taken == ring->until) continue;
        const struct completion *first = (const void *)(ring + 1);
        *completion = first[ring->taken % completions->most];
        __atomic_store_n(&ring->taken, ring->taken + 1, __ATOMIC_RELEASE);
        return true;
    }
    return false;
}

// MARK: the BPF program's part

static int of_entry(size_t member) {
    return (int)(sizeof(struct ring) + member);
}

static void copy(struct bpf_text *text, int size, int from, size_t member) {
    bpf_load(text, size, BPF_REG_1, BPF_REG_10, from);
    bpf_store(text, size, BPF_REG_9, of_entry(member), BPF_REG_1);
}

// No other BPF program appends on this CPU meanwhile, and on this processor what is stored later is seen later: so `written` needs
// no atomic addition.
int completions_append(struct bpf_text *text, const struct completions *completions, const struct completion_places *at) {
    bpf_call(text, BPF_FUNC_get_smp_processor_id);
    bpf_store(text, BPF_W, BPF_REG_10, at->key, BPF_REG_0);
    int no_ring = bpf_look_up(text, completions->map, at->key);
    bpf_move(text, BPF_REG_7, BPF_REG_0);
    bpf_load(text, BPF_DW, BPF_REG_8, BPF_REG_7, offsetof(struct ring, written));
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_7, offsetof(struct ring, taken));
    bpf_move(text, BPF_REG_2, BPF_REG_8);
    bpf_operate_by(text, BPF_SUB, BPF_REG_2, BPF_REG_1);
    int room = bpf_jump(text, BPF_JLT, BPF_REG_2, (int32_t)completions->most);
    bpf_land(text, no_ring);
    int none = bpf_jump(text, BPF_JA, 0, 0);
    bpf_land(text, room);
    bpf_move(text, BPF_REG_1, BPF_REG_8);
    bpf_operate(text, BPF_AND, BPF_REG_1, (int32_t)completions->most - 1);
    bpf_operate(text, BPF_MUL, BPF_REG_1, sizeof(struct completion));
    bpf_move(text, BPF_REG_9, BPF_REG_7);
    bpf_operate_by(text, BPF_ADD, BPF_REG_9, BPF_REG_1);
    bpf_call(text, BPF_FUNC_ktime_get_ns);
    bpf_store(text, BPF_DW, BPF_REG_9, of_entry(offsetof(struct completion, nanoseconds)), BPF_REG_0);
    copy(text, BPF_DW, at->file, offsetof(struct completion, file));
    copy(text, BPF_DW, at->faults, offsetof(struct completion, faults));
    copy(text, BPF_DW, at->thread, offsetof(struct completion, tid));
    copy(text, BPF_W, at->result, offsetof(struct completion, result));
    copy(text, BPF_W, at->opcode, offsetof(struct completion, opcode));
    bpf_operate(text, BPF_ADD, BPF_REG_8, 1);
    bpf_store(text, BPF_DW, BPF_REG_7, offsetof(struct ring, written), BPF_REG_8);
    return none;
}

int completions_skip_wake(struct bpf_text *text, const struct completions *completions) {
    bpf_operate(text, BPF_AND, BPF_REG_8, (int32_t)completions->most / 16 - 1);
    return bpf_jump(text, BPF_JNE, BPF_REG_8, 0);
}
