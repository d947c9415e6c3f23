import AuditCore

/// Where each thread of a subject stood that had run for too long.
package func hangLines(_ audit: Audit, _ style: Style) -> [String] {
    guard let hang = audit.hang else { return [] }
    let title = style.strong("hang: after \(Duration.nanoseconds(Int64(hang.limitNanoseconds))) the subject still ran")
    switch hang.processes {
    case .unknown(let reason): return ["", "\(title); \(printable(reason))"]
    case .known(let processes): return ["", title] + processes.flatMap { lines($0, style) }
    }
}

/// A process may have thousands of threads. The JSON report has all.
private let mostThreads = 64

private func lines(_ process: HungProcess, _ style: Style) -> [String] {
    let executable = process.executable.value.map(style.path) ?? "of an unknown program"
    let more = process.threads.count - mostThreads
    return [
        "  process \(process.pid) \(executable), \(Figures.count(process.threads.count, "thread"))"
    ] + process.threads.prefix(mostThreads).flatMap { lines($0, style) }
        + (more > 0 ? ["    and \(Figures.count(more, "thread")) more"] : [])
}

private func lines(_ thread: HungThread, _ style: Style) -> [String] {
    let name = thread.name.value.map { " '\(printable($0))'" } ?? ""
    var lines = ["    thread \(thread.tid)\(name): \(stateText(thread))"]
    switch thread.kernelStack {
    case .known(let functions):
        lines.append("      in the kernel: " + functions.map { printable(withoutPlace($0)) }.joined(separator: ", "))
    case .unknown(let reason): lines.append("      its kernel stack is unknown: \(printable(reason))")
    }
    switch thread.userStack {
    case .known(let stack):
        lines += stack.frames.enumerated().map { "      #\($0.offset) \(style.text($0.element))" }
        if stack.truncated { lines.append("      … the stack continues") }
    case .unknown(let reason): lines.append("      its user stack is unknown: \(printable(reason))")
    }
    return lines
}

private func stateText(_ thread: HungThread) -> String {
    guard let state = thread.state.value else {
        return "its state is unknown: \(printable(thread.state.reason ?? ""))"
    }
    let words: [String: String] = [
        "R": "runs", "S": "sleeps", "D": "waits, taking no signals", "T": "is stopped", "t": "is stopped by a debugger",
        "Z": "has ended", "X": "has ended", "I": "is idle",
    ]
    let what = (words[state] ?? "state") + " (\(printable(state)))"
    return what + (thread.waitChannel.value.map { " in \(printable($0))" } ?? "")
}

/// `pipe_read+0x3c5/0x4e0` is a place in a function: its name.
private func withoutPlace(_ function: String) -> String {
    let words = function.split(separator: " ", maxSplits: 1)
    let name = words.first?.split(separator: "+").first.map(String.init) ?? function
    return name + (words.count > 1 ? " \(words[1])" : "")
}
