import AuditCore
import CDioauditAssertions
import Glibc
import LinuxSystem

/// The events of the threads that run a body, from `begin` to `end` on each.
///
/// A thread's own work between `dioaudit_assertion_suspend` and `resume` is not among them.
final class Recording: @unchecked Sendable {
    /// Its fields are atomic.
    let assertion: OpaquePointer

    /// Why nothing can be recorded here, in words; null if it can. It is asked at each assertion: what was not observed is no pass.
    static var obstacle: String? { dioaudit_assertion_obstacle().map { String(cString: $0) } }

    /// By the event's number.
    static let kinds: [EventKind?] = (0...).lazy.map { dioaudit_assertion_key($0) }.prefix { $0 != nil }
        .map { EventKind(rawValue: String(cString: $0!)) }

    /// - Parameter bits: of the events whose stacks are kept.
    init(stacksOf bits: UInt64 = 0, faults: dioaudit_assertion_faults = DIOAUDIT_ASSERTION_FAULTS_ALLOWED) {
        guard let assertion = dioaudit_assertion_make(bits, faults) else {
            fatalError("no memory for an allocation assertion")
        }
        self.assertion = assertion
    }

    deinit { dioaudit_assertion_free(assertion) }

    /// Whether the calling thread is in it.
    var holdsThread: Bool { dioaudit_assertion_is_in(assertion) }

    /// Runs a body on this thread, from within `uncounted`.
    func count<Value>(_ body: () throws -> Value) rethrows -> Value {
        // Inside of `counted`: what is begun or ended within another assertion's pause would have to be measured by that one, too.
        try counted {
            dioaudit_assertion_begin(assertion)
            defer { dioaudit_assertion_end(assertion) }
            return try body()
        }
    }

    /// Runs a part of a body, on whichever thread.
    func run(_ work: () -> Void) {
        withoutActuallyEscaping(work) { work in
            var work = work
            withUnsafeMutablePointer(to: &work) {
                dioaudit_assertion_run(
                    assertion, { $0!.assumingMemoryBound(to: (() -> Void).self).pointee() }, UnsafeMutableRawPointer($0)
                )
            }
        }
    }

    /// Of the events that have a bit.
    func calls(_ bits: UInt64) -> UInt64 {
        var calls: UInt64 = 0
        for event in 0..<UInt32(Self.kinds.count) where bits >> event & 1 != 0 {
            calls += dioaudit_assertion_counted(assertion, event).calls
        }
        return calls
    }

    /// What is not counted of a body that runs on one thread; null if it is all.
    var unseen: Reason? {
        let threads = dioaudit_assertion_threads(assertion)
        if threads > 0 {
            return Reason(
                "the body started \(threads == 1 ? "a thread, whose calls are" : "\(threads) threads, whose calls are") not counted",
                Remedy("assert what a thread does in the thread itself, or make it before"))
        }
        if dioaudit_assertion_children(assertion) > 0 {
            return Reason(
                "the body started a process, whose calls are not counted", Remedy("assert what it does in that process")
            )
        }
        if let obstacle = Self.obstacle {
            return Reason(obstacle, Remedy("let it call libc's functions by their names"))
        }
        return unseenFaults
    }

    /// What is not known of page faults and of the memory lock.
    var unseenFaults: Reason? {
        dioaudit_assertion_faults_unseen(assertion).map(String.init(cString:)).map { problem in
            Reason(problem, Remedy("allowing .pageFaultMinor and .pageFaultMajor judges the rest"))
        }
    }

    var knowsFaults: Bool { dioaudit_assertion_knows_faults(assertion) }

    /// In effect all the time.
    var lock: LockFlags { LockFlags(rawValue: dioaudit_assertion_lock(assertion)) }

    var counts: EventCounts {
        var counts = EventCounts()
        for (event, kind) in Self.kinds.enumerated() {
            let counted = dioaudit_assertion_counted(assertion, UInt32(event))
            if let kind { counts[kind] = EventCount(calls: counted.calls, bytes: counted.bytes) }
        }
        return counts
    }

    var sites: [Site] {
        var sites: [Site] = []
        var site = dioaudit_assertion_site()
        while dioaudit_assertion_site(assertion, UInt32(sites.count), &site) {
            sites.append(
                Site(
                    kind: Self.kinds[Int(site.event)] ?? .malloc,
                    count: EventCount(calls: site.count.calls, bytes: site.count.bytes), firstTransfer: nil,
                    tid: site.tid,
                    thread: String(cString: site.thread),
                    stack: UnsafeBufferPointer(start: site.frames, count: Int(site.depth)).map(frame),
                    truncated: site.truncated))
        }
        return sites
    }
}

private func frame(_ address: UInt) -> Frame {
    var path: UnsafePointer<CChar>?
    var bias: UInt = 0
    guard dioaudit_assertion_module(address, &path, &bias), let path else { return Frame(offset: UInt64(address)) }
    let name = String(cString: path)
    return Frame(module: name == "/proc/self/exe" ? executable : name, offset: UInt64(address &- bias))
}

let executable: String = {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let length = bytes.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
    return length > 0 ? String(decoding: bytes.prefix(length), as: UTF8.self) : "/proc/self/exe"
}()
