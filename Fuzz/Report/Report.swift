// libFuzzer on the reader of stored reports: the input is a list of changes to a report that fails, each a place, a length and what is
// put there. What is read is written again, and shown in each format; nothing of it may trap.
import AuditCore
import AuditReport

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    guard let bytes else { return -1 }
    var changes = UnsafeBufferPointer(start: bytes, count: size)[...]
    var text = report
    while let change = Change(&changes) { change.apply(to: &text) }
    do throws(AuditError) {
        show(try Report(stored: text, at: "a.json"))
    } catch {
        precondition(error.exit == .badInput && error.place.hasPrefix("a.json"), "\(error)")
        precondition(error.description.utf8.count < 4096, "an error is short")
    }
    return 0
}

private struct Change {
    private let place: Int
    private let length: Int
    private let bytes: [UInt8]

    init?(_ rest: inout Slice<UnsafeBufferPointer<UInt8>>) {
        guard rest.count >= 4 else { return nil }
        let head = Array(rest.prefix(4))
        place = Int(head[0]) << 8 | Int(head[1])
        length = Int(head[2])
        rest = rest.dropFirst(4)
        bytes = Array(rest.prefix(Int(head[3])))
        rest = rest.dropFirst(bytes.count)
    }

    func apply(to text: inout [UInt8]) {
        let start = place % (text.count + 1)
        text.replaceSubrange(start..<min(start + length, text.count), with: bytes)
    }
}

private func show(_ read: Report) {
    let stored = try! json(read)
    precondition(try! json(try! Report(stored: Array(stored.utf8), at: "again")) == stored, "it is the same again")
    let style = Style(coloured: false)
    let reports = [NamedReport(name: "a", report: read), NamedReport(name: "b", report: read)]
    for verbose in [false, true] { _ = text(read, style, quiet: false, verbose: verbose) }
    _ = [
        fleetText(reports, style, quiet: false), junit(reports, style), github(reports, style),
        markdown(reports, style),
    ]
    _ = [tap(reports, style), openMetrics(reports), folded(reports), csv(reports), suppressionText(read)]
    _ = try! (json(sarif(reports, style)), json(codeQuality(reports, style)), json(speedscope(reports)))
}

/// Of a program that allocates in its steady phase.
private let report: [UInt8] = {
    var process = ProcessLedger(pid: 10, parentPid: 1, executable: "/usr/bin/subject")
    process.steadyReached = true
    process.phases[.steady].transfers = 100
    process.phases[.steady].events[.malloc] = EventCount(calls: 3, bytes: 96)
    process.sites = [
        Site(
            kind: .malloc, count: EventCount(calls: 3, bytes: 96), firstTransfer: 1, tid: 10, thread: "writer",
            stack: [Frame(function: "allocate", file: "/src/a.c", line: 3, module: "/usr/bin/subject", offset: 16)])
    ]
    var ledger = Ledger()
    ledger.processes = [process]
    let subject = Subject(command: ["/usr/bin/subject"], exit: SubjectExit(code: 0), processes: 1, threads: 1)
    let audit = judge("subject", Observation(subject: subject, ledger: ledger, pid: 10), by: AuditRequest())
    let machine = Machine(kernel: "6.1", arch: "x86_64", cpus: 2)
    return Array(try! json(Report(machine: machine, audits: [audit])).utf8)
}()
