import AuditCore
import Testing

/// Pid 10 is in its steady phase from 100 on.
@Suite struct UntracedFaultsTests {
    private static let book: PhaseBook = {
        var book = PhaseBook([])
        book.add(
            ReportedProcess(owner: Owner(arena: 0, process: 0), pid: 10, parent: 1, started: 0),
            [PhaseEdge(at: 100, .phase(.steady))])
        return book
    }()

    private static func look(at nanoseconds: UInt64, _ faults: UInt64?, tid: Int32 = 10) -> TransferRecord {
        TransferRecord(
            nanoseconds: nanoseconds, pid: 10, tid: tid, call: .read, act: .begins(bytes: 1), file: 1, isWrite: false,
            faults: faults)
    }

    private static func traced(
        at nanoseconds: UInt64, _ kind: KernelRecord.Kind = .fault, tid: Int32 = 10, faults: UInt64? = nil
    ) -> KernelRecord {
        KernelRecord(nanoseconds: nanoseconds, pid: 10, tid: tid, kind: kind, faults: faults)
    }

    /// By the phases after the first look and before the second, in batches.
    private static func counts(_ batches: [([TransferRecord], [KernelRecord])]) -> [[LedgerPhase]: UInt64] {
        var faults = UntracedFaults()
        for batch in batches { faults.add(batch.0, batch.1, book, Ancestry()) }
        return faults.counts.reduce(into: [:]) {
            $0[[$1.key.after.phase, $1.key.before.phase], default: 0] += $1.value
        }
    }

    @Test func whatTheTracepointDidNotShowIsCounted() {
        #expect(
            Self.counts([
                ([Self.look(at: 110, 7), Self.look(at: 120, 12)], [Self.traced(at: 115), Self.traced(at: 121)])
            ])
                == [[.steady, .steady]: 4])
    }

    @Test func aLookAtTheEdgeSeparatesThePhases() {
        #expect(
            Self.counts([([Self.look(at: 90, 7), Self.look(at: 100, 9), Self.look(at: 120, 10)], [])])
                == [[.setup, .setup]: 2, [.steady, .steady]: 1])
    }

    @Test func betweenLooksOfTwoPhasesItIsOfNoKnownOne() {
        #expect(Self.counts([([Self.look(at: 90, 7), Self.look(at: 110, 9)], [])]) == [[.setup, .steady]: 2])
    }

    @Test func aThreadsFirstAndLastLookAreAtItsBeginningAndItsEnd() {
        #expect(
            Self.counts([
                ([], [Self.traced(at: 110, .forked, tid: 12), Self.traced(at: 120, .ended, tid: 12, faults: 3)])
            ])
                == [[.steady, .steady]: 3])
    }

    @Test func anAllocationIsALook() {
        let records = [
            Self.traced(at: 110, .allocation(.pageAlloc), faults: 3),
            Self.traced(at: 120, .allocation(.pageAlloc), faults: 4),
        ]
        #expect(Self.counts([([], records)]) == [[.steady, .steady]: 1])
    }

    @Test func batchesContinueEachOther() {
        #expect(
            Self.counts([
                ([Self.look(at: 110, 7)], [Self.traced(at: 115)]), ([], [Self.traced(at: 117)]),
                ([Self.look(at: 120, 10)], [Self.traced(at: 119)]),
            ]) == [:])
    }

    /// As when a page is allocated for the fault.
    @Test func aLookWithinAFaultIsNoFaultMore() {
        let looks = [Self.look(at: 90, 7), Self.look(at: 98, 7), Self.look(at: 110, 9)]
        #expect(Self.counts([(looks, [Self.traced(at: 97)])]) == [[.setup, .steady]: 1])
    }

    @Test func threadsAreCountedApart() {
        #expect(
            Self.counts([([Self.look(at: 110, 7), Self.look(at: 111, 1, tid: 12), Self.look(at: 120, 8)], [])])
                == [[.steady, .steady]: 1])
        #expect(
            Self.counts([
                ([Self.look(at: 110, 7)], [Self.traced(at: 115, .forked)]), ([Self.look(at: 120, 1)], []),
            ]) == [[.steady, .steady]: 1], "the number is another thread's")
    }

    @Test func whatIsNotKnownIsNoLook() {
        #expect(
            Self.counts([([Self.look(at: 110, 7), Self.look(at: 115, nil), Self.look(at: 120, 8)], [])])
                == [[.steady, .steady]: 1])
    }
}
