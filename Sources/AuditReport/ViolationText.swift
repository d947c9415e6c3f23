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
        if violation.thread == nil, !violation.stack.isEmpty, violation.within == nil { parts.append("other threads") }
        parts.append("pid \(violation.pid)")
        if let faults = violation.pageFaults, faults > 0 {
            parts.append("the first of them faulted in \(Figures.count(faults, "page"))")
        }
        if let heapCall = violation.within { parts.append("made by libc within \(heapCall.noun), whose stack this is") }
        if violation.stack.isEmpty { parts.append(whyNoStack(violation.kind)) }
        return parts.joined(separator: ", ")
    }

    private func whyNoStack(_ kind: EventKind) -> String {
        switch kind.family {
        case .pageFault: "page faults are counted by phase, without a stack"
        case .systemCall: "seen by the kernel only: made by libc for itself, or past it"
        default: "the stack was not kept"
        }
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
