import Foundation

/// A command and how its figure is read.
struct Contender {
    enum Figure {
        /// The number after this word in its output (`iops=`), or the whole output where the word is empty.
        case printed(String)
        /// Its wall-clock time in milliseconds.
        case wallMilliseconds
    }

    var command: [String]
    var environment: [String: String] = [:]
    var figure: Figure
}

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension Contender {
    func measure() throws -> Double {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        let start = DispatchTime.now().uptimeNanoseconds
        try process.run()
        let output = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        let wall = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e6
        switch figure {
        case .wallMilliseconds: return wall
        case .printed(let word):
            let text = word.isEmpty ? output[...] : output.range(of: word).map { output[$0.upperBound...] } ?? ""
            let number = text.drop { $0 == " " }.prefix { $0.isNumber || $0 == "." }
            guard let value = Double(number) else {
                throw Failure("\(command.joined(separator: " ")) exited with \(process.terminationStatus): \(output)")
            }
            return value
        }
    }
}

extension Contender {
    /// The most memory that it had resident, in MiB (getrusage(2), by the one process that is waited for).
    func peakMebibytes() throws -> Double {
        var arguments = (["/usr/bin/env"] + command).map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for stream in [STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0)
        }
        var pid: pid_t = 0
        guard posix_spawn(&pid, "/usr/bin/env", &actions, nil, &arguments, environ) == 0 else {
            throw Failure("\(command[0]) does not start")
        }
        var (status, usage) = (Int32(0), rusage())
        guard wait4(pid, &status, 0, &usage) == pid else { throw Failure("wait4 failed") }
        return Double(usage.ru_maxrss) / 1024
    }
}

func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// Runs two contenders in turn, A B A B, after one run of each that does not count.
///
/// - Returns: the median of the ratios A/B, pair by pair, and the medians of each.
func compare(_ a: Contender, _ b: Contender, pairs: Int) throws -> (ratio: Double, a: Double, b: Double) {
    _ = (try a.measure(), try b.measure())
    var (first, second): ([Double], [Double]) = ([], [])
    for _ in 0..<pairs {
        first.append(try a.measure())
        second.append(try b.measure())
    }
    return (median(zip(first, second).map { $0 / $1 }), median(first), median(second))
}
