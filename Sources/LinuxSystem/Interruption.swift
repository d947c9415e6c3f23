import CLinuxHost
import Glibc

/// The signals that end programs from outside, held back while there is a child to wait for or a scratch directory to
/// remove. A static state of the process, like the signal mask itself.
package enum Interruption {
    /// A report that is larger than RLIMIT_FSIZE allows is an error that is named, and no end without a word (SIGXFSZ).
    package static func ignoreFileLimit() {
        cl_ignore_file_limit()
    }

    package static func hold() {
        cl_block_signals()
    }

    /// Lets them act again; those already noted are dropped.
    package static func release() {
        while next() != nil {}
        cl_unblock_signals()
    }

    /// One that ends us, and has arrived.
    package static func next() -> Int32? {
        while true {
            var signal = cl_signal()
            switch cl_wait(0, nil, 0, &signal) {
            case CL_FROM_TIMEOUT: return nil
            case CL_FROM_CHILD, CL_FROM_DESCRIPTOR: continue
            default: if signal.ends { return signal.number }
            }
        }
    }

    /// Ends this process by a signal, as its sender expects.
    package static func die(of number: Int32) -> Never {
        release()
        raise(number)
        exit(128 + number)
    }
}
