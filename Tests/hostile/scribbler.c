// A program under audit that attacks what dioaudit shares with it: the ledger's memory and its socket. It does 50 transfers, with 34
// calls of malloc and of free in its steady phase, and then what its mode says. `scribbler --modes` lists the modes, each with words
// that one reason of the report must hold: Scripts/scribble-test.
//
// usage: scribbler FILE MODE [SEED [COUNT]]
#include "../../Fixtures/direct.h"
#include "ledger_abi.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

enum { SHARED_DESCRIPTORS = 200 };

static struct dioaudit_arena *arena;
static const char *file;
static char ledger[64], ledger_socket[64];
static long count;

// MARK: means

static uint64_t any(void) {
    return (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();
}

static void fill(void *start, size_t length) {
    for (size_t i = 0; i < length; i++) ((unsigned char *)start)[i] = (unsigned char)any();
}

static void sprinkle(void *start, size_t length) {
    for (long i = 0; i < count; i++) ((unsigned char *)start)[any() % length] = (unsigned char)any();
}

static int open_ledger(void) {
    int fd = open(ledger, O_RDWR | O_CLOEXEC);
    require(fd >= 0, "the ledger opens");
    return fd;
}

// And asks nothing.
static int connect_to_ledger(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path + 1, ledger_socket, strlen(ledger_socket));
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(ledger_socket));
    if (connect(fd, (struct sockaddr *)&address, size) == 0 && send(fd, "", 1, 0) == 1) return fd;
    close(fd);
    return -1;
}

