import AuditCore

/// Folded stacks, as flame-graph scripts read them: a line for each violation, from the audit's name to the kind, and its calls behind
/// the last space. An audit without violations has its verdict in place of a stack, with 0 calls.
public func folded(_ reports: [NamedReport]) -> String { reports.sections.map(folded).joined() }

private func folded(_ section: Section) -> String {
    section.gaps.map { "\(frame($0.name));(\(frame("\($0.verdict.rawValue): \($0.text)"))) 0\n" }.joined()
        + section.audits.map { name, audit in
            guard !audit.violations.isEmpty else { return "\(frame(name));(\(frame(audit.verdictAndOutcome))) 0\n" }
            return audit.violations.map { violation in
                var line = frame(name)
                for name in violation.frames {
                    line += ";"
                    line += frame(name)
                }
                return line + " \(violation.calls)\n"
            }.joined()
        }.joined()
}

/// A `;` ends a frame.
private func frame(_ name: String) -> String { printable(name).replacing(";", with: ":") }

extension Violation {
    /// What flame graphs show above the audit's name: thread, functions from the outermost inward, kind.
    var frames: [String] {
        let functions = stack.isEmpty ? ["(no stack)"] : stack.reversed().map(\.name)
        return ["thread \(thread ?? "(unknown)")"] + (truncated ? ["(the stack continues)"] : []) + functions
            + [kind.rawValue]
    }
}
