// libFuzzer on the ledger's reader: the input is a list of writes over an arena in which one process has reached its steady phase.
// What holds together after them is read, judged and shown; nothing of it may trap.
import AuditCore
import AuditReport
import Glibc
import LedgerABI

@testable import Capture

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    guard let bytes, size >= 13 else { return -1 }
    var writes = Writes(rest: UnsafeRawBufferPointer(start: bytes, count: size)[...])
    memset(start, 0, Int(DIOAUDIT_ARENA_BYTES))
    begin(start)
    while let write = writes.next() { write.apply(to: start) }
    let header = dioaudit_arena_header(at: UnsafeRawPointer(start))
    guard header.isValid else { return 0 }
    var book = PhaseBook([])
    book.add(0, OpaquePointer(start), edgesUsed: header.edges_used)
    _ = book.find(10, tid: 10, at: 300)
    if let processes = try? Arena(start).read(by: session, 0...0, now: 1_000_000).map(\.ledger) { show(processes) }
    return 0
}

// MARK: the arena

nonisolated(unsafe) private let start = UnsafeMutableRawPointer.allocate(
    byteCount: Int(DIOAUDIT_ARENA_BYTES), alignment: Int(DIOAUDIT_PAGE))

private let session = dioaudit_session(
    magic: DIOAUDIT_LEDGER_MAGIC, version: DIOAUDIT_LEDGER_VERSION, arena_bytes: UInt32(DIOAUDIT_ARENA_BYTES),
    config: dioaudit_config(), arenas_claimed: 1, images_refused: 0, told: 0)

private func begin(_ start: UnsafeMutableRawPointer) {
    let header = start.assumingMemoryBound(to: dioaudit_arena_header.self)
    header.pointee.magic = DIOAUDIT_LEDGER_MAGIC
    header.pointee.version = DIOAUDIT_LEDGER_VERSION
    let process = UnsafeMutablePointer(mutating: dioaudit_process_at(OpaquePointer(start), 0)!)
    process.pointee.state = DIOAUDIT_PROCESS_ACTIVE.rawValue
    process.pointee.pid = 10
    process.pointee.phase = DIOAUDIT_PHASE_STEADY.rawValue
    process.pointee.started_nanoseconds = 100
    process.pointee.steady_reached = 1
}

private func show(_ processes: [ProcessLedger]) {
    var ledger = Ledger()
    for _ in 0..<3 { ledger.processes += processes }
    let subject = Subject(command: ["subject"], exit: SubjectExit(code: 0), processes: 1)
    let audit = judge("fuzz", Observation(subject: subject, ledger: ledger, pid: 10), by: AuditRequest())
    let report = Report(machine: Machine(kernel: "6", arch: "x86_64", cpus: 1), audits: [audit])
    _ = runText(report, Style(coloured: false), quiet: false, verbose: true)
    precondition((try? json(report)) != nil, "what can be read can be shown")
}

// MARK: the writes

/// Which of the first records of a table, where in it, and what.
private struct Write {
    let table, index, width: UInt8
    let offset: UInt16
    let value: UInt64

    func apply(to start: UnsafeMutableRawPointer) {
        let arena = OpaquePointer(start)
        let index = UInt32(self.index % 4)
        let (record, size): (UnsafeRawPointer, Int) =
            switch table % 8 {
            case 0: (UnsafeRawPointer(start), MemoryLayout<dioaudit_arena_header>.size)
            case 1: (UnsafeRawPointer(dioaudit_process_at(arena, index)), MemoryLayout<dioaudit_process>.size)
            case 2: (UnsafeRawPointer(dioaudit_edge_at(arena, index)), MemoryLayout<dioaudit_edge>.size)
            case 3: (UnsafeRawPointer(dioaudit_region_at(arena, index)), MemoryLayout<dioaudit_region>.size)
            case 4: (UnsafeRawPointer(dioaudit_module_at(arena, index)), MemoryLayout<dioaudit_module>.size)
            case 5: (UnsafeRawPointer(dioaudit_site_at(arena, index)), MemoryLayout<dioaudit_site>.size)
            case 6: (UnsafeRawPointer(dioaudit_image_at(arena, index)), MemoryLayout<dioaudit_image>.size)
            default: (UnsafeRawPointer(dioaudit_thread_at(arena, index)), MemoryLayout<dioaudit_thread>.size)
            }
        let bytes = 1 << Int(width % 4)
        let place = UnsafeMutableRawPointer(mutating: record) + Int(offset) % (size / bytes) * bytes
        withUnsafeBytes(of: value.littleEndian) { place.copyMemory(from: $0.baseAddress!, byteCount: bytes) }
    }
}

private struct Writes {
    var rest: Slice<UnsafeRawBufferPointer>

    mutating func next() -> Write? {
        guard rest.count >= 13 else { return nil }
        defer { rest = rest.dropFirst(13) }
        let bytes = UnsafeRawBufferPointer(rebasing: rest)
        return Write(
            table: bytes[0], index: bytes[1], width: bytes[2],
            offset: bytes.loadUnaligned(fromByteOffset: 3, as: UInt16.self),
            value: bytes.loadUnaligned(fromByteOffset: 5, as: UInt64.self))
    }
}
