import Foundation
import Testing

/// 64 threads that allocate as fast as they can while phases change: no call is lost, and dioaudit itself does not grow.
///
/// It takes 5 seconds, or DIOAUDIT_SOAK_SECONDS.
@Suite struct SoakTests {
    struct Total: Equatable, CustomStringConvertible {
        var calls: UInt64
        var bytes: UInt64

        var description: String { "\(calls)/\(bytes)" }

        static func + (a: Total, b: Total) -> Total { Total(calls: a.calls + b.calls, bytes: a.bytes + b.bytes) }
    }

    private static let kinds = ["malloc", "calloc", "realloc", "posixMemalign", "free"]

    @Test func everyCallIsCountedAndDioauditDoesNotGrow() throws {
        let text = ProcessInfo.processInfo.environment["DIOAUDIT_SOAK_SECONDS"] ?? "15"
        let seconds = try #require(Int(text), "DIOAUDIT_SOAK_SECONDS is '\(text)'")
        // What libc allocates for the threads, through the interposer too: those of no seconds do nothing else.
        let libc = try soak(seconds: 0)
        #expect(Self.kinds.allSatisfy { libc.printed[$0] == Total(calls: 0, bytes: 0) }, "\(libc.printed)")

        var peaks: [Int] = []
        let long = try soak(seconds: seconds) { process in
            let started = Date()
            for tenth in 4...9 {
                let moment = started.addingTimeInterval(Double(seconds * tenth) / 10)
                while process.isRunning, Date() < moment { usleep(10000) }
                peaks.append(try Self.peakKibibytes(of: process.processIdentifier))
            }
        }
        for kind in Self.kinds {
            let printed = try #require(long.printed[kind])
            #expect(printed.calls > 1000, "\(kind)")
            #expect(try long.reported(kind) == printed + libc.reported(kind), "\(kind)")
            for phase in ["setup", "steady"] {
                #expect(try long.reported(kind, in: phase).calls > 0, "no \(kind) in \(phase)")
            }
        }
        #expect(try long.reportedTransfers() == long.printed["transfers"])
        // The kernel's records wait before they are added up, on a busy machine for seconds. All those of half the time, kept, would
        // be 21 MiB.
        #expect(peaks.count == 6 && peaks[5] - peaks[0] <= 10240, "\(peaks) KiB")
        print(
            "soak of \(seconds) s: \(long.printed), dioaudit's peaks \(peaks) KiB, libc's own \(libc.reportedTotals())")
    }

    // MARK: running

    private struct Soaked {
        /// What the program says that it did.
        var printed: [String: Total]
        var audit: [String: Any]

        func reported(_ kind: String, in name: String) throws -> Total {
            let events = try #require(try phase(name, of: audit)["events"] as? [String: [String: UInt64]])
            let event = try #require(events[kind])
            return Total(calls: event["calls"] ?? 0, bytes: event["bytes"] ?? 0)
        }

        private static let phases = ["setup", "warmup", "steady", "teardown"]

        func reported(_ kind: String) throws -> Total {
            try Self.phases.map { try reported(kind, in: $0) }.reduce(Total(calls: 0, bytes: 0), +)
        }

        func reportedTransfers() throws -> Total {
            try Self.phases.map { name in
                let phase = try phase(name, of: audit)
                return Total(
                    calls: try #require(phase["transfers"] as? UInt64),
                    bytes: try #require(phase["transferredBytes"] as? UInt64))
            }.reduce(Total(calls: 0, bytes: 0), +)
        }

        func reportedTotals() -> [String: Total] {
            Dictionary(
                uniqueKeysWithValues: SoakTests.kinds.compactMap { kind in
                    (try? reported(kind)).map { (kind, $0) }
                })
        }
    }

    private func soak(seconds: Int, whileRunning: (Process) throws -> Void = { _ in }) throws -> Soaked {
        let scratch = try Scratch()
        let report = scratch.file("report.json")
        let outcome = try run(
            [Place.dioaudit, "run", "--format", "json=\(report)", "--", Place.fixture("soak")]
                + [scratch.file("data"), "\(seconds)"], whileRunning: whileRunning)
        let audit = try #require(try StoredReport(String(contentsOfFile: report, encoding: .utf8)).audits.first)
        let subject = try #require(audit["subject"] as? [String: Any])
        let exit = try #require(subject["exit"] as? [String: Any])
        #expect(exit["code"] as? Int == 0, "\(exit) \(outcome)")
        #expect(subject["threads"] as? Int == 65)
        var printed: [String: Total] = [:]
        for line in outcome.output.split(separator: "\n") {
            let words = line.split(separator: " ")
            try #require(words.count == 3, "\(line)")
            printed[String(words[0])] = Total(
                calls: try #require(UInt64(words[1])), bytes: try #require(UInt64(words[2])))
        }
        return Soaked(printed: printed, audit: audit)
    }

    /// The most memory that a process has had resident so far.
    private static func peakKibibytes(of pid: pid_t) throws -> Int {
        let status = try procFile("\(pid)/status")
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }, "\(status)")
        return try #require(Int(line.split(whereSeparator: { " \t".contains($0) })[1]))
    }
}
