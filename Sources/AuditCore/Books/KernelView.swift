/// The kernel witness's results, after the subject has ended, and the names of its addresses.
package struct KernelView {
    let book: KernelBook
    package let witness: Witness
    let texts: Interner<String>
    private let stacks: Interner<KernelStack>
    private let gfp: Gfp?
    private let symbols: KernelSymbols
    private let userFrames: [[UInt64]: [Frame]]
    /// Whether a thread ran as PR_SET_IO_FLUSHER (prctl(2)), by its id; those that are missing could not be read.
    let flushers: [Int32: Bool]

    /// - Parameters:
    ///   - gfp: null if the witness did not observe.
    ///   - userFrames: the named frames of the users' parts of call chains.
    package init(
        _ book: KernelBook, _ witness: Witness, texts: Interner<String>, stacks: Interner<KernelStack>, gfp: Gfp?,
        symbols: KernelSymbols, userFrames: [[UInt64]: [Frame]], flushers: [Int32: Bool]
    ) {
        self.book = book
        self.witness = witness
        self.texts = texts
        self.stacks = stacks
        self.gfp = gfp
        self.symbols = symbols
        self.userFrames = userFrames
        self.flushers = flushers
    }

    /// Whether code of the interposer's stood there in the process's last program; nil if that was not watched.
    package func isInterposers(_ address: UInt64, of pid: Int32) -> Bool? {
        witness.status == .active ? book.spaces.isInterposer(pid, address) : nil
    }

    /// Of these processes: what the kernel did for one whose number here is not known cannot be distinguished.
    package func witness(of processes: [ProcessLedger]) -> Witness {
        guard witness.status == .active, let other = processes.first(where: { !book.pids.contains($0.pid) }) else {
            return witness
        }
        var partial = witness
        partial.status = .partial
        partial.reason =
            "the kernel's records name no process \(other.pid): what was allocated for \(name(of: other)) is not known"
        return partial
    }

    /// - Parameter flusher: its thread runs as PR_SET_IO_FLUSHER.
    func allocation(_ what: KernelBook.Allocations, _ count: EventCount, flusher: Bool) -> KernelAllocation? {
        guard let gfp, !symbols[what.site].function.isPerfs else { return nil }
        let chain = stacks[what.stack]
        let frames = chain.map { $0.kernel.map(symbols.frame) }
        let (site, isMempool) = place(what, frames)
        return KernelAllocation(
            kind: what.kind, site: site.function, module: site.module, cache: texts[what.text],
            gfp: gfp.text(isMempool ? gfp.askedOfMempool(what.gfp) : what.gfp),
            risk: isMempool ? gfp.riskOfMempool(what.gfp, flusher: flusher) : gfp.risk(what.gfp, flusher: flusher),
            mempool: isMempool, stack: chain.map { frames! + (userFrames[$0.user] ?? []) },
            truncated: chain.map { !$0.isWhole } ?? false,
            calls: count.calls, bytes: count.bytes, sizes: what.bytes.map { [String($0): count.calls] })
    }

    /// The user's part of a call chain, not named yet; null if none was taken.
    func userStack(_ stack: Int32) -> (frames: [Frame], isWhole: Bool)? {
        guard let stack = stacks[stack], let frames = book.userFrames[stack.user], !frames.isEmpty else { return nil }
        return (frames, stack.isWhole)
    }

    /// The function that asked for it, and whether it did so of a mempool: by the call chain where there is one.
    private func place(_ what: KernelBook.Allocations, _ frames: [Frame]?) -> (KernelSymbols.Name, isMempool: Bool) {
        let innermost = symbols[what.site]
        let site = innermost.function.isTracepoints && what.outerSite != 0 ? symbols[what.outerSite] : innermost
        guard let frames else { return (site, site.function.isMempools) }
        let callers = frames.drop { $0.function?.isAllocators ?? false }
        guard let caller = callers.first, let function = caller.function else {
            return (site, site.function.isMempools)
        }
        return (
            KernelSymbols.Name(function: function, module: caller.module == "[kernel]" ? nil : caller.module),
            frames.contains { $0.function?.isMempools ?? false }
        )
    }
}

extension String {
    /// What a tracepoint calls its listeners by if there are several, or on kernels that have one for BPF.
    fileprivate var isTracepoints: Bool { hasPrefix("__traceiter_") || hasPrefix("__bpf_trace_") }

    fileprivate var isMempools: Bool { hasPrefix("mempool_alloc") }

    /// What perf allocates to watch: at each mapping, for each thread that begins, and for a thread that meets a uprobe.
    /// Ours, and not the subject's.
    fileprivate var isPerfs: Bool {
        [
            "perf_", "inherit_event", "inherit_task_group", "alloc_perf_context", "find_get_", "alloc_utask",
            "__create_xol_area",
        ].contains(where: hasPrefix)
    }

    /// Functions of the allocators themselves, under the names of one kernel or another (`mm/slub.c`, `mm/page_alloc.c`).
    fileprivate var isAllocators: Bool {
        isMempools
            || [
                "perf_", "trace_", "__traceiter_", "__alloc_", "alloc_pages", "alloc_frozen", "folio_alloc",
                "__folio_alloc",
                "vma_alloc_", "get_free_page", "__get_free", "get_zeroed_page", "alloc_slab", "allocate_slab",
                "new_slab",
                "___slab_alloc", "__slab_alloc", "kmem_cache_alloc", "__kmem_cache_alloc", "__kmalloc", "kmalloc_",
                "___kmalloc", "krealloc", "kvmalloc", "__kvmalloc", "get_page_from_freelist", "refill_", "__refill",
            ].contains(where: hasPrefix)
    }
}
