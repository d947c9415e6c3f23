import AuditCore
import CLinuxHost

/// The tracepoints that the kernel witness listens to, as this kernel has them.
struct KernelTracepoints {
    let points: [cl_tracepoint]
    let gfp: Gfp

    /// Kernels before 6.1 report allocations for a given node by separate tracepoints.
    private static let events: [(name: String, kind: cl_trace_kind, isOptional: Bool)] = [
        ("kmem/kmalloc", CL_KMALLOC, false),
        ("kmem/kmalloc_node", CL_KMALLOC, true),
        ("kmem/kmem_cache_alloc", CL_CACHE_ALLOC, false),
        ("kmem/kmem_cache_alloc_node", CL_CACHE_ALLOC, true),
        ("kmem/mm_page_alloc", CL_PAGE_ALLOC, false),
    ]

    init(_ tracefs: Tracefs) throws(TracingProblem) {
        var points = [cl_tracepoint.pageFaults]
        var flags: [FlagName] = []
        for event in Self.events where !event.isOptional || tracefs.has(event.name) {
            let format = try tracefs.format(of: event.name)
            points.append(try cl_tracepoint(format, event.kind, event.name))
            if flags.isEmpty { flags = format.flags }
        }
        guard let gfp = Gfp(flags) else {
            throw TracingProblem(
                "kmem:kmalloc does not show which bits are __GFP_DIRECT_RECLAIM, __GFP_IO and __GFP_FS")
        }
        self.points = points
        self.gfp = gfp
    }
}

extension cl_tracepoint {
    /// perf's own event, since each event more costs the subject some 0.3 us at every switch of its threads, and
    /// exceptions:page_fault_user and page_fault_kernel would be two.
    fileprivate static var pageFaults: cl_tracepoint {
        var point = cl_tracepoint()
        point.kind = CL_FAULT.rawValue
        return point
    }

    fileprivate init(_ format: TraceFormat, _ kind: cl_trace_kind, _ event: String) throws(TracingProblem) {
        func needed(_ name: String) throws(TracingProblem) -> cl_field {
            guard let field = format[name], (1...8).contains(field.size) else {
                throw TracingProblem("\(perfName(event)) has no field '\(name)' that can be read")
            }
            return cl_field(offset: field.offset, size: field.size)
        }
        func optional(_ name: String) -> cl_field {
            guard let field = format[name], (1...8).contains(field.size) else { return cl_field() }
            return cl_field(offset: field.offset, size: field.size)
        }
        self.init()
        id = format.id
        self.kind = kind.rawValue
        flags = optional("common_flags")
        switch kind {
        case CL_PAGE_ALLOC:
            bytes = try needed("order")
            gfp = try needed("gfp_flags")
        default:
            site = try needed("call_site")
            bytes = try needed("bytes_req")
            gfp = try needed("gfp_flags")
            if let cache = format["name"], cache.isDataLoc, cache.size == 4 {
                name = cl_field(offset: cache.offset, size: cache.size)
            }
        }
    }
}
