import AuditCore
import CLinuxHost

/// A kernel event of a thread, small enough to be kept until its phase is known.
struct KernelRecord: Timed {
    enum Kind {
        case allocation(KernelAllocation.Kind)
        /// By an interrupt of the thread: not the thread's own work.
        case interrupt(KernelAllocation.Kind)
        /// Of user code, or of the kernel on a page of the user's.
        case fault
        /// `text` is the file, or what kind of memory.
        case mapped
        /// `site` is the process that forked it.
        case forked
        case becameProgram

        init?(_ kind: UInt32, inInterrupt: Bool) {
            func by(_ kind: KernelAllocation.Kind) -> Self { inInterrupt ? .interrupt(kind) : .allocation(kind) }
            switch cl_trace_kind(kind) {
            case CL_KMALLOC: self = by(.kmalloc)
            case CL_CACHE_ALLOC: self = by(.kmemCacheAlloc)
            case CL_PAGE_ALLOC: self = by(.pageAlloc)
            case CL_FAULT: self = .fault
            case CL_MAPPED: self = .mapped
            case CL_FORKED: self = .forked
            case CL_BECAME_PROGRAM: self = .becameProgram
            default: return nil
            }
        }
    }

    let nanoseconds: UInt64
    let pid: Int32
    let tid: Int32
    let kind: Kind
    /// Of an allocation its call site; of a mapping its offset in the file.
    let site: UInt64
    /// The call site if `site` is the tracepoint's own function; 0: it is none.
    var outerSite: UInt64 = 0
    let bytes: UInt64
    let gfp: UInt64
    /// That faulted, or where the mapping begins.
    let address: UInt64
    /// The user's instruction and stack pointer; 0 for a thread that never runs user code.
    let userIP: UInt64
    let userSP: UInt64
    /// The slab cache, or the mapping's file: in the watch's `texts`. -1: none.
    let text: Int32
    /// In the watch's `stacks`; -1: none was taken.
    let stack: Int32
}

extension KernelRecord {
    /// An existing mapping of a process that runs already, as if it were made now.
    init(_ mapping: MappedFile, of pid: Int32, text: Int32) {
        self.init(
            nanoseconds: 0, pid: pid, tid: pid, kind: .mapped, site: mapping.offset, bytes: mapping.end - mapping.start,
            gfp: 0, address: mapping.start, userIP: 0, userSP: 0, text: text, stack: -1)
    }
}
