/// A kernel event of a thread, small enough to be kept until its phase is known.
package struct KernelRecord: Timed {
    package enum Kind {
        case allocation(KernelAllocation.Kind)
        /// By an interrupt of the thread: not the thread's own work.
        case interrupt(KernelAllocation.Kind)
        /// Of user code, or of the kernel on a page of the user's.
        case fault
        /// `text` is the file, or what kind of memory.
        case mapped
        /// `site` is the process that forked it.
        case forked
        /// It made a process that shares its memory and is no thread; `isAwaited`: it waits for it, as by vfork(2).
        case sharesMemory(isAwaited: Bool)
        case becameProgram
        /// The thread.
        case ended
    }

    package let nanoseconds: UInt64
    package let pid: Int32
    package let tid: Int32
    package let kind: Kind
    /// Of an allocation its call site; of a mapping its offset in the file.
    package let site: UInt64
    /// The call site if `site` is the tracepoint's own function; 0: it is none.
    package let outerSite: UInt64
    package let bytes: UInt64
    package let gfp: UInt64
    /// That faulted, or where the mapping begins.
    package let address: UInt64
    /// The user's instruction and stack pointer; 0 for a thread that never runs user code.
    package let userIP: UInt64
    package let userSP: UInt64
    /// The slab cache, or the mapping's file: in the watch's `texts`. -1: none.
    package let text: Int32
    /// In the watch's `stacks`; -1: none was taken.
    package let stack: Int32
    /// Page faults that the thread has had by then; null where it is not known.
    package let faults: UInt64?
    /// The thread ran as PR_SET_IO_FLUSHER (prctl(2)) when it allocated; null where it is not known.
    package let isFlusher: Bool?

    package init(
        nanoseconds: UInt64, pid: Int32, tid: Int32, kind: Kind, site: UInt64 = 0, outerSite: UInt64 = 0,
        bytes: UInt64 = 0, gfp: UInt64 = 0, address: UInt64 = 0, userIP: UInt64 = 0, userSP: UInt64 = 0,
        text: Int32 = -1, stack: Int32 = -1, faults: UInt64? = nil, isFlusher: Bool? = nil
    ) {
        self.nanoseconds = nanoseconds
        self.pid = pid
        self.tid = tid
        self.kind = kind
        self.site = site
        self.outerSite = outerSite
        self.bytes = bytes
        self.gfp = gfp
        self.address = address
        self.userIP = userIP
        self.userSP = userSP
        self.text = text
        self.stack = stack
        self.faults = faults
        self.isFlusher = isFlusher
    }
}

/// The kernel's call chain and the user's, each innermost first.
package struct KernelStack: Hashable {
    package let kernel: [UInt64]
    package let user: [UInt64]
    /// The user's goes to its outermost function.
    package let isWhole: Bool

    package init(kernel: [UInt64], user: [UInt64], isWhole: Bool) {
        self.kernel = kernel
        self.user = user
        self.isWhole = isWhole
    }
}
