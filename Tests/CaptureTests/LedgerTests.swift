import AuditCore
import AuditReport
import Glibc
import LedgerABI
import Testing

@testable import Capture

/// An arena as the interposer writes it: a process of one thread, which made 10 transfers and allocated 3 times in between.
final class ExampleArena {
    static let session = dioaudit_session(
        magic: DIOAUDIT_LEDGER_MAGIC, version: DIOAUDIT_LEDGER_VERSION, arena_bytes: UInt32(DIOAUDIT_ARENA_BYTES),
        config: dioaudit_config(), arenas_claimed: 1, images_refused: 0, told: 0)
    static let now: UInt64 = 1_000_000

    let start = UnsafeMutableRawPointer.allocate(
        byteCount: Int(DIOAUDIT_ARENA_BYTES), alignment: Int(DIOAUDIT_PAGE))

    init() {
        start.initializeMemory(as: UInt8.self, repeating: 0, count: Int(DIOAUDIT_ARENA_BYTES))
        header.pointee.magic = DIOAUDIT_LEDGER_MAGIC
        header.pointee.version = DIOAUDIT_LEDGER_VERSION
        header.pointee.edges_used = 2
        header.pointee.images_started = 1
        image.pointee = dioaudit_image(pid: 12, parent_pid: 10, is_without_library: 0)
        process.pointee.state = DIOAUDIT_PROCESS_EXITED.rawValue
        process.pointee.pid = 10
        process.pointee.parent_pid = 1
        process.pointee.phase = DIOAUDIT_PHASE_EXIT.rawValue
        process.pointee.started_nanoseconds = 100
        process.pointee.steady_reached = 1
        process.pointee.transfers = 10
        fill(edge(0), DIOAUDIT_PHASE_SETUP, at: 100)
        fill(edge(1), DIOAUDIT_PHASE_STEADY, at: 200)
        module.pointee.state = 2
        rows.pointee.state = DIOAUDIT_THREAD_OWNED.rawValue
        rows.pointee.tid = 10
        rows.pointee.does_transfers = 1
        cell(DIOAUDIT_PHASE_WARMUP, DIOAUDIT_TRANSFER_WRITE).pointee = dioaudit_cell(calls: 1, bytes: 4096)
        cell(DIOAUDIT_PHASE_STEADY, DIOAUDIT_TRANSFER_WRITE).pointee = dioaudit_cell(calls: 9, bytes: 36864)
        cell(DIOAUDIT_PHASE_STEADY, DIOAUDIT_EVENT_MALLOC).pointee = dioaudit_cell(calls: 3, bytes: 96)
        header.pointee.sites_used = 160 + dioaudit_site_bytes(2)
        chain.pointee = 161
        site.pointee.hash = 1
        site.pointee.capacity = 2
        site.pointee.ready = 1
        site.pointee.tid = 10
        site.pointee.depth = 1
        site.pointee.first_transfer = 2
        site.pointee.steady = dioaudit_cell(calls: 3, bytes: 96)
    }

    deinit { start.deallocate() }

    private func fill(_ edge: UnsafeMutablePointer<dioaudit_edge>, _ phase: dioaudit_phase, at time: UInt64) {
        edge.pointee = dioaudit_edge(
            nanoseconds: time, ready: 1, owner: 0, phase: phase.rawValue, interlude: 0, tid: 0, allows: 0)
    }

    var arena: OpaquePointer { OpaquePointer(start) }
    var header: UnsafeMutablePointer<dioaudit_arena_header> {
        start.assumingMemoryBound(to: dioaudit_arena_header.self)
    }
    var image: UnsafeMutablePointer<dioaudit_image> { .init(mutating: dioaudit_image_at(arena, 0)) }
    var process: UnsafeMutablePointer<dioaudit_process> { .init(mutating: dioaudit_process_at(arena, 0)) }
    var module: UnsafeMutablePointer<dioaudit_module> { .init(mutating: dioaudit_module_at(arena, 0)) }
    var rows: UnsafeMutablePointer<dioaudit_thread> { .init(mutating: dioaudit_thread_at(arena, 1)) }
    var site: UnsafeMutablePointer<dioaudit_site> { .init(mutating: dioaudit_site_at(arena, 160)) }
    var chain: UnsafeMutablePointer<UInt32> { .init(mutating: dioaudit_chains(arena)) }
    var region: UnsafeMutablePointer<dioaudit_region> { .init(mutating: dioaudit_region_at(arena, 0)) }
    func edge(_ index: UInt32) -> UnsafeMutablePointer<dioaudit_edge> {
        .init(mutating: dioaudit_edge_at(arena, index))
    }