static void for_milliseconds(long milliseconds, void (*act)(void)) {
    struct timespec began, now;
    clock_gettime(CLOCK_MONOTONIC, &began);
    do {
        act();
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((now.tv_sec - began.tv_sec) * 1000 + (now.tv_nsec - began.tv_nsec) / 1000000 < milliseconds);
}

// By a child that dioaudit does not wait for (--wait), while it reads.
static void behind(void (*act)(void)) {
    signal(SIGTERM, SIG_IGN);
    if (fork() != 0) return;
    for_milliseconds(1500, act);
    _exit(0);
}

static void for_each_site(void (*change)(struct dioaudit_site *site)) {
    uint32_t used = arena->header.sites_used < DIOAUDIT_POOL ? arena->header.sites_used : DIOAUDIT_POOL;
    for (uint32_t offset = 0; offset < used;) {
        struct dioaudit_site *site = (void *)((char *)arena->pool + offset);
        offset += dioaudit_site_bytes(site->capacity);
        change(site);
    }
}

// MARK: the whole of it

static void random_bytes(void) { sprinkle(arena, sizeof(*arena)); }
static void ones(void) { memset(arena, 0xff, sizeof(*arena)); }
static void zeros(void) { memset(arena, 0, sizeof(*arena)); }
static void all(void) { fill(arena->images, sizeof(*arena) - offsetof(struct dioaudit_arena, images)); }
static void nothing(void) {}

// MARK: tables

static void head(void) { sprinkle(arena, offsetof(struct dioaudit_arena, images)); }
static void process(void) { sprinkle(&arena->processes[0], sizeof(arena->processes[0])); }
static void processes(void) { fill(&arena->processes[1], sizeof(arena->processes) - sizeof(arena->processes[0])); }
static void regions(void) { fill(arena->regions, sizeof(arena->regions)); }
static void modules(void) { fill(arena->modules, sizeof(arena->modules)); }

static void edges(void) {
    fill(arena->edges, sizeof(arena->edges));
    arena->header.edges_used = (uint32_t)any();
}

static void images(void) {
    fill(arena->images, sizeof(arena->images));
    arena->header.images_started = UINT64_MAX;
}

static void fill_site(struct dioaudit_site *site) {
    uint32_t capacity = site->capacity, next = site->next;
    fill(site, dioaudit_site_bytes(capacity));
    site->capacity = capacity;
    site->next = next;
    site->ready = 1;
    site->event = (uint8_t)(any() % DIOAUDIT_EVENT_COUNT);
    site->owner = 0;
}

static void sites(void) { for_each_site(fill_site); }

static void room_of_sites(void) {
    fill(arena->chains, sizeof(arena->chains));
    fill(arena->pool, sizeof(arena->pool));
    arena->header.sites_used = (uint32_t)any() & ~7u;
}

static void follow_itself(struct dioaudit_site *site) { site->next = 1 + (uint32_t)((char *)site - (char *)arena->pool); }
static void chains_without_end(void) { for_each_site(follow_itself); }
static void have_all_room(struct dioaudit_site *site) { site->capacity = UINT32_MAX; }
static void sites_of_any_size(void) { for_each_site(have_all_room); }

static void threads(void) {
    for (int i = 0; i < DIOAUDIT_THREADS; i++) {
        fill(&arena->threads[i].thread, sizeof(struct dioaudit_thread));
        arena->threads[i].thread.owner = 0;
    }
}

// MARK: single values

static void greatest_faults(void) {
    for (int phase = 0; phase < DIOAUDIT_PHASE_COUNT; phase++) {
        arena->processes[0].phase_faults[phase].minor = UINT64_MAX;
        arena->processes[0].phase_nanoseconds[phase] = UINT64_MAX;
    }
}

static void greatest_cells(void) {
    struct dioaudit_thread *thread;
    for (int i = 0; i < DIOAUDIT_THREADS; i++)
        if ((thread = &arena->threads[i].thread)->state)
            for (int phase = 0; phase < DIOAUDIT_PHASE_COUNT; phase++)
                for (int cell = 0; cell < DIOAUDIT_CELL_COUNT; cell++)
                    thread->cells[phase][cell] = (struct dioaudit_cell){UINT64_MAX, UINT64_MAX};
}

static void greatest_losses(void) {
    arena->header.lost_processes = arena->header.edges_used = UINT32_MAX;
    arena->header.images_started = UINT64_MAX;
}

static void names_without_end(void) { memset(arena->header.executable, 'x', sizeof(arena->header.executable)); }
static void thread_without_end(void) { memset(arena->threads[0].thread.name, 'x', DIOAUDIT_NAME); }
static void module_without_end(void) { memset(arena->modules[0].path, 'x', DIOAUDIT_PATH); }

static void have_no_file(struct dioaudit_site *site) {
    for (uint32_t i = 0; i < site->capacity; i++) site->frames[i] = (uint64_t)(DIOAUDIT_NO_MODULE - 1) << DIOAUDIT_ADDRESS_BITS;
}

static void frames_of_no_file(void) { for_each_site(have_no_file); }
static void be_too_deep(struct dioaudit_site *site) { site->depth = UINT8_MAX; }
static void frames_beyond_the_stack(void) { for_each_site(be_too_deep); }

static void edges_out_of_order(void) {
    uint32_t used = arena->header.edges_used;
    for (uint32_t i = 0; i < used / 2; i++) {
        uint64_t time = arena->edges[i].nanoseconds;
        arena->edges[i].nanoseconds = arena->edges[used - 1 - i].nanoseconds;
        arena->edges[used - 1 - i].nanoseconds = time;
    }
}

static void edges_to_come(void) {
    for (uint32_t i = 0; i < arena->header.edges_used; i++) arena->edges[i].nanoseconds += 3600000000000u;
}

static void have_escapes(struct dioaudit_site *site) { memcpy(site->thread, "t\033]0;x\007\n\xff\xc3(", 12); }

static void executable_of_escapes(void) {
    strcpy(arena->header.executable, "/tmp/\033[31mRED\033[0m\ndioaudit: pass\xff\xfe\x80\u202e");
    for_each_site(have_escapes);
    for (int i = 0; i < DIOAUDIT_MODULES; i++)
        if (arena->modules[i].state) strcpy(arena->modules[i].path, "/x/\033[2J\ndioaudit: pass\n\xff mod");
}

static void path_of_fifo(char *path) {
    char fifo[300];
    snprintf(fifo, sizeof(fifo), "%s.fifo", file);
    unlink(fifo);
    require(mkfifo(fifo, 0600) == 0, "mkfifo");
    strncpy(path, fifo, DIOAUDIT_PATH - 1);
}

static void executable_is_a_fifo(void) { path_of_fifo(arena->header.executable); }
static void module_is_a_fifo(void) { path_of_fifo(arena->modules[0].path); }

// MARK: lies

static void forget_cells(int first, int last) {
    for (int i = 0; i < DIOAUDIT_THREADS; i++) {
        struct dioaudit_thread *thread = &arena->threads[i].thread;
        for (int cell = first; cell <= last; cell++)
            for (int phase = DIOAUDIT_PHASE_WARMUP; phase < DIOAUDIT_PHASE_COUNT; phase++)
                thread->cells[phase][cell] = (struct dioaudit_cell){0, 0};
    }
}

static void forget_rows(void) { forget_cells(DIOAUDIT_EVENT_MALLOC, DIOAUDIT_EVENT_MUNLOCKALL); }

static void be_unready(struct dioaudit_site *site) { site->ready = 0; }
static void forget_stacks(void) { for_each_site(be_unready); }

// The one lie that nobody sees: of heap calls that stay within the heap's memory.
static void forget_heap(void) {
    forget_rows();
    memset(arena->chains, 0, sizeof(arena->chains));
    memset(arena->pool, 0, sizeof(arena->pool));
    arena->header.sites_used = 0;
    for (int i = 0; i < DIOAUDIT_THREADS; i++)
        memset(arena->threads[i].thread.last_transfer, 0, sizeof(arena->threads[i].thread.last_transfer));
}

// As the one before, of a program that maps.
static void forget_mappings(void) {
    require(mmap(NULL, BLOCK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED, "mmap");
    forget_heap();
}

static void forget_transfers(void) {
    forget_heap();
    forget_cells(DIOAUDIT_TRANSFER_READ, DIOAUDIT_TRANSFER_WRITE);
    uint64_t made = 0;
    for (int i = 0; i < DIOAUDIT_THREADS; i++) made += arena->threads[i].thread.cells[DIOAUDIT_PHASE_SETUP][DIOAUDIT_TRANSFER_WRITE].calls;
    arena->processes[0].transfers = made;
}

// As if the interposer had seen one of them, and the others were made past it.
static void forget_most_transfers(void) {
    forget_transfers();
    for (int i = 0; i < DIOAUDIT_THREADS; i++) {
        if (!arena->threads[i].thread.does_transfers) continue;
        arena->threads[i].thread.cells[DIOAUDIT_PHASE_STEADY][DIOAUDIT_TRANSFER_WRITE].calls = 1;
        arena->processes[0].transfers++;
        return;
    }
}

static void invent_transfers(void) {
    forget_heap();
    struct dioaudit_thread *thread;
    for (int i = 0; i < DIOAUDIT_THREADS; i++) {
        if (!(thread = &arena->threads[i].thread)->does_transfers) continue;
        thread->cells[DIOAUDIT_PHASE_STEADY][DIOAUDIT_TRANSFER_WRITE].calls += 100000;
        arena->processes[0].transfers += 100000;
    }
}

static void process_of_another(void) {
    forget_heap();
    arena->processes[0].pid = 1;
}

static void invent_process(void) {
    arena->processes[1] = arena->processes[0];
    arena->processes[1].pid = getpid() + 1;
    arena->processes[1].parent_pid = getpid();
}

// The child counted, and its parent takes that away.
static void forget_child(void) {
    if (fork() == 0) {
        int fd = open(file, O_RDWR | O_DIRECT);
        write_blocks(fd, 10);
        for (int i = 0; i < 100; i++) free(keep(malloc(32)));
        write_blocks(fd, 10);
        exit(0);
    }
    wait(NULL);
    for (int i = 0; i < DIOAUDIT_THREADS; i++)
        if (arena->threads[i].thread.owner == 1) memset(&arena->threads[i].thread, 0, sizeof(struct dioaudit_thread));
}

// MARK: while it is read

static void scribble_a_while(void) {
    for (int i = 0; i < 1000; i++) ((unsigned char *)arena)[any() % sizeof(*arena)] = (unsigned char)any();
}

static void back_and_forth(void) {
    for (int i = 0; i < DIOAUDIT_THREADS; i++) arena->threads[i].thread.cells[DIOAUDIT_PHASE_STEADY][0].calls ^= 7;
    arena->header.edges_used ^= 1;
    arena->processes[0].transfers ^= 15;
    arena->processes[0].phase_nanoseconds[DIOAUDIT_PHASE_STEADY] ^= UINT64_C(1) << 62;
}

static void names_come_and_go(void) {
    static int turn;
    memset(arena->header.executable, turn++ % 2 ? 'x' : 0, sizeof(arena->header.executable));
    arena->modules[0].path[DIOAUDIT_PATH - 1] ^= 'x';
}

static void scribbles_behind(void) { behind(scribble_a_while); }
static void counts_back_and_forth(void) { behind(back_and_forth); }
static void renames_behind(void) { behind(names_come_and_go); }

static void asks_for_ever(void) {
    for (int i = 0; i < DIOAUDIT_PROCESSES; i++) {
        arena->processes[i].state = DIOAUDIT_PROCESS_ACTIVE;
        arena->processes[i].pid = 1 + (int)(any() % 4194303);
        arena->processes[i].squeeze = DIOAUDIT_SQUEEZE_ASKED;
    }
}

static void asks_again_and_again(void) { for_milliseconds(500, asks_for_ever); }

// MARK: the file

static void session(void) {
    unsigned char bytes[BLOCK];
    fill(bytes, sizeof(bytes));
    require(pwrite(open_ledger(), bytes, sizeof(bytes), 0) == sizeof(bytes), "pwrite");
}

static void claims_all(void) {
    uint32_t much = 1u << 30;
    require(pwrite(open_ledger(), &much, sizeof(much), offsetof(struct dioaudit_session, arenas_claimed)) == sizeof(much), "pwrite");
}

static void truncates(void) {
    require(ftruncate(open_ledger(), 0) != 0 && ftruncate(open_ledger(), BLOCK) != 0, "truncation is refused");
    require(ftruncate(open_ledger(), (off_t)1 << 40) != 0, "growth is refused");
}

static void punches(void) {
    require(fallocate(open_ledger(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1 << 30) == 0, "fallocate");
}

static void seals(void) { require(fcntl(open_ledger(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_FUTURE_WRITE) != 0, "a seal is refused"); }

// All arenas, with all processes of one number, and an edge for each: what is sorted by process may be slow.
static void crowd(void) {
    int fd = open_ledger();
    uint32_t much = DIOAUDIT_ARENAS;
    for (int i = 1; i < DIOAUDIT_PROCESSES; i++) arena->processes[i] = arena->processes[0];
    arena->header.edges_used = DIOAUDIT_EDGES;
    for (int i = 0; i < DIOAUDIT_EDGES; i++) {
        arena->edges[i] = arena->edges[0];
        arena->edges[i].owner = (uint32_t)i % DIOAUDIT_PROCESSES;
    }
    // Without the rows, that there be memory for all.
    for (uint32_t i = 1; i < DIOAUDIT_ARENAS; i++)
        require(pwrite(fd, arena, offsetof(struct dioaudit_arena, regions), (off_t)dioaudit_arena_offset(i)) > 0, "pwrite");
    require(pwrite(fd, &much, sizeof(much), offsetof(struct dioaudit_session, arenas_claimed)) == sizeof(much), "pwrite");
    // The kernel's records of these are looked up among them.
    for (int i = 0; i < 3000; i++) munmap(mmap(NULL, BLOCK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), BLOCK);
}

// MARK: the socket

static void connects_often(void) {
    for (int i = 0; i < 5000; i++) close(connect_to_ledger());
}

static void connects_for_ever(void) {
    signal(SIGTERM, SIG_IGN);
    for (int i = 0; i < 4; i++)
        if (fork() == 0)
            while (1) close(connect_to_ledger());
    while (1) close(connect_to_ledger());
}

static void sends_much(void) {
    static char bytes[1 << 16];
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < 1000; i++) {
        int fd = connect_to_ledger();
        for (int j = 0; j < 1000 && send(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0; j++) {}
        close(fd);
    }
}

static void sends_descriptors(void) {
    signal(SIGPIPE, SIG_IGN);
    char byte = 0;
    struct iovec data = {&byte, 1};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int) * SHARED_DESCRIPTORS)];
    } control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int) * SHARED_DESCRIPTORS), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    for (int i = 0; i < SHARED_DESCRIPTORS; i++) ((int *)CMSG_DATA(&control.header))[i] = 2;
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    for (int i = 0; i < 500; i++) {
        int fd = connect_to_ledger();
        for (int j = 0; j < 10 && sendmsg(fd, &message, MSG_DONTWAIT) == 1; j++) {}
        close(fd);
    }
}

