import AuditCore
import Glibc
import Inspect
import LedgerABI
import LinuxSystem

extension Session {
    /// Reads the ledger once the subject has ended. Frames are not named yet: see `Symbolizer`.
    ///
    /// - Parameter pid: the subject's first process.
    package func ledger(
        of pid: Int32, _ syscalls: SyscallsView, _ kernel: KernelView, _ transfers: TransfersView, _ parser: Parser
    ) throws(AuditError) -> Ledger {
        var ledger = Ledger()
        var owners: [Owner] = []
        var unusable: UInt32 = 0
        var images = Images(of: pid)
        let clocks = plausibleClocks()
        let session = try currentSession()
        let damage = damage(of: session)
        if let damage { ledger.damages.append(LedgerDamage(pid: pid, what: damage.what)) }
        for index in 0..<(damage == nil ? min(session.arenas_claimed, UInt32(DIOAUDIT_ARENAS)) : 0) {
            let copy = try ArenaCopy(fd, index: index)
            let header = dioaudit_arena_header(at: copy.start)
            guard header.magic != 0 else {
                unusable += 1
                continue
            }
            let arena = Arena(copy.start, grown: copy.grown)
            if let process = arena.firstProcess {
                images.attached.append(
                    Images.Attached(pid: process.pid, parent: process.parent_pid, at: process.started_nanoseconds))
            }
            do throws(Damage) {
                let processes = try arena.read(by: written, clocks, now: monotonicNanoseconds())
                owners += processes.map { Owner(arena: index, process: $0.index) }
                ledger.processes += processes.map(\.ledger)
                ledger.lostProcesses = ledger.lostProcesses.addingClamped(header.lost_processes)
                ledger.imagesBeyondTable = ledger.imagesBeyondTable.addingClamped(header.lost_images)
                images.announced += arena.announcedImages(header.images_started)
            } catch {
                // The first arena is the subject's, whatever stands in it.
                let writer = index == 0 ? pid : arena.firstProcess?.pid ?? 0
                ledger.damages.append(LedgerDamage(pid: writer, what: error.what))
            }
        }
        let withoutArena = session.arenas_claimed - min(session.arenas_claimed, UInt32(DIOAUDIT_ARENAS))
        ledger.imagesBeyondTable = max(ledger.imagesBeyondTable, withoutArena)
        // An image that found no arena counts itself as refused as well.
        ledger.imagesRefused = session.images_refused - min(session.images_refused, withoutArena)
        if damage == nil, unusable > ledger.imagesRefused {
            // Nothing can fail, and only a kill can come, between the claim of an arena and its header.
            ledger.damages.append(
                LedgerDamage(pid: pid, what: "\(plural(unusable, "program")) claimed room and wrote nothing"))
        }
        ledger.unseenPrograms = images.unseen(among: syscalls.execs).map { UnseenProgram($0, parser) }
        if images.withoutLibrary > 0 {
            ledger.imagesWithoutLibrary = images.withoutLibrary
            ledger.library = (try? Installation.interposer()) ?? ""
        }
        let named = UInt32(clamping: ledger.unseenPrograms.count)
        ledger.imagesUnseen = images.unseen - min(images.unseen, named)
        if let made = syscalls.forks { ledger.noteMade(made, attached: owners.count { $0.process != 0 }) }
        // perf events do not show the faults that the kernel takes by itself.
        let areFaultsKnown = kernel.witness.status == .active && kernel.witness.tracing == .programs
        try ledger.followKernel(
            transfers.phases, transfers.book, phaseBook(syscalls.execs), of: owners, areFaultsKnown: areFaultsKnown)
        if areFaultsKnown { ledger.takeFaultsOfKilled() }
        for process in transfers.phases.processes {
            owners.append(process.owner)
            ledger.processes.append(ProcessLedger(process, areFaultsKnown: areFaultsKnown))
        }
        ledger.add(syscalls.book, of: owners)
        if syscalls.witness.method != .perfMappings { ledger.seeIdleCalls() }
        let areMappingsKnown = syscalls.witness.status == .active && syscalls.witness.method != .perfMappings
        ledger.add(transfers.pages, of: owners, areFaultsKnown: areFaultsKnown, areMappingsKnown: areMappingsKnown)
        for process in ledger.processes.indices { ledger.processes[process].countUnexplained() }
        // First, since the kernel's allocations are counted for each transfer.
        ledger.add(transfers.book, of: owners)
        ledger.add(kernel, of: owners)
        ledger.add(transfers.untracedFaults, of: owners)
        return ledger
    }

    /// The edges of phases up to now.
    package func phaseBook(_ execs: [ExecRecord]) throws(AuditError) -> PhaseBook {
        var book = PhaseBook(execs)
        try forEachArena { index, header, pointer in
            if header.isValid { book.add(index, OpaquePointer(pointer), edgesUsed: header.edges_used) }
        }
        return book
    }

