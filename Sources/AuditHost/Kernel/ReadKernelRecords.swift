import AuditCore
import CLinuxHost

extension KernelRecord.Kind {
    /// That of an `enum cl_trace_kind`; null if the kernel witness has no use for it.
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

extension KernelRecord {
    /// An existing mapping of a process that runs already, as if it were made now.
    init(_ mapping: MappedFile, of pid: Int32, text: Int32) {
        self.init(
            nanoseconds: 0, pid: pid, tid: pid, kind: .mapped, site: mapping.offset, bytes: mapping.end - mapping.start,
            address: mapping.start, text: text)
    }
}
