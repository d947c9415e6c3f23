import AuditCore
import CLinuxHost
import Capture
import Glibc
import LinuxSystem

/// Waits for `--steady-from` and then for `--steady-to`, and tells the subject's processes in the ledger.
struct SteadyCues: ~Copyable {
    /// How often files are looked for, in nanoseconds: a directory may not be there yet, and not each file system tells (inotify(7)).
    static let latency: UInt64 = 1_000_000

    private(set) var window: SteadyWindow
    private var word: ToldWord

    /// Nil if none was asked for. Throws if a cue could not come.
    init?(_ session: borrowing Session, _ request: AuditRequest) throws(AuditError) {
        window = SteadyWindow(
            from: request.steadyFrom.map { SteadyWindow.Edge($0) }, to: request.steadyTo.map { SteadyWindow.Edge($0) })
        guard window != SteadyWindow() else { return nil }
        if let cue = request.steadyFrom { try cue.requireToBeAbsent("--steady-from") }
        if let cue = request.steadyTo { try cue.requireToBeAbsent("--steady-to") }
        word = try ToldWord(session)
    }

    private var awaited: WritableKeyPath<SteadyWindow, SteadyWindow.Edge?>? {
        if let from = window.from, from.nanoseconds == nil { return \.from }
        if let to = window.to, to.nanoseconds == nil { return \.to }
        return nil
    }

    /// It must be looked for from time to time.
    var isForFile: Bool {
        guard let awaited, case .file = window[keyPath: awaited]?.cue else { return false }
        return true
    }

    /// Whether a signal to dioaudit was a cue, and not meant for the subject.
    mutating func take(_ signal: Int32) -> Bool {
        let all = [window.from, window.to].compactMap { $0?.cue.signal }
        guard all.contains(signal) else { return false }
        if let awaited, window[keyPath: awaited]?.cue.signal == signal { pass(awaited) }
        return true
    }

    /// Looks for the file that is awaited.
    mutating func look() {
        guard let awaited, case .file(let path) = window[keyPath: awaited]?.cue, isThere(path) == true else { return }
        window[keyPath: awaited]?.problem = TrustedPath.planted(path)
        if window[keyPath: awaited]?.problem == nil { pass(awaited) }
    }

    private mutating func pass(_ edge: WritableKeyPath<SteadyWindow, SteadyWindow.Edge?>) {
        // The earlier time for the beginning, and the later for the end: nothing between is left out.
        let before = monotonicNanoseconds()
        word.say(edge == \.from ? .steady : .teardown)
        window[keyPath: edge]?.nanoseconds = edge == \.from ? before : monotonicNanoseconds()
    }

    /// When the subject has ended.
    mutating func finish() { window.isForged = !word.isAsSaid }
}

extension Cue {
    fileprivate var signal: Int32? {
        if case .signal(let number, _) = self { return number }
        return nil
    }

    /// What is there before the program has started cannot show a point in its run.
    fileprivate func requireToBeAbsent(_ option: String) throws(AuditError) {
        switch self {
        case .file(let path):
            guard let isThere = isThere(path) else {
                throw AuditError(
                    "it cannot be looked for: \(Errno.last)", at: "\(option) \(text)",
                    remedy: "choose a path that you may read",
                    exit: .usage)
            }
            guard isThere else { return }
            throw AuditError(
                "the file is there already", at: "\(option) \(text)",
                remedy: "remove it: it must appear while the program runs",
                exit: .usage)
        case .signal(let number, let name):
            guard cl_is_ignored(number) else { return }
            throw AuditError(
                "dioaudit was started with SIG\(name) ignored (nohup and some shells do so)", at: "\(option) \(text)",
                remedy: "choose another signal or a file", exit: .usage)
        }
    }
}

/// Nil if that cannot be known. What a link leads to does not matter.
private func isThere(_ path: String) -> Bool? {
    var status = stat()
    if lstat(path, &status) == 0 { return true }
    return [ENOENT, ENOTDIR].contains(errno) ? false : nil
}
