import Foundation
import Testing

/// Where the threads of a subject stand that overruns its time. Fixtures/hangs.c says where that is.
struct HangTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    @Test func eachThreadHasItsStack() throws {
        let (outcome, report) = try hang("threads")
        let processes = try processes(report)
        #expect(processes.count == 1)
        let threads = try threads(processes[0])
        #expect(threads.map(\.name) == ["hangs", "second\tthread"])
        #expect(threads.map(\.state) == ["S", "S"])
        #expect(threads[0].functions == ["waits_for_fifo", "waits_realigned", "main", "_start"])
        #expect(threads[1].functions == ["waits_for_mutex", "second_thread"])
        #expect(threads.map(\.isTruncated) == [false, false])
        #expect(
            outcome.tooWide() == [] && outcome.errors.contains("'second\\x09thread': sleeps (S)"), "\(outcome.errors)")
        #expect(outcome.errors.contains("waits_realigned Fixtures/hangs.c:"), "\(outcome.errors)")
    }

    @Test(.enabled(if: isRoot, "needs root for /proc/PID/stack")) func eachThreadHasItsStackInTheKernel() throws {
        let threads = try threads(processes(hang("threads").report)[0])
        #expect(threads[0].waitChannel?.contains("pipe") == true && threads[1].waitChannel?.contains("futex") == true)
        for (thread, function) in zip(threads, ["vfs_read", "do_futex"]) {
            let kernel = try #require(thread.kernel)
            #expect(kernel.contains { $0.hasPrefix(function + "+") }, "\(kernel)")
        }
    }

    /// It cannot be stopped: what /proc says of its wait has no frame pointer, and is enough here.
    @Test func aThreadThatTakesNoSignalsHasItsStack() throws {
        let processes = try processes(hang("vfork").report)
        #expect(processes.count == 2)
        let (parent, child) = (try threads(processes[0]), try threads(processes[1]))
        #expect(processes[1]["parentPid"] as? Int == processes[0]["pid"] as? Int)
        #expect(parent.map(\.state) == ["D"] && child.map(\.state) == ["S"])
        #expect(parent[0].functions == ["waits_for_child", "main", "_start"])
        #expect(child[0].functions == ["waits_for_fifo", "waits_for_child", "main", "_start"])
    }

    /// The address before it is another function's.
    @Test func aSignalHandlersStackGoesOnAtTheInterruptedInstruction() throws {
        let threads = try threads(processes(hang("signal").report)[0])
        #expect(
            threads[0].functions == ["waits_for_fifo", "waits_at_interrupted", "interrupted", "main", "_start"])
        #expect(threads[0].isTruncated == false)
    }

    @Test func aThreadThatRunsHasItsStack() throws {
        let threads = try threads(processes(hang("busy").report)[0])
        #expect(threads.map(\.state) == ["R"] && threads[0].functions == ["main", "_start"])
        #expect(threads[0].waitChannel == nil && threads[0].reason("waitChannel") != nil)
    }

    /// Its frames are not followed beyond the function whose information does not end.
    @Test func callFrameInformationThatLoopsEndsTheWalk() throws {
        let path = scratch.file("report.json")
        _ = try run([
            Place.dioaudit, "run", "--timeout", "300ms", "--format", "json=\(path)", "--",
            Place.fixture("loops-in-frame"), scratch.file("fifo"),
        ])
        let report = try StoredReport(String(contentsOfFile: path, encoding: .utf8))
        let threads = try threads(processes(report)[0])
        #expect(threads[0].functions?.last == "waits" && threads[0].isTruncated == true, "\(threads)")
    }

    @Test func noThreadIsLeftStoppedOrTraced() throws {
        let path = scratch.file("report.json")
        _ = try run(command("stays", ["--format", "json=\(path)"])) { dioaudit in
            try wait(for: "the subject to be told to end") {
                FileManager.default.fileExists(atPath: scratch.file("fifo.told"))
            }
            let subject = try #require(child(of: dioaudit.processIdentifier, named: "hangs"))
            let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(subject.pid)/task")
            #expect(tasks.count == 2)
            for task in tasks {
                let status = try procFile("\(subject.pid)/task/\(task)/status")
                #expect(status.contains("TracerPid:\t0\n") && !status.contains("State:\tt"), "\(status)")
            }
        }
        let threads = try threads(processes(StoredReport(String(contentsOfFile: path, encoding: .utf8)))[0])
        #expect(threads[0].functions == ["waits_for_fifo", "waits_realigned", "main", "_start"])
    }

    @Test func whatIsRefusedIsNotKnown() throws {
        let path = scratch.file("report.json")
        _ = try run(["strace", "-f", "-o", "/dev/null"] + command("threads", ["--format", "json=\(path)"]))
        let report = try StoredReport(String(contentsOfFile: path, encoding: .utf8))
        for thread in try threads(processes(report)[0]) {
            #expect(thread.functions == nil)
            let reason = try #require(thread.reason("userStack"))
            #expect(reason.contains(/^ptrace is refused: process \d+ traces it already$/), "\(reason)")
        }
    }

    @Test(.enabled(if: isRoot, "needs root to be another user")) func anOrdinaryUserSeesWhatIsTheirs() throws {
        let installation = try Installation()
        let path = installation.scratch.file("report.json")
        let fixture = try installation.fixture("hangs")
        let outcome = try installation.runAsOrdinaryUser(
            "true",
            [
                "run", "--timeout", "300ms", "--format", "text", "--format", "json=\(path)", "--", fixture,
                scratch.file("fifo"),
                "threads",
            ])
        let threads = try threads(processes(StoredReport(String(contentsOfFile: path, encoding: .utf8)))[0])
        #expect(threads[0].functions == ["waits_for_fifo", "waits_realigned", "main", "_start"])
        for thread in threads {
            #expect(thread.kernel == nil && thread.reason("kernelStack")?.isEmpty == false)
        }
        #expect(outcome.errors.contains("its kernel stack is unknown: "), "\(outcome.errors)")
    }

    @Test func theReportIsTheSchemas() throws {
        let path = scratch.file("report.json")
        _ = try run(command("threads", ["--format", "json=\(path)"]))
        let validation = try validate(path)
        #expect(validation.status == 0, "\(validation.output)\(validation.errors)")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try text.replacing("\"reason\":null", with: "\"reason\":\"both\"")
            .replacing("\"reason\": null", with: "\"reason\": \"both\"")
            .write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try validate(path).status == 1)
    }

    // MARK: helpers

    private func command(_ how: String, _ options: [String]) -> [String] {
        [Place.dioaudit, "run", "--timeout", "300ms"] + options + [
            "--", Place.fixture("hangs"), scratch.file("fifo"), how,
        ]
    }

    private func hang(_ how: String) throws -> (outcome: Outcome, report: StoredReport) {
        let (outcome, report) = try audit(
            [Place.fixture("hangs"), scratch.file("fifo"), how], options: ["--timeout", "300ms"])
        #expect(outcome.status == 3, "\(outcome.errors)")
        return (outcome, report)
    }

    private func processes(_ report: StoredReport) throws -> [[String: Any]] {
        let hang = try #require(report.audits.first?["hang"] as? [String: Any])
        #expect(hang["limitNanoseconds"] as? Int == 300_000_000)
        return try #require((hang["processes"] as? [String: Any])?["value"] as? [[String: Any]])
    }

    private func threads(_ process: [String: Any]) throws -> [Thread] {
        try #require(process["threads"] as? [[String: Any]]).map(Thread.init)
    }

    private struct Thread {
        let json: [String: Any]

        var name: String? { value("name") as? String }
        var state: String? { value("state") as? String }
        var waitChannel: String? { value("waitChannel") as? String }
        var kernel: [String]? { value("kernelStack") as? [String] }
        var isTruncated: Bool? { (value("userStack") as? [String: Any])?["truncated"] as? Bool }

        /// Of the fixture's own functions, innermost first: libc's have other names where its debug symbols are missing.
        var functions: [String]? {
            ((value("userStack") as? [String: Any])?["frames"] as? [[String: Any]])?.filter {
                ["/fixtures/", "/hangs"].contains(where: ($0["module"] as? String ?? "").contains)
                    && $0["inlined"] as? Bool == false
            }.map { $0["function"] as? String ?? "??" }
        }

        private func value(_ key: String) -> Any? { (json[key] as? [String: Any])?["value"] }

        func reason(_ key: String) -> String? { (json[key] as? [String: Any])?["reason"] as? String }
    }
}
