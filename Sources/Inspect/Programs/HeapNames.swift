import LinuxSystem

/// The names of heap functions, and the texts by which an allocator is recognised if its symbols are gone.
enum HeapNames {
    /// Libc's.
    static let functions: Set<String> = [
        "malloc", "calloc", "realloc", "reallocarray", "posix_memalign", "aligned_alloc", "memalign", "valloc",
        "pvalloc",
    ]

    /// C++'s operators new.
    static let operators: Set<String> = [
        "_Znwm", "_Znam", "_ZnwmRKSt9nothrow_t", "_ZnamRKSt9nothrow_t", "_ZnwmSt11align_val_t", "_ZnamSt11align_val_t",
        "_ZnwmSt11align_val_tRKSt9nothrow_t", "_ZnamSt11align_val_tRKSt9nothrow_t",
    ]

    /// The prefixes of allocators' own names: a program that calls these bypasses libc's.
    private static let prefixes = [
        "__libc_", "je_", "_rjem_", "tc_", "mi_", "scalable_", "sn_", "rp", "GC_",
        "dmalloc_",
    ]
    private static let others: Set<String> = [
        "mallocx", "rallocx", "xallocx", "je_mallocx", "je_rallocx", "je_xallocx", "_rjem_mallocx", "_rjem_rallocx",
        "_rjem_xallocx", "tc_new", "tc_newarray", "tc_new_nothrow", "tc_newarray_nothrow", "mi_zalloc", "mi_new",
        "mi_heap_malloc",
    ]

    static func isAnAllocatorsOwn(_ name: String) -> Bool {
        if others.contains(name) { return true }
        guard let prefix = prefixes.first(where: name.hasPrefix) else { return false }
        return functions.contains(String(name.dropFirst(prefix.count)))
    }

    /// Libraries that are nothing but an allocator: they define malloc and do not call it.
    static let allocators = [
        "libjemalloc", "libtcmalloc", "libmimalloc", "libsnmalloc", "libhoard", "librpmalloc", "libdmalloc",
        "libtbbmalloc",
        "libc_malloc_debug",
    ]

    /// Texts in an allocator's code, and so in every file that it was linked into, stripped or not. Several for each: a
    /// version may lack one, and a linker drops functions that are not called. None is a text that the allocator's callers
    /// would have, too.
    static let texts: KeyValuePairs = [
        // gperftools 2.10 has all four, 2.16 not the first; the last two are abseil's too.
        "TCMALLOC_LARGE_ALLOC_REPORT_THRESHOLD": "tcmalloc",
        "TCMALLOC_MAX_TOTAL_THREAD_CACHE_BYTES": "tcmalloc",
        "allocate internal tcmalloc data": "tcmalloc",
        "Actual memory used (physical + swap)": "tcmalloc",
        "tcmalloc/tcmalloc.cc": "tcmalloc",
        // 3 to 5.3, whatever prefix its names have (Rust's have _rjem_).
        "<jemalloc>: ": "jemalloc",
        "the symbolic link named /etc/malloc.conf": "jemalloc",
        "Background threads: %zu, num_runs: ": "jemalloc",
        // 1.7 to 3.0. Python 3.13 has it, for PYTHONMALLOC=mimalloc.
        "mimalloc: warning: ": "mimalloc",
        "environment option mimalloc_%s": "mimalloc",
        "numa node %i: reserved %zu GiB huge pages": "mimalloc",
        // glibc's own, from libc.a.
        "malloc(): corrupted top size": "glibc's malloc",
        "free(): corrupted unsorted chunks": "glibc's malloc",
        "realloc(): invalid old size": "glibc's malloc",
        // Its statistics are all that it says, and a linker may drop them.
        "max system bytes = %10lu": "dlmalloc",
        "debug-malloc library: ": "dmalloc",
        "dmalloc: critical error: ": "dmalloc",
        "GC_LARGE_ALLOC_WARN_INTERVAL": "Boehm's collector",
        "GC Warning: Repeated allocation of very large block": "Boehm's collector",
        "TBB_MALLOC_SET_HUGE_SIZE_THRESHOLD": "TBB's malloc",
        "TBBmalloc: ": "TBB's malloc",
        "Scudo ERROR: ": "Scudo",
        "Scudo OOM: ": "Scudo",
        " Go buildinf:": "the Go runtime",
    ]
}