    func cell(_ phase: dioaudit_phase, _ cell: some RawRepresentable<UInt32>) -> UnsafeMutablePointer<dioaudit_cell> {
        let cells = UnsafeMutableRawPointer(rows) + MemoryLayout<dioaudit_thread>.offset(of: \.cells)!
        let index = phase.rawValue * DIOAUDIT_CELL_COUNT.rawValue + cell.rawValue
        return cells.assumingMemoryBound(to: dioaudit_cell.self) + Int(index)
    }

    func read() throws(Damage) -> [ProcessLedger] {
        try Arena(start).read(by: Self.session, 0...0, now: Self.now).map(\.ledger)
    }
}

/// The ledger's reader, over arenas that the interposer would write, and over others.
@Suite struct LedgerTests {
    @Test func whatTheInterposerWritesIsRead() throws {
        let processes = try ExampleArena().read()
        #expect(processes.count == 1)
        #expect(processes[0].pid == 10)
        #expect(processes[0].phases[.steady].events[.malloc] == EventCount(calls: 3, bytes: 96))
        #expect(processes[0].phases[.steady].transfers == 9)
        #expect(processes[0].sites.map(\.count) == [EventCount(calls: 3, bytes: 96)])
    }

    struct Scribble: CustomTestStringConvertible, Sendable {
        let words: String
        let write: @Sendable (ExampleArena) -> Void

        init(_ words: String, _ write: @escaping @Sendable (ExampleArena) -> Void) {
            self.words = words
            self.write = write
        }

        var testDescription: String { words }
    }