static void keep_connecting(void) { connect_to_ledger(); }
static void keeps_the_socket(void) { behind(keep_connecting); }

// MARK: time

// The kernel reports each of these, so that dioaudit always has something to read.
static void maps_for_ever(void) {
    signal(SIGTERM, SIG_IGN);
    while (1) munmap(mmap(NULL, BLOCK, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), BLOCK);
}

static const char damaged[] = "the ledger was damaged (", allocated[] = "in the steady phase", any_reason[] = "";

static const struct mode {
    const char *name;
    void (*act)(void);
    const char *reason;
} modes[] = {
    {"nothing", nothing, allocated},
    {"random", random_bytes, any_reason},
    {"ones", ones, damaged},
    {"zeros", zeros, damaged},
    {"all", all, damaged},
    {"head", head, damaged},
    {"process", process, damaged},
    {"processes", processes, damaged},
    {"edges", edges, damaged},
    {"images", images, damaged},
    {"regions", regions, damaged},
    {"modules", modules, damaged},
    {"sites", sites, damaged},
    {"room-of-sites", room_of_sites, damaged},
    {"chains-without-end", chains_without_end, damaged},
    {"sites-of-any-size", sites_of_any_size, damaged},
    {"threads", threads, damaged},
    {"greatest-faults", greatest_faults, damaged},
    {"greatest-cells", greatest_cells, damaged},
    {"greatest-losses", greatest_losses, damaged},
    {"name-without-end", names_without_end, damaged},
    {"thread-without-end", thread_without_end, damaged},
    {"module-without-end", module_without_end, damaged},
    {"frames-of-no-file", frames_of_no_file, damaged},
    {"frames-beyond-the-stack", frames_beyond_the_stack, damaged},
    {"edges-out-of-order", edges_out_of_order, allocated},
    {"edges-to-come", edges_to_come, damaged},
    {"escapes", executable_of_escapes, allocated},
    {"fifo-as-program", executable_is_a_fifo, allocated},
    {"fifo-as-library", module_is_a_fifo, allocated},
    {"forget-rows", forget_rows, damaged},
    {"forget-stacks", forget_stacks, allocated},
    {"forget-heap", forget_heap, "glibc's own books"},
    {"forget-mappings", forget_mappings, allocated},
    {"forget-transfers", forget_transfers, "the kernel saw 50 transfers"},
    {"forget-most-transfers", forget_most_transfers, "glibc's own books"},
    {"invent-transfers", invent_transfers, "of which the kernel saw 50"},
    {"process-of-another", process_of_another, "did not report from the subject"},
    {"invent-process", invent_process, damaged},
    {"forget-child", forget_child, damaged},
    {"scribbles-behind", scribbles_behind, any_reason},
    {"counts-back-and-forth", counts_back_and_forth, any_reason},
    {"renames-behind", renames_behind, any_reason},
    {"asks-again-and-again", asks_again_and_again, any_reason},
    {"session", session, damaged},
    {"claims-all", claims_all, damaged},
    {"truncates", truncates, allocated},
    {"punches", punches, damaged},
    {"seals", seals, allocated},
    {"crowd", crowd, damaged},
    {"connects-often", connects_often, allocated},
    {"connects-for-ever", connects_for_ever, "longer than"},
    {"sends-much", sends_much, allocated},
    {"sends-descriptors", sends_descriptors, allocated},
    {"keeps-the-socket", keeps_the_socket, allocated},
    {"maps-for-ever", maps_for_ever, "longer than"},
};