    private func forEachArena(
        _ body: (UInt32, dioaudit_arena_header, UnsafeRawPointer) -> Void
    ) throws(AuditError) {
        for index in 0..<min(try currentSession().arenas_claimed, UInt32(DIOAUDIT_ARENAS)) {
            let mapping = try Mapping(fd, offset: dioaudit_arena_offset(index), length: Int(DIOAUDIT_ARENA_BYTES))
            body(index, dioaudit_arena_header(at: mapping.start), mapping.start)
        }
    }

    private func currentSession() throws(AuditError) -> dioaudit_session {
        let page = try Mapping(fd, offset: 0, length: Int(DIOAUDIT_PAGE))
        return page.start.assumingMemoryBound(to: dioaudit_session.self).pointee
    }

    private func damage(of session: dioaudit_session) -> Damage? {
        var (now, before) = (session, written)
        let ours = MemoryLayout<dioaudit_session>.offset(of: \.arenas_claimed)!
        if memcmp(&now, &before, ours) != 0 { return Damage("the fields that only dioaudit writes have changed") }
        let claimed = max(session.arenas_claimed, session.images_refused)
        return claimed < 1 << 28 ? nil : Damage("\(claimed) programs were started, more than a machine can")
    }
}

extension UnseenProgram {
    fileprivate init(_ exec: ExecRecord, _ parser: Parser) {
        self.init(
            pid: exec.pid, path: exec.path,
            why: Executable(exec.path, parser).whyNotPreloaded
                ?? "had no LD_PRELOAD in its environment, or could not reach the ledger")
    }
}

/// One arena: a program image and the children that it forked.
struct Arena {
    let pointer: OpaquePointer
    /// Bytes that follow it: the room for call stacks that is used.
    private let grown: Int

    init(_ start: UnsafeRawPointer, grown: Int = 0) {
        pointer = OpaquePointer(start)
        self.grown = grown
    }

    func announcedImages(_ started: UInt64) -> [Images.Announced] {
        (0..<UInt32(min(started, UInt64(DIOAUDIT_IMAGES)))).compactMap { index in
            let image = dioaudit_image_at(pointer, index).pointee
            guard image.pid != DIOAUDIT_NOT_STARTED else { return nil }
            return Images.Announced(
                pid: image.pid == 0 ? nil : image.pid, parent: image.parent_pid,
                isWithoutLibrary: image.is_without_library != 0)
        }
    }

    /// The process that attached; it forked the others.
    var firstProcess: dioaudit_process? {
        let process = dioaudit_process_at(pointer, 0).pointee
        return process.state >= DIOAUDIT_PROCESS_ACTIVE.rawValue ? process : nil
    }

    /// Its processes, if all that is read of it is in bounds and fits together.
    func read(
        by session: dioaudit_session, _ clocks: ClosedRange<Int64>, now: UInt64
    ) throws(Damage) -> [(index: UInt32, ledger: ProcessLedger)] {
        var check = ArenaCheck(pointer, grown: grown, session, clocks, now: now)
        try check.check()
        return processes(clocks, sites: check.sites)
    }

    private func processes(_ clocks: ClosedRange<Int64>, sites places: [UInt32]) -> [(
        index: UInt32, ledger: ProcessLedger
    )] {
        let modules = (0..<UInt32(DIOAUDIT_MODULES)).map { dioaudit_module_at(pointer, $0)! }
        let threads = (0..<UInt32(DIOAUDIT_THREADS)).map { dioaudit_thread_at(pointer, $0)! }
            .filter { $0.pointee.state != DIOAUDIT_THREAD_FREE.rawValue }
        // In the order in which they were first seen.
        let sites = places.sorted().map { dioaudit_site_at(pointer, $0)! }.filter { $0.pointee.ready != 0 }
        let header = dioaudit_arena_header_at(pointer)
        return (0..<UInt32(DIOAUDIT_PROCESSES)).compactMap { index in
            let record = dioaudit_process_at(pointer, index)!
            guard record.pointee.state != DIOAUDIT_PROCESS_FREE.rawValue else { return nil }
            var ledger = ProcessLedger(
                record,
                of: text(header.executable),
                threads: threads.filter { $0.pointee.owner == index },
                sites: sites.filter { $0.pointee.owner == index },
                modules: modules)
            let process = record.pointee
            ledger.clockDiffers =
                !clocks.contains(process.clock_difference_least) || !clocks.contains(process.clock_difference_most)
            ledger.regions = regions(of: index)
            ledger.bypasses = Bypasses(record.pointee, in: header)
            return (index, ledger)
        }
    }
}

extension UInt32 {
    fileprivate func addingClamped(_ other: UInt32) -> UInt32 { UInt32(clamping: UInt64(self) + UInt64(other)) }
}
