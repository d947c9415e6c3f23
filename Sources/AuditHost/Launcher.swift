import AuditCore
import CLinuxHost
import Glibc

/// A program to start. What is not said here it inherits: standard streams, directory, process group, signals.
public struct Command: Sendable {
    public var arguments: [String]
    /// Replaces its standard output and error; -1 leaves them.
    public var output: Int32 = -1
    public var error: Int32 = -1
    /// It is told to end (SIGTERM) after this long, and made to two seconds later.
    public var timeoutNanoseconds: UInt64?

    public init(_ arguments: [String]) {
        self.arguments = arguments
    }
}

/// What became of a program that was started.
struct Ending {
    let pid: Int32
    let exit: SubjectExit
    var timedOut = false
    /// Other processes that it started have not ended.
    var descendantsRun = false
}

/// The signals that end programs from outside, held back while there is a child to wait for or a scratch directory to
/// remove. A static state of the process, like the signal mask itself.
public enum Interruption {
    public static func hold() {
        cl_block_signals()
    }

    /// Lets them act again; those already noted are dropped.
    public static func release() {
        while next() != nil {}
        cl_unblock_signals()
    }

    /// One that has arrived.
    public static func next() -> Int32? {
        while true {
            var signal: Int32 = 0
            switch cl_next_signal(0, &signal) {
            case CL_FROM_TIMEOUT: return nil
            case CL_FROM_CHILD: continue
            default: return signal
            }
        }
    }

    /// Ends this process by a signal, as whoever sent it expects.
    public static func die(of number: Int32) -> Never {
        release()
        raise(number)
        exit(128 + number)
    }
}

/// Starts a command and waits for its end, passing on the signals that reached us alone.
///
/// - Returns: how it ended, and the last signal that came for us meanwhile.
/// - Throws: `StartFailure` if the program could not be started.
func launch(_ command: Command, environment: [String]) throws(StartFailure) -> (Ending, interruption: Int32?) {
    Interruption.hold()
    let pid = withCStrings(command.arguments) { arguments in
        withCStrings(environment) { environment in
            cl_spawn(arguments, environment, command.output, command.error)
        }
    }
    guard pid > 0 else { throw StartFailure(errno: errno) }

    var interruption: Int32?
    var timedOut = false
    var deadline = command.timeoutNanoseconds.map { monotonicNanoseconds() + $0 }
    var status = cl_exit()
    while !cl_reap(pid, &status) {
        var signal: Int32 = 0
        switch cl_next_signal(remaining(until: deadline), &signal) {
        case CL_FROM_CHILD: break
        case CL_FROM_TIMEOUT:
            kill(pid, timedOut ? SIGKILL : SIGTERM)
            deadline = monotonicNanoseconds() + 2_000_000_000
            timedOut = true
        case CL_FROM_TERMINAL: interruption = signal  // the child has it too
        default:
            interruption = signal
            kill(pid, signal)
        }
    }
    let exit = SubjectExit(
        code: status.code < 0 ? nil : status.code, signal: status.signal == 0 ? nil : status.signal)
    let ending = Ending(pid: pid, exit: exit, timedOut: timedOut, descendantsRun: cl_descendants_run())
    return (ending, interruption)
}

struct StartFailure: Error {
    let errno: Int32
}

private func monotonicNanoseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}

/// For `cl_next_signal`: negative means for ever.
private func remaining(until deadline: UInt64?) -> Int64 {
    guard let deadline else { return -1 }
    let now = monotonicNanoseconds()
    return deadline > now ? Int64(deadline - now) : 0
}

/// A null-terminated array of C strings, as exec(3) takes it.
private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let copies = strings.map { strdup($0) } + [nil]
    defer { for copy in copies { free(copy) } }
    return copies.withUnsafeBufferPointer { body($0.baseAddress!) }
}
