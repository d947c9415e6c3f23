import AuditCore

extension Style {
    /// What was called, how often, where in the subject's life, by whom, and from where in its code.
    func lines(_ violation: Violation) -> [String] {
        let what =
            "violation: \(Figures.count(violation.calls, "\(violation.kind.noun)")) in the \(violation.phase.rawValue) phase"
            + (violation.bytes > 0 ? ", \(Figures.count(violation.bytes, "byte"))" : "")
        var lines = [strong(what), "    " + circumstances(of: violation)]
        lines += violation.stack.enumerated().map { "    #\($0.offset) \(text($0.element))" }
        if violation.truncated { lines.append("    … the stack goes on") }
        return lines
    }

    private func circumstances(of violation: Violation) -> String {
        var parts: [String] = []
        if let transfer = violation.firstTransfer { parts.append("first at transfer \(transfer)") }
        if let thread = violation.thread {
            parts.append("thread '\(thread)'" + (violation.tid.map { " (\($0))" } ?? ""))
        }
        parts.append("pid \(violation.pid)")
        if violation.stack.isEmpty {
            let isFault = violation.kind.family == .pageFault
            parts.append(isFault ? "page faults are counted by phase, without a stack" : "the stack was not kept")
        }
        return parts.joined(separator: ", ")
    }

    /// `function file:line (module+0xoffset)`
    private func text(_ frame: Frame) -> String {
        var parts = [frame.function ?? "??"]
        if let file = frame.file { parts.append(frame.line.map { "\(file):\($0)" } ?? file) }
        if frame.inlined {
            parts.append("[inlined]")
        } else {
            let module = frame.module?.split(separator: "/").last.map(String.init) ?? "??"
            parts.append("(\(module)+0x\(String(frame.offset, radix: 16)))")
        }
        return parts.joined(separator: " ")
    }
}
