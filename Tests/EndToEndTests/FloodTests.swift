import Foundation
import Testing

/// Other users of the machine, who can connect to the socket at which a subject's processes ask for the ledger.
@Suite(.serialized, .enabled(if: isRoot, "needs root, to be two users: .ci/run is root"))
struct FloodTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    /// Not by the clock, but by what dioaudit and the subject used of a CPU: a flooder uses one of its own.
    @Test func aFloodTakesLittleTime() throws {
        let seconds = 4.0
        let alone = try processorTime(of: ["sleep", "\(seconds)"])
        let flooded = try withFlooder { try processorTime(of: ["sleep", "\(seconds)"]) }
        print("\(seconds) s: \(alone) s of a CPU alone, \(flooded) s in a flood")
        #expect(flooded - alone < seconds / 20)
    }

    @Test func whoNeedsTheSocketIsServedAllTheSame() throws {
        let installation = try Installation()
        let program = try installation.fixture("drops-privileges-and-execs")
        try withFlooder {
            let (outcome, report) = try audit(
                [program, scratch.file("data")], options: ["--allow", "pageFaultMinor,pageFaultMajor"],
                by: installation.dioaudit)
            #expect(outcome.status == 1, "\(outcome)")
            let steady = try phase("steady", of: try #require(report.audits.first))
            #expect(steady["transfers"] as? Int == 9)
        }
    }

    private func withFlooder<Result>(_ body: () throws -> Result) throws -> Result {
        let installation = try Installation()
        let flooder = Process()
        flooder.executableURL = URL(filePath: "/usr/bin/setpriv")
        flooder.arguments = ["--reuid=65534", "--regid=65534", "--clear-groups", try installation.fixture("flooder")]
        try withoutBlockedSignals { try flooder.run() }
        defer {
            flooder.terminate()
            flooder.waitUntilExit()
        }
        return try body()
    }

    /// Of dioaudit and all that it has waited for.
    private func processorTime(of command: [String]) throws -> Double {
        let program = """
            import os, resource, subprocess, sys
            subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL)
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            print(used.ru_utime + used.ru_stime)
            """
        let outcome = try run(
            ["/usr/bin/python3", "-c", program, Place.dioaudit, "run", "--kernel", "off", "--"] + command)
        return try #require(Double(outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)), "\(outcome)")
    }
}
