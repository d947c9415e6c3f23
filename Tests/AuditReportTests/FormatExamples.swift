import AuditCore

@testable import AuditReport

/// A program that allocates in its steady phase, with names of the reader's choice.
struct Allocating {
    var name = "writer"
    var function = "allocate"
    var file: String? = "/home/user/project/src/main.c"
    var line: Int? = 14
    var module = "/usr/bin/subject"
    var offset: UInt64 = 0xa6a
    var thread = "monitor"
    var kinds: [EventKind] = [.malloc]
    var suppressions: [Suppression] = []
    /// Places beside the first, each of a function of its own.
    var more = 0

    private func stack(_ number: Int) -> [Frame] {
        let suffix = number == 0 ? "" : "\(number)"
        return [
            Frame(function: "malloc", module: "/lib/x86_64-linux-gnu/libc.so.6", offset: 0x100),
            Frame(
                function: function + suffix, file: file, line: line.map { $0 + number }, module: module,
                offset: offset + UInt64(number)),
            Frame(function: "step", file: file, line: 20, module: module, offset: 0x200),
            Frame(function: "main", file: file, line: 30, module: module, offset: 0x300),
        ]
    }

    var audit: Audit {
        var process = Example().process
        process.sites = (0...more).flatMap { number in
            kinds.map { kind in
                Site(
                    kind: kind, count: EventCount(calls: 100, bytes: 3200), firstTransfer: 1, tid: 7, thread: thread,
                    stack: stack(number))
            }
        }
        for site in process.sites { process.phases[.steady].events[site.kind] += site.count }
        process.threads = [ThreadLedger(tid: 7, name: thread, doesTransfers: true)]
        process.threads[0].phases[.steady] = process.phases[.steady]
        var ledger = Ledger()
        ledger.processes = [process]
        var observation = Observation(
            subject: Subject(command: [module, name], exit: SubjectExit(code: 0), processes: 1, threads: 1),
            ledger: ledger, pid: process.pid)
        observation.syscalls = Example.watched
        observation.kernel = Example.watched
        observation.transfers = Example.watched
        var request = AuditRequest()
        request.suppressions = suppressions
        return judge(name, observation, by: request)
    }
}

extension Report {
    init(of audits: Audit...) {
        self.init(machine: Example.machine, files: Example.files, audits: audits)
    }
}

extension Audit {
    static let passing = Example().audit()
    static let inconclusive = {
        var early = Example()
        early.reached = false
        return early.audit()
    }()
}

// Of one report.
func junit(_ report: Report, _ style: Style) -> String { junit([NamedReport(report)], style) }
func sarif(_ report: Report, _ style: Style) -> some Encodable { sarif([NamedReport(report)], style) }
func github(_ report: Report, _ style: Style) -> String { github([NamedReport(report)], style) }
func codeQuality(_ report: Report, _ style: Style) -> some Encodable { codeQuality([NamedReport(report)], style) }
func markdown(_ report: Report, _ style: Style) -> String { markdown([NamedReport(report)], style) }
func tap(_ report: Report, _ style: Style) -> String { tap([NamedReport(report)], style) }
func openMetrics(_ report: Report) -> String { openMetrics([NamedReport(report)]) }
func folded(_ report: Report) -> String { folded([NamedReport(report)]) }
func speedscope(_ report: Report) -> some Encodable { speedscope([NamedReport(report)]) }
func csv(_ report: Report) -> String { csv([NamedReport(report)]) }

extension NamedReport {
    init(_ report: Report) { self.init(name: "", report: report) }
}

/// Each format by its name in `--format`.
enum Formats {
    static let style = Style(coloured: false, directories: ["/home/user/project"])

    static let all: [(name: String, write: @Sendable (Report) throws -> String)] = [
        ("junit", { junit($0, style) }), ("sarif", { try json(sarif($0, style)) }), ("github", { github($0, style) }),
        ("codequality", { try json(codeQuality($0, style)) }), ("markdown", { markdown($0, style) }),
        ("tap", { tap($0, style) }), ("openmetrics", { openMetrics($0) }), ("folded", { folded($0) }),
        ("speedscope", { try json(speedscope($0)) }), ("csv", { csv($0) }),
    ]
}
