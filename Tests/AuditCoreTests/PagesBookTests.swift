import AuditCore
import Testing

/// Pid 10 is in its steady phase from 100 on.
@Suite struct PagesBookTests {
    private static let owner = Owner(arena: 0, process: 0)
    private static let phases: PhaseBook = {
        var book = PhaseBook([])
        book.add(
            ReportedProcess(owner: owner, pid: 10, parent: 1, started: 0), [PhaseEdge(at: 100, .phase(.steady))])
        return book
    }()

    private static func pages(
        at nanoseconds: UInt64, _ anonymous: UInt64, others: UInt64 = 0, tid: Int32 = 10, isByAnother: Bool = false,
        isInExec: Bool = false, faults: UInt64
    ) -> PagesRecord {
        PagesRecord(
            nanoseconds: nanoseconds, pid: 10, memory: 4096, others: others, anonymous: anonymous, tid: tid,
            isByAnother: isByAnother, isInExec: isInExec, faults: faults)
    }

    private static func transfer(at nanoseconds: UInt64, faults: UInt64) -> TransferRecord {
        TransferRecord(
            nanoseconds: nanoseconds, pid: 10, tid: 10, call: .read, act: .begins(bytes: 1), file: 1, isWrite: false,
            faults: faults)
    }

    /// By the phase.
    private static func unexplained(
        _ pages: [PagesRecord], _ transfers: [TransferRecord] = [], _ records: [KernelRecord] = []
    ) -> [LedgerPhase: UInt64] {
        var book = PagesBook()
        book.add(pages, transfers, records, phases, Ancestry())
        return book.unexplained.reduce(into: [:]) { $0[$1.key.moment.phase, default: 0] += $1.value }
    }

    private static let before = pages(at: 90, 20, faults: 5)

    @Test func aPageFaultExplainsWhatItBrings() {
        let around = Self.pages(at: 120, 21, others: 16, faults: 6)
        #expect(
            Self.unexplained(
                [Self.before, Self.pages(at: 110, 21, faults: 5), around], [Self.transfer(at: 130, faults: 7)])
                == [:])
    }

    /// They are the next program's, whose arguments the kernel counts here until it runs. What comes then is compared with them.
    @Test func pagesWithinExecAreNoGain() {
        let within = Self.pages(at: 110, 23, tid: 11, isInExec: true, faults: 1)
        let later = Self.pages(at: 120, 24, tid: 11, faults: 1)
        #expect(Self.unexplained([Self.before, within]) == [:])
        #expect(Self.unexplained([Self.before, within, later]) == [.steady: 1])
    }

    @Test func onlyTheLastGainBeforeTheCountGrewIsTheFaults() {
        #expect(
            Self.unexplained(
                [Self.before, Self.pages(at: 110, 23, faults: 5), Self.pages(at: 111, 24, faults: 5)],
                [Self.transfer(at: 120, faults: 6)]) == [.steady: 3])
    }

    @Test func aThreadThatTransfersAndHasHadNoFaultWasInNone() {
        #expect(
            Self.unexplained(
                [Self.before, Self.pages(at: 110, 24, faults: 5)],
                [Self.transfer(at: 120, faults: 5), Self.transfer(at: 130, faults: 6)]) == [.steady: 4])
    }

    @Test func whatAnotherProcessWritesNoFaultExplains() {
        let written = Self.pages(at: 110, 25, tid: 77, isByAnother: true, faults: 1)
        let ended = KernelRecord(nanoseconds: 120, pid: 77, tid: 77, kind: .ended, faults: 2)
        #expect(Self.unexplained([Self.before, written], [], [ended]) == [.steady: 5])
    }

    @Test func whatIsGivenBackHidesNothing() {
        #expect(
            Self.unexplained([
                Self.before, Self.pages(at: 110, 10, faults: 5), Self.pages(at: 111, 20, faults: 5),
            ]) == [.steady: 10])
    }

    @Test func whatCameBeforeTheSteadyPhaseIsNoneOfIt() {
        #expect(
            Self.unexplained([Self.before, Self.pages(at: 95, 30, faults: 5)], [Self.transfer(at: 99, faults: 5)])
                == [.setup: 10])
    }

    /// In a page fault of a file the kernel may map those around it first.
    @Test func pagesAroundAreTheFaults() {
        let records = [
            Self.before, Self.pages(at: 110, 20, others: 15, faults: 5), Self.pages(at: 111, 20, others: 16, faults: 5),
        ]
        #expect(Self.unexplained(records, [Self.transfer(at: 120, faults: 6)]) == [:])
        let more = [
            Self.before, Self.pages(at: 110, 20, others: 17, faults: 5), Self.pages(at: 111, 20, others: 18, faults: 5),
        ]
        #expect(Self.unexplained(more, [Self.transfer(at: 120, faults: 6)]) == [.steady: 17])
    }

    /// The interposer could not read what the process has.
    @Test(arguments: [(faults: true, mappings: true), (true, false), (false, true)])
    func itTakesThePlaceOfWhatTheInterposerCouldNotRead(faults: Bool, mappings: Bool) {
        var book = PagesBook()
        book.add(
            [Self.before, Self.pages(at: 110, 23, isByAnother: true, faults: 5)], [], [], Self.phases, Ancestry())
        var process = cleanProcess()
        process.growth.isKnown = false
        process.growth.heapBytes = 48
        var ledger = Ledger()
        ledger.processes = [process]
        ledger.add(book, of: [Self.owner], areFaultsKnown: faults, areMappingsKnown: mappings)
        #expect(ledger.processes[0].growth.isKnown == (faults && mappings))
        #expect(ledger.processes[0].growth.pages == (faults ? 3 : 0))
        #expect(ledger.processes[0].growth.heapBytes == 48)
    }
}
