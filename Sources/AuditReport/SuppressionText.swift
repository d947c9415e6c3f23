import AuditCore

/// A suppression for each violation, ready for `dioaudit run --suppressions`.
public func suppressionText(_ report: Report) -> String {
    var written = Set<[String]>()
    var names: [String: Int] = [:]
    var text = ""
    for violation in report.audits.flatMap(\.violations) {
        guard let lines = lines(for: violation) else {
            text +=
                "# \(violation.kind.text(violation.calls)) without a known frame: an entry would "
                + "suppress every \(violation.kind.noun)\n"
            continue
        }
        // Violations of several threads or processes may come from one place.
        guard written.insert(lines).inserted else { continue }
        let name = unused(name(for: violation), &names)
        text += "{\n" + ([name] + lines).map { "   \($0)\n" }.joined() + "}\n"
    }
    return text
}

/// More frames would not identify it better, and would break the entry whenever a caller changes.
private let maximumFrames = 12

/// The kind and the frames, as far as main; nil if they would match whatever comes from anywhere.
private func lines(for violation: Violation) -> [String]? {
    // Which instruction is the first to touch a page is chance; what nothing explains has no stack.
    if [.pageFault, .unexplained].contains(violation.kind.family) { return [violation.kind.rawValue, "..."] }
    guard !violation.stack.isEmpty else {
        // Events that only the kernel saw never have one. The origin of calls whose stack was lost is unknown.
        return violation.kind.family == .systemCall ? [violation.kind.rawValue, "..."] : nil
    }
    let main = violation.stack.firstIndex { $0.function == "main" } ?? violation.stack.endIndex
    let frames = violation.stack.prefix(min(main + 1, maximumFrames))
    guard frames.contains(where: { $0.function != nil || $0.module != nil }) else { return nil }
    return [violation.kind.rawValue] + frames.map(line)
}

private func line(_ frame: Frame) -> String {
    if let function = frame.function, !function.isEmpty { return "fun:" + Suppression.pattern(of: function) }
    if let module = frame.module, !module.isEmpty { return "obj:" + Suppression.pattern(of: module) }
    return "obj:*"
}

/// `malloc-in-allocate`: what people call it, not what it matches.
private func name(for violation: Violation) -> String {
    guard violation.kind.family != .pageFault, let frame = violation.stack.first else { return violation.kind.rawValue }
    let place = frame.function ?? frame.module?.split(separator: "/").last.map(String.init) ?? "unknown"
    let words = place.prefix(60).split { !$0.isLetter && !$0.isNumber && !"_.:~".contains($0) }
    return violation.kind.rawValue + "-in-" + words.joined(separator: "-")
}

/// A number behind it tells those of one name apart.
private func unused(_ name: String, _ times: inout [String: Int]) -> String {
    while true {
        let time = times[name, default: 0] + 1
        times[name] = time
        if time == 1 { return name }
        let candidate = "\(name)-\(time)"
        if times[candidate] == nil {
            times[candidate] = 1
            return candidate
        }
    }
}