    static let scribbles = [
        Scribble("it has another version") { $0.header.pointee.version += 1 },
        Scribble("the configuration has changed") {
            UnsafeMutablePointer(mutating: dioaudit_arena_config_at($0.arena)!).pointee.strict_events = 1
        },
        Scribble("a function's or file's name has no end") { fill(&$0.header.pointee.taken_name) },
        Scribble("process record 0 has no pid") { $0.process.pointee.pid = -1 },
        Scribble("process record 0's parent has no pid") { $0.process.pointee.parent_pid = 1 << 22 + 1 },
        Scribble("process record 0 is in no state") { $0.process.pointee.state = 4 },
        Scribble("process record 0 is in no phase") { $0.process.pointee.phase = 8 },
        Scribble("process record 0 is in no state of the squeeze") { $0.process.pointee.squeeze = 6 },
        Scribble("process record 0 has a name without an end") { fill(&$0.process.pointee.unknown_marker) },
        Scribble("process record 0's times do not add up") { $0.process.pointee.phase_nanoseconds.4 = 1_000_000 },
        Scribble("process record 0's times do not add up") { $0.process.pointee.phase_nanoseconds.4 = .max },
        Scribble("process record 0 is free and not empty") { $0.process.pointee.state = 0 },
        Scribble("process record 0's memory is in no state") { $0.process.pointee.memory = 4 },
        Scribble("its counters are beyond all that a program can do") { $0.process.pointee.grown.pages = 1 << 52 },
        Scribble("process record 2 follows a free one") {
            UnsafeMutablePointer(mutating: dioaudit_process_at($0.arena, 2)!).pointee.state = 1
        },
        Scribble("phase edge 1 is free and not empty") { $0.header.pointee.edges_used = 1 },
        Scribble("phase edge 1 belongs to no process") { $0.edge(1).pointee.owner = 1 },
        Scribble("phase edge 1 is none") { $0.edge(1).pointee.phase = 8 },
        Scribble("phase edge 1 is not of its process's time") { $0.edge(1).pointee.nanoseconds = 99 },
        Scribble("phase edge 1 is not of its process's time") { $0.edge(1).pointee.nanoseconds = now + 1 },
        Scribble("the record of file 0 is free and not empty") { arena in
            arena.module.pointee.bias = 1
            arena.module.pointee.state = 0
        },
        Scribble("the record of file 0 is none") { fill(&$0.module.pointee.path) },
        Scribble("region 0 belongs to no process") { arena in
            arena.region.pointee.state = 2
            arena.region.pointee.owner = 1
        },
        Scribble("region 0 is free and not empty") { $0.region.pointee.entered = 1 },
        Scribble("region 0 is none") { $0.region.pointee.state = 3 },
        Scribble("call stack 160 is of no kind of event") {
            $0.site.pointee.event = UInt8(DIOAUDIT_EVENT_COUNT.rawValue)
        },
        Scribble("call stack 160 is too deep") { $0.site.pointee.depth = 3 },
        Scribble("call stack 160 is too large") { $0.site.pointee.capacity = UInt32(DIOAUDIT_FRAMES) + 1 },
        Scribble("call stack 160 is out of bounds") { $0.site.pointee.capacity = 3 },
        Scribble("call stack 161 is out of bounds") { $0.chain.pointee = 162 },
        Scribble("call stack 4294967288 is out of bounds") { $0.site.pointee.next = .max - 6 },
        Scribble("call stack 160 is in two chains") { $0.site.pointee.next = $0.chain.pointee },
        Scribble("call stack 160 is in another's chain") { $0.site.pointee.stack_hash = 1 },
        Scribble("call stack 168 lies in another") { arena in
            arena.site.pointee.depth = 0
            arena.site.pointee.next = 169
        },
        Scribble("it has no room for its call stacks") { $0.header.pointee.sites_used = UInt32(DIOAUDIT_POOL) + 8 },
        Scribble("its room for call stacks is free and not empty") { $0.header.pointee.sites_used = 0 },
        Scribble("call stack 160 belongs to no process") { $0.site.pointee.owner = .max },
        Scribble("call stack 160 has no thread") { $0.site.pointee.tid = -2 },
        Scribble("call stack 160 is of a transfer that was not made") { $0.site.pointee.first_transfer = 12 },
        Scribble("call stack 160 is of a time that has not come") { $0.site.pointee.last_ended = now + 1 },
        Scribble("call stack 160 is of a transfer that was not made") { $0.site.pointee.last_transfer = 12 },
        Scribble("call stack 160 is in a file that there is not") { arena in
            let frames = UnsafeMutableRawPointer(arena.site) + Int(dioaudit_site_bytes(0))
            frames.storeBytes(of: 1 << UInt64(DIOAUDIT_ADDRESS_BITS), as: UInt64.self)
        },
        Scribble("the rows of thread 1 are in no state") { $0.rows.pointee.state = 4 },
        Scribble("the rows of thread 1 are free and not empty") { $0.rows.pointee.state = 0 },
        Scribble("the rows of thread 1 belongs to no process") { $0.rows.pointee.owner = 1 },
        Scribble("the rows of thread 1 are of no thread") { $0.rows.pointee.interlude_from = 8 },
        Scribble("the rows of thread 1 name a transfer that was not made") { $0.rows.pointee.last_transfer.0 = 13 },
        Scribble("the rows of thread 1 have something behind them") {
            ($0.start + Int(DIOAUDIT_ARENA_BYTES) - Int(DIOAUDIT_PAGE) * (Int(DIOAUDIT_THREADS) - 2)).storeBytes(
                of: 1, toByteOffset: -1, as: UInt8.self)
        },
        Scribble("more programs were started than there are numbers for") { $0.header.pointee.images_started = .max },
        Scribble("the record of program 0 is free and not empty") { $0.header.pointee.images_started = 0 },
        Scribble("the record of program 0 is none") { $0.image.pointee.pid = -2 },
        // Each counter alone is possible.
        Scribble("its counters are beyond all that a program can do") { arena in
            arena.cell(DIOAUDIT_PHASE_SETUP, DIOAUDIT_EVENT_FREE).pointee.calls = 1 << 51
            arena.cell(DIOAUDIT_PHASE_SETUP, DIOAUDIT_EVENT_MMAP).pointee.calls = 1 << 51
        },
        Scribble("its counters are beyond all that a program can do") { $0.process.pointee.lost_files = .max },
        Scribble("its counters are beyond all that a program can do") { $0.process.pointee.locked_bytes = .max },
        Scribble("its call stacks have more malloc events than its threads' rows: 3, not 2") {
            $0.cell(DIOAUDIT_PHASE_STEADY, DIOAUDIT_EVENT_MALLOC).pointee.calls = 2
        },
        // Who hides events by this alone forgets that the place is taken.
        Scribble("it has 1 call stacks of events, and its threads' rows 0 events") { arena in
            arena.cell(DIOAUDIT_PHASE_STEADY, DIOAUDIT_EVENT_MALLOC).pointee = dioaudit_cell()
            arena.site.pointee.ready = 0
        },
        Scribble("its processes made 10 transfers, and their threads' rows have 9") {
            $0.cell(DIOAUDIT_PHASE_STEADY, DIOAUDIT_TRANSFER_WRITE).pointee.calls = 8
        },
        Scribble("its threads' rows have 107 transfers, and its processes made 10") {
            $0.cell(DIOAUDIT_PHASE_STEADY, DIOAUDIT_TRANSFER_READ).pointee.calls = 97
        },
    ]

