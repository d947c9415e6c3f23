/// The names by which programs reach a heap, and the texts by which an allocator is known whose names are gone.
enum HeapNames {
    /// Libc's.
    static let functions: Set<String> = [
        "malloc", "calloc", "realloc", "reallocarray", "posix_memalign", "aligned_alloc", "memalign", "valloc",
        "pvalloc",
    ]

    /// What allocators put before them: who calls one of these calls none of libc's.
    private static let prefixes = ["__libc_", "je_", "_rjem_", "tc_", "mi_", "scalable_", "sn_", "rp"]
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
        "libjemalloc", "libtcmalloc", "libmimalloc", "libsnmalloc", "libhoard", "librpmalloc",
        "libc_malloc_debug",
    ]

    /// Messages that are in an allocator's code, and so in every file that it was linked into.
    static let texts = [
        ("<jemalloc>", "jemalloc"), ("TCMALLOC_LARGE_ALLOC_REPORT_THRESHOLD", "tcmalloc"),
        ("tcmalloc/tcmalloc.cc", "tcmalloc"), ("mimalloc: warning: ", "mimalloc"),
    ]
}
