import CLinux

/// The driver's exit codes, by which dioaudit knows how the workload ended.
public enum Status: Int32, Sendable {
    case failed = 1
    case usage = 2
    case noDirectIO = 3
    case cannotLock = 4
    case engineUnavailable = 5
    case noSpace = 6
}

/// Why a workload cannot start or continue.
public struct Failure: Error {
    let status: Status
    /// One line: what failed, where, and what to do.
    let message: String

    init(_ status: Status, _ message: String) {
        self.status = status
        self.message = message
    }

    /// A call failed. A full disk has a status of its own wherever it shows.
    ///
    /// - Parameters:
    ///   - what: the call and what it was asked for.
    ///   - remedy: what to do, if there is more to say than the error does.
    init(_ what: String, errno number: Int32, status: Status = .failed, remedy: String? = nil) {
        let error = "\(what): \(String(cString: strerror(number)))"
        if number == ENOSPC || number == EDQUOT {
            self.init(.noSpace, "\(error); free some space, or use a smaller --size or another file system")
        } else {
            self.init(status, remedy.map { "\(error); \($0)" } ?? error)
        }
    }

    /// Says it and ends the process. Of several jobs that fail at once, one does.
    public func exit() -> Never {
        pthread_mutex_lock(ending)
        say("dioaudit-driver: \(message)\n", to: STDERR_FILENO)
        CLinux.exit(status.rawValue)
    }
}

/// Taken by the first to end the process, and never given back.
nonisolated(unsafe) private let ending = {
    let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    return mutex
}()
