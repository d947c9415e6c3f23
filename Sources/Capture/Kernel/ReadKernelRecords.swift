import AuditCore
import CLinuxHost
import LinuxSystem

extension KernelRecord.Kind {
    /// That of a record; null if the kernel witness has no use for it.
    init?(_ record: cl_trace_record) {
        func by(_ kind: KernelAllocation.Kind) -> Self {
            record.in_interrupt != 0 ? .interrupt(kind) : .allocation(kind)
        }
        switch cl_trace_kind(record.kind) {
        case CL_KMALLOC: self = by(.kmalloc)
        case CL_CACHE_ALLOC: self = by(.kmemCacheAlloc)
        case CL_PAGE_ALLOC: self = by(.pageAlloc)
        case CL_FAULT: self = .fault
        case CL_MAPPED: self = .mapped
        case CL_FORKED: self = .forked
        case CL_SHARES_MEMORY: self = .sharesMemory(isAwaited: record.is_awaited != 0)
        case CL_BECAME_PROGRAM: self = .becameProgram
        case CL_ENDED: self = .ended
        default: return nil
        }
    }
}

extension cl_trace_record {
    /// Page faults that its thread has had; null where it is not known.
    var faultsSoFar: UInt64? { faults == 0 ? nil : faults - 1 }

    var isFlusher: Bool? { is_flusher == 0 ? nil : is_flusher == 2 }
}
