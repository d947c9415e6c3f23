func name(of process: ProcessLedger) -> String {
    let file = process.executable.split(separator: "/").last.map(String.init) ?? "process"
    return "\(file) (pid \(process.pid))"
}

public func plural(_ count: some BinaryInteger, _ noun: String, _ ending: String = "s") -> String {
    "\(count) \(noun)\(count == 1 ? "" : ending)"
}