    private static let now = ExampleArena.now

    private static func fill<Characters>(_ characters: inout Characters) {
        withUnsafeMutableBytes(of: &characters) { $0.copyBytes(from: [UInt8](repeating: 1, count: $0.count)) }
    }

    @Test(arguments: scribbles) func whatIsOutOfBoundsOrContradictsItselfIsNamed(scribble: Scribble) {
        let arena = ExampleArena()
        scribble.write(arena)
        #expect(throws: Damage(scribble.words)) { try arena.read() }
    }

    // MARK: anything

    /// Also what runs on in a report that is shown after such a ledger: none of it may trap.
    @Test func nothingThatASubjectWritesStopsTheReader() throws {
        var refused = 0
        for seed in 0..<1000 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let arena = ExampleArena()
            scribble(on: arena, &random)
            var book = PhaseBook([])
            book.add(0, arena.arena, edgesUsed: dioaudit_arena_header(at: UnsafeRawPointer(arena.start)).edges_used)
            _ = book.find(10, tid: 10, at: 300)
            do throws(Damage) {
                try show(arena.read())
            } catch {
                refused += 1
            }
        }
        // Both happen, or the generator tests nothing.
        #expect((100...990).contains(refused), "\(refused)")
    }

    private func show(_ processes: [ProcessLedger]) {
        var ledger = Ledger()
        // Sums over programs and processes must hold, too.
        for _ in 0..<3 { ledger.processes += processes }
        var observation = Observation(
            subject: Subject(command: ["subject"], exit: SubjectExit(code: 0), processes: 1), ledger: ledger, pid: 10)
        observation.syscalls = .active
        let audits = [Scope.process, .ioThreads].map { scope in
            var request = AuditRequest()
            request.scope = scope
            return judge("example", observation, by: request)
        }
        let report = Report(machine: Machine(kernel: "6", arch: "x86_64", cpus: 1), audits: audits)
        _ = runText(report, Style(coloured: false), quiet: false, verbose: true)
        _ = try? json(report)
    }

    private func scribble(on arena: ExampleArena, _ random: inout SeededGenerator) {
        let places: [(UnsafeMutableRawPointer, Int)] = [
            (UnsafeMutableRawPointer(arena.header), MemoryLayout<dioaudit_arena_header>.size),
            (UnsafeMutableRawPointer(arena.process), MemoryLayout<dioaudit_process>.size),
            (UnsafeMutableRawPointer(arena.edge(0)), 2 * MemoryLayout<dioaudit_edge>.size),
            (UnsafeMutableRawPointer(arena.region), MemoryLayout<dioaudit_region>.size),
            (UnsafeMutableRawPointer(arena.module), MemoryLayout<dioaudit_module>.size),
            (UnsafeMutableRawPointer(arena.site), MemoryLayout<dioaudit_site>.size),
            (UnsafeMutableRawPointer(arena.rows), MemoryLayout<dioaudit_thread>.size),
            (arena.start, Int(DIOAUDIT_ARENA_BYTES)),
        ]
        let extremes: [UInt64] = [
            0, 1, .max, .max - 1, 1 << 63, 1 << 62, 1 << 52, 1 << 51, 1 << 32, UInt64(UInt32.max), 8,
        ]
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let (start, length) = places.randomElement(using: &random)!
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                let value = Bool.random(using: &random) ? random.next() : extremes.randomElement(using: &random)!
                let offset = Int.random(in: 0..<length / 8, using: &random) * 8
                start.storeBytes(of: value, toByteOffset: offset, as: UInt64.self)
            case 1:
                let value = UInt32(truncatingIfNeeded: extremes.randomElement(using: &random)!)
                start.storeBytes(
                    of: value, toByteOffset: Int.random(in: 0..<length / 4, using: &random) * 4, as: UInt32.self)
            case 2:
                for offset in 0..<min(length, 2048) {
                    start.storeBytes(
                        of: UInt8.random(in: 0...255, using: &random), toByteOffset: offset, as: UInt8.self)
                }
            default:
                let offset = Int.random(in: 0..<length, using: &random)
                start.storeBytes(of: UInt8.random(in: 0...255, using: &random), toByteOffset: offset, as: UInt8.self)
            }
        }
    }
}
