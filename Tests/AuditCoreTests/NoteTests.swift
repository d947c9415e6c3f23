import AuditCore
import Testing

/// What is not judged, and may be meant to be: it is said, and the verdict is as it was.
@Suite struct NoteTests {
    /// A child of `cleanProcess`.
    private func child(pid: Int32, parent: Int32 = 10, mallocs: UInt64 = 5) -> ProcessLedger {
        var child = ProcessLedger(pid: pid, parentPid: parent, executable: "/bin/subject")
        child.phases[.setup].events[.malloc] = EventCount(calls: mallocs, bytes: 8)
        child.phases[.setup].events[.mmap] = EventCount(calls: 1, bytes: 4096)
        child.phases[.setup].events[.free] = EventCount(calls: 7)
        child.phases[.setup].events[.pageFaultMinor] = EventCount(calls: 9)
        return child
    }

    @Test func aForkedChildThatTransfersNothingIsNoted() {
        let audit = judge(observation(cleanProcess(), child(pid: 11)))
        #expect(audit.verdict == .pass)
        #expect(
            audit.notes == [
                "subject (pid 11), a forked child, transfers nothing and is not judged: 6 heap and mapping calls"
            ])
    }

    @Test func severalAreOneNote() {
        let audit = judge(observation(cleanProcess(), child(pid: 11), child(pid: 12, mallocs: 1)))
        #expect(
            audit.notes == [
                "2 forked children (the first: pid 11) transfer nothing and are not judged: 8 heap and mapping calls"
            ])
    }

    @Test func othersAreNot() {
        var program = child(pid: 12)
        program.image = 1
        var silent = child(pid: 13, mallocs: 0)
        silent.phases[.setup].events[.mmap] = EventCount()
        let seen = observation(cleanProcess(), program, silent, child(pid: 14, parent: 1))
        #expect(judge(seen).notes == [])
    }

    @Test func transfersAfterExitHadBegunAreNoted() {
        var process = cleanProcess()
        process.phases[.teardown].transfers = 2
        let audit = judge(observation(process))
        #expect(audit.verdict == .pass)
        #expect(
            audit.notes == ["subject (pid 10) made 2 transfers after exit had begun, which is teardown and not judged"])
        var ended = observation(process)
        ended.window.to = SteadyWindow.Edge(.file("over"), at: 1)
        #expect(judge(ended).notes == ["the steady phase ended by file:over"])
    }
}
