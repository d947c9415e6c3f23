import AuditCore
import Glibc
import LinuxSystem
import Observe
import Plans

/// Runs a workload's driver.
///
/// - Parameters:
///   - file: what it works on: a file that it makes, or a block device.
///   - request: what the workload does not say itself. It is completed.
/// - Returns: the observation, and the signal that came for dioaudit meanwhile.
func observe(
    _ workload: Workload, driver: String, file: String, _ request: inout AuditRequest, timeout: TimeLimit? = nil
) throws(AuditError) -> (Observation, interruption: Int32?) {
    let error = try memoryFile("dioaudit-messages", for: "what the driver says")
    let null = try? FileDescriptor(opening: "/dev/null", .writeOnly)
    defer {
        error.closeQuietly()
        null?.closeQuietly()
    }

    var command = Command(workload.arguments(driver: driver, file: file).map(ByteText.init))
    command.output = null
    command.error = error
    command.timeoutNanoseconds = timeout?.nanoseconds
    // The driver sets markers; the transfers that it does before them are setup's.
    request.lock = .always
    request.minimumTransfers = UInt64(workload.steadyTransfers * workload.jobs)
    request.mayBeInMemory = workload.mayBeInMemory
    var (observation, interruption) = try observe(command, request)
    try noteStatus(in: &observation, said: contents(of: error))
    return (observation, interruption)
}

private func noteStatus(in observation: inout Observation, said: String) throws(AuditError) {
    let exit = observation.subject.exit
    if let status = exit.code.flatMap({ DriverStatus(rawValue: $0) }) {
        try status.note(in: &observation, said: said)
    } else if !exit.succeeded, !exit.neverStarted {
        // None of its own: the dynamic linker's, a signal's, or another program's.
        let how =
            exit.code.map { "the driver exited with status \($0)" } ?? observation.failure?.what
            ?? "the driver was killed"
        observation.failure = Reason("\(how): \(said)", .doctor)
        if !observation.ledger.processes.contains(where: \.attached) {
            observation.interposerMissing = Reason("the driver did not come to run", .doctor)
        }
    }
}

/// Exit codes of dioaudit-driver other than success.
private enum DriverStatus: Int32 {
    case failed = 1
    case usage = 2
    case noDirectIO = 3
    case cannotLock = 4
    case engineUnavailable = 5
    case noSpace = 6

    /// Says what became of the driver. Its own failure is the subject's; what the machine lacks leaves the verdict open.
    func note(in observation: inout Observation, said: String) throws(AuditError) {
        switch self {
        case .failed: observation.failure = Reason("the workload failed: \(said)", .doctor)
        case .usage:
            throw AuditError(
                "the driver does not understand dioaudit: \(said)", at: observation.subject.command[0],
                remedy: "install dioaudit and dioaudit-driver of the same version", exit: .internalError)
        case .noDirectIO: observation.obstacles.append(Reason("direct I/O does not work here: \(said)", .directory))
        case .cannotLock: observation.obstacles.append(Reason("memory could not be locked: \(said)", .doctor))
        case .engineUnavailable:
            observation.obstacles.append(Reason("this engine does not work here: \(said)", .doctor))
        case .noSpace: observation.obstacles.append(Reason("the disk is full: \(said)", .directory))
        }
    }
}

/// The end of what a program wrote to a file, in one line.
func contents(of file: FileDescriptor) -> String {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let length = pread(file.rawValue, &bytes, bytes.count, max(0, lseek(file.rawValue, 0, SEEK_END) - bytes.count))
    let lines = String(decoding: bytes.prefix(max(0, length)), as: UTF8.self).split(separator: "\n")
    return lines.isEmpty ? "it printed nothing" : lines.joined(separator: "; ")
}
