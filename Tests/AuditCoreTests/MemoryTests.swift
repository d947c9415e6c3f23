import AuditCore
import Testing

/// What the process's memory gained, and what explains it.
@Suite struct MemoryTests {
    private func audit(
        by request: AuditRequest = AuditRequest.with { _ in }, _ change: (inout ProcessLedger) -> Void
    ) -> Audit {
        var process = cleanProcess()
        change(&process)
        process.countUnexplained()
        return judge(observation(process), by: request)
    }

    @Test func aGainWithoutACauseFails() {
        let pages = audit { $0.growth.pages = 3 }
        #expect(pages.violations.map(\.kind) == [.pagesUnexplained])
        #expect(pages.violations.map(\.calls) == [3] && pages.violations.map(\.bytes) == [3 * 4096])
        #expect(pages.settledAfter == nil)
        let mappings = audit { $0.growth.mappedBytes = 8192 }
        #expect(mappings.violations.map(\.kind) == [.mappingsUnexplained])
        #expect(mappings.violations.map(\.calls) == [2] && mappings.violations.map(\.bytes) == [8192])
    }

    @Test(arguments: [EventKind.syscallMmap, .syscallMremap, .syscallBrk])
    func aCallThatOnlyTheKernelSawExplainsMappings(kind: EventKind) {
        let audit = audit {
            $0.growth.mappedBytes = 8192
            $0.phases[.steady].events[kind].calls = 1
        }
        #expect(audit.phases[.steady].events[.mappingsUnexplained].calls == 0)
    }

    @Test func memoryThatCouldNotBeReadIsNoPass() {
        let unread = audit { $0.growth.isKnown = false }
        #expect(unread.verdict == .inconclusive)
        #expect(unread.witnesses.pages?.status == .partial)
        let faultsAllowed = AuditRequest.with { $0.policy = Policy(allow: [.pageFaultMinor, .pageFaultMajor]) }
        #expect(audit(by: faultsAllowed) { $0.growth.isKnown = false }.verdict == .pass)
    }

    @Test func pagesWithoutAnInterposerAreTheKernels() {
        let faultsAllowed = AuditRequest.with { $0.policy = Policy(allow: [.pageFaultMinor, .pageFaultMajor]) }
        func isStatic(_ process: inout ProcessLedger) {
            process.phasesByKernel = true
            process.attached = false
        }
        func isUnwatched(_ process: inout ProcessLedger) {
            isStatic(&process)
            process.growth.isKnown = false
        }
        func saysSo(_ audit: Audit) -> Bool {
            audit.reasons.contains { $0.contains("without a page fault are not known") }
        }
        #expect(!saysSo(audit(isStatic)) && audit(isStatic).witnesses.pages == .active)
        #expect(saysSo(audit(isUnwatched)) && audit(isUnwatched).witnesses.pages?.status == .unavailable)
        #expect(!saysSo(audit(by: faultsAllowed, isUnwatched)))
    }

    @Test func whoseItIsIsNotKnown() {
        let byThread = AuditRequest.with { $0.scope = .ioThreads }
        #expect(audit(by: byThread) { _ in }.verdict == .pass)
        let gained = audit(by: byThread) { $0.growth.pages = 3 }
        #expect(gained.verdict == .inconclusive && gained.violations.isEmpty)
    }

    @Test func aHeapThatGainedByNoCountedCallIsNoPass() {
        let gained = audit { $0.growth.heapBytes = 48 }
        #expect(gained.verdict == .inconclusive)
        #expect(gained.reasons.contains { $0.contains("gained 48 bytes") })
        let heapAllowed = AuditRequest.with { $0.policy = Policy(allow: [.malloc]) }
        #expect(audit(by: heapAllowed) { $0.growth.heapBytes = 48 }.verdict == .pass)
    }

    @Test func aThreadsFirstFreeMakesItsCache() {
        let first = audit {
            $0.growth.heapBytes = 656
            $0.threads[0].phases[.steady].events[.free].calls = 1
        }
        #expect(first.verdict == .pass)
        let later = audit {
            $0.growth.heapBytes = 656
            $0.threads[0].phases[.setup].events[.malloc].calls = 1
            $0.threads[0].phases[.steady].events[.free].calls = 1
        }
        #expect(later.verdict == .inconclusive)
    }

    @Test func booksThatCouldNotBeReadAreSaid() {
        let audit = audit { $0.growth.books = .inSignalHandler }
        #expect(audit.verdict == .pass)
        #expect(audit.witnesses.heap?.status == .unavailable)
    }
}
