import AuditCore
import Testing

/// `--process`: who is judged, and that nothing is left out in silence.
@Suite struct ProcessPatternTests {
    /// A command that starts a daemon: it transfers before its steady phase, and allocates.
    private static func starter(_ executable: String = "/sbin/mdadm") -> ProcessLedger {
        var process = ProcessLedger(pid: 9, parentPid: 1, executable: executable)
        process.phases[.warmup].transfers = 22
        process.threads = [ThreadLedger(tid: 9, name: "mdadm", doesTransfers: false)]
        return process
    }

    private static func judged(_ pattern: String, _ processes: ProcessLedger...) -> Audit {
        var ledger = Ledger()
        ledger.processes = processes
        let subject = Subject(command: ["mdadm"], exit: SubjectExit(code: 0), processes: processes.count)
        let request = AuditRequest.with { $0.process = ProcessPattern(pattern) }
        var observation = Observation(subject: subject, ledger: ledger, pid: processes[0].pid)
        observation.syscalls = .active
        return judge(observation, by: request)
    }

    @Test func aCommandThatStartsADaemonIsNotJudged() {
        let audit = Self.judged("sub*", Self.starter(), cleanProcess())
        #expect(audit.verdict == .pass)
        #expect(audit.reasons == [])
        #expect(audit.phases[.steady].transfers == 100)
        #expect(audit.processes.map(\.pid) == [10])
        #expect(
            audit.notes == [
                "--process sub*: 1 other program of the subject's processes is not judged, among them mdadm (pid 9) with 22 transfers"
            ])
        #expect(judge(observation(cleanProcess(), Self.starter())).verdict == .inconclusive)
    }

    @Test func whatTheDaemonDoesIsJudged() {
        var daemon = cleanProcess()
        daemon.add(.malloc, 1, in: .steady, lastAt: 2)
        #expect(Self.judged("subject", Self.starter(), daemon).verdict == .fail)
        daemon = cleanProcess()
        daemon.lock.flagsAtSteady = []
        #expect(Self.judged("subject", Self.starter(), daemon).verdict == .inconclusive)
    }

    @Test func aPatternThatNamesNobodyIsNoPass() {
        let audit = Self.judged("mdmon", cleanProcess())
        #expect(audit.verdict == .inconclusive)
        #expect(audit.reasons.contains("no process runs a program that --process mdmon names; there were: subject"))
    }

    /// Of these it is not known that they run another program.
    @Test(arguments: ["", "/bin/subject (deleted)"]) func whoMayRunItIsJudged(executable: String) {
        let audit = Self.judged("subject", cleanProcess(), Self.starter(executable))
        #expect(audit.verdict == .inconclusive)
        #expect(audit.processes.map(\.pid) == [10, 9])
    }

    /// What is unknown of the subject as a whole stays so.
    @Test func anInterposerThatIsMissingElsewhereIsNoPass() {
        var starter = Self.starter()
        starter.ownHeap = "brings its own malloc"
        #expect(Self.judged("subject", starter, cleanProcess()).verdict == .inconclusive)
    }
}
