import AuditCore

/// A line of source code, as the formats name it that show findings in it.
struct SourceLine {
    /// From the reader's directory on where it is below that, and else as the compiler recorded it.
    let path: String
    let line: Int?
    /// It is below the reader's directory.
    let isBelow: Bool
}

extension Style {
    func source(_ frame: Frame) -> SourceLine? {
        guard let file = frame.file, !file.isEmpty else { return nil }
        let line = frame.line.flatMap { $0 > 0 ? $0 : nil }
        let below = relative(file)
        return SourceLine(path: below ?? file, line: line, isBelow: below != nil)
    }

    /// The reader's own line that asked for it: a header of another's, which is inlined there, shows in no review.
    func source(of group: ViolationGroup) -> SourceLine? {
        guard let frame = group.place.frame else { return nil }
        let own = source(frame)
        if own?.isBelow ?? false { return own }
        let stack = group.violations[0].stack
        let callers = stack.drop { $0 != frame }
        return callers.lazy.compactMap { source($0) }.first(where: \.isBelow) ?? own
    }
}
