/// The kinds of counted events. The raw values are the report's keys and the values of `--forbid` and `--allow`.
public enum EventKind: String, CaseIterable, Codable, Sendable {
    case malloc, calloc, realloc, reallocarray, free
    case posixMemalign, alignedAlloc, memalign, valloc, pvalloc
    case freeSized, freeAlignedSized
    case mmap, munmap, mremap, brk, sbrk, madvise
    case mlock, munlock, mlockall, munlockall
    case pageFaultMinor, pageFaultMajor
    /// What the process's memory gained and nothing that was counted explains, in pages: resident ones, and address space.
    case pagesUnexplained, mappingsUnexplained
    /// Counted in the kernel by the syscalls witness, also for calls that bypass libc.
    case syscallMmap, syscallMunmap, syscallMremap, syscallBrk
    /// Kernel allocations, which have rows of `KernelAllocation`. Only `--kernel-limit` makes them violations.
    case kmalloc, kmemCacheAlloc, pageAlloc

    /// Kinds that have a count in each phase.
    public static let counted = allCases.filter { $0.family != .kernel }

    static let unexplained = allCases.filter { $0.family == .unexplained }

    /// The groups in which the text report adds kinds up.
    public enum Family: Sendable {
        case heap, mapping, locking, pageFault, unexplained, systemCall, kernel
    }

    public var family: Family {
        switch self {
        case .malloc, .calloc, .realloc, .reallocarray, .free, .posixMemalign, .alignedAlloc, .memalign, .valloc,
            .pvalloc, .freeSized, .freeAlignedSized:
            .heap
        case .mmap, .munmap, .mremap, .brk, .sbrk, .madvise: .mapping
        case .mlock, .munlock, .mlockall, .munlockall: .locking
        case .pageFaultMinor, .pageFaultMajor: .pageFault
        case .pagesUnexplained, .mappingsUnexplained: .unexplained
        case .syscallMmap, .syscallMunmap, .syscallMremap, .syscallBrk: .systemCall
        case .kmalloc, .kmemCacheAlloc, .pageAlloc: .kernel
        }
    }

    /// It gives heap memory back.
    public var frees: Bool { [.free, .freeSized, .freeAlignedSized].contains(self) }

    /// The name in sentences: `malloc`, or `minor page fault`.
    public var noun: String {
        switch self {
        case .pageFaultMinor: "minor page fault"
        case .pageFaultMajor: "major page fault"
        case .pagesUnexplained: "unexplained resident page"
        case .mappingsUnexplained: "unexplained mapped page"
        case .syscallMmap: "mmap system call"
        case .syscallMunmap: "munmap system call"
        case .syscallMremap: "mremap system call"
        case .syscallBrk: "brk system call"
        case .posixMemalign: "posix_memalign"
        case .alignedAlloc: "aligned_alloc"
        case .freeSized: "free_sized"
        case .kmemCacheAlloc: "kmem_cache_alloc"
        case .pageAlloc: "page allocation"
        case .freeAlignedSized: "free_aligned_sized"
        default: rawValue
        }
    }

    /// `1 malloc`, `100 mallocs`
    public func text(_ calls: UInt64) -> String {
        switch self {
        case .freeSized, .freeAlignedSized: plural(calls, "\(noun) call")
        default: plural(calls, noun)
        }
    }

    /// This kind's place in `allCases`, which is the declaration's order.
    var index: Int {
        // A table, since a search of `allCases` for each count would be quadratic in the ledger's size.
        Self.indices[self]!
    }

    private static let indices = Dictionary(uniqueKeysWithValues: zip(allCases, 0...))
}
