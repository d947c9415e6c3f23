import Glibc
import LinuxSystem

/// A line on the terminal that says what is running, and leaves no trace.
struct Progress {
    private let visible: Bool

    init(visible: Bool) {
        self.visible = visible && Output.stderr.isTerminal
    }

    func show(_ text: String) {
        if visible { writeError("\r\u{1B}[K\(text)") }
    }

    func erase() {
        if visible { writeError("\r\u{1B}[K") }
    }
}
