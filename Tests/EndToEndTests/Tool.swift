import Foundation
import Testing

/// Where things are that the tests run.
enum Place {
    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path()
    static let products = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path()
    static let dioaudit = products + "dioaudit"
    static let driver = products + "dioaudit-driver"
    static let interposer = products + "dioaudit_LedgerABI.resources/libdioaudit_preload.so"

    /// Built by `make fixtures`.
    static func fixture(_ name: String) -> String { "\(repository).build/fixtures/\(name)" }
}

/// A directory on a file system that takes O_DIRECT, removed at the end. Those of a test run that was killed are removed by the next.
final class Scratch {
    let path: String

    private static let prefix = "dioaudit-tests-"
    private static let removeAbandoned: Void = {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/var/tmp")) ?? []
        where name.hasPrefix(prefix) {
            guard let pid = Int32(name.dropFirst(prefix.count).prefix { $0 != "-" }), kill(pid, 0) != 0, errno == ESRCH
            else { continue }
            umount2("/var/tmp/\(name)/mount", 2)  // MNT_DETACH: `LoopDisk`
            try? FileManager.default.removeItem(atPath: "/var/tmp/\(name)")
        }
    }()

    init() throws {
        Self.removeAbandoned
        var template = Array("/var/tmp/\(Self.prefix)\(getpid())-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Failure("mkdtemp in /var/tmp: \(String(cString: strerror(errno)))")
        }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        chmod(path, 0o1777)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// How a command ended, and what it said.
struct Outcome {
    var status: Int32
    var signal: Int32?
    var output: String
    var errors: String

    /// Text with the lines whole that were broken to fit a terminal.
    var said: String { (output + errors).replacing(/\n +/, with: " ") }

    /// Lines that do not fit a terminal, though no name alone is too wide for it.
    func tooWide() -> [String] {
        (output + errors).split(separator: "\n").map(String.init).filter {
            $0.count > 100 && $0.split(separator: " ").count > 1
        }
    }
}

/// Runs a command to its end. Its output goes to files, so that nothing it says can block it.
func run(
    _ command: [String], environment: [String: String] = [:], directory: String? = nil,
    whileRunning: (Process) throws -> Void = { _ in }
) throws -> Outcome {
    let scratch = try Scratch()
    let process = Process()
    process.executableURL = URL(filePath: command[0].hasPrefix("/") ? command[0] : "/usr/bin/env")
    process.arguments = command[0].hasPrefix("/") ? Array(command.dropFirst()) : command
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    if let directory { process.currentDirectoryURL = URL(filePath: directory) }
    let files = try ["output", "errors"].map { name -> FileHandle in
        _ = FileManager.default.createFile(atPath: scratch.file(name), contents: nil)
        return try #require(FileHandle(forWritingAtPath: scratch.file(name)))
    }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = files[0]
    process.standardError = files[1]
    try withoutBlockedSignals { try process.run() }
    do {
        try whileRunning(process)
    } catch {
        process.terminate()
        process.waitUntilExit()
        throw error
    }
    process.waitUntilExit()
    let signalled = process.terminationReason == .uncaughtSignal
    return Outcome(
        status: signalled ? -1 : process.terminationStatus, signal: signalled ? process.terminationStatus : nil,
        // A broken program may write any bytes.
        output: try String(decoding: Data(contentsOf: URL(filePath: scratch.file("output"))), as: UTF8.self),
        errors: try String(decoding: Data(contentsOf: URL(filePath: scratch.file("errors"))), as: UTF8.self))
}

/// The tests' threads are Dispatch's, which block all signals, and a child inherits that.
func withoutBlockedSignals(_ body: () throws -> Void) rethrows {
    var none = sigset_t()
    var before = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try body()
}

/// A report as JSON has it.
struct StoredReport {
    let root: [String: Any]

    init(_ text: String) throws {
        let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
        root = try #require(value as? [String: Any])
    }

    var verdict: String { root["verdict"] as? String ?? "" }
    var audits: [[String: Any]] { root["audits"] as? [[String: Any]] ?? [] }
}

/// Holds a report against a JSON Schema: status 1 if it is none.
func validate(
    _ report: String, by schema: String = "\(Place.repository)docs/report.schema.json"
) throws -> Outcome {
    let program = """
        import json, sys, jsonschema
        schema = json.load(open(sys.argv[1]))
        validator = jsonschema.validators.validator_for(schema)
        validator.check_schema(schema)
        for error in validator(schema).iter_errors(json.load(open(sys.argv[2]))):
            sys.exit(f"{list(error.path)}: {error.message}")
        """
    // Debian's own interpreter: another on PATH may lack python3-jsonschema.
    return try run(
        ["/usr/bin/python3", "-c", program, schema, report])
}

/// One phase of an audit in a report.
func phase(_ name: String, of audit: [String: Any]) throws -> [String: Any] {
    let phases = try #require(audit["phases"] as? [[String: Any]])
    return try #require(phases.first { $0["name"] as? String == name })
}

/// One witness of an audit in a report.
func witness(_ name: String, of audit: [String: Any]) -> [String: Any]? {
    (audit["witnesses"] as? [String: [String: Any]])?[name]
}

/// The kernel's count of the transfers of all processes of an audit, by call.
func kernelTransfers(of audit: [String: Any]) throws -> [String: UInt64] {
    let processes = try #require(audit["processes"] as? [[String: Any]])
    return processes.reduce(into: [:]) { sum, process in
        let calls = (process["kernelTransfers"] as? [String: Any])?["calls"] as? [String: UInt64] ?? [:]
        sum.merge(calls, uniquingKeysWith: +)
    }
}

/// `dioaudit run` on a command, and its report.
func audit(
    _ command: [String], options: [String] = [], environment: [String: String] = [:],
    by dioaudit: String = Place.dioaudit
) throws -> (Outcome, StoredReport) {
    let scratch = try Scratch()
    let path = scratch.file("report.json")
    let outcome = try run(
        [dioaudit, "run"] + options + ["--format", "text", "--format", "json=\(path)", "--"] + command,
        environment: environment)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    guard !text.isEmpty else { throw Failure("no report, exit \(outcome.status): \(outcome.errors)") }
    return (outcome, try StoredReport(text))
}

/// Tests that need root say so when they are skipped; `.ci/run` is root.
let isRoot = geteuid() == 0

/// What programs on tracepoints take beside root: the first pid namespace, and the types of the kernel.
let mayHavePrograms =
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) == "pid:[4026531836]"
    && FileManager.default.fileExists(atPath: "/sys/kernel/btf/vmlinux")
