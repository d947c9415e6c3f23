import AuditCore
import Inspect
import LedgerABI
import LinuxSystem

extension Session {
    /// Reads the ledger once the subject has ended. Frames are not named yet: see `Symbolizer`.
    ///
    /// - Parameter pid: the subject's first process.
    package func ledger(of pid: Int32, _ syscalls: SyscallsView, _ kernel: KernelView, _ transfers: TransfersView)
        throws(AuditError) -> Ledger
    {
        var ledger = Ledger()
        var owners: [Owner] = []
        var unusable: UInt32 = 0
        var images = Images(of: pid)
        let clocks = plausibleClocks()
        let session = try forEachArena { index, header, pointer in
            guard header.isValid else {
                unusable += 1
                return
            }
            ledger.lostProcesses += header.lost_processes
            ledger.imagesBeyondTable += header.lost_images
            let arena = Arena(pointer)
            images.announced += arena.announcedImages(header.images_started)
            if let process = arena.firstProcess {
                images.attached.append(
                    Images.Attached(pid: process.pid, parent: process.parent_pid, at: process.started_nanoseconds))
            }
            let processes = arena.processes(clocks)
            owners += processes.map { Owner(arena: index, process: $0.index) }
            ledger.processes += processes.map(\.ledger)
        }
        let withoutArena = session.arenas_claimed - min(session.arenas_claimed, UInt32(DIOAUDIT_ARENAS))
        ledger.imagesBeyondTable = max(ledger.imagesBeyondTable, withoutArena)
        // An image that found no arena counts itself as refused as well.
        ledger.imagesRefused = session.images_refused - min(session.images_refused, withoutArena)
        ledger.imagesRefused = max(ledger.imagesRefused, unusable)
        ledger.unseenPrograms = images.unseen(among: syscalls.execs).map(UnseenProgram.init)
        let named = UInt32(clamping: ledger.unseenPrograms.count)
        ledger.imagesUnseen = images.unseen - min(images.unseen, named)
        for process in transfers.phases.processes {
            owners.append(process.owner)
            ledger.processes.append(ProcessLedger(process, areFaultsKnown: kernel.witness.status == .active))
        }
        ledger.add(syscalls.book, of: owners)
        for process in ledger.processes.indices { ledger.processes[process].countUnexplained() }
        ledger.add(kernel, of: owners)
        ledger.add(transfers.book, of: owners)
        return ledger
    }

    /// The edges of phases up to now.
    package func phaseBook(_ execs: [ExecRecord]) throws(AuditError) -> PhaseBook {
        var book = PhaseBook(execs)
        _ = try forEachArena { index, header, pointer in
            if header.isValid { book.add(index, OpaquePointer(pointer), edgesUsed: header.edges_used) }
        }
        return book
    }

    private func forEachArena(
        _ body: (UInt32, dioaudit_arena_header, UnsafeRawPointer) -> Void
    ) throws(AuditError) -> dioaudit_session {
        let page = try Mapping(fd, offset: 0, length: Int(DIOAUDIT_PAGE))
        let session = page.start.assumingMemoryBound(to: dioaudit_session.self).pointee
        for index in 0..<min(session.arenas_claimed, UInt32(DIOAUDIT_ARENAS)) {
            let mapping = try Mapping(fd, offset: dioaudit_arena_offset(index), length: Int(DIOAUDIT_ARENA_BYTES))
            body(index, dioaudit_arena_header(at: mapping.start), mapping.start)
        }
        return session
    }
}

extension UnseenProgram {
    fileprivate init(_ exec: ExecRecord) {
        self.init(
            pid: exec.pid, path: exec.path,
            why: Executable(exec.path).whyNotPreloaded
                ?? "had no LD_PRELOAD in its environment, or could not reach the ledger")
    }
}

/// One arena: a program image and the children that it forked.
struct Arena {
    let pointer: OpaquePointer

    init(_ start: UnsafeRawPointer) {
        pointer = OpaquePointer(start)
    }

    func announcedImages(_ started: UInt64) -> [Images.Announced] {
        (0..<UInt32(min(started, UInt64(DIOAUDIT_IMAGES)))).compactMap { index in
            let image = dioaudit_image_at(pointer, index).pointee
            guard image.pid != DIOAUDIT_NOT_STARTED else { return nil }
            return Images.Announced(pid: image.pid == 0 ? nil : image.pid, parent: image.parent_pid)
        }
    }

    /// The process that attached; it forked the others.
    var firstProcess: dioaudit_process? {
        let process = dioaudit_process_at(pointer, 0).pointee
        return process.state >= DIOAUDIT_PROCESS_ACTIVE.rawValue ? process : nil
    }

    func processes(_ clocks: ClosedRange<Int64>) -> [(index: UInt32, ledger: ProcessLedger)] {
        let modules = (0..<UInt32(DIOAUDIT_MODULES)).map { dioaudit_module_at(pointer, $0)! }
        let threads = (0..<UInt32(DIOAUDIT_THREADS)).map { dioaudit_thread_at(pointer, $0)! }
            .filter { $0.pointee.state != DIOAUDIT_THREAD_FREE.rawValue }
        let sites = (0..<UInt32(DIOAUDIT_SITES)).map { dioaudit_site_at(pointer, $0)! }
            .filter { $0.pointee.ready != 0 }
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
