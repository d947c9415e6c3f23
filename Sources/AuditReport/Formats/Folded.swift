import AuditCore

/// Writes folded stacks, as flame-graph scripts read them: a line for each violation, from the audit's name to the kind, and its calls
/// behind the last space. An audit without violations has its verdict in place of a stack, with 0 calls.
///
/// `sink` gets them in pieces, since there may be many.
public func writeFolded(_ reports: [NamedReport], to sink: (String) throws -> Void) throws {
    for section in reports.sections {
        for gap in section.gaps {
            try sink("\(frame(gap.name));(\(frame("\(gap.verdict.rawValue): \(gap.text)"))) 0\n")
        }
        for (name, audit) in section.audits { try write(audit, called: frame(name), to: sink) }
    }
}

/// The same as one text.
public func folded(_ reports: [NamedReport]) -> String {
    var text = ""
    try? writeFolded(reports) { text += $0 }
    return text
}

private func write(_ audit: Audit, called name: String, to sink: (String) throws -> Void) throws {
    guard !audit.violations.isEmpty else {
        return try sink("\(name);(\(frame(audit.verdictAndOutcome))) 0\n")
    }
    // The same frames stand in many stacks.
    var names: [ObjectIdentifier: String] = [:]
    var text = ""
    for violation in audit.violations {
        text += name
        for outer in violation.outerFrames { text += ";" + frame(outer) }
        for each in violation.stack.reversed() {
            let shown = names[each.identity] ?? frame(each.name)
            names[each.identity] = shown
            text += ";"
            text += shown
        }
        text += ";\(violation.kind.rawValue) \(violation.calls)\n"
        if text.utf8.count > 1 << 16 {
            try sink(text)
            text.removeAll(keepingCapacity: true)
        }
    }
    try sink(text)
}

/// A `;` ends a frame.
private func frame(_ name: String) -> String { printable(name).replacing(";", with: ":") }

extension Violation {
    /// What flame graphs show between the audit's name and the functions, the outermost first, and the kind.
    var outerFrames: [String] {
        ["thread \(thread ?? "(unknown)")"] + (truncated ? ["(the stack continues)"] : [])
            + (stack.isEmpty ? ["(no stack)"] : [])
    }
}
