/// A function of libc's heap in a running process, where a uprobe reports each call.
package struct HeapProbe {
    package let kind: EventKind
    /// The library's path for this process, whatever root directory the other has.
    package let path: String
    package let fileOffset: UInt64
    /// Where its code lies in the process.
    package let addresses: Range<UInt64>
    /// The number that perf knows the probe by; 0 before it has been set.
    package var id: UInt64 = 0

    package init(kind: EventKind, path: String, fileOffset: UInt64, addresses: Range<UInt64>) {
        self.kind = kind
        self.path = path
        self.fileOffset = fileOffset
        self.addresses = addresses
    }
}

/// One call, as it began.
package struct HeapCall: Timed {
    package let nanoseconds: UInt64
    package let pid: Int32
    package let tid: Int32
    /// Its address in the process.
    package let function: UInt64
    /// The first three.
    package let arguments: (UInt64, UInt64, UInt64)
    /// Where it returns to.
    package let caller: UInt64
    package let stackPointer: UInt64
    /// In the watch's `stacks`; -1: none was taken.
    package let stack: Int32

    package init(
        nanoseconds: UInt64, pid: Int32, tid: Int32, function: UInt64, arguments: (UInt64, UInt64, UInt64) = (0, 0, 0),
        caller: UInt64, stackPointer: UInt64, stack: Int32 = -1
    ) {
        self.nanoseconds = nanoseconds
        self.pid = pid
        self.tid = tid
        self.function = function
        self.arguments = arguments
        self.caller = caller
        self.stackPointer = stackPointer
        self.stack = stack
    }
}

/// The heap calls of one process by kind, thread and caller; those that libc makes within another are that other's.
package struct HeapBook {
    package struct Key: Hashable {
        package let kind: EventKind
        package let tid: Int32
        package let caller: UInt64
        package let stack: Int32
    }

    package private(set) var counts: [Key: EventCount] = [:]
    private let pid: Int32
    private let probes: [HeapProbe]
    private var last: [Int32: (kind: EventKind, call: HeapCall)] = [:]

    /// Those that called.
    package var threads: Set<Int32> { Set(counts.keys.map(\.tid)) }

    package init(of pid: Int32, _ probes: [HeapProbe]) {
        self.pid = pid
        self.probes = probes
    }

    /// - Parameter calls: in the order of time.
    package mutating func add(_ calls: [HeapCall], within times: Range<UInt64>) {
        for call in calls where call.pid == pid {
            guard let kind = probes.first(where: { $0.addresses.lowerBound == call.function })?.kind else { continue }
            let isNested = isWithinAnother(call, kind)
            last[call.tid] = (kind, call)
            // free(NULL) frees nothing.
            guard times.contains(call.nanoseconds), !isNested, kind != .free || call.arguments.0 != 0 else { continue }
            let key = Key(kind: kind, tid: call.tid, caller: call.caller, stack: call.stack)
            counts[key, default: EventCount()] += EventCount(calls: 1, bytes: kind.bytes(call.arguments))
        }
    }

    /// libc calls some of these functions from others; or jumps there, so that both return to the same place.
    private func isWithinAnother(_ call: HeapCall, _ kind: EventKind) -> Bool {
        if probes.contains(where: { $0.addresses.contains(call.caller) }) { return true }
        guard let (outer, before) = last[call.tid], before.caller == call.caller,
            before.stackPointer == call.stackPointer
        else { return false }
        let (asked, given) = (before.arguments, call.arguments)
        return switch (outer, kind) {
        case (.reallocarray, .realloc): asked.0 == given.0 && asked.1 &* asked.2 == given.1
        case (.realloc, .malloc): asked.0 == 0 && asked.1 == given.0
        case (.realloc, .free): asked.1 == 0 && asked.0 == given.0
        default: false
        }
    }
}

extension EventKind {
    /// The bytes that a call asked for, malloc(3) and posix_memalign(3).
    fileprivate func bytes(_ arguments: (UInt64, UInt64, UInt64)) -> UInt64 {
        switch self {
        case .malloc, .valloc, .pvalloc: arguments.0
        case .calloc: arguments.0 &* arguments.1
        case .realloc, .alignedAlloc, .memalign: arguments.1
        case .reallocarray: arguments.1 &* arguments.2
        case .posixMemalign: arguments.2
        default: 0
        }
    }
}
