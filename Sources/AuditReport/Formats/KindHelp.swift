import AuditCore

extension EventKind {
    /// Why such an event in the steady phase is a violation.
    var risk: String {
        switch family {
        case .heap where frees:
            "\(noun) gives heap memory back: it may take the allocator's lock, and unmap what it frees."
        case .heap:
            "\(noun) takes heap memory: the allocator may ask the kernel for more, which may wait until dirty pages are written. "
                + "Where this program does that writing, both wait for ever."
        case .mapping:
            "\(noun) changes the address space: it takes the lock of all mappings, and the kernel allocates for it."
        case .locking: "\(noun) changes what is locked in memory: the memory lock may not hold from then on."
        case .pageFault:
            "A \(noun) is memory that was not there: the kernel allocates a page or reads one, and may wait until dirty pages are "
                + "written."
        case .unexplained:
            "An \(noun) is memory that the process gained in the phase, without a page fault or call that was counted."
        case .systemCall:
            "These \(noun)s were seen by the kernel and not by the interposer: libc made them for itself, or the program made them past libc."
        case .kernel:
            "A \(noun) in the kernel, for a transfer or another call of the program's: with flags that let it wait for writeback "
                + "it may wait for this program's own writing."
        }
    }

    /// What to do about it.
    var remedy: String {
        switch family {
        case .heap where frees: "Free after the last transfer, or reuse the memory."
        case .heap:
            "Allocate before the first transfer, as much as is ever needed, and reuse it. If it is the warm-up's, say so with "
                + "--warmup-ios or dioaudit_phase(); if it is known and accepted, write a suppression."
        case .mapping: "Map before the first transfer; do not start threads, load libraries or grow the heap after it."
        case .locking: "Leave mlockall(MCL_CURRENT|MCL_FUTURE) in effect until the last transfer is done."
        case .pageFault:
            "Call mlockall(MCL_CURRENT|MCL_FUTURE) before the first transfer, and touch stacks and buffers once before it."
        case .unexplained: "Run as root, or with the witnesses that `dioaudit doctor` names, to see what gained it."
        case .systemCall:
            "Look at the heap call that it was made in; avoid raw mapping system calls after the first transfer."
        case .kernel:
            "Use a path that allocates nothing, or prctl(PR_SET_IO_FLUSHER, 1), or a higher --kernel-limit: docs/kernel.md."
        }
    }
}