static void find_ledger(void) {
    const char *variable = getenv("DIOAUDIT_LEDGER");
    require(variable && sscanf(variable, "%63[^,],%63[^,]", ledger, ledger_socket) == 2, "it runs under dioaudit");
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    unsigned long start, end;
    while (fgets(line, sizeof(line), maps))
        if (strstr(line, "dioaudit-ledger") && sscanf(line, "%lx-%lx", &start, &end) == 2 && end - start == sizeof(*arena))
            arena = (void *)start;
    fclose(maps);
    require(arena != NULL, "the ledger is mapped");
}

int main(int arguments, char **argument) {
    size_t known = sizeof(modes) / sizeof(modes[0]);
    if (arguments == 2 && strcmp(argument[1], "--modes") == 0) {
        for (size_t i = 0; i < known; i++) printf("%s %s\n", modes[i].name, modes[i].reason);
        return 0;
    }
    require(arguments > 2, "usage: scribbler FILE MODE [SEED [COUNT]]");
    file = argument[1];
    srand(arguments > 3 ? (unsigned)atoi(argument[3]) : 1);
    count = arguments > 4 ? atol(argument[4]) : 1000;
    find_ledger();
    int fd = open_direct(file);
    for (int i = 0; i < 50; i++) {
        if (i > 5 && i < 40) free(keep(malloc(32)));
        write_blocks(fd, 1);
    }
    for (size_t i = 0; i < known; i++) {
        if (strcmp(modes[i].name, argument[2]) != 0) continue;
        modes[i].act();
        // Not by exit: the interposer would count on.
        _exit(0);
    }
    require(0, "such a mode");
}
