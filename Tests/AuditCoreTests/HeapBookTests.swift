import AuditCore
import Testing

/// Heap calls that uprobes report: each of libc's functions has 0x100 bytes of code.
@Suite struct HeapBookTests {
    private static let kinds: [EventKind] = [
        .malloc, .calloc, .realloc, .reallocarray, .free, .posixMemalign, .alignedAlloc,
    ]

    private static let probes = kinds.indices.map { index in
        let start = 0x7000 + UInt64(index) * 0x100
        return HeapProbe(kind: kinds[index], path: "/lib/libc.so.6", fileOffset: 0, addresses: start..<start + 0x100)
    }

    private func call(
        _ kind: EventKind, _ arguments: (UInt64, UInt64, UInt64) = (0, 0, 0), at nanoseconds: UInt64 = 150,
        caller: UInt64 = 0x10000, pid: Int32 = 10, tid: Int32 = 10, stackPointer: UInt64 = 0x8000
    ) -> HeapCall {
        HeapCall(
            nanoseconds: nanoseconds, pid: pid, tid: tid,
            function: Self.probes.first { $0.kind == kind }!.addresses.lowerBound, arguments: arguments, caller: caller,
            stackPointer: stackPointer)
    }

    private func counts(_ calls: HeapCall...) -> [EventKind: EventCount] {
        var book = HeapBook(of: 10, Self.probes)
        book.add(calls, within: 100..<200)
        return book.counts.reduce(into: [:]) { $0[$1.key.kind, default: EventCount()] += $1.value }
    }

    @Test func bytesAreThoseAskedFor() {
        let counts = counts(
            call(.malloc, (7, 0, 0)), call(.calloc, (3, 5, 0), caller: 0x10010),
            call(.realloc, (1, 9, 0), caller: 0x10020),
            call(.reallocarray, (1, 4, 6), caller: 0x10030), call(.posixMemalign, (1, 64, 11), caller: 0x10040),
            call(.alignedAlloc, (64, 128, 0), caller: 0x10050), call(.free, (1, 0, 0), caller: 0x10060))
        #expect(
            counts.mapValues(\.bytes) == [
                .malloc: 7, .calloc: 15, .realloc: 9, .reallocarray: 24, .posixMemalign: 11, .alignedAlloc: 128,
                .free: 0,
            ])
        #expect(counts.values.allSatisfy { $0.calls == 1 })
    }

    @Test func onlyTheIntervalAndTheProcessCount() {
        let calls = [99, 100, 199, 200].map { call(.malloc, (1, 0, 0), at: $0, stackPointer: $0) }
        #expect(counts(calls[0], calls[1], calls[2], calls[3], call(.malloc, pid: 11))[.malloc]?.calls == 2)
    }

    @Test func freeOfNothingFreesNothing() {
        #expect(counts(call(.free), call(.free, (8, 0, 0)))[.free]?.calls == 1)
    }

    @Test func whatAHeapFunctionCallsIsPartOfIt() {
        #expect(counts(call(.calloc, (1, 8, 0)), call(.malloc, (8, 0, 0), caller: 0x7150)).map(\.key) == [.calloc])
    }

    /// reallocarray may jump to realloc, and realloc to malloc or free: both return to the same place.
    @Test func whatAHeapFunctionJumpsToIsPartOfIt() {
        #expect(Array(counts(call(.reallocarray, (5, 4, 6)), call(.realloc, (5, 24, 0))).keys) == [.reallocarray])
        #expect(Array(counts(call(.realloc, (0, 8, 0)), call(.malloc, (8, 0, 0))).keys) == [.realloc])
        #expect(Array(counts(call(.realloc, (5, 0, 0)), call(.free, (5, 0, 0))).keys) == [.realloc])
    }

    /// The same calls with other arguments, in another thread or from another frame are calls of their own.
    @Test func aLoopsNextCallIsItsOwn() {
        #expect(counts(call(.realloc, (0, 8, 0)), call(.malloc, (9, 0, 0))).count == 2)
        #expect(counts(call(.realloc, (0, 8, 0)), call(.malloc, (8, 0, 0), tid: 11)).count == 2)
        #expect(counts(call(.realloc, (0, 8, 0)), call(.malloc, (8, 0, 0), stackPointer: 0x8008)).count == 2)
        #expect(counts(call(.malloc, (8, 0, 0)), call(.malloc, (8, 0, 0)))[.malloc]?.calls == 2)
    }
}
